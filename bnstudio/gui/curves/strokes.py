"""A curve that grows, drawn piece by piece: what is complete once into kept pixels, only its end every time.

So a frame costs what the steps since the last one cost, however long the curves are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from shiboken6 import Shiboken

from bnstudio.gui.curves.marks import OTHER_WIDTH, SMOOTHED_WIDTH, blended
from bnstudio.gui.polygon import polygon_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries

_PIXELS_PER_POINT = 3.0
"""A point every third pixel is enough for a smooth line, which costs by the point."""


class Stroke:
    """The drawing of one run in one picture, for as long as axes, look and the columns drawn stay."""

    def __init__(self, picture: CurvePicture, series: CurveSeries) -> None:
        self._picture = picture
        self.series = series
        self._generation = series.curve.generation
        self._in_full = picture.in_full(series)
        self._every = max(1, int(_PIXELS_PER_POINT / (series.curve.bucket * picture.pixels_per_step)))
        self._n_raw = 0
        """How many columns of single steps have been drawn."""
        self._last = 0
        """Index of the column at which the smoothed curve ends that has been drawn."""
        self._dash_offset = 0.0
        colour = series.look.style.colour
        panel = picture.theme.panel
        self._raw_pen = QPen(blended(colour, panel, 0.4), 1)
        self._band_colour = blended(colour, panel, 0.27)
        width = SMOOTHED_WIDTH if self._in_full else OTHER_WIDTH
        line_style = series.look.style.line_style
        solid = line_style == Qt.PenStyle.SolidLine
        # A round cap closes the joint between two pieces; between dashes it would close the gaps.
        cap = Qt.PenCapStyle.RoundCap if solid else Qt.PenCapStyle.FlatCap
        self._pen = QPen(QColor(colour), width, line_style, cap, Qt.PenJoinStyle.BevelJoin)
        self._dashed = not solid

    @property
    def valid(self) -> bool:
        """Whether the columns that have been drawn are still those of the curve."""
        return self._generation == self.series.curve.generation

    @property
    def end(self) -> tuple[float, float] | None:
        """The pixels from and to which `draw_end` draws; None where there is nothing yet."""
        curve = self.series.curve
        if not len(curve.steps):
            return None
        first = self._picture.x_near(float(curve.smoothed_steps[self._last]) - curve.bucket)
        return first, self._picture.x_near(float(curve.smoothed_steps[-1]) + 1)

    def draw_new_steps(self, painter: QPainter) -> None:
        """Draw the complete columns that have not been drawn: every step, or the band that they fill."""
        curve, picture = self.series.curve, self._picture
        n_complete = curve.n_complete
        if not self._in_full or n_complete == self._n_raw:
            return
        if curve.bucket == 1:
            new = slice(max(0, self._n_raw - 1), n_complete)
            painter.setPen(self._raw_pen)
            draw_line(painter, picture.x(curve.steps[new]), picture.y(curve.highs[new]))
        else:
            self._draw_band(painter, slice(self._n_raw, n_complete))
        self._n_raw = n_complete

    def draw_new_mean(self, painter: QPainter) -> None:
        """Draw the smoothed curve on to the last complete column that it has a point at."""
        curve, picture = self.series.curve, self._picture
        last = (curve.n_complete - 1) // self._every * self._every
        if last <= self._last:
            return
        points = slice(self._last, last + 1, self._every)
        x, y = picture.x(curve.smoothed_steps[points]), picture.y(curve.smoothed[points])
        self._draw_mean(painter, x, y)
        if self._dashed:
            self._dash_offset += float(np.hypot(np.diff(x), np.diff(y)).sum()) / self._pen.widthF()
        self._last = last

    def draw_last_steps(self, painter: QPainter) -> None:
        """Draw the band of the column that still fills."""
        curve = self.series.curve
        if self._in_full and curve.bucket > 1 and len(curve.steps) > curve.n_complete:
            self._draw_band(painter, slice(curve.n_complete, len(curve.steps)))

    def draw_last_mean(self, painter: QPainter) -> None:
        """Draw the smoothed curve from where it has been drawn to its end."""
        curve, picture = self.series.curve, self._picture
        steps, means = curve.smoothed_steps[self._last :].tolist(), curve.smoothed[self._last :].tolist()
        points = [picture.point(*point) for point in zip(steps, means, strict=True)]
        if len(points) > 1:
            self._pen.setDashOffset(self._dash_offset)
            painter.setPen(self._pen)
            painter.drawPolyline(points)
        elif len(curve.smoothed) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._pen.color())
            painter.drawEllipse(points[0], 1.5, 1.5)

    def _draw_mean(self, painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        if self._dashed:
            self._pen.setDashOffset(self._dash_offset)
        painter.setPen(self._pen)
        draw_line(painter, x, y)

    def _draw_band(self, painter: QPainter, columns: slice) -> None:
        curve, picture = self.series.curve, self._picture
        middles = curve.steps[columns]
        half = curve.smoothed_steps[columns] - middles + 0.5
        left, right = picture.x(middles - half), picture.x(middles + half)
        top = picture.y(curve.highs[columns])
        bottom = picture.y(curve.lows[columns])
        bars = np.column_stack((left, top, right - left, np.maximum(bottom - top, 1)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._band_colour)
        # The array as Qt's own rectangles: a list of them would cost more than drawing it.
        first = cast("QRectF", Shiboken.wrapInstance(bars.ctypes.data, QRectF))
        painter.drawRects(first, len(bars))


def draw_line(painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Draw a line through points, given in pixels; nothing where there are not two."""
    if len(x) == 2:
        painter.drawLine(QPointF(x[0], y[0]), QPointF(x[1], y[1]))
    elif len(x) > 2:
        painter.drawPolyline(polygon_of(x, y))


def draw_ghost(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the smoothed curve of an earlier run: thin, faint and dotted."""
    pen = QPen(blended(series.look.style.colour, picture.theme.panel, 0.65), 1)
    pen.setDashPattern([1.0, 3.0])
    painter.setPen(pen)
    curve = series.curve
    every = max(1, math.floor(2.0 / max(1e-9, curve.bucket * picture.pixels_per_step)))
    draw_line(painter, picture.x(curve.smoothed_steps[::every]), picture.y(curve.smoothed[::every]))
