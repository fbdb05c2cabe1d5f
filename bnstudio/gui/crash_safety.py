"""Puts together what a crash must not lose: an autosave, and the offer of what one left.

What crashes may be the whole program, which is followed by its next start, or the session alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from bnstudio.document.atomic_file import reason
from bnstudio.gui.autosave import Autosave
from bnstudio.gui.autosave_folder import AutosaveFolder, find_left, take_left
from bnstudio.gui.recovery import Recovery
from bnstudio.training.run_file import RunFileError
from bnstudio.training.snapshot import Snapshot, State

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.gui.autosave_folder import LeftAutosave
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.main_window import MainWindow
    from bnstudio.training.commands import Commands


class CrashSafety(QObject):
    """Of one window, with autosaves in the folder `root`; where nothing can be kept there, of none."""

    def __init__(
        self, document: ExperimentDocument, session: Commands, window: MainWindow, root: Path
    ) -> None:
        super().__init__(window)
        self._document = document
        self._session = session
        self._window = window
        self._root = root
        self._recovery: Recovery | None = None
        self.autosave: Autosave | None = None
        left, problem = find_left(root)
        self._start_autosave()
        self._offer(left)
        if problem is not None:
            self._show_problem(problem)
        window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)

    def end(self) -> None:
        """Put away what is no longer wanted; the session has to be closed before."""
        if self._recovery is not None:
            self._recovery.end()
        if self.autosave is not None:
            self.autosave.end()

    def leave(self) -> None:
        """Leave all to the next start: the program ends, but nobody has closed the window."""
        if self._recovery is not None:
            self._recovery.leave()
        if self.autosave is not None:
            self.autosave.leave()

    def _start_autosave(self) -> None:
        try:
            folder = AutosaveFolder.make(self._root)
        except OSError as error:
            why = self.tr("nothing can be kept in {folder}: {why}")
            self._on_autosave_failed(why.format(folder=self._root, why=reason(error)))
        else:
            self.autosave = Autosave(self._document, self._session, folder, self)
            self.autosave.failed.connect(self._on_autosave_failed)

    def _offer(self, left: LeftAutosave | None) -> None:
        if left is not None:
            window = self._window
            self._recovery = Recovery(left, window.recovery_bar, window.files, self.autosave, self)

    def _on_snapshot_arrived(self, snapshot: Snapshot) -> None:
        if snapshot.state is State.FAILED:
            self._on_session_failed()
        elif self.autosave is not None:
            self.autosave.show_snapshot(snapshot)

    def _on_session_failed(self) -> None:
        """Offer what was kept of the session; what another one trains is kept beside it."""
        left = self._take_own()
        before, self._recovery = self._recovery, None
        if before is not None and left is None:
            left = before.hand_over()
        elif before is not None:
            before.leave()
        self._start_autosave()
        self._offer(left)

    def _take_own(self) -> LeftAutosave | None:
        """Return what this window's autosave has kept, and be done with that."""
        autosave, self.autosave = self.autosave, None
        if autosave is None:
            return None
        folder = autosave.leave()
        autosave.deleteLater()
        try:
            return take_left(folder)
        except (RunFileError, OSError) as error:
            self._show_problem(str(error))
            return None

    def _show_problem(self, problem: str) -> None:
        self._window.status_line.show_answer(self.tr("An autosave cannot be used: {why}").format(why=problem))

    def _on_autosave_failed(self, why: str) -> None:
        self._window.status_line.show_answer(self.tr("No autosave: {why}").format(why=why))
