"""Has the session write and read files of runs, and hands what comes of it to whoever asked.

The session owns the arrays, so the window only sends paths and never waits.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.training.snapshot import Answer, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.training.commands import Commands
    from bnstudio.training.snapshot import Snapshot

    Command = Callable[[Path, int], None]

_tickets = itertools.count(1)


class RunFiles(QObject):
    """What one asker has asked for and not yet been answered."""

    asked = Signal()
    """A command was given, so news will come."""
    answered = Signal()
    """One was answered, and whoever asked has been told."""

    def __init__(self, session: Commands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: dict[int, tuple[Command, Callable[[Answer], None]]] = {}
        self._session_failed = False
        self._newest = self._lost_up_to = 0
        """The ticket given last, and that up to which a session that has failed had them."""

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    @property
    def saving(self) -> bool:
        """Whether a file is still being written."""
        return any(command == self._session.save_run for command, _ in self._waiting.values())

    def save(self, path: Path, then: Callable[[Answer], None]) -> None:
        """Write the training into a file, and call `then` when that is done or has failed."""
        if self._session_failed:
            then(Answer(0, self.tr("Training has met an error, and nothing is left of it to be saved.")))
        else:
            self._ask(self._session.save_run, path, then)

    def read(self, path: Path, then: Callable[[Answer], None]) -> None:
        """Read a training, and call `then` when that is done or has failed; nothing else changes."""
        self._ask(self._session.read_run, path, then)

    def use(self, answer: Answer) -> None:
        """Let the document that is opened next go on with the training that was read; `checked` has to be."""
        self._session.use_run(answer.ticket)

    def checked(self, answer: Answer) -> Answer:
        """Return `answer`, or one with an error where what was read is gone with the session that read it."""
        if answer.error is None and answer.ticket <= self._lost_up_to:
            return Answer(answer.ticket, self._lost_text())
        return answer

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand on the answers that a snapshot brings."""
        for answer in snapshot.answers:
            self._tell(answer)
        self._session_failed = snapshot.state is State.FAILED
        if self._session_failed:
            self._lost_up_to = self._newest
            for ticket in list(self._waiting):
                self._tell(Answer(ticket, self._lost_text()))

    def _lost_text(self) -> str:
        return self.tr("Training met an error before that was done.")

    def _ask(self, command: Command, path: Path, then: Callable[[Answer], None]) -> None:
        ticket = self._newest = next(_tickets)
        self._waiting[ticket] = command, then
        command(path, ticket)
        self.asked.emit()

    def _tell(self, answer: Answer) -> None:
        _, then = self._waiting.pop(answer.ticket, (None, None))
        if then is not None:  # others ask too
            then(answer)
            self.answered.emit()
