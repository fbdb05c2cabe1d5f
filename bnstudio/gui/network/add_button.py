"""The button under the stack that adds a kind of layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from bnstudio.gui.controls.quiet_button import QuietButton

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget


def _key_text(action: QAction) -> str:
    """Return the action's key as it is written on this system."""
    return action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)


class AddButton(QuietButton):
    """Adds a layer below the selected rows; clicked with Shift, above them."""

    def __init__(self, below: QAction, above: QAction, parent: QWidget | None = None) -> None:
        super().__init__(below.iconText(), parent)
        self._below = below
        self._above = above
        self.setAccessibleName(below.text())
        self.setToolTip(
            self.tr("{below} ({key}); with Shift above ({key_above})").format(
                below=below.text(), key=_key_text(below), key_above=_key_text(above)
            )
        )
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        with_shift = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        (self._above if with_shift else self._below).trigger()
