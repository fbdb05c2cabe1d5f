"""Draws histograms into an array of pixels, all rows at once: axes, bars, signal outlines.

A pixel is a byte that says what is on it; the colours come later. NumPy does it without holding Python's
lock. All lengths here are whole device pixels, and edges are sharp.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAR, OUTLINE, ZERO, AXIS = 1, 2, 4, 8
"""What can be on a pixel, each a bit: a bar, the outline, the line at zero, the axis with its tick."""


@dataclass(frozen=True)
class Inks:
    """The colours of one direction, each as 0xAARRGGBB."""

    bar: int
    outline: int
    axis: int
    zero: int

    @cached_property
    def table(self) -> list[int]:
        """Return the colour of each byte that a pixel can be: what hides and what is hidden."""
        layers = ((AXIS, self.axis), (OUTLINE, self.outline), (BAR, self.bar), (ZERO, self.zero))
        return [next((ink for bit, ink in layers if pixel & bit), 0) for pixel in range(2 * AXIS)]


class RasterSize(NamedTuple):
    """The size of one row's picture, in device pixels."""

    width: int
    tallest: int
    """Height of a bar of height 1; the axis lies below."""
    line: int
    """Thickness of the axis, and of the line at zero."""
    outline: int
    tick: int
    """Length of the tick below the axis at zero, the axis included."""


def draw_rows(
    bars: NDArray[np.float64] | None,
    outlines: NDArray[np.float64] | None,
    zeros: NDArray[np.float64],
    size: RasterSize,
) -> NDArray[np.uint8]:
    """Return the pictures of all rows.

    Parameters
    ----------
    bars : (n_rows, n_bins) float64 or None
        Heights from 0 to 1.
    outlines : (n_outlines, n_bins) float64 or None
        The same of the first rows, which alone have outlines.
    zeros : (n_rows,) float64
        Where 0 stands on each row's axis, from 0 (left end) to 1; NaN where it does not.
    size : RasterSize

    Returns
    -------
    (size.tallest + size.tick, n_rows, size.width) uint8
        The rows stand side by side, as long lines of pixels are what NumPy is fastest with. Of each pixel the
        sum of what is on it; 0 where nothing is drawn.
    """
    pixels = np.empty((size.tallest + size.tick, len(zeros), size.width), np.uint8)
    plot, below = pixels[: size.tallest], pixels[size.tallest :]
    below.fill(0)
    below[: size.line] = AXIS
    y = np.arange(size.tallest, dtype=np.int16)[:, None, None]
    if bars is None:
        plot.fill(0)
    else:
        np.greater_equal(y, _tops(bars, size), out=plot.view(np.bool_))  # true is BAR
    if outlines is not None:
        plot[:, : len(outlines)] |= _outlines(_tops(outlines, size), y, size)
    (with_zero,) = np.nonzero(zeros >= 0)
    left = np.minimum(np.rint(zeros[with_zero] * size.width).astype(np.intp), size.width - size.line)
    for x in range(size.line):
        plot[:, with_zero, left + x] |= ZERO
        below[:, with_zero, left + x] = AXIS
    return pixels


def _tops(heights: NDArray[np.float64], size: RasterSize) -> NDArray[np.int16]:
    """Return for each column of pixels where its bar begins; `tallest` where there is none."""
    tops = size.tallest - np.rint(heights * size.tallest)
    # `take` and not an index, whose result lies column by column: what follows would take longer.
    return tops.astype(np.int16).take(_bins(size.width, heights.shape[1]), axis=1)


@lru_cache(maxsize=8)
def _bins(width: int, n_bins: int) -> NDArray[np.intp]:
    """Return to which bin each column of pixels belongs."""
    return ((np.arange(width) + 0.5) * (n_bins / width)).astype(np.intp)


def _outlines(tops: NDArray[np.int16], y: NDArray[np.int16], size: RasterSize) -> NDArray[np.uint8]:
    """Return the (tallest, n_rows, width) pixels of lines along `tops`, with uprights where they jump."""
    with_edges = np.full((len(tops), size.width + 2), size.tallest, np.int16)
    with_edges[:, 1:-1] = tops
    before, after = with_edges[:, :-2], with_edges[:, 2:]
    begins = np.minimum(tops, np.minimum(before, after))
    ends = np.maximum(tops + np.int16(size.outline), np.maximum(before, after))
    ends[begins == size.tallest] = 0  # without a neighbour that is taller, an empty column has no line
    lines = y >= begins
    lines &= y < ends
    return np.left_shift(lines.view(np.uint8), OUTLINE // 2)
