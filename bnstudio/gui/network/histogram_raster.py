"""Draws histograms into an array of pixels, all rows at once: axes, bars, signal outlines.

NumPy does it without holding Python's lock, so training goes on meanwhile; Qt then copies the pixels. All
lengths here are whole device pixels, and edges are sharp.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Inks(NamedTuple):
    """The colours of one direction, each as 0xAARRGGBB."""

    bar: int
    outline: int
    axis: int
    zero: int


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
    inks: Inks,
) -> NDArray[np.uint32]:
    """Return the pictures of all rows.

    Parameters
    ----------
    bars, outlines : (n_rows, n_bins) float64 or None
        Heights from 0 to 1.
    zeros : (n_rows,) float64
        Where 0 stands on each row's axis, from 0 (left end) to 1; NaN where it does not.
    size : RasterSize
    inks : Inks

    Returns
    -------
    (n_rows, size.tallest + size.tick, size.width) uint32
        0xAARRGGBB; 0 where nothing is drawn.
    """
    pixels = np.zeros((len(zeros), size.tallest + size.tick, size.width), np.uint32)
    pixels[:, size.tallest : size.tallest + size.line] = inks.axis
    (with_zero,) = np.nonzero(zeros >= 0)
    left = np.minimum(np.rint(zeros[with_zero] * size.width).astype(np.intp), size.width - size.line)
    for x in range(size.line):
        pixels[with_zero, : size.tallest, left + x] = inks.zero
        pixels[with_zero, size.tallest :, left + x] = inks.axis
    plot = pixels[:, : size.tallest]
    y = np.arange(size.tallest, dtype=np.int16)[None, :, None]
    if bars is not None:
        np.copyto(plot, np.uint32(inks.bar), where=y >= _tops(bars, size)[:, None])
    if outlines is not None:
        np.copyto(plot, np.uint32(inks.outline), where=_outline_mask(_tops(outlines, size), y, size))
    return pixels


def _tops(heights: NDArray[np.float64], size: RasterSize) -> NDArray[np.int16]:
    """Return for each column of pixels where its bar begins; `tallest` where there is none."""
    tops = size.tallest - np.rint(heights * size.tallest)
    return tops.astype(np.int16)[:, _bins(size.width, heights.shape[1])]


@lru_cache(maxsize=8)
def _bins(width: int, n_bins: int) -> NDArray[np.intp]:
    """Return to which bin each column of pixels belongs."""
    return ((np.arange(width) + 0.5) * (n_bins / width)).astype(np.intp)


def _outline_mask(tops: NDArray[np.int16], y: NDArray[np.int16], size: RasterSize) -> NDArray[np.bool_]:
    """Return the (n_rows, tallest, width) mask of lines along `tops`, with uprights where they jump."""
    edge = np.full((len(tops), 1), size.tallest, np.int16)
    before, after = np.hstack((edge, tops[:, :-1])), np.hstack((tops[:, 1:], edge))
    begins = np.minimum(tops, np.minimum(before, after))
    ends = np.maximum(tops + np.int16(size.outline), np.maximum(before, after))
    # Without a neighbour that is taller, an empty column has no line.
    ends = np.where(begins < size.tallest, ends, 0)
    return (y >= begins[:, None]) & (y < ends[:, None])
