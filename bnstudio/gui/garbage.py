"""Cyclic garbage is collected by the window's thread alone.

A collection that happens to run in the worker and frees a Qt object crashes or hangs. So Python's own trigger
is off while the window is open, and a timer collects instead.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000
YOUNG_ONLY = 0
TICKS_BETWEEN_FULL_COLLECTIONS = 60


class GarbageTimer(QObject):
    """Collects the youngest generation every second, all of them each minute and when training ends.

    The first tick comes when the window has been painted: what was loaded until then stays, and is frozen,
    which makes full collections cheap. The little garbage in it stays too: to look for it would hold the
    window up.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._n_ticks = 0
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)

    def start(self) -> None:
        """Take the collection over from Python."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Give the collection back."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def set_busy(self, busy: bool) -> None:
        """Tell whether something trains; all generations are collected as soon as nothing does."""
        if self._busy and not busy:
            gc.collect()
        self._busy = busy

    def _on_timeout(self) -> None:
        self._n_ticks += 1
        if self._n_ticks == 1:
            gc.freeze()
        elif self._n_ticks % TICKS_BETWEEN_FULL_COLLECTIONS == 0:
            gc.collect()
        else:
            gc.collect(YOUNG_ONLY)
