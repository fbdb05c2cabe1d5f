"""Dialogs in the manner of this window: their buttons have words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QIcon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QAbstractButton


def remove_icons(buttons: Iterable[QAbstractButton]) -> None:
    """Take the style's own icons off; they are drawn for light windows, and say less than the words."""
    for button in buttons:
        button.setIcon(QIcon())
