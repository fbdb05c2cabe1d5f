"""The buttons under the stack: adding layers by name, and small ones with an icon for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPainterPath, QPen

from bnstudio.gui.controls.quiet_button import QuietButton

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

EditIcon = Literal["up", "down", "duplicate", "delete"]
_ICON_UNITS = 16


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


class EditButton(QuietButton):
    """Triggers `action`, and shows `icon` for it."""

    def __init__(self, action: QAction, icon: EditIcon, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._icon = icon
        self.setAccessibleName(action.text())
        self.setToolTip(f"{action.text()} ({_key_text(action)})")
        self.setEnabled(action.isEnabled())
        action.enabledChanged.connect(self.setEnabled)
        self.clicked.connect(action.trigger)

    def paint_content(self, painter: QPainter, ink: QColor) -> None:
        """Override: the icon."""
        size = self.fontMetrics().height()
        painter.translate((self.width() - size) / 2, (self.height() - size) / 2)
        painter.scale(size / _ICON_UNITS, size / _ICON_UNITS)
        painter.setPen(
            QPen(ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_icon_path(self._icon))


def _icon_path(icon: EditIcon) -> QPainterPath:
    """Return the icon's lines in a square of 16 by 16 units."""
    path = QPainterPath()
    if icon in ("up", "down"):
        tip, tail, wing = (3, 13, 7) if icon == "up" else (13, 3, 9)
        path.moveTo(8, tail)
        path.lineTo(8, tip)
        path.moveTo(4, wing)
        path.lineTo(8, tip)
        path.lineTo(12, wing)
    elif icon == "duplicate":
        path.addRoundedRect(QRectF(6, 6, 8, 8), 1.5, 1.5)
        path.moveTo(2.5, 10)
        path.lineTo(2.5, 3.5)
        path.quadTo(2.5, 2.5, 3.5, 2.5)
        path.lineTo(10, 2.5)
    else:
        path.moveTo(4, 4)
        path.lineTo(12, 12)
        path.moveTo(12, 4)
        path.lineTo(4, 12)
    return path
