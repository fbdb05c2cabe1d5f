"""Arrays of coordinates as Qt's own points: a list of them would cost more than drawing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PySide6.QtGui import QPolygonF
from shiboken6 import VoidPtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINT_BYTES = 16


def polygon_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """Return the points (`x`, `y`), both of shape (n,), in pixels."""
    polygon = QPolygonF()
    polygon.resize(len(x))
    if len(x):
        # Writable memory of a size: the type stub knows of neither.
        memory = cast("Any", VoidPtr)(polygon.data(), len(x) * _POINT_BYTES, True)
        points = np.frombuffer(memory).reshape(-1, 2)
        points[:, 0], points[:, 1] = x, y
    return polygon
