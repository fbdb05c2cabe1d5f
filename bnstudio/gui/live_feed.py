"""The pull side of live pictures: a timer of the window asks the session for news.

It is the only caller of `Session.poll`. The worker prepares nothing that nobody asks for, so a slow or hidden
window costs the training nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from bnstudio.training.commands import Commands

LIVE_INTERVAL_MS = 33
QUIET_INTERVAL_MS = 100
HIDDEN_INTERVAL_MS = 500
N_EMPTY_POLLS_UNTIL_QUIET = 30


class LiveFeed(QObject):
    """Polls a session thirty times a second, less often when nothing comes or nobody looks."""

    snapshot_arrived = Signal(object)
    """A Snapshot, as soon as it was there."""

    def __init__(self, session: Commands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._n_empty_polls = 0
        self._hidden = False
        self._timer = QTimer(self, interval=LIVE_INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def interval_ms(self) -> int:
        """Milliseconds between two polls as of now."""
        return self._timer.interval()

    def start(self) -> None:
        """Begin to ask."""
        self.wake()
        self._timer.start()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def wake(self) -> None:
        """Ask at the full rate: a command was given, so news will come."""
        self._n_empty_polls = 0
        self._choose_interval()

    def set_hidden(self, hidden: bool) -> None:
        """Ask only now and then while the window cannot be seen."""
        self._hidden = hidden
        self._choose_interval()

    def _on_timeout(self) -> None:
        snapshot = self._session.poll()
        self._n_empty_polls = 0 if snapshot is not None else self._n_empty_polls + 1
        self._choose_interval()
        if snapshot is not None:
            self.snapshot_arrived.emit(snapshot)

    def _choose_interval(self) -> None:
        if self._hidden:
            interval_ms = HIDDEN_INTERVAL_MS
        elif self._n_empty_polls >= N_EMPTY_POLLS_UNTIL_QUIET:
            interval_ms = QUIET_INTERVAL_MS
        else:
            interval_ms = LIVE_INTERVAL_MS
        if interval_ms != self._timer.interval():
            self._timer.setInterval(interval_ms)
