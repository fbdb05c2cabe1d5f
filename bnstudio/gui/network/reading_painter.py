"""Paints what is written on the rows beside and below their histograms: axis labels and statistics.

It works out a row when it first paints it, once for each set of readings.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap, QPolygonF

from bnstudio.gui.network.axis_labels import ARROW_WIDTH, AxisLabels, axis_labels
from bnstudio.gui.network.reading_text import signal_outside_label, statistic_labels, statistics
from bnstudio.gui.network.row_numbers import row_numbers
from bnstudio.gui.pixel_ratio import draws_pixels, pixel_ratio
from bnstudio.gui.text_cache import TextCache
from bnstudio.gui.theme import bold_font, small_font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.network.row_numbers import RowNumbers
    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.readings import Readings, SideReadings

_WORTH_AN_ARROW = 0.01
"""Share of the signal outside the axis from which it is pointed to; the tooltip has every one."""
_MOST = 0.5
_MAX_STRIPS = 500
_LINE_BREAK = "\u2028"
"""Unicode's line separator, which is what breaks a line in a QStaticText."""


class _Side(NamedTuple):
    """One direction of all rows."""

    numbers: list[RowNumbers]
    plot: Span
    """Where the histograms stand."""
    text: Span
    """Where the statistics stand."""


class _RowTexts(NamedTuple):
    """What is written on one side of a row."""

    labels: AxisLabels
    names: str
    """Of the statistics, one a line."""
    values: list[tuple[int, str]]
    """The statistics and their lines, but for the signal."""
    signal: tuple[int, str] | None


