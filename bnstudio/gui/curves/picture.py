"""What is on a plot at one moment, and where: the steps and values that its pixels stand for."""

from __future__ import annotations

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
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    """In coordinates of the axis: exponents of ten where it is logarithmic."""
    logarithmic: bool = False
    y_ticks: Sequence[float] = ()
    steps_per_epoch: int = 0
    crosshair: int | None = None
    """The step, counted from 1."""
    mark_outside: bool = True
    """Say how many steps lie outside the axis."""
    message: str = ""
    focused: bool = False

    @property
    def runs(self) -> list[CurveSeries]:
        """The series that go on."""
        return [series for series in self.series if not series.ghost]

    @property
    def ghosts(self) -> list[CurveSeries]:
        """The series of earlier runs."""
        return [series for series in self.series if series.ghost]

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

    def x_of(self, step: float) -> int:
        """Return the pixel column of one step."""
        return round(float(self.x(np.array([step], dtype=np.float64))[0]))

    def point(self, step: float, value: float) -> QPointF:
        """Return the pixel of one value."""
        x, y = self.x(np.array([step])), self.y(np.array([value]))
        return QPointF(float(x[0]), float(y[0]))
