"""Tells why training cannot go on, where the cause is known: too little memory, or data that are damaged."""

from __future__ import annotations

from bnstudio.gui.controls.notice_bar import NoticeBar


class ProblemBar(NoticeBar):
    """Is there while there is a problem; once put away, only when another comes or training is asked for."""

    _shown: str | None = None

    def show_problem(self, problem: str | None) -> None:
        """Show a problem that is new, or nothing where there is none."""
        if problem == self._shown:
            return
        self._shown = problem
        if problem is None:
            self.hide()
        else:
            self.show_notice(problem)

    def remind(self) -> None:
        """Show the problem again, if it is still there, when the next snapshot comes."""
        self._shown = None
