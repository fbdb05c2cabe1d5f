"""The axes of a curve: steps below, a loss or a share on the left, with ticks at round numbers.

A logarithmic axis is one of exponents: its coordinates are log10 of the values, its labels the values.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontMetricsF

from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QPainter

Ticks = list[tuple[float, list[float]]]

RIGHT_MARGIN = 12
"""Pixels beyond the end of the axis of steps that its last label may take."""


def round_spacing(span: float, n_ticks: float) -> float:
    """Return 1, 2 or 5 times a power of ten, such that `span` has at most `n_ticks` spaces of it."""
    raw = span / max(n_ticks, 1.0)
    decade = 10.0 ** math.floor(math.log10(raw))
    return next(factor * decade for factor in (1.0, 2.0, 5.0, 10.0) if factor * decade >= raw * (1 - 1e-9))


def linear_ticks(low: float, high: float, spacing: float) -> list[float]:
    """Return the multiples of `spacing` from `low` to `high`."""
    return [
        i * spacing for i in range(math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9) + 1)
    ]


class StepAxis(pg.AxisItem):
    """The training steps, counted from 1; the first label says the word."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setStyle(maxTickLevel=0, tickLength=-4, tickTextOffset=4, autoExpandTextSpace=False)
        self.enableAutoSIPrefix(False)
        self._label_width = 40.0

    def set_font(self, font: QFont) -> None:
        """Label in `font` and be as high as it needs."""
        metrics = QFontMetricsF(font)
        self._label_width = metrics.horizontalAdvance("00,000")
        # The outermost labels may stand out by half their width: the word "step" by more.
        self.setStyle(hideOverlappingLabels=round(self._label_width))
        self.setTickFont(font)
        self.setHeight(math.ceil(metrics.height()) + 6)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N803
        """Override: whole steps, as dense as the labels allow."""
        spacing = max(1.0, round_spacing(maxVal - minVal, size / (1.5 * self._label_width)))
        return [(spacing, linear_ticks(minVal, maxVal, spacing))]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Override: grouped digits."""
        labels = [format_count(round(value)) for value in values]
        if labels:
            labels[0] = QCoreApplication.translate("StepAxis", "step {n}").format(n=labels[0])
        return labels

    def generateDrawSpecs(self, p: QPainter) -> Any:
        """Override: the last label does not leave the plot."""
        specs = super().generateDrawSpecs(p)
        if specs is not None:
            limit = self.mapRectFromParent(self.geometry()).right() + RIGHT_MARGIN
            for rect, _, _ in specs[2]:
                rect.moveRight(min(rect.right(), limit))
        return specs


class ValueAxis(pg.AxisItem):
    """A loss, linear or logarithmic, or a share of 1 in percent."""

    def __init__(self, percent: bool) -> None:
        super().__init__("left")
        self.setStyle(maxTickLevel=0, tickLength=0, tickTextOffset=4, autoExpandTextSpace=False)
        self.enableAutoSIPrefix(False)
        self._percent = percent
        self._label_height = 15.0
        self.logarithmic = False

    def set_font(self, font: QFont) -> None:
        """Label in `font` and be as wide as it needs."""
        metrics = QFontMetricsF(font)
        self._label_height = metrics.height()
        self.setTickFont(font)
        self.setWidth(math.ceil(metrics.horizontalAdvance("100 %" if self._percent else "0.005")) + 10)

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Label exponents of ten with their powers."""
        self.logarithmic = logarithmic
        self.picture = None
        self.update()

    def tick_positions(self, low: float, high: float, height: float) -> list[float]:
        """Return where the labelled ticks of an axis from `low` to `high`, `height` pixels high, stand."""
        return [tick for _, ticks in self.tickValues(low, high, height) for tick in ticks]

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N803
        """Override: round values; on a logarithmic axis decades, and 2 and 5 of each where there is room."""
        n_ticks = size / (2.2 * self._label_height)
        if not self.logarithmic or maxVal - minVal < 0.5:
            spacing = round_spacing(maxVal - minVal, n_ticks)
            return [(spacing, linear_ticks(minVal, maxVal, spacing))]
        n_decades = maxVal - minVal
        every = max(1, math.ceil(n_decades / n_ticks))
        factors = (1, 2, 5) if 3 * n_decades <= n_ticks else (1, 3) if 2 * n_decades <= n_ticks else (1,)
        first = math.floor(minVal / every) * every
        ticks = [
            exponent + math.log10(factor)
            for exponent in range(first, math.ceil(maxVal) + 1, every)
            for factor in factors
        ]
        return [(1.0, [tick for tick in ticks if minVal <= tick <= maxVal])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Override: the values themselves, or percent, with its sign at the top."""
        if self.logarithmic:
            return [format_number(10.0**value, digits=3) for value in values]
        if self._percent:
            decimals = max(0, -math.floor(math.log10(spacing * 100) + 1e-9))
            labels = [f"{100 * value:.{decimals}f}" for value in values]
            return [*labels[:-1], *(f"{label} %" for label in labels[-1:])]
        decimals = max(0, -math.floor(math.log10(spacing) + 1e-9))
        return [f"{value:.{decimals}f}" if abs(value) < 1e5 else format_number(value) for value in values]
