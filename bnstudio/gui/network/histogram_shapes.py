"""Draws one histogram as areas and lines, for documents; on a screen pixels are faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from bnstudio.gui.polygon import polygon_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.gui.network.histogram_raster import Inks

_OUTLINE_WIDTH = 1.5


def draw_shapes(
    painter: QPainter,
    *,
    bars: NDArray[np.float64] | None,
    outline: NDArray[np.float64] | None,
    zero: float,
    plot: QRectF,
    tick_length: float,
    inks: Inks,
) -> None:
    """Draw a histogram that stands on the lower edge of `plot`.

    Parameters
    ----------
    painter : QPainter
    bars, outline : (n_bins,) float64 or None
        Heights from 0 to 1.
    zero : float
        Where 0 stands on the axis, from 0 (left end) to 1; NaN where it does not.
    plot : QRectF
    tick_length : float
        Below the axis at zero, the axis included.
    inks : Inks
    """
    if zero >= 0:
        x = min(plot.left() + zero * plot.width(), plot.right() - 1)
        painter.fillRect(QRectF(x, plot.top(), 1, plot.height()), QColor(inks.zero))
        painter.fillRect(QRectF(x, plot.bottom(), 1, tick_length), QColor(inks.axis))
    painter.fillRect(QRectF(plot.left(), plot.bottom(), plot.width(), 1), QColor(inks.axis))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if bars is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(inks.bar))
        painter.drawPolygon(polygon_of(*_steps(bars, plot)))
    # As on the screen, what is lower than half a pixel has no line at either end.
    seen = [] if outline is None else np.flatnonzero(outline * plot.height() >= 0.5).tolist()
    if outline is not None and seen:
        pen = QPen(QColor(inks.outline), _OUTLINE_WIDTH)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        xs, ys = _steps(outline, plot)
        shown = slice(2 * seen[0], 2 * seen[-1] + 4)
        painter.drawPolyline(polygon_of(xs[shown], np.minimum(ys[shown] + _OUTLINE_WIDTH / 2, plot.bottom())))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _steps(heights: NDArray[np.float64], plot: QRectF) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of stairs of these heights, from the lower left of `plot` to its lower right."""
    edges = np.linspace(plot.left(), plot.right(), len(heights) + 1)
    tops = plot.bottom() - heights * plot.height()
    ends = np.array([plot.bottom()])
    return edges.repeat(2), np.concatenate((ends, tops.repeat(2), ends))
