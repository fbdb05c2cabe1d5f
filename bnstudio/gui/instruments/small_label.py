"""A sentence below an instrument, in small type, with room for as many lines as it may come to need.

So what stands above it does not move when its numbers change.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class SmallLabel(QLabel):
    """Plain text that is wrapped.

    Parameters
    ----------
    n_lines : int
        How many lines of room it takes, whatever it says.
    """

    def __init__(self, n_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_lines = n_lines
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Override: the lines."""
        metrics = QFontMetricsF(small_font(self.font()))
        return QSize(200, math.ceil(self._n_lines * metrics.lineSpacing()) + 2)

    def minimumSizeHint(self) -> QSize:
        """Override: as high as the hint."""
        return QSize(100, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: a font that was set would no longer follow that of the application."""
        with QPainter(self) as painter:
            painter.setFont(small_font(self.font()))
            painter.setPen(QColor(theme_of(self).text))
            painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, self.text())
