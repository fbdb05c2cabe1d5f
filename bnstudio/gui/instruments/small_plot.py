"""The small plot of the instruments: two axes, what a subclass draws between them, and a place that is read.

The mouse or the arrow keys move the place that is read; what stands there is said in words, in the tooltip
and to those who hear the plot instead of seeing it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.gui.number_format import format_number
from bnstudio.gui.theme import SPACING, small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from bnstudio.gui.theme import Theme

_GAP = 4.0
_KEY_STEPS = 60
"""Steps of an arrow key from one end of the axis to the other."""

Range = tuple[float, float]


class PlotScale:
    """Where values stand in a rectangle of the widget: `x` and `y` from values to pixels."""

    def __init__(self, rect: QRectF, x_range: Range, y_range: Range) -> None:
        self.rect = rect
        self.x_range, self.y_range = x_range, y_range

    def x(self, value: float) -> float:
        """Return where `value` stands across."""
        low, high = self.x_range
        return self.rect.left() + (value - low) / (high - low) * self.rect.width()

    def y(self, value: float) -> float:
        """Return where `value` stands up."""
        low, high = self.y_range
        return self.rect.bottom() - (value - low) / (high - low) * self.rect.height()

    def value_at(self, x: float) -> float:
        """Return the value across at the pixel `x`, kept on the axis."""
        low, high = self.x_range
        share = (x - self.rect.left()) / max(1.0, self.rect.width())
        return low + min(max(share, 0.0), 1.0) * (high - low)

    def line(self, xs: Iterable[float], ys: Iterable[float]) -> QPolygonF:
        """Return the line through points."""
        return QPolygonF([QPointF(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)])

    def bars(self, low: float, high: float, heights: Sequence[float]) -> QPolygonF:
        """Return the outline of bars of equal width from `low` to `high`, standing on the lower end of y."""
        width = (high - low) / max(1, len(heights))
        bottom = self.y(self.y_range[0])
        points = [QPointF(self.x(low), bottom)]
        for i, height in enumerate(heights):
            y = self.y(height)
            points += [QPointF(self.x(low + i * width), y), QPointF(self.x(low + (i + 1) * width), y)]
        points.append(QPointF(self.x(high), bottom))
        return QPolygonF(points)


class SmallPlot(QWidget):
    """Base of the plots.

    A subclass sets `x_range`, `y_range` and the labels, draws in `paint_content`, and says in `text_at` what
    stands at a place across. Where there is nothing to draw, `message` says why.

    Parameters
    ----------
    name : str
        What the plot is called, for those who hear it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_range: Range = (0.0, 1.0)
        self.y_range: Range = (0.0, 1.0)
        self.x_label = ""
        self.y_ticks = True
        """Whether numbers stand beside the axis of heights; without them heights are only compared."""
        self.message = ""
        self.place: float | None = None
        """The value across that is read."""
        self._by_mouse = False
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Draw between the axes; what reaches beyond them is cut off."""
        raise NotImplementedError

    def text_at(self, place: float) -> str:
        """Return in words what stands at `place`, a value of the axis across."""
        raise NotImplementedError

    def format_x(self, value: float) -> str:
        """Return a value as it stands at the axis across."""
        return format_number(value, _tick_digits(self.x_tick_values()))

    def format_y(self, value: float) -> str:
        """Return a value as it stands at the axis of heights."""
        return format_number(value, _tick_digits(self.y_tick_values()))

    def x_tick_values(self) -> list[float]:
        """Return what is labelled across."""
        return round_values(self.x_range, max(2, int(self.width() / (6 * self._metrics().height()))))

    def y_tick_values(self) -> list[float]:
        """Return what is labelled at the axis of heights."""
        return round_values(self.y_range, max(2, int(self.height() / (2.5 * self._metrics().height()))))

    # Layout and painting

    def sizeHint(self) -> QSize:
        """Override: a small plot."""
        return QSize(280, 10 * round(self._metrics().height()))

    def minimumSizeHint(self) -> QSize:
        """Override: axes that can be read."""
        return QSize(140, math.ceil(5 * self._metrics().height()))

    def scale(self) -> PlotScale:
        """Return where values stand now."""
        metrics = self._metrics()
        left = _GAP
        if self.y_ticks:
            texts = [self.format_y(value) for value in self.y_tick_values()]
            left += max((metrics.horizontalAdvance(text) for text in texts), default=0.0) + _GAP
        bottom = metrics.height() * (2 if self.x_label else 1) + _GAP
        inside = QRectF(self.rect()).adjusted(left, metrics.height() / 2, -SPACING, -bottom)
        return PlotScale(inside, self.x_range, self.y_range)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: axes, content, the place that is read."""
        theme, scale = theme_of(self), self.scale()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.panel))
            painter.setFont(small_font(self.font()))
            if self.message:
                painter.setPen(QColor(theme.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(QRectF(self.rect()).adjusted(SPACING, 0, -SPACING, 0), flags, self.message)
            else:
                self._paint_axes(painter, scale, theme)
                painter.save()
                painter.setClipRect(scale.rect)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self.paint_content(painter, scale, theme)
                painter.restore()
                self._paint_place(painter, scale, theme)
            self._paint_frame(painter, scale, theme)

    def _paint_axes(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        metrics, rect = self._metrics(), scale.rect
        for value in self.y_tick_values() if self.y_ticks else ():
            y, text = scale.y(value), self.format_y(value)
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawLine(QLineF(rect.left(), round(y), rect.right(), round(y)))
            painter.setPen(QColor(theme.muted))
            baseline = y + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(rect.left() - _GAP - metrics.horizontalAdvance(text), baseline), text)
        painter.setPen(QColor(theme.muted))
        for value in self.x_tick_values():
            text = self.format_x(value)
            width = metrics.horizontalAdvance(text)
            x = min(max(scale.x(value) - width / 2, 0.0), self.width() - width)
            painter.drawText(QPointF(x, rect.bottom() + metrics.ascent() + _GAP / 2), text)
        if self.x_label:
            under = QRectF(
                rect.left(), rect.bottom() + metrics.height(), rect.width(), metrics.height() + _GAP
            )
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, self.x_label)

    def _paint_place(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        if self.place is not None:
            x = round(scale.x(self.place))
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawLine(QLineF(x, scale.rect.top(), x, scale.rect.bottom()))

    def _paint_frame(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        rect = scale.rect
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        if not self.message:
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(QLineF(rect.left(), rect.bottom(), rect.right(), rect.bottom()))

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(small_font(self.font()))

    # The place that is read

    def redraw(self) -> None:
        """Draw something else: the place that is read stays, as far as the axis reaches, and is said anew."""
        place, (low, high) = self.place, self.x_range
        if place is not None:
            place = None if self.message else min(max(place, low), high)
        self._read(place, by_mouse=self._by_mouse)

    def _read(self, place: float | None, *, by_mouse: bool) -> None:
        self.place, self._by_mouse = place, by_mouse
        self.setAccessibleDescription("" if place is None else self.text_at(place))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the place under the mouse is read."""
        scale = self.scale()
        if not self.message and scale.rect.contains(event.position()):
            self._read(scale.value_at(event.position().x()), by_mouse=True)
        elif self._by_mouse:
            self._read(None, by_mouse=True)

    def leaveEvent(self, event: QEvent) -> None:
        """Override: nothing is read any more but what the keys chose."""
        super().leaveEvent(event)
        if self._by_mouse:
            self._read(None, by_mouse=True)

    def event(self, event: QEvent) -> bool:
        """Override: the tooltip has the words for the place under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.place is not None:
            QToolTip.showText(event.globalPos(), self.text_at(self.place), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Left, Right, Home and End move the place that is read, Esc ends."""
        key = event.key()
        low, high = self.x_range
        sideways = (key == Qt.Key.Key_Right) - (key == Qt.Key.Key_Left)
        if self.message or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
            return
        if sideways:
            place = (low + high) / 2 if self.place is None else self.place
            place += sideways * (high - low) / _KEY_STEPS
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            place = low if key == Qt.Key.Key_Home else high
        elif key == Qt.Key.Key_Escape and self.place is not None:
            self._read(None, by_mouse=False)
            return
        else:
            event.ignore()
            return
        self._read(min(max(place, low), high), by_mouse=False)
        point = QPointF(self.scale().x(self.place or 0.0), 0).toPoint()
        QToolTip.showText(self.mapToGlobal(point), self.text_at(self.place or 0.0), self)


def round_values(interval: Range, n_most: int) -> list[float]:
    """Return at most about `n_most` round numbers, evenly apart, within an interval."""
    low, high = interval
    if not high > low:
        return [low]
    raw = (high - low) / max(1, n_most)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    spacing = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw * 0.999)
    first = math.ceil(low / spacing - 1e-9)
    last = math.floor(high / spacing + 1e-9)
    return [i * spacing for i in range(first, last + 1)]


def _tick_digits(ticks: Sequence[float]) -> int:
    """Return how many digits tell neighbouring round numbers apart: 2 for 0.5 and 1, 3 for 100 and 101."""
    if len(ticks) < 2:
        return 2
    largest, spacing = max(map(abs, ticks)), ticks[1] - ticks[0]
    return max(2, 1 + math.floor(math.log10(largest) + 1e-9) - math.floor(math.log10(spacing) + 1e-9))
