"""The plots of a BatchNorm layer's values and of what it learns: histograms, and courses over time.

Each is shown numbers and draws them; what they were measured of is not known here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPen

from bnstudio.gui.instruments.small_plot import SmallPlot, round_values
from bnstudio.gui.number_format import format_count, format_number, format_share
from bnstudio.training.axes import round_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.instruments.small_plot import PlotScale
    from bnstudio.gui.theme import Theme
    from bnstudio.training.batch_norm import ValueCounts

_HEADROOM = 1.08
_LEAST_SPAN = 0.002
"""A course is shown on an axis that reaches at least so far to each side of where it started."""


class HistogramPlot(SmallPlot):
    """A histogram with its mean; how many values lie beyond the ends of its axis stands there."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.y_ticks = False
        self._counts: ValueCounts | None = None

    def show_counts(self, counts: ValueCounts) -> None:
        """Draw other counts."""
        self._counts = counts
        self.x_range = counts.low, counts.high
        self.y_range = 0.0, _HEADROOM * max(1, int(counts.binned[1:-1].max()))
        self.redraw()

    def x_tick_values(self) -> list[float]:
        """Override: some, however narrow it is."""
        return round_values(self.x_range, max(4, self.width() // 100))

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: bars, the mean, and how much lies outside."""
        counts = self._counts
        if counts is None:
            return
        painter.setPen(QPen(QColor(theme.forward), 1))
        painter.setBrush(QColor(theme.forward_pale))
        painter.drawPolygon(scale.bars(counts.low, counts.high, counts.binned[1:-1].tolist()))
        x = scale.x(counts.mean)
        painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, scale.rect.top(), x, scale.rect.bottom()))
        painter.setPen(QColor(theme.muted))
        below, above = int(counts.binned[0]), int(counts.binned[-1])
        if below:
            painter.drawText(scale.rect, Qt.AlignmentFlag.AlignLeft, f"◂ {format_count(below)}")
        if above:
            painter.drawText(scale.rect, Qt.AlignmentFlag.AlignRight, f"{format_count(above)} ▸")

    def text_at(self, place: float) -> str:
        """Override: the bin there, and what lies outside."""
        counts = self._counts
        if counts is None:
            return ""
        in_bins = counts.binned[1:-1]
        width = (counts.high - counts.low) / len(in_bins)
        i = min(len(in_bins) - 1, max(0, math.floor((place - counts.low) / width)))
        low, high = counts.low + i * width, counts.low + (i + 1) * width
        text = self.tr("{low} to {high}: {n} of {all} values ({share})").format(
            low=format_number(low, 3),
            high=format_number(high, 3),
            n=format_count(int(in_bins[i])),
            all=format_count(counts.n_counted),
            share=format_share(int(in_bins[i]) / counts.n_counted),
        )
        below, above = int(counts.binned[0]), int(counts.binned[-1])
        if below or above:
            outside = self.tr("beyond the axis: {below} below, {above} above")
            text += "\n" + outside.format(below=format_count(below), above=format_count(above))
        return text


class CoursePlot(SmallPlot):
    """Smallest, quartiles, median and largest against the step, and the step that is now.

    Parameters
    ----------
    start : float
        Where all of them started; the axis always shows it.
    """

    def __init__(self, name: str, start: float, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._start = start
        self._steps: NDArray[np.int64] = np.empty(0, np.int64)
        self._numbers: NDArray[np.float32] = np.empty((0, 5), np.float32)
        self._now: int | None = None

    def show_course(self, steps: NDArray[np.int64], numbers: NDArray[np.float32], now: int) -> None:
        """Draw (n, 5) `numbers` at (n,) `steps`, ascending; `now` is marked."""
        self._steps, self._numbers, self._now = steps, numbers, now
        self.x_range = 0.0, float(max(1, steps[-1]))
        low = min(float(numbers.min()), self._start - _LEAST_SPAN)
        high = max(float(numbers.max()), self._start + _LEAST_SPAN)
        self.y_range = round_interval(low, high)
        self.redraw()

    def x_tick_values(self) -> list[float]:
        """Override: whole steps."""
        return [value for value in super().x_tick_values() if value == round(value)]

    def y_tick_values(self) -> list[float]:
        """Override: some, however low it is."""
        return round_values(self.y_range, 4)

    def format_x(self, value: float) -> str:
        """Override: a step."""
        return format_count(round(value))

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: two bands, the median, and now."""
        if not len(self._steps):
            return
        steps, (smallest, lower, median, upper, largest) = self._steps.tolist(), self._numbers.T.tolist()
        painter.setPen(Qt.PenStyle.NoPen)
        for low, high, opacity in ((smallest, largest, 0.45), (lower, upper, 1.0)):
            painter.setBrush(QColor(theme.forward_pale))
            painter.setOpacity(opacity)
            painter.drawPolygon(scale.line(steps + steps[::-1], low + high[::-1]))
        painter.setOpacity(1.0)
        painter.setPen(QPen(QColor(theme.forward), 2))
        painter.drawPolyline(scale.line(steps, median))
        if self._now is not None:
            x = scale.x(self._now)
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x, scale.rect.top(), x, scale.rect.bottom()))
            i = self._index_at(self._now)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.forward))
            painter.drawEllipse(QPointF(scale.x(steps[i]), scale.y(median[i])), 3.5, 3.5)

    def text_at(self, place: float) -> str:
        """Override: the kept step next to it."""
        if not len(self._steps):
            return ""
        i = self._index_at(place)
        smallest, lower, median, upper, largest = (format_number(v, 3) for v in self._numbers[i].tolist())
        text = self.tr(
            "step {step}: median {median}\n"
            "half of the units: {lower} to {upper}\n"
            "all: {smallest} to {largest}"
        )
        return text.format(
            step=format_count(int(self._steps[i])),
            median=median,
            lower=lower,
            upper=upper,
            smallest=smallest,
            largest=largest,
        )

    def _index_at(self, step: float) -> int:
        return int(np.abs(self._steps - step).argmin())
