"""From counts to the heights of bars and outlines, all rows at once; pixels and colours come later."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TALLEST_BESIDE_A_CUT_BAR = 0.8


class BarHeights(NamedTuple):
    """Heights of the bars of several histograms."""

    heights: NDArray[np.float64]
    """(n_rows, n_bins) float64, 0 to 1: each row relative to its own tallest."""
    cut_bins: dict[int, int]
    """Where the bin of the exact zeros is taller than the rest allows, and so is drawn cut: bin by row."""


def zero_positions(
    low: NDArray[np.float64], high: NDArray[np.float64], *, log_magnitude: bool
) -> NDArray[np.float64]:
    """Return where 0 stands on axes from `low` to `high`, from 0 to 1; NaN where outside, and on log axes.

    Parameters
    ----------
    low, high : float64 of one shape, which the result has too
    log_magnitude : bool
        Whether the axes are of log10 of the magnitude.
    """
    if log_magnitude:
        return np.full(low.shape, np.nan)
    return np.where((low <= 0) & (high >= 0), -low / (high - low), np.nan)


def bar_heights(
    counts: NDArray[np.integer], n_zeros: NDArray[np.integer], zeros: NDArray[np.float64]
) -> BarHeights:
    """Return the bars relative to the tallest, without the exact zeros in what counts as the tallest.

    Half of a ReLU's values are exactly zero: measured by that one bin the others could not be seen. So its
    bar stands out above the others, but is cut. On a log axis zeros have no bin.

    Parameters
    ----------
    counts : (n_rows, n_bins) integers
    n_zeros : (n_rows,) integers
        How many of the values are exactly zero.
    zeros : (n_rows,) float64
        Where 0 stands on the axis, from 0 to 1; NaN where it does not.
    """
    heights = outline_heights(counts)
    cut_bins: dict[int, int] = {}
    n_bins = counts.shape[1]
    for row in np.flatnonzero((n_zeros > 0) & (zeros >= 0)).tolist():
        zeros_in = min(int(zeros[row] * n_bins), n_bins - 1)
        others = counts[row].astype(np.float64)
        others[zeros_in] -= n_zeros[row]
        tallest = others.max()
        if 0 < tallest < counts[row, zeros_in]:
            heights[row] = others * (_TALLEST_BESIDE_A_CUT_BAR / tallest)
            heights[row, zeros_in] = 1.0
            cut_bins[row] = zeros_in
    return BarHeights(heights, cut_bins)


def outline_heights(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the (n_rows, n_bins) heights, each row relative to its own tallest bin; an empty row stays 0."""
    heights: NDArray[np.float64] = counts / np.maximum(counts.max(axis=1, keepdims=True), 1.0)
    return heights