class ReadingPainter:
    """Holds the texts of the rows of a stack that have been painted."""

    def __init__(self) -> None:
        self._texts = TextCache(QFont())
        self._bold_texts = TextCache(bold_font(QFont()))
        self._strips: dict[object, QPixmap] = {}

    def lay_out(
        self, readings: Readings | None, slots: Sequence[int], geometry: StackGeometry, font: QFont
    ) -> None:
        """Take over readings; without them there are no texts.

        Parameters
        ----------
        readings : Readings, or None
            Of all rows of the stack.
        slots : sequence of int
            For each row of the stack, how many row heights lie above it.
        geometry : StackGeometry
            Of a row.
        font : QFont
            The text size of the view; texts here are a step smaller.
        """
        self._geometry = geometry
        self._slots = slots
        small = small_font(font)
        if small != self._texts.font:
            self._texts = TextCache(small)
            self._bold_texts = TextCache(bold_font(small))
            self._strips.clear()
        self._statistic_labels = statistic_labels()
        self._rows: dict[int, tuple[_RowTexts, ...]] = {}
        self._sides: tuple[_Side, ...] = ()
        self._signal_outside: dict[int, tuple[float, float]] = {}
        if readings is None:
            return
        forward, backward = readings.forward, readings.backward
        self._sides = tuple(
            _Side(row_numbers(side), plot, text)
            for side, plot, text in (
                (forward, geometry.forward, geometry.forward_text),
                (backward, geometry.backward, geometry.backward_text),
            )
        )
        self._signal_outside = _signal_outside(forward)

    def _row(self, row: int) -> tuple[_RowTexts, ...]:
        """Return what is written on `row`, forward and backward."""
        texts = self._rows.get(row)
        if texts is None:
            texts = self._rows[row] = tuple(self._row_texts(side, row) for side in self._sides)
        return texts

    def _row_texts(self, side: _Side, row: int) -> _RowTexts:
        numbers = side.numbers[row]
        labels = axis_labels(numbers, side.plot, self._texts.width)
        if not side.text.width:
            return _RowTexts(labels, "", [], None)
        names: list[str] = []
        values: list[tuple[int, str]] = []
        signal = None
        for name, value in statistics(numbers, self._geometry.n_statistics):
            names.append(self._statistic_labels[name])
            if self._geometry.compact:  # the value stands below its label
                names.append("")
            line = len(names) - 1
            if name == "signal":
                signal = line, value
            else:
                values.append((line, value))
        return _RowTexts(labels, _LINE_BREAK.join(names), values, signal)

    def paint(self, painter: QPainter, theme: Theme, first: int, last: int) -> None:
        """Paint what stands below and beside the histograms of rows `first` to `last`.

        The top of slot 0 is at y = 0, here and in `paint_marks`.
        """
        if not self._sides:
            return
        muted = QColor(theme.muted)
        self._paint_axis_labels(painter, muted, first, last)
        self._paint_statistics(painter, muted, QColor(theme.forward), first, last)

    def paint_marks(self, painter: QPainter, theme: Theme, background: QColor, first: int, last: int) -> None:
        """Paint what stands on the histograms: where a part of the signal lies outside the axis."""
        if not self._signal_outside:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_signal_outside(painter, QColor(theme.forward), background, first, last)

    def _paint_axis_labels(self, painter: QPainter, colour: QColor, first: int, last: int) -> None:
        """Paint what stands under the axes, and the arrows to what lies outside them."""
        height = self._geometry.row_height
        top = self._geometry.baseline + 1
        ratio, in_pixels = pixel_ratio(painter), draws_pixels(painter)
        for row in range(first, last + 1):
            y = self._slots[row] * height + top
            for side, texts in zip(self._sides, self._row(row), strict=True):
                if in_pixels:
                    strip = self._strip(texts.labels, side.plot, colour, ratio)
                    painter.drawPixmap(QPointF(side.plot.left, y), strip)
                else:  # in a document texts are texts
                    painter.translate(0, y)
                    self._draw_labels(painter, texts.labels, colour)
                    painter.translate(0, -y)

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
        height = self._texts.metrics.height()
        strip = QPixmap(round((plot.width + 1) * ratio), round((height + 1) * ratio))
        strip.setDevicePixelRatio(ratio)
        strip.fill(Qt.GlobalColor.transparent)
        with QPainter(strip) as painter:
            painter.translate(-plot.left, 0)
            self._draw_labels(painter, labels, colour)
        return strip

    def _draw_labels(self, painter: QPainter, labels: AxisLabels, colour: QColor) -> None:
        """Draw the labels of an axis that is at y = 0."""
        texts, metrics = self._texts, self._texts.metrics
        y = metrics.ascent() - metrics.xHeight() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
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

    def _paint_statistics(
        self, painter: QPainter, muted: QColor, strong: QColor, first: int, last: int
    ) -> None:
        """Write the statistics beside the plots; the signal, which teaches most, strong.

        A row's labels are one text of several lines. Its values are a text each: of two digits, most of them
        have been laid out already.
        """
        geometry, static_text = self._geometry, self._texts.static_text
        line_height = math.ceil(geometry.line_height)  # as in a text of several lines
        signals: list[tuple[QPointF, str]] = []
        painter.setFont(self._texts.font)
        painter.setPen(muted)
        for row in range(first, last + 1):
            middle = (self._slots[row] + 0.5) * geometry.row_height
            for side, texts in zip(self._sides, self._row(row), strict=True):
                if not texts.names:
                    continue
                left = side.text.left
                n_lines = texts.names.count(_LINE_BREAK) + 1
                top = middle - n_lines * geometry.line_height / 2
                painter.drawStaticText(QPointF(left, top), static_text(texts.names))
                if not geometry.compact:
                    left += geometry.label_width
                for line, value in texts.values:
                    painter.drawStaticText(QPointF(left, top + line * line_height), static_text(value))
                if texts.signal is not None:
                    line, value = texts.signal
                    signals.append((QPointF(left, top + line * line_height), value))
        painter.setFont(self._bold_texts.font)
        painter.setPen(strong)
        for position, value in signals:
            painter.drawStaticText(position, self._bold_texts.static_text(value))

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
        for row, (below, above) in self._signal_outside.items():
            if not first <= row <= last:
                continue
            top = self._slots[row] * geometry.row_height + geometry.top
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


def _signal_outside(forward: SideReadings) -> dict[int, tuple[float, float]]:
    """Return by row the shares of the signal below and above the axis, where one is worth an arrow."""
    if forward.signal_underflow is None or forward.signal_overflow is None:
        return {}
    below, above = forward.signal_underflow / forward.n_counted, forward.signal_overflow / forward.n_counted
    (rows,) = np.nonzero(np.maximum(below, above) >= _WORTH_AN_ARROW)
    return {int(row): (float(below[row]), float(above[row])) for row in rows}


@lru_cache(maxsize=1_000)
def _arrow(tip: float, y: float, back: float) -> QPolygonF:
    """Return a triangle with its tip at (`tip`, `y`) and its base `back` to the right of it."""
    half = abs(back) * 0.75
    return QPolygonF([QPointF(tip, y), QPointF(tip + back, y - half), QPointF(tip + back, y + half)])
