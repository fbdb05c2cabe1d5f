"""The plots that compare: statistics of the batch with running ones, training mode with inference mode.

Each is shown numbers and draws them; what they were measured of is not known here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen

from bnstudio.gui.instruments.small_plot import SmallPlot, round_values
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.training.axes import FollowingAxis, round_interval, round_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.instruments.small_plot import PlotScale
    from bnstudio.gui.theme import Theme

_MARGIN = 0.06
"""Of an axis, relative to what has to stand on it: so that no dot is cut off."""


class AgreementPlot(SmallPlot):
    """A dot for each unit, on the diagonal where running statistic and that of the batch are the same."""

    def __init__(self, name: str, x_label: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.x_label = x_label
        self._units: NDArray[np.intp] = np.empty(0, np.intp)
        self._values: NDArray[np.float32] = np.empty((2, 0), np.float32)
        self._axis = FollowingAxis()

    def forget_axis(self) -> None:
        """Choose the axis by the next values alone."""
        self._axis = FollowingAxis()

    def show_values(self, units: NDArray[np.intp], values: NDArray[np.float32]) -> None:
        """Draw (2, n) `values`, across and up, of (n,) `units` counted from 0."""
        self._units, self._values = units, values
        low, high = float(values.min()), float(values.max())
        margin = _MARGIN * (high - low)
        low = max(0.0, low - margin) if low >= 0 else low - margin
        self.x_range = self.y_range = self._axis.follow(*round_interval(low, high + margin))
        self.redraw()

    def x_tick_values(self) -> list[float]:
        """Override: some, however narrow it is."""
        return round_values(self.x_range, 3)

    def y_tick_values(self) -> list[float]:
        """Override: the same as across, as both axes are one."""
        return self.x_tick_values()

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: the diagonal, the dots, and the one that is read."""
        low, high = self.x_range
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(scale.x(low), scale.y(low)), QPointF(scale.x(high), scale.y(high)))
        painter.setPen(QPen(QColor(theme.panel), 0.75))  # so that dots on one another can be told apart
        painter.setBrush(QColor(theme.forward))
        across, up = self._values.tolist()
        for x, y in zip(across, up, strict=True):
            painter.drawEllipse(QPointF(scale.x(x), scale.y(y)), 3.0, 3.0)
        if self.place is not None and across:
            i = self._index_at(self.place)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text), 1.5))
            painter.drawEllipse(QPointF(scale.x(across[i]), scale.y(up[i])), 4.5, 4.5)

    def text_at(self, place: float) -> str:
        """Override: the unit next to it across."""
        if not len(self._units):
            return ""
        i = self._index_at(place)
        batch, running = (format_number(value, 3) for value in self._values[:, i].tolist())
        text = self.tr("unit {unit}: over the batch {batch}, running {running}")
        return text.format(unit=format_count(int(self._units[i]) + 1), batch=batch, running=running)

    def _index_at(self, place: float) -> int:
        return int(np.abs(self._values[0] - place).argmin())


class ModesPlot(SmallPlot):
    """How far training mode is from inference mode, against the size of the batch, which is on a log axis."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._sizes: Sequence[int] = ()
        self._differences: Sequence[float] = ()
        self._trained: int | None = None
        self._axis = FollowingAxis()
        self.x_label = self.tr("size of the batch")

    def forget_axis(self) -> None:
        """Choose the axis by the next values alone."""
        self._axis = FollowingAxis()

    def show_differences(self, sizes: Sequence[int], differences: Sequence[float], trained: int) -> None:
        """Draw a point for each size; `trained`, the size of the mini-batches, is marked."""
        self._sizes, self._differences, self._trained = sizes, differences, trained
        first, last = math.log2(sizes[0]), math.log2(sizes[-1])
        self.x_range = first - 0.25, last + 0.25
        largest = max(differences)
        self.y_range = self._axis.follow(0.0, round_up((1 + _MARGIN) * largest) if largest > 0 else 1.0)
        self.redraw()

    def x_tick_values(self) -> list[float]:
        """Override: the sizes, which are powers of two."""
        return [math.log2(size) for size in self._sizes]

    def format_x(self, value: float) -> str:
        """Override: a size."""
        return format_count(round(2**value))

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: the line, its points, the size that is trained with."""
        if not self._sizes:
            return
        if self._trained is not None:
            self._paint_trained(painter, scale, theme, math.log2(self._trained))
        places = self.x_tick_values()
        painter.setPen(QPen(QColor(theme.forward), 2))
        painter.drawPolyline(scale.line(places, self._differences))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.forward))
        for x, y in zip(places, self._differences, strict=True):
            painter.drawEllipse(QPointF(scale.x(x), scale.y(y)), 3.0, 3.0)

    def _paint_trained(self, painter: QPainter, scale: PlotScale, theme: Theme, place: float) -> None:
        if not self.x_range[0] <= place <= self.x_range[1]:
            return
        x, text = scale.x(place), self.tr("trained with {n}").format(n=format_count(self._trained or 0))
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, scale.rect.top(), x, scale.rect.bottom()))
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text)
        left = x - width - 4 if x - width - 4 > scale.rect.left() else x + 4
        painter.drawText(QPointF(left, scale.rect.top() + metrics.ascent()), text)

    def text_at(self, place: float) -> str:
        """Override: the size next to it."""
        if not self._sizes:
            return ""
        i = min(range(len(self._sizes)), key=lambda i: abs(math.log2(self._sizes[i]) - place))
        text = self.tr("batches of {n}: {difference} gamma from inference mode")
        return text.format(n=format_count(self._sizes[i]), difference=format_number(self._differences[i], 3))
