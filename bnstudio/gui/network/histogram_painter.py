"""Paints the histograms of the visible rows of the stack.

`lay_out` turns readings into pictures, one a row and direction; `paint` copies them to where the rows are.
Knows readings and the geometry of a row; not what is written beside the histograms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from bnstudio.gui.network.axis_labels import zero_position
from bnstudio.gui.network.histogram_heights import bar_heights, outline_heights
from bnstudio.gui.network.histogram_raster import Inks, RasterSize, draw_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.snapshot import Reading

_OUTLINE_WIDTH = 1.5
_TICK_LENGTH = 4
_CUT_BELOW_TOP = 4.0
"""How far below its top a cut bar shows the cut."""


class _Side(NamedTuple):
    """One direction, laid out."""

    span: Span
    pixels: NDArray[np.uint32]
    """(n_rows, height, width); `image` is of this memory."""
    image: QImage
    """The pictures of all rows, one below the other."""
    cuts: list[float | None]
    """On each row the x of the bar that is taller than it is drawn."""


class HistogramPainter:
    """Holds the pictures of some successive rows."""

    def lay_out(
        self,
        sides: tuple[Sequence[Reading], Sequence[Reading]],
        rows: tuple[int, int],
        geometry: StackGeometry,
        device_pixel_ratio: float,
        theme: Theme,
    ) -> None:
        """Draw the pictures; without readings there are only axes.

        Parameters
        ----------
        sides : two sequences of Reading
            Forward and backward of the rows to draw, or both empty.
        rows : tuple of int
            The first of them, and the one after the last.
        geometry : StackGeometry
            Of a row.
        device_pixel_ratio : float
            Device pixels in one device-independent pixel.
        theme : Theme
            Whose colours to use.
        """
        self._rows = rows
        self._geometry = geometry
        self._ratio = device_pixel_ratio
        forward, backward = sides
        forward_inks, backward_inks = _inks(theme)
        self._sides = (
            self._draw(forward, geometry.forward, forward_inks),
            self._draw(backward, geometry.backward, backward_inks),
        )

    def _draw(self, readings: Sequence[Reading], span: Span, inks: Inks) -> _Side:
        first, end = self._rows
        bars = outlines = None
        cuts: list[float | None] = [None] * (end - first)
        zeros: list[float | None] = [None] * (end - first)
        if readings:
            bars, cut_bins = bar_heights([reading.histogram for reading in readings])
            signals = [r.signal_histogram for r in readings if r.signal_histogram is not None]
            outlines = outline_heights(signals) if signals else None  # all rows of a side have one, or none
            zeros = [zero_position(reading.histogram) for reading in readings]
            n_bins = bars.shape[1]
            cuts = [None if i is None else span.left + (i + 0.5) / n_bins * span.width for i in cut_bins]
        pixels = draw_rows(bars, outlines, zeros, self._size(span), inks)
        n_rows, height, width = pixels.shape
        image = QImage(
            pixels.data, width, n_rows * height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        return _Side(span, pixels, image, cuts)

    def _size(self, span: Span) -> RasterSize:
        geometry = self._geometry
        return RasterSize(
            width=max(1, round(span.width * self._ratio)),
            tallest=max(1, int((geometry.baseline - geometry.top) * self._ratio)),
            line=self._in_pixels(1),
            outline=self._in_pixels(_OUTLINE_WIDTH),
            tick=self._in_pixels(_TICK_LENGTH),
        )

    def _in_pixels(self, length: float) -> int:
        """Return a length in device-independent pixels as at least one whole device pixel."""
        return max(1, round(length * self._ratio))

    def paint(self, painter: QPainter, background: QColor) -> None:
        """Paint all rows that are laid out, with the top of row 0 at y = 0."""
        geometry, ratio = self._geometry, self._ratio
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # from here on, lengths are in device pixels
        for side in self._sides:
            _, height, width = side.pixels.shape
            tallest = height - self._in_pixels(_TICK_LENGTH)
            left = round(side.span.left * ratio)
            for i, row in enumerate(range(*self._rows)):
                top = round((row * geometry.row_height + geometry.baseline) * ratio) - tallest
                painter.drawImage(left, top, side.image, 0, i * height, width, height)
        painter.restore()
        self._paint_cuts(painter, background)

    def _paint_cuts(self, painter: QPainter, background: QColor) -> None:
        """Paint a slanted gap through the bars that are taller than they are drawn."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(background, 2))
        for side in self._sides:
            for row, x in zip(range(*self._rows), side.cuts, strict=True):
                if x is not None:
                    y = row * self._geometry.row_height + self._geometry.top + _CUT_BELOW_TOP
                    painter.drawLine(QPointF(x - 6, y + 2), QPointF(x + 6, y - 2))


@lru_cache(maxsize=2)
def _inks(theme: Theme) -> tuple[Inks, Inks]:
    """Return the inks of forward and backward."""
    forward, pale, backward, axis, zero = (
        QColor(colour).rgba()
        for colour in (theme.forward, theme.forward_pale, theme.backward, theme.border, theme.grid)
    )
    return Inks(pale, forward, axis, zero), Inks(backward, backward, axis, zero)
