"""Which curve of a picture a point is near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF

    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries

REACH = 8.0
"""Pixels from a curve within which a point is near it."""


def nearest_curve(picture: CurvePicture, point: QPointF) -> CurveSeries | None:
    """Return the run whose smoothed curve is nearest to `point`, in pixels; None where none is near.

    Where only one run is shown there is nothing to choose, and the answer is None.
    """
    runs = picture.runs[::-1]  # of those on each other the foremost
    if len(runs) < 2:
        return None
    distances = [_distance(picture, series, point) for series in runs]
    nearest = int(np.argmin(distances))
    return runs[nearest] if distances[nearest] <= REACH else None


def _distance(picture: CurvePicture, series: CurveSeries, point: QPointF) -> float:
    """Return the pixels from `point` to the smoothed curve of `series`, as far as they are few."""
    curve = series.curve
    low, high = (
        picture.x_range[0] + (point.x() - picture.rect.left() + d) / picture.pixels_per_step
        for d in (-REACH, REACH)
    )
    first, last = np.searchsorted(curve.smoothed_steps, (low, high))
    near = slice(max(0, int(first) - 1), int(last) + 1)
    x, y = picture.x(curve.smoothed_steps[near]) - point.x(), picture.y(curve.smoothed[near]) - point.y()
    if len(x) < 2:
        return float(np.hypot(x, y).min(initial=np.inf))
    # The nearest point of each piece: where the perpendicular meets it, or one of its ends.
    dx, dy = np.diff(x), np.diff(y)
    share = np.clip(-(x[:-1] * dx + y[:-1] * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0, 1)
    return float(np.hypot(x[:-1] + share * dx, y[:-1] + share * dy).min())
