"""At what scale a widget has to draw what it keeps as pixels: that of the screen, or of a picture of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPaintEngine

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

WITHOUT_PIXELS = 4.0
"""For a device that has none, such as an SVG document: fine enough to be enlarged."""


def draws_pixels(painter: QPainter) -> bool:
    """Return whether `painter` draws on pixels, as on a screen, rather than writes a document."""
    return painter.paintEngine().type() != QPaintEngine.Type.SVG


def pixel_ratio(painter: QPainter) -> float:
    """Return how many of its device's pixels a painter, not scaled yet, has in a device-independent one."""
    return painter.deviceTransform().m11() if draws_pixels(painter) else WITHOUT_PIXELS
