"""From counts to the heights of bars and outlines; pixels and colours come later."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.training.snapshot import Histogram

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
