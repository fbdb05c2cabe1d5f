"""A layer's weights as a histogram: now, over those that it started with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.gui.instruments.plot_legend import Mark, PlotLegend, PlotLegendEntry
from bnstudio.gui.instruments.small_label import SmallLabel
from bnstudio.gui.instruments.small_plot import SmallPlot
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.gui.theme import SPACING
from bnstudio.training.axes import FollowingAxis
from bnstudio.training.weights import N_BINS

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from bnstudio.gui.instruments.small_plot import PlotScale
    from bnstudio.gui.theme import Theme
    from bnstudio.training.weights import WeightsFinding

translate = QCoreApplication.translate

_DIGITS = 3
_HEADROOM = 1.05


class WeightHistogram(QWidget):
    """The plot, its legend, and its numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = PlotLegend()
        self.legend.show_entries(
            (
                PlotLegendEntry(Mark.FILLED, translate("WeightsView", "weights now")),
                PlotLegendEntry(Mark.OUTLINE, translate("WeightsView", "at the start")),
            )
        )
        self.plot = WeightHistogramPlot()
        self.label = SmallLabel(3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.label)

    def show_finding(self, finding: WeightsFinding) -> None:
        """Draw what is new."""
        if finding is not self.plot.finding:
            self.plot.show_finding(finding)
            self.label.setText(sentence(finding))

    def show_message(self, message: str) -> None:
        """Say why there is nothing to draw."""
        if self.plot.finding is not None or message != self.plot.message:
            self.plot.show_message(message)
            self.label.setText("")


class WeightHistogramPlot(SmallPlot):
    """Draws `finding`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(translate("WeightsView", "Histogram of the weights"), parent)
        self.finding: WeightsFinding | None = None
        self.x_label = translate("WeightsView", "weight")
        self.y_ticks = False
        self._axis = FollowingAxis()

    def show_finding(self, finding: WeightsFinding) -> None:
        """Draw `finding`; the axis follows those before."""
        self.finding, self.message = finding, ""
        self.x_range = self._axis.follow(-finding.limit, finding.limit)
        tallest = max(finding.counts.max(), finding.start_counts.max())
        self.y_range = (0.0, float(tallest) * _HEADROOM)
        self.redraw()

    def show_message(self, message: str) -> None:
        """Say why there is nothing to draw; the axis begins anew."""
        self.finding, self.message = None, message
        self._axis = FollowingAxis()
        self.redraw()

    def text_at(self, place: float) -> str:
        """Override: how many weights lie there, now and at the start."""
        finding = self.finding
        if finding is None:
            return ""
        width = 2 * finding.limit / N_BINS
        i = min(max(math.floor((place + finding.limit) / width), 0), N_BINS - 1)
        text = translate(
            "WeightsView", "Weights from {low} to {high}:\n{now} now, {start} at the start, of {all}"
        )
        return text.format(
            low=format_number(i * width - finding.limit, _DIGITS),
            high=format_number((i + 1) * width - finding.limit, _DIGITS),
            now=format_count(int(finding.counts[i])),
            start=format_count(int(finding.start_counts[i])),
            all=format_count(finding.n_weights),
        )

    def paint_content(self, painter: QPainter, scale: PlotScale, theme: Theme) -> None:
        """Override: the weights now as an area, those of the start as an outline over it."""
        if self.finding is None:
            return
        limit = self.finding.limit
        painter.setPen(Mark.FILLED.pen(theme))
        painter.setBrush(Mark.FILLED.fill(theme))
        painter.drawPolygon(scale.bars(-limit, limit, self.finding.counts.tolist()))
        painter.setPen(Mark.OUTLINE.pen(theme))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(scale.bars(-limit, limit, self.finding.start_counts.tolist()))


def sentence(finding: WeightsFinding) -> str:
    """Return what the plot shows, in words and numbers."""
    if finding.n_weights == 1:  # which has no spread
        text = translate(
            "WeightsView", "‖W − W₀‖ / ‖W₀‖ = {distance} · magnitude {largest} · the only weight, step {step}"
        )
    else:
        text = translate(
            "WeightsView",
            "‖W − W₀‖ / ‖W₀‖ = {distance} · standard deviation {std}, {ratio} times the {start} at the start "
            "· largest magnitude {largest} · {n} weights, step {step}",
        )
    return text.format(
        distance=_number(finding.distance),
        std=_number(finding.std),
        start=_number(finding.start_std),
        ratio=_number(finding.std / finding.start_std if finding.start_std else math.nan),
        largest=_number(finding.largest),
        n=format_count(finding.n_weights),
        step=format_count(finding.step),
    )


def _number(value: float) -> str:
    return "–" if math.isnan(value) else format_number(value, _DIGITS)
