"""Writes an export while the window goes on, and shows how far it is, with a way to cancel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QProgressDialog, QWidget

from bnstudio.gui.export.folder import CancelledError, ExportError, Progress
from bnstudio.gui.threaded_work import PATIENCE_MS, ThreadedWork

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future


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
        self._progress = Progress()
        self._dialog = QProgressDialog(text, self.tr("Cancel"), 0, 100, window)
        self._dialog.setWindowTitle(self.tr("Export"))
        self._dialog.setAutoClose(False)
        self._dialog.setAutoReset(False)
        self._dialog.setMinimumDuration(PATIENCE_MS)
        self._dialog.setValue(0)  # from here on it counts the time
        self._dialog.canceled.connect(self.cancel)
        self._work = ThreadedWork(partial(work, self._progress), self)
        self._work.polled.connect(self._show_progress)
        self._work.ended.connect(self._on_ended)

    def cancel(self) -> None:
        """Ask the thread to stop; it ends with nothing written."""
        self._progress.cancelled = True

    def stop(self) -> None:
        """Cancel, and wait until the thread is gone."""
        self.cancel()
        self._work.wait()
        self._end()

    def _show_progress(self) -> None:
        progress = self._progress
        if not progress.cancelled:
            self._dialog.setValue(min(99, 100 * progress.n_written // max(1, progress.n_pieces)))

    def _on_ended(self, outcome: Future[None]) -> None:
        try:
            outcome.result()
            self.succeeded.emit()
        except ExportError as error:
            self.failed.emit(str(error))
        except CancelledError:
            self.cancelled.emit()
        finally:
            self._end()

    def _end(self) -> None:
        self._dialog.hide()  # closing it would be cancelling
        self._dialog.deleteLater()
        self.ended.emit()
        self.deleteLater()
