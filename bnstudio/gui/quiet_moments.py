"""When no menu and no dialog is open, so that what they are about may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

_INTERVAL_MS = 100


def when_quiet(continuation: Callable[[], None], owner: QObject) -> None:
    """Call `continuation` at once or, where a menu or a modal dialog is open, soon after none is.

    It is not called once `owner` is gone.
    """
    if QApplication.activePopupWidget() is None and QApplication.activeModalWidget() is None:
        continuation()
    else:
        QTimer.singleShot(_INTERVAL_MS, owner, lambda: when_quiet(continuation, owner))
