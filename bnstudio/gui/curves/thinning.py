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
    trailing mean at the end of each. All (n_columns,) float64, valid until the next update; steps are counted
    from 1.
    """

    def __init__(self) -> None:
        self.bucket = 1
        self.window = MIN_WINDOW
        self.n_steps = 0
        """How many steps there were at the latest update."""
        self.n_complete = 0
        """How many of the columns are complete: they stay as they are while `generation` does."""
        self.generation = 0
        self.steps = self.lows = self.highs = self.smoothed_steps = self.smoothed = np.empty(0)
        self._key: tuple[int, int, int] | None = None
        self._end_bucket = 0
        self._first = 0
        self._columns = np.empty((5, 0))

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
        bucket = 1 << max(0, math.ceil(math.log2(n_visible / n_columns)))
        window = smoothing_window(n_visible)
        first_bucket = max(0, math.floor((first - 1) / bucket) - 1)
        end_bucket = math.ceil(last / bucket) + 1
        n_steps, key = len(values), (bucket, window, first_bucket)
        if key != self._key or n_steps < self.n_steps or end_bucket < self._end_bucket:
            self._key = key
            self.bucket, self.window, self._first = key
            self.n_complete = 0
            self.generation += 1
        elif n_steps == self.n_steps and end_bucket == self._end_bucket:
            return
        self.n_steps, self._end_bucket = n_steps, end_bucket
        n_complete = max(0, min(n_steps // bucket, end_bucket) - first_bucket)
        if n_complete >= self._columns.shape[1]:  # one is for the column that still fills
            columns = np.empty((5, 2 * n_complete + 2))
            columns[:, : self.n_complete] = self._columns[:, : self.n_complete]
            self._columns = columns
        if n_complete > self.n_complete:
            self._complete(values, n_complete)
        self._describe(values)

    def _complete(self, values: NDArray[np.float64], n_complete: int) -> None:
        """Compute the complete buckets up to `n_complete` that are not computed yet."""
        bucket, n_known = self.bucket, self.n_complete
        begin, end = (self._first + n_known) * bucket, (self._first + n_complete) * bucket
        new = values[begin:end].reshape(-1, bucket)
        middles, ends, lows, highs, smoothed = self._columns[:, n_known:n_complete]
        ends[:] = np.arange(begin + bucket, end + 1, bucket)
        # The extremes stand in the middle of their bucket, the mean at its end, where it is known.
        middles[:] = ends - (bucket - 1) / 2
        new.min(axis=1, out=lows)
        new.max(axis=1, out=highs)
        # Each window by itself, not as a difference of running sums: a spike of 1e30 must not blur the rest.
        stops = ends.astype(np.intp)
        lengths = np.minimum(np.minimum(stops, self.window), np.maximum(MIN_WINDOW, stops // PAST_PER_WINDOW))
        edges = np.column_stack((stops - lengths, stops)).ravel()
        # reduceat sums from each edge to the next; the last may not be the end of the array.
        smoothed[:] = np.add.reduceat(values, edges[:-1] if edges[-1] == len(values) else edges)[::2]
        smoothed /= lengths
        self.n_complete = n_complete

    def _describe(self, values: NDArray[np.float64]) -> None:
        """Set the public arrays: the complete columns and, at the curve's end, the one that still fills."""
        n_columns, n_steps = self.n_complete, len(values)
        begin = (self._first + n_columns) * self.bucket
        if begin < n_steps and self._first + n_columns < self._end_bucket:
            tail = values[begin:]
            self._columns[:, n_columns] = (
                (begin + 1 + n_steps) / 2,
                n_steps,
                tail.min(),
                tail.max(),
                trailing_mean(values, n_steps, self.window),
            )
            n_columns += 1
        self.steps, self.smoothed_steps, self.lows, self.highs, self.smoothed = self._columns[:, :n_columns]
