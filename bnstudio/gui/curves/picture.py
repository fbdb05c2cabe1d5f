"""What is on a plot at one moment, and where: the steps and values that its pixels stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QFont

    from bnstudio.gui.curves.series import CurveSeries
    from bnstudio.gui.theme import Theme

_OUTSIDE = 10_000.0
"""Pixels beyond which a coordinate is cut off: the rasterizer does not take any."""


@dataclass
class CurvePicture:
    """All that the canvas draws."""

    theme: Theme
    font: QFont
    rect: QRectF = field(default_factory=QRectF)
    """Where the canvas draws, in pixels."""
    series: Sequence[CurveSeries] = ()
    """Back to front."""
    hovered: CurveSeries | None = None
    """The run that the mouse points at."""
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    """In coordinates of the axis: exponents of ten where it is logarithmic."""
    logarithmic: bool = False
    y_ticks: Sequence[float] = ()
    steps_per_epoch: int = 0
    crosshair: int | None = None
    """The step, counted from 1."""
    looked_at: int | None = None
    """The step that is looked back at; None where the latest is."""
    mark_outside: bool = True
    """Say how many steps lie outside the axis."""
    message: str = ""
    focused: bool = False

    @property
    def runs(self) -> list[CurveSeries]:
        """The series that go on, the one that is pointed at and the selected one last."""
        runs = [series for series in self.series if not series.ghost]
        return sorted(runs, key=lambda series: (series.selected, series is self.hovered))

    @property
    def selected(self) -> CurveSeries | None:
        """The run of the selected model."""
        return next((series for series in self.series if series.selected), None)

    @property
    def ghosts(self) -> list[CurveSeries]:
        """The series of earlier runs."""
        return [series for series in self.series if series.ghost]

    def in_full(self, series: CurveSeries) -> bool:
        """Whether every step of `series` is drawn, behind its smoothed curve."""
        return series.selected or series is self.hovered

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and the highest value on the axis."""
        low, high = self.y_range
        return (10.0**low, 10.0**high) if self.logarithmic else (low, high)

    @property
    def pixels_per_step(self) -> float:
        """How wide a step is."""
        low, high = self.x_range
        return self.rect.width() / (high - low)

    def x(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of `steps`."""
        low, high = self.x_range
        x = (steps - low) * (self.rect.width() / (high - low)) + self.rect.left()
        return np.clip(x, -_OUTSIDE, _OUTSIDE)

    def y(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of `values`; on a logarithmic axis zero is far below."""
        if self.logarithmic:
            values = np.log10(np.maximum(values, 1e-30))
        return self.y_of_axis(values)

    def y_of_axis(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of coordinates of the axis."""
        low, high = self.y_range
        y = (high - coordinates) * (self.rect.height() / (high - low)) + self.rect.top()
        return np.clip(y, -_OUTSIDE, _OUTSIDE)

    def x_near(self, step: float) -> float:
        """Return the pixel of one step, not rounded."""
        x = (step - self.x_range[0]) * self.pixels_per_step + self.rect.left()
        return min(max(x, -_OUTSIDE), _OUTSIDE)

    def y_near(self, coordinate: float) -> float:
        """Return the pixel of a coordinate of the axis of values, not rounded."""
        low, high = self.y_range
        y = (high - coordinate) * (self.rect.height() / (high - low)) + self.rect.top()
        return min(max(y, -_OUTSIDE), _OUTSIDE)

    def step_at(self, x: float) -> float:
        """Return the step, not rounded, at a pixel."""
        return self.x_range[0] + (x - self.rect.left()) / self.pixels_per_step

    def coordinate_at(self, y: float) -> float:
        """Return the coordinate of the axis of values at a pixel."""
        low, high = self.y_range
        return high - (y - self.rect.top()) * (high - low) / self.rect.height()

    def x_of(self, step: float) -> int:
        """Return the pixel column of one step."""
        return round(self.x_near(step))

    def point(self, step: float, value: float) -> QPointF:
        """Return the pixel of one value."""
        if self.logarithmic:
            value = math.log10(max(value, 1e-30))
        return QPointF(self.x_near(step), self.y_near(value))
