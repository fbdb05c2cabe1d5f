"""New, open, save and their dialogs; nothing that was not saved is left without asking.

A file is either an experiment's, the setup alone, which is read and written here, or a run's, with all that
was learned, which the session reads and writes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import SUFFIX, StorageError, read_experiment, write_experiment
from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.dialogs.file_dialogs import file_dialog, show_problem
from bnstudio.gui.number_format import format_count
from bnstudio.gui.open_menus import PresetsMenu, RecentMenu
from bnstudio.gui.recent_files import RecentFiles
from bnstudio.training.run_file import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.run_files import RunFiles
    from bnstudio.training.snapshot import Answer

FILE_SUFFIXES = (SUFFIX, RUN_SUFFIX)
"""Of the files that can be opened."""


def new_experiment() -> Experiment:
    """Return what New begins with: one small model that trains."""
    layers = (DenseSpec(units=300), SigmoidSpec())
    model = ModelSetup(name="Model 1", learning_rate=0.1, weight_init=LeCunInit(), layers=layers)
    return Experiment(models=(model,))


class FileActions(QObject):
    """The File menu's actions on a document. Dialogs belong to `window` and block nothing."""

    answered = Signal(str)
    """What was done, for the status line."""
    renamed = Signal()
    """`document_name` is another, of the same document."""

    def __init__(self, document: ExperimentDocument, run_files: RunFiles, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._run_files = run_files
        self._run_path: Path | None = None
        """The run's file that the document was opened from or saved in."""
        self._waiting: list[Callable[[], None]] = []
        """What goes on when the run is saved."""
        run_files.answered.connect(self._on_run_file_answered)
        self._window = window
        self.recent_files = RecentFiles(self)
        self.new_action = self._action(self.tr("&New"), QKeySequence.StandardKey.New, self._on_new_triggered)
        self.open_action = self._action(
            self.tr("&Open…"), QKeySequence.StandardKey.Open, self._on_open_triggered
        )
        self.save_action = self._action(self.tr("&Save"), QKeySequence.StandardKey.Save, self.save)
        self.save_as_action = self._action(self.tr("Save &As…"), QKeySequence("Ctrl+Shift+S"), self.save_as)
        self.save_run_action = self._action(
            self.tr("Save the r&un…"), QKeySequence("Ctrl+Alt+S"), self.save_run
        )
        self.save_run_action.setToolTip(
            self.tr("Save the setup with all that was learned, to go on exactly from here")
        )
        self.recent_menu = RecentMenu(self.recent_files, window)
        self.recent_menu.chosen.connect(self._on_recent_chosen)
        self.presets_menu = PresetsMenu(window)
        self.presets_menu.chosen.connect(self.open_preset)
        if document.path is not None:  # the program was started with a file
            self.recent_files.add(document.path)

    def open_file(self, path: Path) -> None:
        """Open a file, after asking about unsaved changes."""
        self.when_safe(lambda: self._read(path))

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""

        def open_it() -> None:
            self._show(load_preset(name))
            self.answered.emit(self.tr("Opened the preset {name}.").format(name=name))

        self.when_safe(open_it)

    def when_safe(self, continuation: Callable[[], None]) -> None:
        """Call `continuation` once the document is saved or its changes are given up; never, if neither.

        A run that is being saved is waited for first.
        """
        if self._run_files.busy:
            self._waiting.append(continuation)
            return
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

    @property
    def is_safe(self) -> bool:
        """Whether nothing would be lost if the document were left now."""
        return self._document.undo_stack.isClean() and not self._run_files.busy

    def document_name(self) -> str:
        """Return what people call the document: the name of its file, or of its run's."""
        path = self._document.path or self._run_path
        return path.name if path is not None else self.tr("Untitled")

    def save(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Save to the document's file, asking for one if it has none; on success call `then`."""
        if self._document.path is None:
            self.save_as(then=then)
        else:
            self._write(self._document.path, then)

    def save_as(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and save to it; on success call `then`."""
        dialog = self._dialog(self.tr("Save the experiment"), self.tr("bnstudio experiments"), SUFFIX)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        suggestion = self._document.path or Path(f"{self._document.model.name}{SUFFIX}")
        dialog.selectFile(suggestion.name)
        dialog.fileSelected.connect(lambda name: self._write(Path(name), then))
        dialog.open()

    def save_run(self, _checked: bool = False) -> None:
        """Ask for a file and save to it the setup and all that was learned."""
        dialog = self._dialog(self.tr("Save the run"), self.tr("bnstudio runs"), RUN_SUFFIX)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(RUN_SUFFIX.removeprefix("."))
        named = self._run_path or self._document.path
        dialog.selectFile(f"{named.stem if named else self._document.model.name}{RUN_SUFFIX}")
        dialog.fileSelected.connect(lambda name: self._write_run(Path(name)))
        dialog.open()

    def restore_run(self, path: Path, then: Callable[[], None]) -> None:
        """Open a run from a file that no person knows of, as a document that was never saved."""

        def on_read(answer: Answer) -> None:
            if answer.error is not None:
                self._show_problem(self.tr("Cannot restore the run"), answer.error)
                return
            self._show_run(answer, None)
            self._document.undo_stack.resetClean()
            text = self.tr("Restored after step {step}. Histograms come with the next one.")
            self.answered.emit(text.format(step=format_count(answer.step)))
            then()

        self.when_safe(lambda: self._read_run(path, on_read))

    def _action(
        self, text: str, keys: QKeySequence | QKeySequence.StandardKey, slot: Callable[..., None]
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        return action

    def _on_new_triggered(self) -> None:
        self.when_safe(lambda: self._show(new_experiment()))

    def _on_open_triggered(self) -> None:
        self.when_safe(self._ask_for_file)

    def _ask_for_file(self) -> None:
        files = self.tr("bnstudio experiments and runs")
        dialog = self._dialog(self.tr("Open an experiment or a run"), files, *FILE_SUFFIXES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._read(Path(name)))
        dialog.open()

    def _on_recent_chosen(self, path: Path) -> None:
        if os.path.exists(path):  # unlike Path's method, this takes a name that is too long for the system
            self.open_file(path)
            return
        self.recent_files.remove(path)
        self._show_problem(
            self.tr("Cannot open {name}").format(name=path.name),
            self.tr("{path} is not there any more. It was taken off the list.").format(path=path),
        )

    def _show(self, experiment: Experiment, path: Path | None = None, run_path: Path | None = None) -> None:
        self._run_path = run_path
        self._document.open(experiment, path)

    def _read(self, path: Path) -> None:
        if path.suffix == RUN_SUFFIX:
            self.answered.emit(self.tr("Opening {name}…").format(name=path.name))
            self._read_run(path, lambda answer: self._on_run_read(path, answer))
            return
        try:
            experiment = read_experiment(path)
        except StorageError as error:
            self._show_problem(self.tr("Cannot open {name}").format(name=path.name), str(error))
            return
        self._show(experiment, path)
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
            self.tr("Saved {name}: the setup. Save the run to keep what was learned.").format(name=path.name)
        )
        if then is not None:
            then()

    def _read_run(self, path: Path, then: Callable[[Answer], None]) -> None:
        """Have a run read; what was changed meanwhile, after it was asked about, is asked about again."""
        before = self._document.experiment

        def on_read(answer: Answer) -> None:
            if self._document.experiment is before:
                then(answer)
            else:
                self.when_safe(lambda: then(answer))

        self._run_files.read(path, on_read)

    def _on_run_read(self, path: Path, answer: Answer) -> None:
        if answer.error is not None:
            self._show_problem(self.tr("Cannot open {name}").format(name=path.name), answer.error)
            return
        self._show_run(answer, path)
        self.recent_files.add(path)
        text = self.tr("Opened {name} after step {step}. Histograms come with the next one.")
        self.answered.emit(text.format(name=path.name, step=format_count(answer.step)))

    def _show_run(self, answer: Answer, path: Path | None) -> None:
        assert answer.experiment is not None
        self._run_files.use(answer)
        self._show(answer.experiment, run_path=path)

    def _write_run(self, path: Path) -> None:
        self.answered.emit(self.tr("Saving {name}…").format(name=path.name))
        experiment = self._document.experiment
        self._run_files.save(path, lambda answer: self._on_run_written(path, experiment, answer))

    def _on_run_written(self, path: Path, experiment: Experiment, answer: Answer) -> None:
        if answer.error is not None:
            self._waiting.clear()
            self._show_problem(self.tr("Cannot save {name}").format(name=path.name), answer.error)
            return
        if self._document.experiment is experiment and self._document.path is None:
            self._document.undo_stack.setClean()  # there is no other file that would have to follow
        self._run_path = path
        self.renamed.emit()
        self.recent_files.add(path)
        text = self.tr("Saved {name}: the setup and all that was learned in {step} steps.")
        self.answered.emit(text.format(name=path.name, step=format_count(answer.step)))

    def _on_run_file_answered(self) -> None:
        waiting, self._waiting = self._waiting, []
        for continuation in waiting:
            self.when_safe(continuation)

    def _dialog(self, title: str, files: str, *suffixes: str) -> QFileDialog:
        return file_dialog(self._window, title, self.recent_files.folder(), files, suffixes)

    def _show_problem(self, title: str, message: str) -> None:
        show_problem(self._window, title, message)
