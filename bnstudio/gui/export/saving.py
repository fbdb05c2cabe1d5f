"""Asks where to, and writes there: the dialogs of an export and the one thread that may be writing."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.dialogs.file_dialogs import complete_name
from bnstudio.gui.export.folder import write_file, write_folder
from bnstudio.gui.export.writing import Writing
from bnstudio.gui.stored_choices import stored_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bnstudio.gui.export.folder import Part, Progress

_FOLDER_KEY = "export/folder"
_LONGEST_NAME = 250
"""Bytes, without the suffix; file systems take 255 with it."""


class _FolderDialog(QFileDialog):
    """Takes a folder that is there and one that is yet to be made.

    Of the modes of QFileDialog one refuses the latter, and the other enters the former instead of taking it.
    """

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent, title)
        self.setOption(QFileDialog.Option.DontUseNativeDialog)  # it would not ask `accept`
        self.setOption(QFileDialog.Option.ShowDirsOnly)
        self.setOption(QFileDialog.Option.DontConfirmOverwrite)
        self.setFileMode(QFileDialog.FileMode.AnyFile)

    def accept(self) -> None:
        """Override: a folder that is there is taken."""
        chosen = Path(self.selectedFiles()[0])
        # Unlike Path's method, this takes a name that is too long for the system.
        if os.path.isdir(chosen):
            self.fileSelected.emit(str(chosen))
            self.done(QFileDialog.DialogCode.Accepted)
        else:
            super().accept()


class Saving(QObject):
    """Dialogs belong to `window` and block nothing; one export is written at a time."""

    answered = Signal(str)
    """What was done."""
    busy_changed = Signal(bool)
    """Something is being written, or no longer."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._writing: Writing | None = None

    def ask_for_file(
        self, title: str, name: str, filters: Mapping[str, str], then: Callable[[Path], None]
    ) -> None:
        """Ask for a file and call `then` with it.

        Parameters
        ----------
        title
            Of the dialog.
        name
            To be suggested, without suffix.
        filters
            The suffix, without its dot, that each of the dialog's filters stands for.
        then
            What to do with the file.
        """
        dialog = self._set_up(QFileDialog(self._window, title))
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters(list(filters))
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters[chosen]))
        first = next(iter(filters.values()))
        dialog.setDefaultSuffix(first)
        dialog.selectFile(f"{_fitting(name)}.{first}")
        dialog.fileSelected.connect(lambda chosen: _remember_folder(Path(chosen).parent))

        def on_selected(chosen: str) -> None:
            suffixes = [f".{suffix}" for suffix in (dialog.defaultSuffix(), *filters.values())]
            complete_name(self._window, Path(chosen), suffixes, then)

        dialog.fileSelected.connect(on_selected)
        dialog.open()

    def ask_for_folder(self, title: str, name: str, then: Callable[[Path], None]) -> None:
        """Ask for a folder, suggesting a new one called `name`, and call `then` with it.

        One that holds something is taken only when that is agreed to.
        """
        dialog = self._set_up(_FolderDialog(self._window, title))
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, self.tr("Folder:"))
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Export"))
        dialog.selectFile(_fitting(name))
        dialog.fileSelected.connect(lambda chosen: self._on_folder_chosen(Path(chosen), then))
        dialog.open()

    def save(self, path: Path, part: Part, answer: str) -> None:
        """Write one file, and give the answer when it is there."""
        failure = self.tr("Cannot save {name}").format(name=path.name)
        self._write(partial(write_file, path, part), path.name, answer, failure)

    def save_folder(self, folder: Path, parts: Sequence[Part], answer: str) -> None:
        """Write files into a folder, and give the answer when all are there."""
        failure = self.tr("Cannot export to {name}").format(name=folder.name)
        self._write(partial(write_folder, folder, parts), folder.name, answer, failure)

    def show_problem(self, title: str, message: str) -> None:
        """Show what went wrong."""
        self._message_box(QMessageBox.Icon.Warning, title, message, QMessageBox.StandardButton.Close).open()

    def stop(self) -> None:
        """Give up what is being written, and wait until its thread is gone."""
        if self._writing is not None:
            self._writing.stop()

    def _set_up(self, dialog: QFileDialog) -> QFileDialog:
        stored = stored_text(_FOLDER_KEY)
        is_there = os.path.isabs(stored) and os.path.isdir(stored)
        dialog.setDirectory(stored if is_there else str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _message_box(
        self, icon: QMessageBox.Icon, title: str, message: str, buttons: QMessageBox.StandardButton
    ) -> QMessageBox:
        box = QMessageBox(icon, title, message, buttons, self._window)
        # Names of files are shown as they are, never as markup.
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        remove_icons(box.buttons())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return box

    def _on_folder_chosen(self, folder: Path, then: Callable[[Path], None]) -> None:
        _remember_folder(folder.parent)
        try:
            empty = not folder.exists() or not any(folder.iterdir())
        except OSError as error:
            text = self.tr("{folder}: cannot be read: {reason}").format(folder=folder, reason=error.strerror)
            self.show_problem(self.tr("Cannot export to {name}").format(name=folder.name), text)
            return
        if empty:
            then(folder)
            return
        box = self._message_box(
            QMessageBox.Icon.Question,
            self.tr("Export into a folder that is not empty"),
            self.tr("{folder} is not empty.").format(folder=folder),
            QMessageBox.StandardButton.Cancel,
        )
        box.setInformativeText(
            self.tr("Replace what is of the same name as a file of the export? All other files stay.")
        )
        replace = box.addButton(self.tr("&Replace"), QMessageBox.ButtonRole.AcceptRole)
        remove_icons([replace])
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        replace.clicked.connect(lambda: then(folder))
        box.open()

    def _write(self, work: Callable[[Progress], None], name: str, answer: str, failure: str) -> None:
        if self._writing is not None:  # a second dialog was open when the first began to write
            self.answered.emit(self.tr("Another export is being written: wait for its end, and try again."))
            return
        writing = Writing(work, self.tr("Writing {name}…").format(name=name), self._window, self)
        self._writing = writing
        self.busy_changed.emit(True)
        writing.succeeded.connect(lambda: self.answered.emit(answer))
        writing.cancelled.connect(lambda: self.answered.emit(self.tr("Cancelled: nothing was written.")))
        writing.failed.connect(lambda message: self.show_problem(failure, message))
        writing.ended.connect(self._on_ended)

    def _on_ended(self) -> None:
        self._writing = None
        self.busy_changed.emit(False)


def _remember_folder(folder: Path) -> None:
    QSettings().setValue(_FOLDER_KEY, str(folder))


def _fitting(name: str) -> str:
    """Return as much of `name` as the name of a file has room for, with a suffix."""
    while len(name.encode()) > _LONGEST_NAME:
        name = name[:-1]
    return name.rstrip()
