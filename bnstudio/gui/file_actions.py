"""New, open, save and their dialogs; nothing that was not saved is left without asking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.document.presets import DESCRIPTIONS, STUDY_PRESET, load_preset, preset_names
from bnstudio.document.storage import SUFFIX, StorageError, read_experiment, write_experiment
from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.recent_files import RecentFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.gui.experiment_document import ExperimentDocument


def new_experiment() -> Experiment:
    """Return what New begins with: one small model that trains."""
    layers = (DenseSpec(units=300), SigmoidSpec())
    model = ModelSetup(name="Model 1", learning_rate=0.1, weight_init=LeCunInit(), layers=layers)
    return Experiment(models=(model,))


class FileActions(QObject):
    """The File menu's actions on a document. Dialogs belong to `window` and block nothing."""

    answered = Signal(str)
    """What was done, for the status line."""

    def __init__(self, document: ExperimentDocument, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._window = window
        self.recent_files = RecentFiles(self)
        self.new_action = self._action(self.tr("&New"), QKeySequence.StandardKey.New, self._on_new_triggered)
        self.open_action = self._action(
            self.tr("&Open…"), QKeySequence.StandardKey.Open, self._on_open_triggered
        )
        self.save_action = self._action(self.tr("&Save"), QKeySequence.StandardKey.Save, self.save)
        self.save_as_action = self._action(self.tr("Save &As…"), QKeySequence("Ctrl+Shift+S"), self.save_as)
        self.recent_menu = QMenu(self.tr("Open &recent"), window)
        self.recent_menu.aboutToShow.connect(self._fill_recent_menu)
        self.recent_files.changed.connect(self._on_recent_files_changed)
        self._on_recent_files_changed()
        if document.path is not None:  # the program was started with a file
            self.recent_files.add(document.path)
        self.presets_menu = self._make_presets_menu()

    def open_file(self, path: Path) -> None:
        """Open a file, after asking about unsaved changes."""
        self.when_safe(lambda: self._read(path))

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""

        def open_it() -> None:
            self._document.open(load_preset(name), None)
            self.answered.emit(self.tr("Opened the preset {name}.").format(name=name))

        self.when_safe(open_it)

    def when_safe(self, continuation: Callable[[], None]) -> None:
        """Call `continuation` once the document is saved or its changes are given up; never, if neither."""
        if self._document.undo_stack.isClean():
            continuation()
            return
        button = QMessageBox.StandardButton
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            self.tr("Unsaved changes"),
            self.tr("{name} has changes that are not saved.").format(name=self.document_name()),
            button.Save | button.Discard | button.Cancel,
            self._window,
        )
        box.setInformativeText(self.tr("Save them before going on?"))
        box.setDefaultButton(button.Save)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def on_finished(answer: int) -> None:
            if answer == button.Save:
                self.save(then=continuation)
            elif answer == button.Discard:
                continuation()

        remove_icons(box.buttons())
        box.finished.connect(on_finished)
        box.open()

    def document_name(self) -> str:
        """Return what people call the document: its file's name, or what it holds."""
        path = self._document.path
        return path.name if path is not None else self.tr("Untitled")

    def save(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Save to the document's file, asking for one if it has none; on success call `then`."""
        if self._document.path is None:
            self.save_as(then=then)
        else:
            self._write(self._document.path, then)

    def save_as(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and save to it; on success call `then`."""
        dialog = self._file_dialog(self.tr("Save the experiment"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        suggestion = self._document.path or Path(f"{self._document.model.name}{SUFFIX}")
        dialog.selectFile(suggestion.name)
        dialog.fileSelected.connect(lambda name: self._write(Path(name), then))
        dialog.open()

    def _action(
        self, text: str, keys: QKeySequence | QKeySequence.StandardKey, slot: Callable[..., None]
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        return action

    def _make_presets_menu(self) -> QMenu:
        menu = QMenu(self.tr("&Presets"), self._window)
        menu.setToolTipsVisible(True)
        for name in sorted(preset_names(), key=lambda name: name != STUDY_PRESET):
            description = QCoreApplication.translate("presets", DESCRIPTIONS[name])
            action = menu.addAction(f"{name} – {description}")
            action.triggered.connect(lambda _checked=False, name=name: self.open_preset(name))
            if name == STUDY_PRESET:
                menu.addSeparator()
        return menu

    def _fill_recent_menu(self) -> None:
        self.recent_menu.clear()
        for i, path in enumerate(self.recent_files.paths(), start=1):
            text = f"{path.name} – {path.parent}".replace("&", "&&")
            action = self.recent_menu.addAction(f"&{i % 10} {text}")
            action.triggered.connect(lambda _checked=False, path=path: self._open_recent(path))
        self.recent_menu.addSeparator()
        self.recent_menu.addAction(self.tr("&Clear the list")).triggered.connect(self.recent_files.clear)

    def _on_recent_files_changed(self) -> None:
        self.recent_menu.setEnabled(bool(self.recent_files.paths()))

    def _on_new_triggered(self) -> None:
        self.when_safe(lambda: self._document.open(new_experiment(), None))

    def _on_open_triggered(self) -> None:
        self.when_safe(self._ask_for_file)

    def _ask_for_file(self) -> None:
        dialog = self._file_dialog(self.tr("Open an experiment"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._read(Path(name)))
        dialog.open()

    def _file_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(self.recent_files.folder()))
        dialog.setNameFilters(
            [
                self.tr("bnstudio experiments (*{suffix})").format(suffix=SUFFIX),
                self.tr("All files (*)"),
            ]
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _open_recent(self, path: Path) -> None:
        if path.exists():
            self.open_file(path)
            return
        self.recent_files.remove(path)
        self._show_problem(
            self.tr("Cannot open {name}").format(name=path.name),
            self.tr("{path} is not there any more. It was taken off the list.").format(path=path),
        )

    def _read(self, path: Path) -> None:
        try:
            experiment = read_experiment(path)
        except StorageError as error:
            self._show_problem(self.tr("Cannot open {name}").format(name=path.name), str(error))
            return
        self._document.open(experiment, path)
        self.recent_files.add(path)
        self.answered.emit(self.tr("Opened {name}.").format(name=path.name))

    def _write(self, path: Path, then: Callable[[], None] | None) -> None:
        try:
            write_experiment(self._document.experiment, path)
        except StorageError as error:
            self._show_problem(self.tr("Cannot save {name}").format(name=path.name), str(error))
            return
        self._document.mark_saved(path)
        self.recent_files.add(path)
        self.answered.emit(
            self.tr("Saved {name}: the setup; trained weights are not kept.").format(name=path.name)
        )
        if then is not None:
            then()

    def _show_problem(self, title: str, message: str) -> None:
        box = QMessageBox(
            QMessageBox.Icon.Warning, title, message, QMessageBox.StandardButton.Close, self._window
        )
        # What a file holds is shown as it is, never as markup.
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        remove_icons(box.buttons())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
