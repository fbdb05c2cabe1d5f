"""Keeps the document and its training in a file of the program's own, soon after something has changed.

It is there for a program that does not end properly; one that does removes it. Nothing is written while
nothing changes, and never so often that training loses more than a hundredth of its time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from bnstudio.gui.run_files import RunFiles
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment
    from bnstudio.gui.autosave_folder import AutosaveFolder
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.commands import Commands
    from bnstudio.training.snapshot import Answer, Snapshot

INTERVAL_MS = 30_000
"""Between a change and the file that has it."""
_LEAST_RATIO = 100
"""How many times longer than a file takes to be written it is waited before the next."""


class Autosave(QObject):
    """Has `session` write into `folder`."""

    saved = Signal()
    """What there was to be kept is in the file."""
    failed = Signal(str)
    """It could not be written; said once, until it can."""

    def __init__(
        self,
        document: ExperimentDocument,
        session: Commands,
        folder: AutosaveFolder,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._run_files = RunFiles(session, self)
        self._opened: Experiment | None = None
        self._seen: tuple[tuple[int, int], ...] | None = None
        self._changed = False
        self._outdated = False
        """Whether what is being written is of the document before."""
        self._error: str | None = None
        self.session_failed = False
        """Whether training has met an error, and can keep nothing any more."""
        self._timer = QTimer(self, singleShot=True, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)
        document.opened.connect(self._on_document_opened)
        document.experiment_changed.connect(self._on_experiment_changed)

    @property
    def pending(self) -> bool:
        """Whether something will be written without any further change."""
        return self._timer.isActive() or self._run_files.busy

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Look whether training has gone on."""
        self._run_files.show_snapshot(snapshot)
        self.session_failed = self.session_failed or snapshot.state is State.FAILED
        steps = tuple((run.run_id, run.step) for run in snapshot.runs if not run.replaced)
        if steps and steps != self._seen:
            is_beginning = self._seen is None and not any(step for _, step in steps)
            self._seen = steps
            if not is_beginning:
                self.note_change()

    def note_change(self) -> None:
        """See to it that the file follows soon."""
        self._changed = True
        if not self.pending and not self.session_failed:
            self._timer.start()

    def end(self) -> None:
        """Remove the file at a proper end; after a failure it stays, to be offered at the next start.

        The session has to be closed before, so that nothing is written afterwards.
        """
        if self.session_failed:
            self.leave()
        else:
            self._timer.stop()
            self._folder.remove()

    def leave(self) -> None:
        """Let the next start find the file; the session has to be closed before."""
        self._timer.stop()
        self._folder.leave()

    def _on_timeout(self) -> None:
        self._changed = False
        self._run_files.save(self._folder.file, self._on_saved)

    def _on_saved(self, answer: Answer) -> None:
        self._timer.setInterval(max(INTERVAL_MS, round(1000 * _LEAST_RATIO * answer.seconds)))
        outdated, self._outdated = self._outdated, False
        if outdated:
            self._remove_file()
        else:
            if answer.error is not None and self._error is None:
                self.failed.emit(answer.error)
            self._error = answer.error
            if answer.error is None:
                self.saved.emit()
        if self._changed and not self.session_failed:
            self._timer.start()

    def _on_document_opened(self, experiment: Experiment) -> None:
        self._timer.stop()
        self._outdated = self._run_files.busy
        self._opened, self._seen, self._changed = experiment, None, False
        # What was kept of the document before is no longer wanted: it was saved or given up. But a run that
        # training has failed under could not be saved.
        if not self.session_failed:
            self._remove_file()

    def _remove_file(self) -> None:
        with suppress(OSError):
            self._folder.file.unlink(missing_ok=True)

    def _on_experiment_changed(self, experiment: Experiment) -> None:
        opened, self._opened = self._opened, None
        if experiment is not opened:  # to have been opened is no change
            self.note_change()
