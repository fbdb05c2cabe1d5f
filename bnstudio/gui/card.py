"""Cards: the quiet rounded surfaces that the window is laid out from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

CORNER_RADIUS = SPACING / 2


class Card(QFrame):
    """A rounded surface in the panel colour with a hairline around it, and `content` on it."""

    def __init__(self, content: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if content is not None:
            layout = QVBoxLayout(self)
            layout.setContentsMargins(SPACING, SPACING // 2, SPACING, SPACING // 2)
            layout.addWidget(content)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the surface."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.panel))
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), CORNER_RADIUS, CORNER_RADIUS
            )
