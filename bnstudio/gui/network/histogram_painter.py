"""Paints the histograms of the visible rows of the stack.

`lay_out` turns readings into pictures, one a row and direction; `paint` copies them to where the rows are.
Knows readings and the geometry of a row; not what is written beside the histograms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from bnstudio.gui.network.histogram_heights import bar_heights, outline_heights, zero_positions
from bnstudio.gui.network.histogram_raster import AXIS, Inks, RasterSize, draw_rows
from bnstudio.gui.network.histogram_shapes import draw_shapes
from bnstudio.gui.pixel_ratio import draws_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.readings import Readings

_OUTLINE_WIDTH = 1.5
_TICK_LENGTH = 4
_BACKWARD = np.uint8(2 * AXIS)
"""Added to the pixels of backward, which has colours of its own."""
_CUT_BELOW_TOP = 4.0
"""How far below its top a cut bar shows the cut."""


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
        self._slots = slots[slice(*rows)]
        self._geometry = geometry
        self._ratio = device_pixel_ratio
        # Forward before backward, from here on: both directions of all rows take one pass.
        self._zeros = np.full(2 * len(self._slots), np.nan)
        self._bars: NDArray[np.float64] | None = None
        self._outlines: NDArray[np.float64] | None = None
        self._cut_bins: dict[int, int] = {}
        if readings is not None:
            self._find_heights(readings, slice(*rows))
        self._draw(theme)

    def _find_heights(self, readings: Readings, rows: slice) -> None:
        axes, counts = readings.statistics[:, rows].ravel(), readings.binned[:, rows, 1:-1]
        n_bins = counts.shape[2]
        self._zeros = zero_positions(axes["low"], axes["high"], log_magnitude=readings.log_magnitude)
        self._bars, self._cut_bins = bar_heights(counts[:2].reshape(-1, n_bins), axes["n_zeros"], self._zeros)
        self._outlines = outline_heights(counts[2])

    def _draw(self, theme: Theme) -> None:
        geometry, n_rows = self._geometry, len(self._slots)
        self._size = RasterSize(
            width=max(1, round(geometry.forward.width * self._ratio)),  # backward has the same
            tallest=max(1, int((geometry.baseline - geometry.top) * self._ratio)),
            line=self._in_pixels(1),
            outline=self._in_pixels(_OUTLINE_WIDTH),
            tick=self._in_pixels(_TICK_LENGTH),
        )
        pixels = draw_rows(self._bars, self._outlines, self._zeros, self._size)
        pixels[:, n_rows:] |= _BACKWARD
        height, n_pictures, width = pixels.shape
        bytes_ = QImage(
            pixels.data, n_pictures * width, height, n_pictures * width, QImage.Format.Format_Indexed8
        )
        self._inks = _inks(theme)
        bytes_.setColorTable(_colour_table(self._inks))
        self._image = bytes_.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # its own memory

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
        geometry, ratio, size = self._geometry, self._ratio, self._size
        height = size.tallest + size.tick
        tops = [
            round((slot * geometry.row_height + geometry.baseline) * ratio) - size.tallest
            for slot in self._slots
        ]
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # from here on, lengths are in device pixels
        x = 0
        for span in (geometry.forward, geometry.backward):
            left = round(span.left * ratio)
            for top in tops:
                painter.drawImage(left, top, self._image, x, 0, size.width, height)
                x += size.width
        painter.restore()

    def _paint_shapes(self, painter: QPainter) -> None:
        """Paint without pixels: Qt would write every image whole, and spend milliseconds on each."""
        geometry, n_rows = self._geometry, len(self._slots)
        for i, zero in enumerate(self._zeros.tolist()):
            is_backward = i >= n_rows
            span = self._span_of(i)
            top = self._slots[i % n_rows] * geometry.row_height + geometry.top
            draw_shapes(
                painter,
                bars=None if self._bars is None else self._bars[i],
                outline=None if self._outlines is None or is_backward else self._outlines[i],
                zero=zero,
                plot=QRectF(span.left, top, span.width, geometry.baseline - geometry.top),
                tick_length=_TICK_LENGTH,
                inks=self._inks[is_backward],
            )

    def _paint_cuts(self, painter: QPainter, background: QColor) -> None:
        """Paint a slanted gap through the bars that are taller than they are drawn."""
        if self._bars is None or not self._cut_bins:
            return
        geometry, n_rows = self._geometry, len(self._slots)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(background, 2))
        for i, cut_bin in self._cut_bins.items():
            span = self._span_of(i)
            x = span.left + (cut_bin + 0.5) * span.width / self._bars.shape[1]
            y = self._slots[i % n_rows] * geometry.row_height + geometry.top + _CUT_BELOW_TOP
            painter.drawLine(QPointF(x - 6, y + 2), QPointF(x + 6, y - 2))

    def _span_of(self, picture: int) -> Span:
        return self._geometry.forward if picture < len(self._slots) else self._geometry.backward


@lru_cache(maxsize=2)
def _inks(theme: Theme) -> tuple[Inks, Inks]:
    """Return the inks of forward and backward."""
    forward, pale, backward, axis, zero = (
        QColor(colour).rgba()
        for colour in (theme.forward, theme.forward_pale, theme.backward, theme.border, theme.grid)
    )
    return Inks(pale, forward, axis, zero), Inks(backward, backward, axis, zero)


@lru_cache(maxsize=2)
def _colour_table(inks: tuple[Inks, Inks]) -> list[int]:
    """Return the colours of the pixels of forward, and of those of backward."""
    return [colour for side in inks for colour in side.table]
