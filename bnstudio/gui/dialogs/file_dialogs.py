"""The dialogs around files: choose one, hear why one could not be used. They block nothing."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.gui.dialogs.dialog_buttons import remove_icons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def file_dialog(
    window: QWidget, title: str, folder: Path, files: str, suffixes: Sequence[str]
) -> QFileDialog:
    """Return a dialog that begins in `folder` and shows the files with these suffixes, called `files`."""
    dialog = QFileDialog(window, title, str(folder))
    patterns = " ".join(f"*{suffix}" for suffix in suffixes)
    dialog.setNameFilters(
        [f"{files} ({patterns})", QCoreApplication.translate("FileDialogs", "All files (*)")]
    )
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def complete_name(window: QWidget, path: Path, suffixes: Sequence[str], then: Callable[[Path], None]) -> None:
    """Call `then` with `path`, or where it ends in none of `suffixes` with the first of them added.

    The dialog adds one only to a name without a dot, and "S6 lr 0.5" has one; nor has it asked whether to
    replace a file of the longer name.
    """
    if path.name.lower().endswith(tuple(suffixes)):
        then(path)
        return
    path = path.with_name(path.name + suffixes[0])
    # Unlike Path's method, this takes a name that is too long for the system.
    if os.path.exists(path):
        _ask_about_replacing(window, path, partial(then, path))
    else:
        then(path)


def show_problem(window: QWidget, title: str, message: str) -> None:
    """Say why a file could not be used."""
    box = QMessageBox(QMessageBox.Icon.Warning, title, message, QMessageBox.StandardButton.Close, window)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    _open(box)


def ask_about_changes(
    window: QWidget, name: str, save: Callable[[], None], discard: Callable[[], None]
) -> None:
    """Ask whether a document called `name` is to be saved or given up, before it is left."""
    translate = QCoreApplication.translate
    button = QMessageBox.StandardButton
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        translate("FileDialogs", "Unsaved changes"),
        translate("FileDialogs", "{name} has changes that are not saved.").format(name=name),
        button.Save | button.Discard | button.Cancel,
        window,
    )
    box.setInformativeText(translate("FileDialogs", "Save them before going on?"))
    box.setDefaultButton(button.Save)

    def on_finished(answer: int) -> None:
        if answer == button.Save:
            save()
        elif answer == button.Discard:
            discard()

    box.finished.connect(on_finished)
    _open(box)


def ask_about_saving(window: QWidget, name: str, leave: Callable[[], None]) -> None:
    """Ask whether to wait on until a document called `name` is saved, or to leave it as it is."""
    translate = QCoreApplication.translate
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        translate("FileDialogs", "Still saving"),
        translate("FileDialogs", "{name} is still being saved.").format(name=name),
        QMessageBox.StandardButton.NoButton,
        window,
    )
    box.setInformativeText(
        translate("FileDialogs", "Wait for it? Without that, the file may stay as it was before.")
    )
    role = QMessageBox.ButtonRole
    leave_button = box.addButton(translate("FileDialogs", "&Close without it"), role.DestructiveRole)
    wait_button = box.addButton(translate("FileDialogs", "&Wait"), role.RejectRole)
    box.setDefaultButton(wait_button)
    box.finished.connect(lambda: leave() if box.clickedButton() is leave_button else None)
    _open(box)


def ask_about_changed_file(
    window: QWidget, path: Path, replace: Callable[[], None], save_as: Callable[[], None]
) -> None:
    """Ask whether to replace the file at `path`, which another program has changed."""
    translate = QCoreApplication.translate
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        translate("FileDialogs", "The file has changed"),
        translate("FileDialogs", "{name} was changed by another program.").format(name=path.name),
        QMessageBox.StandardButton.Cancel,
        window,
    )
    box.setInformativeText(
        translate(
            "FileDialogs",
            "It is no longer as it was opened or saved here:\n{path}\n\nReplace it, and lose what the other"
            " program wrote, or save under another name?",
        ).format(path=path)
    )
    role = QMessageBox.ButtonRole
    replace_button = box.addButton(translate("FileDialogs", "&Replace it"), role.DestructiveRole)
    save_as_button = box.addButton(translate("FileDialogs", "Save &As…"), role.AcceptRole)
    box.setDefaultButton(save_as_button)

    def on_finished() -> None:
        if box.clickedButton() is replace_button:
            replace()
        elif box.clickedButton() is save_as_button:
            save_as()

    box.finished.connect(on_finished)
    _open(box)


def _ask_about_replacing(window: QWidget, path: Path, replace: Callable[[], None]) -> None:
    translate = QCoreApplication.translate
    button = QMessageBox.StandardButton
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        translate("FileDialogs", "Replace the file?"),
        translate("FileDialogs", "{name} already exists. Replace it?").format(name=path.name),
        button.Yes | button.No,
        window,
    )
    box.setDefaultButton(button.No)
    box.finished.connect(lambda answer: replace() if answer == button.Yes else None)
    _open(box)


def _open(box: QMessageBox) -> None:
    # Names, and what a file holds, are shown as they are, never as markup.
    box.setTextFormat(Qt.TextFormat.PlainText)
    remove_icons(box.buttons())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
