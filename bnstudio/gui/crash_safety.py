"""Puts together what a crash must not lose: this program's autosave, and the offer of what another left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from bnstudio.document.atomic_file import reason
from bnstudio.gui.autosave import Autosave
from bnstudio.gui.autosave_folder import AutosaveFolder, find_left
from bnstudio.gui.recovery import Recovery

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.main_window import MainWindow
    from bnstudio.training.commands import Commands


class CrashSafety(QObject):
    """Of one window, with autosaves in the folder `root`; where nothing can be kept there, of none."""

    def __init__(
        self, document: ExperimentDocument, session: Commands, window: MainWindow, root: Path
    ) -> None:
        super().__init__(window)
        self._status_line = window.status_line
        self._recovery: Recovery | None = None
        self.autosave: Autosave | None = None
        left, problem = find_left(root)
        try:
            folder = AutosaveFolder.make(root)
        except OSError as error:
            why = self.tr("nothing can be kept in {folder}: {why}").format(folder=root, why=reason(error))
            self._on_autosave_failed(why)
        else:
            self.autosave = Autosave(document, session, folder, self)
            window.feed.snapshot_arrived.connect(self.autosave.show_snapshot)
            self.autosave.failed.connect(self._on_autosave_failed)
        if left is not None:
            self._recovery = Recovery(left, window.recovery_bar, window.files, self.autosave, self)
        if problem is not None:
            self._status_line.show_answer(self.tr("An autosave cannot be used: {why}").format(why=problem))

    def end(self) -> None:
        """Put away what is no longer wanted; the session has to be closed before.

        After a failure of the session all stays, to be offered at the next start.
        """
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

    def _on_autosave_failed(self, why: str) -> None:
        self._status_line.show_answer(self.tr("No autosave: {why}").format(why=why))
