"""Opens files of experiments, which a thread reads, and of runs, which the session reads.

The window goes on meanwhile. What was asked for or opened last is what is wanted.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from bnstudio.document.storage import ExperimentFile, StorageError, read_file
from bnstudio.gui.dialogs.file_dialogs import show_problem
from bnstudio.gui.number_format import format_count
from bnstudio.gui.quiet_moments import when_quiet
from bnstudio.gui.threaded_work import ThreadedWork
from bnstudio.training.run_file import is_run_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from PySide6.QtWidgets import QWidget

    from bnstudio.document.experiment import Experiment
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.run_files import RunFiles
    from bnstudio.training.snapshot import Answer


class Opening(QObject):
    """Shows in `document` what is opened.

    Parameters
    ----------
    document, run_files
        What is opened, and what reads runs.
    when_safe : callable
        Calls what it is given when the document may be left; the experiment is one that may be.
    window : QWidget
        Whom dialogs belong to.
    """

    answered = Signal(str)
    """What was done, for the status line."""
    opened = Signal(Path)
    """The file that a person had named."""

    def __init__(
        self,
        document: ExperimentDocument,
        run_files: RunFiles,
        when_safe: Callable[[Callable[[], None], Experiment], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._run_files = run_files
        self._when_safe = when_safe
        self._window = window
        self._reading: object = None
        """Stands for the file that is being read, whichever it is."""
        self.run_path: Path | None = None
        """The run's file that the document was opened from or saved in."""

    def show(
        self, experiment: Experiment, file: ExperimentFile | None = None, run_path: Path | None = None
    ) -> None:
        """Show another document; what is still being read is no longer wanted."""
        self._reading = None
        self.run_path = run_path
        self._document.open(experiment, file)

    def read(self, path: Path) -> None:
        """Open a file; the document may be left."""
        if is_run_name(path):
            self.answered.emit(self._text(path))
            self._run_files.read(path, self._wanted(self._safely(partial(self._on_run_read, path))))
        else:
            self._begin(read_file, path, self._safely(partial(self._on_read, path)))

    def forget(self) -> None:
        """Open nothing of what is still being read: something else was chosen."""
        self._reading = None

    def look_for(self, path: Path, then: Callable[[bool], None]) -> None:
        """Call `then` with whether there is a file, or anything else."""
        # Unlike Path's method, this takes a name that is too long for the system.
        self._begin(os.path.exists, path, lambda outcome: then(outcome.result()))

    def restore_run(self, path: Path, then: Callable[[], None]) -> None:
        """Open a run from a file that no person knows of, as a document that was never saved."""

        def on_read(answer: Answer) -> None:
            answer = self._run_files.checked(answer)
            if answer.error is not None:
                show_problem(self._window, self.tr("Cannot restore the run"), answer.error)
                return
            self._show_run(answer, None)
            self._document.undo_stack.resetClean()
            text = self.tr("Restored after step {step}. {outlook}")
            self.answered.emit(text.format(step=format_count(answer.step), outlook=self._outlook(answer)))
            then()

        self._run_files.read(path, self._wanted(self._safely(on_read)))

    def _begin(self, work: Callable[[Path], object], path: Path, then: Callable[[Future[Any]], None]) -> None:
        threaded = ThreadedWork(partial(work, path), self)
        threaded.ended.connect(self._wanted(then))
        threaded.lasting.connect(partial(self._on_lasting, path, self._reading))

    def _wanted(self, then: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what a reading that begins now shall call in the end: `then`, if it is still wanted.

        Nothing happens below a dialog or a menu that is open, as it is about the document that is shown.
        """
        reading = self._reading = object()

        def go_on(outcome: Any) -> None:
            if self._reading is reading:
                self._reading = None
                then(outcome)

        return lambda outcome: when_quiet(lambda: go_on(outcome), self)

    def _safely(self, then: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what calls `then` once what is changed from now on may be left."""
        before = self._document.experiment
        return lambda outcome: self._when_safe(lambda: then(outcome), before)

    def _on_lasting(self, path: Path, reading: object) -> None:
        if self._reading is reading:
            self.answered.emit(self._text(path))

    def _text(self, path: Path) -> str:
        return self.tr("Opening {name}…").format(name=path.name)

    def _on_read(self, path: Path, outcome: Future[tuple[Experiment, ExperimentFile]]) -> None:
        try:
            experiment, file = outcome.result()
        except StorageError as error:
            self._show_problem(path, str(error))
            return
        self.show(experiment, file)
        self.opened.emit(path)
        self.answered.emit(self.tr("Opened {name}.").format(name=path.name))

    def _on_run_read(self, path: Path, answer: Answer) -> None:
        answer = self._run_files.checked(answer)
        if answer.error is not None:
            self._show_problem(path, answer.error)
            return
        self._show_run(answer, path)
        self.opened.emit(path)
        text = self.tr("Opened {name} after step {step}. {outlook}")
        step, outlook = format_count(answer.step), self._outlook(answer)
        self.answered.emit(text.format(name=path.name, step=step, outlook=outlook))

    def _outlook(self, answer: Answer) -> str:
        if answer.can_go_on:
            return self.tr("Histograms come with the next one.")
        return self.tr("Every model has diverged: Train begins again.")

    def _show_run(self, answer: Answer, path: Path | None) -> None:
        assert answer.experiment is not None
        self._run_files.use(answer)
        self.show(answer.experiment, run_path=path)

    def _show_problem(self, path: Path, message: str) -> None:
        title = self.tr("Cannot open {name}").format(name=path.name)
        self.answered.emit(title)  # in place of what was under way
        show_problem(self._window, title, message)
