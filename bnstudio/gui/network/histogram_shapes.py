"""From counts to the rectangles of bars and outlines, in NumPy arrays that Qt draws without a copy.

Time in Python between two frames is time taken from training, so all rows are computed and drawn at once. All
lengths here are whole device pixels: edges are sharp without antialiasing. No colours, no text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import shiboken6
from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter

    from bnstudio.training.snapshot import Histogram

_OUTLINE_WIDTH = 1.5
_TALLEST_BESIDE_A_CUT_BAR = 0.8


class BarHeights(NamedTuple):
    """Heights of the bars of several histograms."""

    heights: NDArray[np.float64]
    """(n_rows, n_bins) float64, 0 to 1: each row relative to its own tallest."""
    cut_bins: list[int | None]
    """On each row the bin of the exact zeros, where it is taller than the rest allows and so is drawn cut."""


def zero_bin(histogram: Histogram) -> int | None:
    """Return the bin that contains 0, or None where 0 lies outside the axis."""
    if not histogram.low <= 0 <= histogram.high or histogram.low == histogram.high:
        return None
    n_bins = len(histogram.counts)
    return min(int(-histogram.low / (histogram.high - histogram.low) * n_bins), n_bins - 1)


def bar_heights(histograms: Sequence[Histogram]) -> BarHeights:
    """Return the bars relative to the tallest, without the exact zeros in what counts as the tallest.

    Half of a ReLU's values are exactly zero: measured by that one bin the others could not be seen. So its
    bar stands out above the others, but is cut. On a log axis zeros have no bin.
    """
    heights = outline_heights(histograms)
    cut_bins: list[int | None] = [None] * len(histograms)
    for row, histogram in enumerate(histograms):
        if not histogram.n_zeros or histogram.log_magnitude:
            continue
        zeros_in = zero_bin(histogram)
        if zeros_in is None:
            continue
        others = histogram.counts.copy()
        others[zeros_in] -= histogram.n_zeros
        tallest = others.max()
        if 0 < tallest < histogram.counts[zeros_in]:
            heights[row] = histogram.counts * (_TALLEST_BESIDE_A_CUT_BAR / tallest)
            heights[row, zeros_in] = 1.0
            cut_bins[row] = zeros_in
    return BarHeights(heights, cut_bins)


def outline_heights(histograms: Sequence[Histogram]) -> NDArray[np.float64]:
    """Return the (n_rows, n_bins) heights, each row relative to its own tallest bin; an empty row stays 0."""
    counts = np.array([histogram.counts for histogram in histograms], dtype=np.float64)
    heights: NDArray[np.float64] = counts / np.maximum(counts.max(axis=1, keepdims=True), 1.0)
    return heights


class Rectangles:
    """Rectangles of all rows; `array` is (n_rows, n_per_row, 4) int32: left, top, right, bottom.

    All four are included: that is what a QRect is in memory. An empty one has its bottom above its top.
    """

    def __init__(self, n_rows: int, n_per_row: int) -> None:
        self.array = np.empty((n_rows, n_per_row, 4), dtype=np.int32)

    def draw(self, painter: QPainter, first: int, last: int) -> None:
        """Draw the rectangles of rows `first` to `last`."""
        rectangles = self.array[first : last + 1].reshape(-1, 4)
        rectangles = rectangles[rectangles[:, 3] >= rectangles[:, 1]]  # in a narrow histogram most are empty
        if len(rectangles):
            first_rectangle = shiboken6.Shiboken.wrapInstance(rectangles.ctypes.data, QRect)
            painter.drawRects(cast("QRect", first_rectangle), len(rectangles))


class PlotBox(NamedTuple):
    """Where the histograms of one direction stand on their rows, in whole device pixels."""

    edges: NDArray[np.int32]
    """(n_bins + 1,) x of the edges of the bins."""
    baselines: NDArray[np.int32]
    """(n_rows,) y of the pixels below the bars."""
    tallest: int
    """Height of a bar of height 1."""
    pixel: float
    """Size of a device pixel in device-independent pixels."""

    def in_pixels(self, length: float) -> int:
        """Return a length in device-independent pixels as at least one whole device pixel."""
        return max(1, round(length / self.pixel))


def fill_bars(rectangles: Rectangles, heights: NDArray[np.float64], box: PlotBox) -> None:
    """Lay (n_rows, n_bins) `heights` out as one bar for each bin."""
    array = rectangles.array
    bottoms = box.baselines[:, None] - 1
    array[:, :, 0] = box.edges[:-1]
    array[:, :, 1] = box.baselines[:, None] - np.rint(heights * box.tallest)
    array[:, :, 2] = box.edges[1:] - 1
    array[:, :, 3] = bottoms


def fill_outlines(rectangles: Rectangles, heights: NDArray[np.float64], box: PlotBox) -> None:
    """Lay (n_rows, n_bins) `heights` out as step lines of 2 * n_bins + 1 thin rectangles.

    A level one over each bin that is not empty, and an upright one at each edge where the line would break.
    """
    n_rows, n_bins = heights.shape
    thickness = box.in_pixels(_OUTLINE_WIDTH)
    thickness = box.in_pixels(_OUTLINE_WIDTH)
    baselines = box.baselines[:, None]
    rises = np.zeros((n_rows, n_bins + 2), dtype=np.int32)  # nothing before the first bin and after the last
    rises[:, 1:-1] = np.rint(heights * box.tallest)
    tops = baselines - rises
    level, upright = rectangles.array[:, :n_bins], rectangles.array[:, n_bins:]
    level[:, :, 0] = box.edges[:-1]
    level[:, :, 1] = tops[:, 1:-1]
    level[:, :, 2] = box.edges[1:] - 1
    level[:, :, 3] = np.where(rises[:, 1:-1] > 0, np.minimum(tops[:, 1:-1] + thickness, baselines) - 1, -1)
    higher, lower = np.minimum(tops[:, :-1], tops[:, 1:]), np.maximum(tops[:, :-1], tops[:, 1:])
    upright[:, :, 0] = box.edges
    upright[:, -1, 0] -= thickness
    upright[:, :, 1] = higher
    upright[:, :, 2] = upright[:, :, 0] + thickness - 1
    breaks = lower - higher >= thickness  # a smaller step is closed by the level lines themselves
    upright[:, :, 3] = np.where(breaks, np.minimum(lower + thickness, baselines) - 1, -1)


def fill_axes(axes: Rectangles, zeros: Rectangles, zero_x: list[float | None], box: PlotBox) -> None:
    """Lay out two rectangles a row for the axis and the tick below its zero, one for the line above it."""
    thickness = box.in_pixels(1)
    has_zero = np.array([x is not None for x in zero_x])
    x = np.rint(np.array([x or 0.0 for x in zero_x]) / box.pixel).astype(np.int32)
    below = box.baselines + box.in_pixels(3)
    axes.array[:, 0, 0], axes.array[:, 0, 1] = box.edges[0], box.baselines
    axes.array[:, 0, 2], axes.array[:, 0, 3] = box.edges[-1] - 1, box.baselines + thickness - 1
    for rectangle, top, bottom in (
        (axes.array[:, 1], box.baselines, below),
        (zeros.array[:, 0], box.baselines - box.tallest, box.baselines - 1),
    ):
        rectangle[:, 0], rectangle[:, 1], rectangle[:, 2] = x, top, x + thickness - 1
        rectangle[:, 3] = np.where(has_zero, bottom, -1)
