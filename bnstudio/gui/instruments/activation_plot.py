"""The plot of an activation: what goes in as bars, under the curve that it meets and that curve's slope.

It draws a finding; it neither asks for one nor measures anything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPen

from bnstudio.gui.instruments.plot_legend import Mark
from bnstudio.gui.instruments.small_plot import PlotScale, SmallPlot, round_values
from bnstudio.gui.number_format import format_count, format_number, format_share
from bnstudio.training.activation import N_BINS, activation_curve, flat_ends, largest_slope
from bnstudio.training.axes import FollowingAxis
from bnstudio.training.health import SATURATED_SLOPE

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.instruments.small_plot import Range
    from bnstudio.gui.theme import Theme
    from bnstudio.training.activation import ActivationFinding, ActivationKind

translate = QCoreApplication.translate

_HEADROOM = 1.2
"""The axis of heights reaches so much higher than the curve: the shares stand there."""
_TALLEST_BAR = 0.8
"""Share of the plot's height."""
_RELU_SLOPE_HEIGHT = 0.5
"""Share of the plot's height where a ReLU's slope of 1 is drawn: its outputs may be of any size."""
_N_POINTS = 241


class ActivationPlot(SmallPlot):
    """Draws `finding` of an activation of `kind`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(translate("ActivationView", "Activation"), parent)
        self.kind: ActivationKind = "sigmoid"
        self.finding: ActivationFinding | None = None
        self.x_label = translate("ActivationView", "x, a value that goes in")
        self._axis = FollowingAxis()
        self._curve_of: object = None

    def begin(self, kind: ActivationKind) -> None:
        """Be about another activation, or another run of it, of which nothing is known yet."""
        self.kind, self.finding = kind, None
        self._axis = FollowingAxis()

    def show_finding(self, finding: ActivationFinding, *, looking_back: bool) -> None:
        """Draw `finding`; the axis follows those before, but for one that lies in the past."""
        if looking_back:
            self._axis = FollowingAxis()
        self.finding = finding
        self.message = ""
        self._reach(self._axis.follow(-finding.limit, finding.limit))
        self.redraw()

    def show_message(self, message: str) -> None:
        """Say why there is nothing to draw."""
        self.finding, self.message = None, message
        self.redraw()

    def _reach(self, x_range: Range) -> None:
        if (self.kind, x_range) != self._curve_of:
            self._curve_of = self.kind, x_range
            self.x_range = x_range
            self._xs = np.linspace(*x_range, _N_POINTS)
            self._outputs, self._slopes = activation_curve(self.kind, self._xs)
            self.y_range = (0.0, _HEADROOM * (1.0 if self.kind == "sigmoid" else x_range[1]))

    def y_tick_values(self) -> list[float]:
        """Override: none in the headroom."""
        if self.kind == "sigmoid":
            return [0.0, 0.5, 1.0]
        return round_values((0.0, self.y_range[1] / _HEADROOM), 3)

    def text_at(self, place: float) -> str:
        """Override: the curve, its slope, and how many values lie there."""
        finding = self.finding
        if finding is None:
            return ""
        (output,), (slope,) = activation_curve(self.kind, np.array([place]))
        text = (
            translate("ActivationView", "x = {x}: sigmoid(x) = {output}, slope {slope}")
            if self.kind == "sigmoid"
            else translate("ActivationView", "x = {x}: ReLU(x) = {output}, slope {slope}")
        )
        count, low, high = _bin_at(finding, place)
        values = translate("ActivationView", "{count} of {all} values lie between {low} and {high}")
        return "\n".join(
            (
                text.format(
                    x=format_number(place, 3), output=format_number(output, 3), slope=format_number(slope, 3)
                ),
                values.format(
                    count=format_count(count),
                    all=format_count(finding.n_counted),
                    low=format_number(low, 3),
                    high=format_number(high, 3),
                ),
            )
        )

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: flat parts, bars, slope, curve, and the shares of the flat parts on top."""
        finding = self.finding
        if finding is None:
            return
        flat_low, flat_high = (self._flat_rect(scale, side) for side in flat_ends(self.kind))
        for rect in (flat_low, flat_high):
            painter.fillRect(rect, QColor(theme.window))
            painter.fillRect(rect, QBrush(QColor(theme.border), Qt.BrushStyle.BDiagPattern))
        self._paint_bars(painter, scale, theme, finding)
        self._paint_zero(painter, scale, theme)
        slope_top = self.y_range[1] if self.kind == "sigmoid" else 1 / _RELU_SLOPE_HEIGHT
        slope_scale = PlotScale(scale.rect, self.x_range, (0.0, slope_top))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(Mark.SLOPE.pen(theme))
        painter.drawPolyline(slope_scale.line(self._xs, self._slopes))
        painter.setPen(Mark.CURVE.pen(theme))
        painter.drawPolyline(scale.line(self._xs, self._outputs))
        self._paint_share(painter, flat_low, finding.n_flat_low / finding.n_counted, theme)
        self._paint_share(painter, flat_high, finding.n_flat_high / finding.n_counted, theme)

    def _flat_rect(self, scale: PlotScale, end: float) -> QRectF:
        """Return the part of the plot that lies beyond `end`, seen from the middle; empty at infinity."""
        if math.isinf(end):
            return QRectF()
        x, rect = scale.x(end), scale.rect
        is_low = end < 0 or self.kind == "relu"
        left, right = (rect.left(), x) if is_low else (x, rect.right())
        return QRectF(left, rect.top(), max(0.0, right - left), rect.height())

    def _paint_bars(
        self, painter: QPainter, scale: PlotScale, theme: Theme, finding: ActivationFinding
    ) -> None:
        tallest = max(1, int(finding.counts.max()))
        bars = PlotScale(scale.rect, self.x_range, (0.0, tallest / _TALLEST_BAR))
        painter.setPen(Mark.FILLED.pen(theme))
        painter.setBrush(Mark.FILLED.fill(theme))
        painter.drawPolygon(bars.bars(-finding.limit, finding.limit, finding.counts.tolist()))

    def _paint_zero(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        x = round(scale.x(0.0)) + 0.5
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(x, scale.rect.top()), QPointF(x, scale.rect.bottom()))

    def _paint_share(self, painter: QPainter, rect: QRectF, share: float, theme: Theme) -> None:
        if rect.isEmpty():
            return
        text = format_share(share)
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text) + 6
        inside = self.scale().rect
        left = min(max(rect.center().x() - width / 2, inside.left()), inside.right() - width)
        box = QRectF(left, rect.top() + 1, width, metrics.height())
        painter.fillRect(box, QColor(theme.panel))
        painter.setPen(QColor(theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def sentence(kind: ActivationKind, finding: ActivationFinding) -> str:
    """Return what the plot shows, in words and numbers."""
    share = format_share(finding.flat_share)
    slope = format_number(finding.mean_slope)
    parts = []
    if kind == "sigmoid":
        parts.append(translate("ActivationView", "{share} of the values lie where the slope is below {flat}"))
    else:
        parts.append(
            translate("ActivationView", "{share} of the values are not above 0: the slope is 0 there")
        )
    parts.append(translate("ActivationView", "mean slope {slope} (largest {largest})"))
    n_outside = finding.underflow + finding.overflow
    if n_outside:
        parts.append(translate("ActivationView", "outside the axis: {outside}"))
    if finding.n_counted < finding.n_values:
        parts.append(translate("ActivationView", "step {step}, {counted} of {all} values"))
    else:
        parts.append(translate("ActivationView", "step {step}, all {all} values"))
    return " · ".join(parts).format(
        share=share,
        flat=format_number(SATURATED_SLOPE),
        slope=slope,
        largest=format_number(largest_slope(kind)),
        outside=format_count(n_outside),
        step=format_count(finding.step),
        counted=format_count(finding.n_counted),
        all=format_count(finding.n_values),
    )


def _bin_at(finding: ActivationFinding, place: float) -> tuple[int, float, float]:
    """Return the count and the ends of the bin at `place`; beyond the axis, that of all that lies there."""
    width = 2 * finding.limit / N_BINS
    i = math.ceil((place + finding.limit) / width) - 1
    if i < 0 and place < -finding.limit:
        return finding.underflow, -math.inf, -finding.limit
    if i >= N_BINS:
        return finding.overflow, finding.limit, math.inf
    i = max(i, 0)
    return int(finding.counts[i]), -finding.limit + i * width, -finding.limit + (i + 1) * width
