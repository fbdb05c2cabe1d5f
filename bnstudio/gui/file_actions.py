"""New, open, save and their dialogs; nothing that was not saved is left without asking.

A file is either an experiment's, the setup alone, which threads read and write, or a run's, with all that was
learned, which the session reads and writes.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QWidget

from bnstudio.document.experiment import new_experiment
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import SUFFIX, ChangedFileError, ExperimentFile, StorageError
from bnstudio.gui.dialogs.file_dialogs import (
    ask_about_changed_file,
    ask_about_changes,
    ask_about_saving,
    complete_name,
    file_dialog,
    show_problem,
)
from bnstudio.gui.experiment_saving import ExperimentSaving
from bnstudio.gui.number_format import format_count
from bnstudio.gui.open_menus import PresetsMenu, RecentMenu
from bnstudio.gui.opening import Opening
from bnstudio.gui.quiet_moments import when_quiet
from bnstudio.gui.recent_files import RecentFiles
from bnstudio.gui.threaded_work import PATIENCE_MS
from bnstudio.training.run_file import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from bnstudio.document.experiment import Experiment
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.run_files import RunFiles
    from bnstudio.training.snapshot import Answer

FILE_SUFFIXES = (SUFFIX, RUN_SUFFIX)
"""Of the files that can be opened."""


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
        self._saving = ExperimentSaving(document, self)
        self._saving.lasting.connect(self.answered)
        self._saving.ended.connect(self._on_written)
        self._leaving: Callable[[], None] | None = None
        """What goes on when nothing is being saved, and no dialog or menu is open, any more; of several, the
        last."""
        self._since_closing = QElapsedTimer()
        """Since somebody wanted to close while something was being saved."""
        for saving in (run_files, self._saving):
            saving.answered.connect(self._on_answered)
        self._window = window
        self.recent_files = RecentFiles(self)
        self._opening = Opening(document, run_files, self.when_safe, window)
        self._opening.answered.connect(self.answered)
        self._opening.opened.connect(self.recent_files.add)
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
        self.when_safe(lambda: self._opening.read(path))

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""

        def open_it() -> None:
            self._opening.show(load_preset(name))
            self.answered.emit(self.tr("Opened the preset {name}.").format(name=name))

        self.when_safe(open_it)

    def when_safe(self, continuation: Callable[[], None], given_up: Experiment | None = None) -> None:
        """Call `continuation` once the document is saved or its changes are given up; never, if neither.

        What is being saved is waited for first. `given_up` is what need not be asked about any more.
        """
        self._leaving = None
        if self._is_saving:
            self._opening.forget()
            self._leaving = continuation
        elif self._document.undo_stack.isClean() or self._document.experiment is given_up:
            continuation()
        else:

            def save() -> None:
                self._opening.forget()
                self.save(then=continuation)

            ask_about_changes(self._window, self.document_name(), save, continuation)

    def when_closing(self, close: Callable[[], None]) -> None:
        """Do what `when_safe` does; who has waited for the saving, and asks again, may close without it."""
        if self._is_saving and self._since_closing.isValid() and self._since_closing.hasExpired(PATIENCE_MS):
            ask_about_saving(self._window, self.document_name(), close)
            return
        if self._is_saving and not self._since_closing.isValid():
            self._since_closing.start()
        self.when_safe(close)

    @property
    def is_safe(self) -> bool:
        """Whether nothing would be lost if the document were left now."""
        return self._document.undo_stack.isClean() and not self._is_saving

    def document_name(self) -> str:
        """Return what people call the document: the name of its file, or of its run's."""
        path = self._document.path or self._opening.run_path
        return path.name if path is not None else self.tr("Untitled")

    def save(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Save to the document's file, asking for one if it has none; on success call `then`."""
        if self._document.file is None and not self._saving.busy:
            self.save_as(then=then)
        else:
            self._saving.save(None, then)

    def save_as(self, _checked: bool = False, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and save to it; on success call `then`."""
        suggestion = self._document.path or Path(f"{self._document.model.name}{SUFFIX}")
        title, files = self.tr("Save the experiment"), self.tr("bnstudio experiments")
        self._ask_where_to_save(
            title, files, SUFFIX, suggestion.name, lambda path: self._saving.save(path, then)
        )

    def save_run(self, _checked: bool = False) -> None:
        """Ask for a file and save to it the setup and all that was learned."""
        named = self._opening.run_path or self._document.path
        suggestion = f"{named.stem if named else self._document.model.name}{RUN_SUFFIX}"
        title, files = self.tr("Save the run"), self.tr("bnstudio runs")
        self._ask_where_to_save(title, files, RUN_SUFFIX, suggestion, self._write_run)

    def restore_run(self, path: Path, kept: Experiment, then: Callable[[], None]) -> None:
        """Open a run of `kept` from a file that no person knows of; other changes are asked about."""
        before = self._document.experiment
        given_up = before if before == kept else None
        self.when_safe(lambda: self._opening.restore_run(path, then), given_up)

    def forget_opening(self) -> None:
        """Open nothing of what is still being read."""
        self._opening.forget()

    def _action(
        self, text: str, keys: QKeySequence | QKeySequence.StandardKey, slot: Callable[..., None]
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        return action

    def _on_new_triggered(self) -> None:
        self.when_safe(lambda: self._opening.show(new_experiment()))

    def _on_open_triggered(self) -> None:
        self.when_safe(self._ask_for_file)

    def _ask_for_file(self) -> None:
        files = self.tr("bnstudio experiments and runs")
        title, folder = self.tr("Open an experiment or a run"), self.recent_files.folder()
        dialog = file_dialog(self._window, title, folder, files, FILE_SUFFIXES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._opening.read(Path(name)))
        dialog.open()

    def _on_recent_chosen(self, path: Path) -> None:
        def on_looked(is_there: bool) -> None:
            if is_there:
                self.open_file(path)
                return
            self.recent_files.remove(path)
            self._show_problem(
                self.tr("Cannot open {name}").format(name=path.name),
                self.tr("{path} is not there any more. It was taken off the list.").format(path=path),
            )

        self._opening.look_for(path, on_looked)

    def _on_written(
        self, path: Path, outcome: Future[ExperimentFile], then: Callable[[], None] | None
    ) -> None:
        if outcome.exception() is not None:
            self._leaving = None
        try:
            outcome.result()
        except ChangedFileError:
            replace = partial(self._saving.save, path, then)
            ask_about_changed_file(self._window, path, replace, partial(self.save_as, then=then))
        except StorageError as error:
            self._show_problem(self.tr("Cannot save {name}").format(name=path.name), str(error))
        else:
            self.recent_files.add(path)
            text = self.tr("Saved {name}: the setup. Save the run to keep what was learned.")
            self.answered.emit(text.format(name=path.name))
            self._leaving = self._leaving or then

    def _write_run(self, path: Path) -> None:
        self.answered.emit(self.tr("Saving {name}…").format(name=path.name))
        experiment = self._document.experiment
        self._run_files.save(path, lambda answer: self._on_run_written(path, experiment, answer))

    def _on_run_written(self, path: Path, experiment: Experiment, answer: Answer) -> None:
        if answer.error is not None:
            self._leaving = None
            self._show_problem(self.tr("Cannot save {name}").format(name=path.name), answer.error)
            return
        has_file = self._document.file is not None or self._saving.busy
        if self._document.experiment is experiment and not has_file:
            self._document.undo_stack.setClean()  # there is no other file that would have to follow
        self._opening.run_path = path
        self.renamed.emit()
        self.recent_files.add(path)
        text = self.tr("Saved {name}: the setup and all that was learned until step {step}.")
        self.answered.emit(text.format(name=path.name, step=format_count(answer.step)))

    @property
    def _is_saving(self) -> bool:
        return self._run_files.saving or self._saving.busy

    def _on_answered(self) -> None:
        self._since_closing.invalidate()
        when_quiet(self._leave, self)  # a dialog or a menu that is open is about the document that is shown

    def _leave(self) -> None:
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            self.when_safe(leaving)

    def _ask_where_to_save(
        self, title: str, files: str, suffix: str, suggestion: str, save: Callable[[Path], None]
    ) -> None:
        dialog = file_dialog(self._window, title, self.recent_files.folder(), files, (suffix,))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(suggestion)
        dialog.fileSelected.connect(lambda name: complete_name(self._window, Path(name), (suffix,), save))
        dialog.open()

    def _show_problem(self, title: str, message: str) -> None:
        self.answered.emit(title)  # in place of what was under way
        show_problem(self._window, title, message)
