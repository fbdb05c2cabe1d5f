"""Measures many arrays together: a statistic is one operation on a matrix with a row for each array.

A group first says what its arrays need of an axis; counting waits until the axes are chosen. Knows nothing of
runs and layers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.training.readings import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bnstudio.training.snapshot import Look

    FloatArray = NDArray[np.floating]

N_BINS = 61
"""Odd, so that zero stands in the middle of a bin of a symmetric axis."""
N_SAMPLE = 1_000
"""How many values of an array a sample takes; all of a smaller one."""
_BLOCK = 8
"""A sample takes so many neighbours at a time: what lies far apart takes far longer to read from memory."""
_COVERED = 0.995
"""Share of the values that a robust axis shows; the rest is counted as lying outside."""
_MARGIN = 1e-6
"""How much wider than its axis the bins are, at each end and relative to it, so that a value that is exactly
the end of the axis, such as a saturated sigmoid's 1, still lies inside."""
_HARDLY = 1e-4
"""A unit may hardly change over the mini-batch if its first value is, relatively, this close to its mean."""
_PIECE = 100_000
"""About how many values are worked on at a time, in float64: they fit into a processor's cache."""


class ProbeGroup:
    """Layers' forward values, then output gradients, of each of which equally many values are measured.

    Parameters
    ----------
    forward, backward : sequences of (n_examples, n_units) floating arrays
        With `every_value` all of one shape; otherwise of one `sample_size` and equally many examples.
    every_value : bool
        Measure every value; otherwise at most `N_SAMPLE` of each array, spread evenly over it.

    Attributes
    ----------
    finite : (n_arrays,) bool
        False where a value that is measured is not finite or, forward, any value, or they are too far apart
        or too large to be summed. Only a group of finite arrays can be counted.
    """

    def __init__(
        self, forward: Sequence[FloatArray], backward: Sequence[FloatArray], every_value: bool
    ) -> None:
        arrays = [*forward, *backward]
        self._sizes = [array.size for array in arrays]
        unit_means = _unit_means(forward)
        self._sample = _gather(arrays, every_value)
        # A piece of whole examples has the units in the same order as every other.
        period = arrays[0].shape[1] if every_value else self._sample.shape[1]
        self._piece = max(1, _PIECE // (2 * len(arrays) * period)) * period
        shapes = tuple(array.shape for array in forward)
        n_in_piece = min(self._piece, self._sample.shape[1])
        self._unit_means = unit_means.take(_units(shapes, n_in_piece, every_value))
        self._mean = self._sample.mean(axis=1, dtype=np.float64)
        self._minimum, self._maximum = self._sample.min(axis=1), self._sample.max(axis=1)
        self._n_zeros = _count_zeros(self._sample)
        self.finite = np.isfinite(self._maximum - self._minimum)
        if not np.isfinite(unit_means).all():
            first_units = np.cumsum([0, *(n_units for _, n_units in shapes[:-1])])
            self.finite[: len(forward)] &= np.logical_and.reduceat(np.isfinite(unit_means), first_units)

    def needed(self, look: Look) -> FloatArray:
        """Return the lowest and the highest that each array needs of its axis, as a (2, n_arrays) array.

        With `look.log_magnitude` they are magnitudes. NaN where there is nothing to show.
        """
        if look.log_magnitude:
            return self._needed_magnitudes()
        if not look.shared_range:
            return _quantiles(self._sample.copy(), (1 - _COVERED) / 2, (1 + _COVERED) / 2)
        (limit,) = _quantiles(np.abs(self._sample), _COVERED)
        limit = np.where(limit > 0, limit, np.maximum(-self._minimum, self._maximum))
        limit[limit == 0] = np.nan
        return np.array((-limit, limit))

    def _needed_magnitudes(self) -> FloatArray:
        needed = _needed_magnitudes(self._sample)
        n_forward = len(self._unit_means)
        if n_forward:  # the signal may lie far below the values
            deviations = self._sample[:n_forward].copy()
            for columns in self._pieces():
                piece = deviations[:, columns]
                piece -= self._unit_means[:, : piece.shape[1]]
            low, high = _needed_magnitudes(deviations)
            np.fmin(needed[0, :n_forward], low, out=needed[0, :n_forward])
            np.fmax(needed[1, :n_forward], high, out=needed[1, :n_forward])
        return needed

    def count(
        self, low: FloatArray, high: FloatArray, log_magnitude: bool
    ) -> tuple[NDArray[np.void], NDArray[np.intp]]:
        """Count the values, and forward the signal, on axes from `low` to `high`.

        Parameters
        ----------
        low, high : (n_arrays,) float64
        log_magnitude : bool
            The axes are of log10 of the magnitude; exact zeros are not counted on them.

        Returns
        -------
        statistics : (n_arrays,) STATISTICS
        binned : (n_arrays + n_forward, N_BINS + 2) intp
            Underflow, counts, overflow of each array's values, and then of the forward arrays' signals.
        """
        n_arrays, n_counted = self._sample.shape
        n_forward = len(self._unit_means)
        rows = np.arange(n_arrays + n_forward) % n_arrays
        per_bin = (N_BINS * (1 - 2 * _MARGIN) / (high - low))[rows, None]
        middle = 0.0 if log_magnitude else self._mean
        first = (middle - low)[rows, None] * per_bin + (1 + N_BINS * _MARGIN)
        binned = np.zeros(len(rows) * (N_BINS + 2), np.intp)
        offsets = np.arange(0, len(binned), N_BINS + 2, dtype=np.min_scalar_type(len(binned)))[:, None]
        squares, signal_n_zeros = np.zeros(len(rows)), np.zeros(n_forward, np.int32)
        for columns in self._pieces():
            values = self._sample[:, columns]
            # In float64, as the squares of small values vanish in float32, and bins are too many for it where
            # the gradients of 1e-40 that reach the first layers of a deep stack have an axis of their own.
            places = np.empty((len(rows), values.shape[1]))
            of_values, deviations = places[:n_arrays], places[n_arrays:]
            of_values[:] = values
            np.subtract(of_values[:n_forward], self._unit_means[:, : values.shape[1]], out=deviations)
            of_values -= self._mean[:, None]
            squares += np.vecdot(places, places)
            signal_n_zeros += _count_zeros(deviations)
            if log_magnitude:
                of_values[:] = values
                np.log10(np.abs(places, out=places), out=places)
            places *= per_bin
            places += first
            np.clip(places, 0, N_BINS + 1, out=places)  # what lies outside comes into the outer bins
            bins = places.astype(offsets.dtype)
            bins += offsets
            binned += np.bincount(bins.reshape(-1), minlength=len(binned))
        by_row = binned.reshape(-1, N_BINS + 2)
        if log_magnitude:
            by_row[:, 0] -= np.concatenate((self._n_zeros, signal_n_zeros))
        return self._statistics(low, high, np.sqrt(squares / n_counted), signal_n_zeros), by_row

    def _statistics(
        self, low: FloatArray, high: FloatArray, std: FloatArray, signal_n_zeros: NDArray[np.int32]
    ) -> NDArray[np.void]:
        n_arrays, n_counted = self._sample.shape
        n_forward = len(signal_n_zeros)
        statistics = np.empty(n_arrays, STATISTICS)
        statistics["low"], statistics["high"] = low, high
        statistics["mean"], statistics["std"] = self._mean, std[:n_arrays]
        statistics["minimum"], statistics["maximum"] = self._minimum, self._maximum
        statistics["signal"][:n_forward], statistics["signal"][n_forward:] = std[n_arrays:], np.nan
        statistics["n_values"], statistics["n_counted"] = self._sizes, n_counted
        statistics["n_zeros"] = self._n_zeros
        statistics["signal_n_zeros"][:n_forward], statistics["signal_n_zeros"][n_forward:] = signal_n_zeros, 0
        return statistics

    def _pieces(self) -> Iterator[slice]:
        for start in range(0, self._sample.shape[1], self._piece):
            yield slice(start, start + self._piece)


def sample_size(n_values: int) -> int:
    """Return how many of an array's values a sample takes."""
    return min(N_SAMPLE, n_values)


@lru_cache(maxsize=256)
def sampled_places(n_values: int) -> NDArray[np.intp]:
    """Return which values of an array a sample takes, ascending, as places in the flat array.

    The array is divided into equal parts, and of each a block is taken at random, always the same: equal
    steps from block to block would fall in with the units of some array, and meet only half of them.
    """
    if n_values <= N_SAMPLE:
        return np.arange(n_values)
    n_parts = N_SAMPLE // _BLOCK
    ends = np.arange(n_parts + 1) * (n_values // _BLOCK) // n_parts
    blocks = np.random.default_rng(n_values).integers(ends[:-1], ends[1:])
    return (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).reshape(-1)


@lru_cache(maxsize=16)
def _units(shapes: tuple[tuple[int, int], ...], n: int, every_value: bool) -> NDArray[np.intp]:
    """Return the units of the first `n` values that are measured of each array, as an (n_arrays, n) array.

    They are counted through all arrays.
    """
    units = np.empty((len(shapes), n), np.intp)
    first = 0
    for row, (n_examples, n_units) in zip(units, shapes, strict=True):
        places = np.arange(n) if every_value else sampled_places(n_examples * n_units)
        row[:] = first + places % n_units
        first += n_units
    return units


def _gather(arrays: Sequence[FloatArray], every_value: bool) -> FloatArray:
    """Return what is measured of each array, as a row of a matrix; of one whole array no copy."""
    flat = [array.reshape(-1) for array in arrays]
    if every_value:
        return flat[0][None] if len(flat) == 1 else np.array(flat)
    sample = np.empty((len(flat), sample_size(flat[0].size)), flat[0].dtype)
    for row, values in zip(sample, flat, strict=True):
        # In the mode that looks for wrong places it would go through a buffer.
        values.take(sampled_places(values.size), out=row, mode="clip")
    return sample


def _unit_means(arrays: Sequence[FloatArray]) -> FloatArray:
    """Return the means over the examples of all units of all arrays, in one row.

    A matrix product sums fastest, but loses digits that matter where a unit hardly changes from example to
    example: a signal of a ten thousandth of the mean would drown. There the differences from the first
    example are summed, so a unit that does not change at all has its very value for a mean.
    """
    if not arrays:
        return np.empty(0)
    n_examples = len(arrays[0])
    ones = np.ones(n_examples, arrays[0].dtype)
    means = np.concatenate([ones @ array for array in arrays])
    means /= n_examples
    firsts = np.concatenate([array[0] for array in arrays])
    hardly_changes = np.abs(firsts - means) < _HARDLY * np.abs(means)
    if hardly_changes.any():
        start = 0
        for array in arrays:
            end = start + array.shape[1]
            if hardly_changes[start:end].any():
                means[start:end] = _means_from_first(array)
            start = end
    return means


def _means_from_first(array: FloatArray) -> FloatArray:
    n_examples, n_units = array.shape
    total = np.zeros(n_units)
    n_rows = max(1, _PIECE // n_units)
    for start in range(0, n_examples, n_rows):
        differences = array[start : start + n_rows] - array[0]
        total += np.ones(len(differences), array.dtype) @ differences
    means: FloatArray = array[0] + total / n_examples
    return means


def _count_zeros(values: FloatArray) -> NDArray[np.int32]:
    zeros = values == 0
    if not zeros.any():
        return np.zeros(len(values), np.int32)
    # A sum in 32 bits takes a quarter of the time of np.count_nonzero along an axis.
    n_zeros: NDArray[np.int32] = zeros.sum(axis=1, dtype=np.int32)
    return n_zeros


def _quantiles(matrix: FloatArray, *shares: float) -> FloatArray:
    """Return the given quantiles of each row, as a (n_shares, n_rows) array; `shares` ascend.

    The order of the matrix is lost. A partition around one rank is far faster than one around several, hence
    one after the other.
    """
    quantiles = np.empty((len(shares), len(matrix)))
    ranks = [round(share * (matrix.shape[1] - 1)) for share in shares]
    for i in reversed(range(len(shares))):
        rank = ranks[i]
        matrix.partition(rank, axis=1)
        quantiles[i] = matrix[:, rank]
        matrix = matrix[:, : rank + 1]
    return quantiles


def _needed_magnitudes(matrix: FloatArray) -> FloatArray:
    """Return the magnitudes that each row needs to show, exact zeros aside, as a (2, n_rows) array."""
    magnitudes = np.abs(matrix)
    n_zeros = _count_zeros(magnitudes)
    needed = np.full((2, len(matrix)), np.nan)
    for n in np.unique(n_zeros[n_zeros < matrix.shape[1]]):
        (rows,) = np.nonzero(n_zeros == n)
        others = magnitudes[rows]
        if n:
            others.partition(n - 1, axis=1)
        needed[:, rows] = _quantiles(others[:, n:], 1 - _COVERED, _COVERED)
    return needed
