"""Paints the histograms of the visible rows of the stack.

`lay_out` turns readings into pictures, one a row and direction; `paint` copies them to where the rows are.
Knows readings and the geometry of a row; not what is written beside the histograms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from bnstudio.gui.network.histogram_heights import bar_heights, outline_heights, zero_positions
from bnstudio.gui.network.histogram_raster import Inks, RasterSize, draw_rows
from bnstudio.gui.network.histogram_shapes import draw_shapes
from bnstudio.gui.pixel_ratio import draws_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.readings import Readings, SideReadings

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
    bars: NDArray[np.float64] | None
    outlines: NDArray[np.float64] | None
    """(n_rows, n_bins) heights from 0 to 1."""
    zeros: NDArray[np.float64]
    """(n_rows,) where 0 stands on the axis, from 0 to 1; NaN where it does not."""
    inks: Inks
    cuts: list[tuple[int, float]]
    """Where a bar is taller than it is drawn: the row and the bar's x."""


class HistogramPainter:
    """Holds the pictures of some successive rows."""

    def lay_out(
        self,
        readings: Readings | None,
        rows: tuple[int, int],
        slots: Sequence[int],
        geometry: StackGeometry,
        *,
        device_pixel_ratio: float,
        theme: Theme,
    ) -> None:
        """Draw the pictures; without readings there are only axes.

        Parameters
        ----------
        readings : Readings, or None
            Of all rows of the stack.
        rows : tuple of int
            The first row to draw, and the one after the last.
        slots : sequence of int
            For each row of the stack, how many row heights lie above it.
        geometry : StackGeometry
            Of a row.
        device_pixel_ratio : float
            Device pixels in one device-independent pixel.
        theme : Theme
            Whose colours to use.
        """
        self._rows = range(*rows)
        self._slots = slots
        self._geometry = geometry
        self._ratio = device_pixel_ratio
        forward, backward = (readings.forward, readings.backward) if readings else (None, None)
        forward_inks, backward_inks = _inks(theme)
        self._sides = (
            self._draw(forward, geometry.forward, forward_inks),
            self._draw(backward, geometry.backward, backward_inks),
        )

    def _draw(self, readings: SideReadings | None, span: Span, inks: Inks) -> _Side:
        rows = slice(self._rows.start, self._rows.stop)
        bars = outlines = None
        zeros = np.full(len(self._rows), np.nan)
        cuts = []
        if readings is not None:
            zeros = zero_positions(readings)[rows]
            bars, cut_bins = bar_heights(readings.counts[rows], readings.n_zeros[rows], zeros)
            if readings.signal_counts is not None:
                outlines = outline_heights(readings.signal_counts[rows])
            bin_width = span.width / bars.shape[1]
            cuts = [(rows.start + i, span.left + (bin_ + 0.5) * bin_width) for i, bin_ in cut_bins.items()]
        pixels = draw_rows(bars, outlines, zeros, self._size(span), inks)
        n_rows, height, width = pixels.shape
        image = QImage(
            pixels.data, width, n_rows * height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        return _Side(span, pixels, image, bars, outlines, zeros, inks, cuts)

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
        """Paint all rows that are laid out, with the top of slot 0 at y = 0."""
        if draws_pixels(painter):
            self._paint_pixels(painter)
        else:
            self._paint_shapes(painter)
        self._paint_cuts(painter, background)

    def _paint_pixels(self, painter: QPainter) -> None:
        geometry, ratio = self._geometry, self._ratio
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # from here on, lengths are in device pixels
        for side in self._sides:
            _, height, width = side.pixels.shape
            tallest = height - self._in_pixels(_TICK_LENGTH)
            left = round(side.span.left * ratio)
            for i, row in enumerate(self._rows):
                top = round((self._slots[row] * geometry.row_height + geometry.baseline) * ratio) - tallest
                painter.drawImage(left, top, side.image, 0, i * height, width, height)
        painter.restore()

    def _paint_shapes(self, painter: QPainter) -> None:
        """Paint without pixels: Qt would write every image whole, and spend milliseconds on each."""
        geometry = self._geometry
        for side in self._sides:
            for i, row in enumerate(self._rows):
                top = self._slots[row] * geometry.row_height + geometry.top
                draw_shapes(
                    painter,
                    bars=None if side.bars is None else side.bars[i],
                    outline=None if side.outlines is None else side.outlines[i],
                    zero=float(side.zeros[i]),
                    plot=QRectF(side.span.left, top, side.span.width, geometry.baseline - geometry.top),
                    tick_length=_TICK_LENGTH,
                    inks=side.inks,
                )

    def _paint_cuts(self, painter: QPainter, background: QColor) -> None:
        """Paint a slanted gap through the bars that are taller than they are drawn."""
        cuts = [cut for side in self._sides for cut in side.cuts]
        if not cuts:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(background, 2))
        for row, x in cuts:
            y = self._slots[row] * self._geometry.row_height + self._geometry.top + _CUT_BELOW_TOP
            painter.drawLine(QPointF(x - 6, y + 2), QPointF(x + 6, y - 2))


@lru_cache(maxsize=2)
def _inks(theme: Theme) -> tuple[Inks, Inks]:
    """Return the inks of forward and backward."""
    forward, pale, backward, axis, zero = (
        QColor(colour).rgba()
        for colour in (theme.forward, theme.forward_pale, theme.backward, theme.border, theme.grid)
    )
    return Inks(pale, forward, axis, zero), Inks(backward, backward, axis, zero)
