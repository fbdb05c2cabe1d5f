"""A long curve as few columns: the extremes of each, so that no spike is lost, and a causal mean over it.

Columns are buckets of 2**n steps aligned to step 0. Complete ones never change, so that a growing curve costs
only its new buckets, however long it is. No Qt here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_WINDOW = 4
"""Steps that are averaged at least."""
WINDOW_SHARE = 1 / 32
"""Of the visible steps, how many are averaged: the lag of the mean is then about a sixtieth of the width."""
PAST_PER_WINDOW = 4
"""The mean is over at most a fourth of the steps so far: it would lag far behind a steep beginning."""


def smoothing_window(n_visible: float) -> int:
    """Return how many steps the mean is over: about `WINDOW_SHARE` of those visible, a power of two."""
    return int(max(MIN_WINDOW, 2 ** round(math.log2(max(1.0, n_visible * WINDOW_SHARE)))))


def window_at(step: int, window: int) -> int:
    """Return how many steps the mean at `step` (counted from 1) is over: `window`, fewer at the beginning."""
    return min(step, window, max(MIN_WINDOW, step // PAST_PER_WINDOW))


def trailing_mean(values: NDArray[np.float64], step: int, window: int) -> float:
    """Return the mean of the last `window_at(step, window)` values up to and with `step`, counted from 1."""
    return float(values[step - window_at(step, window) : step].mean())


class ThinnedCurve:
    """One curve, thinned to about one column a pixel between two steps.

    `update` computes; then `steps`, `lows`, `highs` describe the columns and `smoothed_steps`, `smoothed` the
    trailing mean at the end of each. All (n_columns,) float64; steps are counted from 1.
    """

    def __init__(self) -> None:
        self.bucket = 1
        self.window = MIN_WINDOW
        self.n_steps = 0
        """How many steps there were at the latest update."""
        self.steps = self.lows = self.highs = self.smoothed_steps = self.smoothed = np.empty(0)
        self._key: tuple[int, int, int] | None = None
        self._first = 0
        self._n_complete = 0
        self._columns = np.empty((4, 0))

    def update(self, values: NDArray[np.float64], first: float, last: float, n_columns: int) -> None:
        """Thin `values` between the steps `first` and `last` to between n_columns / 2 and n_columns columns.

        Parameters
        ----------
        values : (n_steps,) float64
            Finite; index 0 is step 1. A curve that has grown since the last call only by its end is extended.
        first, last : float
            Steps at the left and the right edge of the picture.
        n_columns : int
            At least 1.
        """
        n_visible = max(1.0, last - first)
        self.bucket = bucket = 1 << max(0, math.ceil(math.log2(n_visible / n_columns)))
        self.window = window = smoothing_window(n_visible)
        first_bucket = max(0, math.floor((first - 1) / bucket) - 1)
        end_bucket = math.ceil(last / bucket) + 1
        if self._key != (bucket, window, first_bucket) or len(values) < self.n_steps:
            self._key = (bucket, window, first_bucket)
            self._first = first_bucket
            self._n_complete = 0
        self.n_steps = len(values)
        self._complete(values, min(len(values) // bucket, end_bucket) - first_bucket)
        self._describe(values, end_bucket)

    def _complete(self, values: NDArray[np.float64], n_complete: int) -> None:
        """Compute the complete buckets up to `n_complete` that are not computed yet."""
        n_known = self._n_complete
        if n_complete <= n_known:
            return
        if n_complete > self._columns.shape[1]:
            columns = np.empty((4, 2 * n_complete))
            columns[:, :n_known] = self._columns[:, :n_known]
            self._columns = columns
        bucket, window = self.bucket, self.window
        begin, end = (self._first + n_known) * bucket, (self._first + n_complete) * bucket
        new = values[begin:end].reshape(-1, bucket)
        ends, lows, highs, smoothed = self._columns[:, n_known:n_complete]
        ends[:] = np.arange(begin + bucket, end + 1, bucket)
        new.min(axis=1, out=lows)
        new.max(axis=1, out=highs)
        # Each window by itself, not as a difference of running sums: a spike of 1e30 must not blur the rest.
        stops = ends.astype(np.intp)
        lengths = np.minimum(np.minimum(stops, window), np.maximum(MIN_WINDOW, stops // PAST_PER_WINDOW))
        edges = np.column_stack((stops - lengths, stops)).ravel()
        # reduceat sums from each edge to the next; the last may not be the end of the array.
        smoothed[:] = np.add.reduceat(values, edges[:-1] if edges[-1] == len(values) else edges)[::2]
        smoothed /= lengths
        self._n_complete = n_complete

    def _describe(self, values: NDArray[np.float64], end_bucket: int) -> None:
        """Set the public arrays: the complete columns and, at the curve's end, the one that still fills."""
        n_columns = self._n_complete
        begin = (self._first + n_columns) * self.bucket
        columns = self._columns[:, :n_columns]
        # The extremes stand in the middle of their bucket, the mean at its end, where it is known.
        middles = columns[0] - (self.bucket - 1) / 2
        if begin < len(values) and self._first + n_columns < end_bucket:
            n_steps, tail = len(values), values[begin:]
            last = (n_steps, tail.min(), tail.max(), trailing_mean(values, n_steps, self.window))
            columns = np.column_stack((columns, last))
            middles = np.append(middles, (begin + 1 + n_steps) / 2)
        self.steps = middles
        self.smoothed_steps, self.lows, self.highs, self.smoothed = columns
