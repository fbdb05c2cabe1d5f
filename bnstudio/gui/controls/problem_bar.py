"""Tells why training cannot go on, where the cause is known: too little memory, or data that are damaged.

An error that nobody expected is shown in a dialog instead, with what has to be reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.gui.controls.notice_bar import NoticeBar
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.training.snapshot import Snapshot


class ProblemBar(NoticeBar):
    """Is there while there is a problem; once put away, only when another comes or training is asked for."""

    _shown: str | None = None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a problem or an error that is new, or nothing where there is none; a failure is always new."""
        if snapshot.problem != self._shown or snapshot.state is State.FAILED:
            self._shown = snapshot.problem
            if self._shown is None:
                self.hide()
            else:
                self.show_notice(self._shown)
        if snapshot.error is not None:
            self._open_dialog(snapshot.error)

    def remind(self) -> None:
        """Show the problem again, if it is still there, when the next snapshot comes."""
        self._shown = ""

    def _open_dialog(self, error: str) -> None:
        message = self.tr(
            "Training met an error that it did not expect, and ended; Train starts again from step 0."
            " The experiment is as it was. Please report the text below."
        )
        ErrorDialog(message, error, self.window()).open()
