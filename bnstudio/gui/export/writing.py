"""Writes in a thread of its own while the window goes on; a timer of the window asks how it goes.

The thread holds nothing of Qt's that belongs to the window, so that nothing of it can be freed there.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QProgressDialog, QWidget

from bnstudio.gui.export.folder import CancelledError, ExportError, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_INTERVAL_MS = 30
PATIENCE_MS = 1_000
"""What takes longer says how far it is, and can be cancelled."""


class _Job:
    """What the thread does, and how it ended."""

    def __init__(self, work: Callable[[Progress], None]) -> None:
        self._work = work
        self.progress = Progress()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._work(self.progress)
        except Exception as error:  # the window's thread raises it again
            self.error = error


class Writing(QObject):
    """One piece of work, begun at once.

    Parameters
    ----------
    work : callable
        What to do, in the thread; it counts its progress and may raise ExportError or CancelledError.
    text : str
        What it is, for the progress dialog.
    window : QWidget
        Whom the dialog belongs to.
    """

    succeeded = Signal()
    cancelled = Signal()
    failed = Signal(str)
    """Why, in words."""
    ended = Signal()
    """Whichever way; after the other signals."""

    def __init__(self, work: Callable[[Progress], None], text: str, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._job = _Job(work)
        self._thread = threading.Thread(target=self._job.run, name="bnstudio-export")
        self._dialog = QProgressDialog(text, self.tr("Cancel"), 0, 100, window)
        self._dialog.setWindowTitle(self.tr("Export"))
        self._dialog.setAutoClose(False)
        self._dialog.setAutoReset(False)
        self._dialog.setMinimumDuration(PATIENCE_MS)
        self._dialog.setValue(0)  # from here on it counts the time
        self._dialog.canceled.connect(self.cancel)
        self._timer = QTimer(self, interval=POLL_INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Ask the thread to stop; it ends with nothing written."""
        self._job.progress.cancelled = True

    def stop(self) -> None:
        """Cancel, and wait until the thread is gone."""
        self.cancel()
        self._thread.join()
        self._end()

    def _on_timeout(self) -> None:
        if self._thread.is_alive():
            progress = self._job.progress
            if not progress.cancelled:
                self._dialog.setValue(min(99, 100 * progress.n_written // max(1, progress.n_pieces)))
            return
        self._thread.join()
        error = self._job.error
        if error is None:
            self.succeeded.emit()
        elif isinstance(error, ExportError):
            self.failed.emit(str(error))
        elif isinstance(error, CancelledError):
            self.cancelled.emit()
        self._end()
        if error is not None and not isinstance(error, ExportError | CancelledError):
            raise error

    def _end(self) -> None:
        self._timer.stop()
        self._dialog.hide()  # closing it would be cancelling
        self._dialog.deleteLater()
        self.ended.emit()
        self.deleteLater()
