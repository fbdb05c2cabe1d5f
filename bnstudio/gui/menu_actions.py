"""Menus from lists of actions, in which None stands for a separator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu


def add_actions(menu: QMenu, actions: Iterable[QAction | None]) -> None:
    """Add `actions` and separators to `menu`."""
    for action in actions:
        if action is None:
            menu.addSeparator()
        else:
            menu.addAction(action)
