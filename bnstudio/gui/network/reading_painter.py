"""Paints what is written on the rows beside and below their histograms: axis labels and statistics.

Like the histograms' painter it works everything out once for each set of readings, and then paints whichever
rows are visible.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap, QPolygonF

from bnstudio.gui.network.axis_labels import ARROW_WIDTH, AxisLabels, axis_labels
from bnstudio.gui.network.reading_text import Statistic, signal_outside_label, statistic_labels, statistics
from bnstudio.gui.text_cache import TextCache
from bnstudio.gui.theme import bold_font, small_font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.snapshot import LayerReading, Reading

_WORTH_AN_ARROW = 0.01
"""Share of the signal outside the axis from which it is pointed to; the tooltip has every one."""
_MOST = 0.5
_MAX_STRIPS = 500
_LINE_BREAK = "\u2028"
"""Unicode's line separator, which is what breaks a line in a QStaticText."""


class _Side(NamedTuple):
    """The texts of one direction: a list item for each row."""

    plot: Span
    """Where the histograms stand."""
    text: Span
    """Where the statistics stand."""
    labels: list[AxisLabels]
    statistics: list[list[Statistic]]


class ReadingPainter:
    """Holds the texts of all rows of a stack."""

    def __init__(self) -> None:
        self._texts = TextCache(QFont())
        self._bold = bold_font(QFont())
        self._strips: dict[object, QPixmap] = {}

    def lay_out(
        self,
        readings: Sequence[LayerReading] | None,
        geometry: StackGeometry,
        font: QFont,
    ) -> None:
        """Work out all texts; without readings there are none.

        Parameters
        ----------
        readings : sequence of LayerReading, or None
            One for each row.
        geometry : StackGeometry
            Of a row.
        font : QFont
            The text size of the view; texts here are a step smaller.
        """
        self._geometry = geometry
        small = small_font(font)
        if small != self._texts.font:
            self._texts = TextCache(small)
            self._strips.clear()
            self._bold = bold_font(small)
        self._statistic_labels = statistic_labels()
        self._sides: tuple[_Side, ...] = ()
        self._signal_outside: list[tuple[float, float]] = []
        if not readings:
            return
        forward = [reading.forward for reading in readings]
        backward = [reading.backward for reading in readings]
        self._sides = tuple(
            _Side(
                plot,
                text,
                [axis_labels(reading, plot, self._texts.width) for reading in of_side],
                [statistics(reading, geometry.n_statistics) for reading in of_side],
            )
            for of_side, plot, text in (
                (forward, geometry.forward, geometry.forward_text),
                (backward, geometry.backward, geometry.backward_text),
            )
        )
        self._signal_outside = [_signal_outside(reading) for reading in forward]

    def paint(self, painter: QPainter, theme: Theme, first: int, last: int) -> None:
        """Paint what stands below and beside the histograms of rows `first` to `last`.

        The top of row 0 is at y = 0, here and in `paint_marks`.
        """
        if not self._sides:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._texts.font)
        muted = QColor(theme.muted)
        self._paint_axis_labels(painter, muted, first, last)
        self._paint_statistics(painter, muted, QColor(theme.forward), first, last)

    def paint_marks(self, painter: QPainter, theme: Theme, background: QColor, first: int, last: int) -> None:
        """Paint what stands on the histograms: where a part of the signal lies outside the axis."""
        if not self._sides:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_signal_outside(painter, QColor(theme.forward), background, first, last)

    def _paint_axis_labels(self, painter: QPainter, colour: QColor, first: int, last: int) -> None:
        """Paint what stands under the axes, and the arrows to what lies outside them."""
        height = self._geometry.row_height
        top = self._geometry.baseline + 1
        ratio = painter.device().devicePixelRatio()
        for side in self._sides:
            for row in range(first, last + 1):
                strip = self._strip(side.labels[row], side.plot, colour, ratio)
                painter.drawPixmap(QPointF(side.plot.left, row * height + top), strip)

    def _strip(self, labels: AxisLabels, plot: Span, colour: QColor, ratio: float) -> QPixmap:
        """Return the picture of an axis's labels: axes stay while values change, so most exist already."""
        key = (tuple(labels.texts), labels.left_arrow, labels.right_arrow, plot, colour.rgba(), ratio)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= _MAX_STRIPS:
                self._strips.clear()
            strip = self._strips[key] = self._paint_strip(labels, plot, colour, ratio)
        return strip

    def _paint_strip(self, labels: AxisLabels, plot: Span, colour: QColor, ratio: float) -> QPixmap:
        texts, metrics = self._texts, self._texts.metrics
        strip = QPixmap(round((plot.width + 1) * ratio), round((metrics.height() + 1) * ratio))
        strip.setDevicePixelRatio(ratio)
        strip.fill(Qt.GlobalColor.transparent)
        y = metrics.ascent() - metrics.xHeight() / 2
        with QPainter(strip) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(-plot.left, 0)
            painter.setFont(texts.font)
            painter.setPen(colour)
            for x, text in labels.texts:
                painter.drawStaticText(QPointF(x, 0), texts.static_text(text))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            if labels.left_arrow is not None:
                painter.drawPolygon(_arrow(labels.left_arrow, y, ARROW_WIDTH))
            if labels.right_arrow is not None:
                painter.drawPolygon(_arrow(labels.right_arrow + ARROW_WIDTH, y, -ARROW_WIDTH))
        return strip

    def _paint_statistics(
        self, painter: QPainter, muted: QColor, strong: QColor, first: int, last: int
    ) -> None:
        """Write the statistics beside the plots; the signal, which teaches most, strong.

        A row's labels are one text of several lines, and so are its values.
        """
        geometry, texts = self._geometry, self._texts
        signals: list[tuple[QPointF, str]] = []
        painter.setPen(muted)
        for side in self._sides:
            left = side.text.left
            values_left = left if geometry.compact else left + geometry.label_width
            for row in range(first, last + 1):
                labels: list[str] = []
                values: list[str] = []
                for name, value in side.statistics[row]:
                    labels.append(self._statistic_labels[name])
                    if geometry.compact:  # the value stands below its label
                        labels.append("")
                        values.append("")
                    values.append("" if name == "signal" else value)
                height = len(labels) * geometry.line_height
                top = row * geometry.row_height + (geometry.row_height - height) / 2
                painter.drawStaticText(QPointF(left, top), texts.static_text(_LINE_BREAK.join(labels)))
                painter.drawStaticText(QPointF(values_left, top), texts.static_text(_LINE_BREAK.join(values)))
                if side.statistics[row][0].name == "signal":
                    y = top + (geometry.line_height if geometry.compact else 0) + texts.metrics.ascent()
                    signals.append((QPointF(values_left, y), side.statistics[row][0].value))
        painter.setFont(self._bold)
        painter.setPen(strong)
        for position, text in signals:
            painter.drawText(position, text)

    def _paint_signal_outside(
        self, painter: QPainter, colour: QColor, background: QColor, first: int, last: int
    ) -> None:
        """Point to where a part of the signal lies outside the axis; say how much where it is most of it."""
        geometry, texts = self._geometry, self._texts
        span = geometry.forward
        veil = QColor(background)
        veil.setAlpha(200)  # the text stands on bars
        painter.setFont(texts.font)
        painter.setBrush(colour)
        for row in range(first, last + 1):
            top = row * geometry.row_height + geometry.top
            below, above = self._signal_outside[row]
            for share, tip, back in ((below, span.left, ARROW_WIDTH), (above, span.right, -ARROW_WIDTH)):
                if share < _WORTH_AN_ARROW:
                    continue
                if share > _MOST:
                    text = signal_outside_label(share)
                    width = texts.width(text)
                    x = tip + 2 * back if back > 0 else tip + 2 * back - width
                    painter.fillRect(QRectF(x, top, width, geometry.line_height), veil)
                    painter.setPen(colour)
                    painter.drawText(QPointF(x, top + texts.metrics.ascent()), text)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawPolygon(_arrow(tip, top + geometry.line_height / 2, back))


def _signal_outside(reading: Reading) -> tuple[float, float]:
    """Return the shares of the signal that lie below and above the axis."""
    histogram = reading.signal_histogram
    if histogram is None:
        return 0.0, 0.0
    n_counted = max(1, reading.n_counted)
    return histogram.underflow / n_counted, histogram.overflow / n_counted


@lru_cache(maxsize=1_000)
def _arrow(tip: float, y: float, back: float) -> QPolygonF:
    """Return a triangle with its tip at (`tip`, `y`) and its base `back` to the right of it."""
    half = abs(back) * 0.75
    return QPolygonF([QPointF(tip, y), QPointF(tip + back, y - half), QPointF(tip + back, y + half)])
