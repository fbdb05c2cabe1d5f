"""Paints the histograms of all rows of the stack in a few calls: axes, bars, signal outlines and their marks.

`lay_out` turns readings into shapes once; `paint` then draws whichever rows are visible. Knows readings and
the geometry of a row; not where the rows are scrolled to, nor what is written beside the histograms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from bnstudio.gui.network.axis_labels import zero_position
from bnstudio.gui.network.histogram_shapes import (
    PlotBox,
    Rectangles,
    bar_heights,
    fill_axes,
    fill_bars,
    fill_outlines,
    outline_heights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.snapshot import LayerReading, Reading

_CUT_BELOW_TOP = 4.0
"""How far below its top a cut bar shows the cut."""


class HistogramPainter:
    """Holds the shapes of all rows of a stack."""

    def lay_out(
        self,
        readings: Sequence[LayerReading] | None,
        n_rows: int,
        geometry: StackGeometry,
        device_pixel_ratio: float,
    ) -> None:
        """Compute the shapes of all rows; without readings there are only axes.

        Parameters
        ----------
        readings : sequence of LayerReading, or None
            One for each row, all with the same number of bins.
        n_rows : int
            Number of rows, the head's included.
        geometry : StackGeometry
            Of a row.
        device_pixel_ratio : float
            Device pixels in one device-independent pixel.
        """
        self._geometry = geometry
        self._pixel = 1.0 / device_pixel_ratio
        directions: list[tuple[Span, list[Reading]]] = [(geometry.forward, []), (geometry.backward, [])]
        if readings:
            directions = [
                (geometry.forward, [reading.forward for reading in readings]),
                (geometry.backward, [reading.backward for reading in readings]),
            ]
        self._sides = []
        for span, of_span in directions:
            n_bins = len(of_span[0].histogram.counts) if of_span else 1
            self._sides.append(_Side(of_span, _plot_box(geometry, span, n_rows, n_bins, self._pixel), span))

    def paint(self, painter: QPainter, theme: Theme, background: QColor, first: int, last: int) -> None:
        """Paint rows `first` to `last`, with the top of row 0 at y = 0."""
        forward, backward = self._sides
        painter.save()
        painter.scale(self._pixel, self._pixel)  # from here on, lengths are in device pixels
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for rectangles, colour in (
            (forward.zeros, theme.grid),
            (backward.zeros, theme.grid),
            (forward.axes, theme.border),
            (backward.axes, theme.border),
            (forward.bars, theme.forward_pale),
            (backward.bars, theme.backward),
            (forward.outlines, theme.forward),
        ):
            painter.setBrush(QColor(colour))
            rectangles.draw(painter, first, last)
        painter.restore()
        self._paint_cuts(painter, background, first, last)

    def _paint_cuts(self, painter: QPainter, background: QColor, first: int, last: int) -> None:
        """Paint a slanted gap through the bars that are taller than they are drawn."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(background, 2))
        for side in self._sides:
            for row, x in enumerate(side.cut_x[first : last + 1], start=first):
                if x is not None:
                    y = row * self._geometry.row_height + self._geometry.top + _CUT_BELOW_TOP
                    painter.drawLine(QPointF(x - 6, y + 2), QPointF(x + 6, y - 2))


@lru_cache(maxsize=16)  # the same two for as long as neither the stack nor the size of the window changes
def _plot_box(geometry: StackGeometry, span: Span, n_rows: int, n_bins: int, pixel: float) -> PlotBox:
    edges = np.linspace(span.left, span.right, n_bins + 1)
    baselines = np.arange(n_rows) * geometry.row_height + geometry.baseline
    return PlotBox(
        np.rint(edges / pixel).astype(np.int32),
        np.rint(baselines / pixel).astype(np.int32),
        int((geometry.baseline - geometry.top) / pixel),
        pixel,
    )


class _Side:
    """One direction of all rows, laid out. Without readings it has axes and nothing on them."""

    def __init__(self, readings: list[Reading], box: PlotBox, span: Span) -> None:
        n_rows, n_bins = len(box.baselines), len(box.edges) - 1
        self.axes, self.zeros = Rectangles(n_rows, 2), Rectangles(n_rows, 1)
        zero_x = [zero_position(reading.histogram, span) for reading in readings] or [None] * n_rows
        fill_axes(self.axes, self.zeros, zero_x, box)

        self.bars = Rectangles(len(readings), n_bins)
        self.cut_x: list[float | None] = []
        if readings:
            heights, cut_bins = bar_heights([reading.histogram for reading in readings])
            fill_bars(self.bars, heights, box)
            self.cut_x = [
                None if i is None else span.left + (i + 0.5) / n_bins * span.width for i in cut_bins
            ]

        signals = [reading.signal_histogram for reading in readings if reading.signal_histogram is not None]
        self.outlines = Rectangles(len(signals), 2 * n_bins + 1)  # forward every row has one, backward none
        if signals:
            fill_outlines(self.outlines, outline_heights(signals), box)
