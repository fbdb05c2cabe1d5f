"""Does one thing in a thread of its own while the window goes on; a timer of the window asks for its end.

The thread holds nothing of Qt's that belongs to the window, so that nothing of it can be freed there. The
program ends without waiting for it: what never comes back, from a network that is gone, must not keep it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_INTERVAL_MS = 30
PATIENCE_MS = 1_000
"""What takes longer says so."""


class ThreadedWork(QObject):
    """One piece of work, begun at once.

    Parameters
    ----------
    work : callable
        What to do, in the thread.
    parent : QObject
        Whom it belongs to; when that is gone, nobody is told of the end.
    """

    polled = Signal()
    """It is not done yet; with every look."""
    lasting = Signal()
    """Another second has gone by, and it is not done yet."""
    ended = Signal(object)
    """It is done: a Future, which has its result or raises its error."""

    def __init__(self, work: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._outcome: Future[Any] = Future()
        self._thread = threading.Thread(
            target=_do, args=(work, self._outcome), name="bnstudio-work", daemon=True
        )
        self._timer = QTimer(self, interval=POLL_INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._patience = QTimer(self, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.lasting)
        self._thread.start()
        self._timer.start()
        self._patience.start()

    def forget(self) -> None:
        """Let nobody be told of it any more."""
        self._timer.stop()
        self._patience.stop()
        self.deleteLater()

    def wait(self) -> None:
        """Wait until the thread is gone, and forget it."""
        self._thread.join()
        self.forget()

    def _on_timeout(self) -> None:
        if self._thread.is_alive():
            self.polled.emit()
            return
        self.wait()
        self.ended.emit(self._outcome)


def _do(work: Callable[[], Any], outcome: Future[Any]) -> None:
    try:
        outcome.set_result(work())
    except Exception as error:  # the window's thread raises it again
        outcome.set_exception(error)
