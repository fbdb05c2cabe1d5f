"""Keeps the document and its training in a file of the program's own, soon after something has changed.

It is there for a program, or a session, that does not end properly; one that does removes it. Nothing is
written while nothing changes, and never so often that training loses more than a hundredth of its time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from bnstudio.gui.run_files import RunFiles

if TYPE_CHECKING:
    from pathlib import Path

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
        steps = tuple((run.run_id, run.step) for run in snapshot.runs if not run.replaced)
        if steps and steps != self._seen:
            is_beginning = self._seen is None and not any(step for _, step in steps)
            self._seen = steps
            if not is_beginning:
                self.note_change()

    def note_change(self) -> None:
        """See to it that the file follows soon."""
        self._changed = True
        if not self.pending:
            self._timer.start()

    def end(self) -> None:
        """Remove the file; the session has to be closed before, so that nothing is written afterwards."""
        self._timer.stop()
        self._folder.remove()

    def leave(self) -> Path:
        """Let others find the folder, and return it; the session has to be closed before, or have failed."""
        self._timer.stop()
        self._folder.leave()
        return self._folder.file.parent

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
        if self._changed:
            self._timer.start()

    def _on_document_opened(self, experiment: Experiment) -> None:
        self._timer.stop()
        self._outdated = self._run_files.busy
        self._opened, self._seen, self._changed = experiment, None, False
        self._remove_file()  # what was kept of the document before was saved or given up

    def _remove_file(self) -> None:
        with suppress(OSError):
            self._folder.file.unlink(missing_ok=True)

    def _on_experiment_changed(self, experiment: Experiment) -> None:
        opened, self._opened = self._opened, None
        if experiment is not opened:  # to have been opened is no change
            self.note_change()
