"""The legend of a small plot: what each line or area in it is, in a row of samples and words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.theme import SPACING, small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.theme import Theme

LINE_WIDTH = 2
_SAMPLE_WIDTH = 20
_GAP = 5


class Mark(Enum):
    """How something is drawn; a plot draws with the same pens."""

    CURVE = "curve"
    SLOPE = "slope"
    FILLED = "filled"
    OUTLINE = "outline"

    def pen(self, theme: Theme) -> QPen:
        """Return the pen of lines."""
        if self is Mark.CURVE:
            return QPen(QColor(theme.forward), LINE_WIDTH)
        if self is Mark.SLOPE:
            return QPen(QColor(theme.backward), LINE_WIDTH, Qt.PenStyle.DashLine)
        if self is Mark.OUTLINE:
            return QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine)
        return QPen(Qt.PenStyle.NoPen)

    def fill(self, theme: Theme) -> QColor:
        """Return what areas are filled with."""
        return QColor(theme.forward_pale if self is Mark.FILLED else Qt.GlobalColor.transparent)


@dataclass(frozen=True)
class PlotLegendEntry:
    """One thing in the plot."""

    mark: Mark
    text: str


class PlotLegend(QWidget):
    """A row of entries; where the last do not fit, their words are cut short."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[PlotLegendEntry, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: Sequence[PlotLegendEntry]) -> None:
        """Show these."""
        self._entries = tuple(entries)
        self.setAccessibleName(", ".join(entry.text for entry in entries))
        self.update()

    def sizeHint(self) -> QSize:
        """Override: a line of text."""
        return QSize(200, math.ceil(self._metrics().height()) + 2)

    def minimumSizeHint(self) -> QSize:
        """Override: as high as the hint."""
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: samples and words."""
        theme, metrics, x = theme_of(self), self._metrics(), 0.0
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font(self.font()))
            for entry in self._entries:
                room = self.width() - x - _SAMPLE_WIDTH - _GAP
                if room <= 0:
                    break
                self._paint_sample(painter, entry.mark, QRectF(x, 0, _SAMPLE_WIDTH, self.height()), theme)
                x += _SAMPLE_WIDTH + _GAP
                text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideRight, room)
                painter.setPen(QColor(theme.muted))
                baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
                painter.drawText(QPointF(x, baseline), text)
                x += metrics.horizontalAdvance(text) + SPACING * 3 / 2

    def _paint_sample(self, painter: QPainter, mark: Mark, rect: QRectF, theme: Theme) -> None:
        painter.setPen(mark.pen(theme))
        painter.setBrush(mark.fill(theme))
        middle = rect.center().y()
        if mark in (Mark.CURVE, Mark.SLOPE):
            painter.drawLine(QLineF(rect.left(), middle, rect.right(), middle))
        else:
            painter.drawRect(QRectF(rect.left() + 4.5, round(middle) - 4.5, rect.width() - 8, 9))

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(small_font(self.font()))
