"""Measures arrays of one shape together: a statistic is one operation on a matrix with a row for each array.

A group first says what its arrays need of an axis; counting waits until the axes are chosen. Knows nothing of
runs and layers.
"""

from __future__ import annotations

import math
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
N_SAMPLE = 2_000
"""About how many values of an array a sample takes."""
_COVERED = 0.995
"""Share of the values that a robust axis shows; the rest is counted as lying outside."""
_MARGIN = 1e-6
"""How much wider than its axis the bins are, at each end and relative to it, so that a value that is exactly
the end of the axis, such as a saturated sigmoid's 1, still lies inside."""
_MOST_BINS = 1e30
"""Bins in a unit length from which places in them are worked out in float64."""
_HARDLY = 1e-4
"""A unit may hardly change over the mini-batch if its first value is, relatively, this close to its mean."""
_PIECE = 100_000
"""About how many values are worked on at a time, in float64: they fit into a processor's cache."""


class ProbeGroup:
    """Some arrays of one shape (n_examples, n_units): layers' forward values, then output gradients.

    Parameters
    ----------
    forward, backward : sequences of (n_examples, n_units) floating arrays
    every_value : bool
        Measure every value; otherwise about `N_SAMPLE` of each array, spread evenly over its units.

    Attributes
    ----------
    finite : (n_arrays,) bool
        False where an array holds values that are not finite. Only a group of finite arrays can be counted.
    """

    def __init__(
        self, forward: Sequence[FloatArray], backward: Sequence[FloatArray], every_value: bool
    ) -> None:
        arrays = [*forward, *backward]
        n_examples, n_units = arrays[0].shape
        stride = 1 if every_value else _coprime_stride(n_examples * n_units, n_units)
        self._n_values = n_examples * n_units
        unit_means = _unit_means(forward, n_units)
        self._sample = _gather(arrays, stride)
        n_arrays, n_counted = self._sample.shape
        # A stride that has no factor in common with the number of units meets them in an order that begins
        # again after as many values.
        self._piece = max(1, _PIECE // (2 * n_arrays * n_units)) * n_units
        self._unit_means = unit_means.take(_units(n_units, stride, min(self._piece, n_counted)), axis=1)
        self._mean = self._sample.mean(axis=1, dtype=np.float64)
        self._minimum, self._maximum = self._sample.min(axis=1), self._sample.max(axis=1)
        self._n_zeros = _count_zeros(self._sample)
        self.finite = np.isfinite(self._maximum - self._minimum)
        self.finite[: len(forward)] &= np.isfinite(unit_means.sum(axis=1))

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
        per_bin = (N_BINS * (1 - 2 * _MARGIN) / (high - low))[rows]
        # In float32 there are no bins for the gradients of 1e-40 that reach the first layers of a deep stack.
        dtype = self._sample.dtype if per_bin.max() < _MOST_BINS else np.dtype(np.float64)
        mean = self._mean.astype(dtype)
        first = ((0.0 if log_magnitude else mean) - low)[rows] * per_bin + (1 + N_BINS * _MARGIN)
        per_bin, first = per_bin.astype(dtype)[:, None], first.astype(dtype)[:, None]
        binned = np.zeros(len(rows) * (N_BINS + 2), np.intp)
        offsets = np.arange(0, len(binned), N_BINS + 2, dtype=np.min_scalar_type(len(binned)))[:, None]
        squares, signal_n_zeros = np.zeros(len(rows)), np.zeros(n_forward, np.int32)
        for columns in self._pieces():
            values = self._sample[:, columns]
            places = np.empty((len(rows), values.shape[1]), dtype)
            deviations = places[n_arrays:]
            np.subtract(values, mean[:, None], out=places[:n_arrays])
            np.subtract(values[:n_forward], self._unit_means[:, : values.shape[1]], out=deviations)
            squares += _sums_of_squares(places)
            signal_n_zeros += _count_zeros(deviations)
            if log_magnitude:
                places[:n_arrays] = values
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
        statistics["n_values"], statistics["n_counted"] = self._n_values, n_counted
        statistics["n_zeros"] = self._n_zeros
        statistics["signal_n_zeros"][:n_forward], statistics["signal_n_zeros"][n_forward:] = signal_n_zeros, 0
        return statistics

    def _pieces(self) -> Iterator[slice]:
        for start in range(0, self._sample.shape[1], self._piece):
            yield slice(start, start + self._piece)


def _coprime_stride(size: int, n_units: int) -> int:
    """Return a stride that leaves about `N_SAMPLE` of `size` values and meets every unit alike."""
    stride = max(1, size // N_SAMPLE)
    while math.gcd(stride, n_units) > 1:
        stride += 1
    return stride


@lru_cache(maxsize=64)
def _units(n_units: int, stride: int, n: int) -> NDArray[np.intp]:
    """Return to which unit each of the first `n` values of a sample belongs."""
    return np.arange(0, n * stride, stride) % n_units


def _gather(arrays: Sequence[FloatArray], stride: int) -> FloatArray:
    """Return every `stride`-th value of each array, as a row of a matrix; of one whole array no copy."""
    if len(arrays) == 1 and stride == 1:
        return arrays[0].reshape(1, -1)
    first = arrays[0].reshape(-1)[::stride]
    sample = np.empty((len(arrays), first.size), first.dtype)
    for row, array in enumerate(arrays):
        sample[row] = array.reshape(-1)[::stride]
    return sample


def _unit_means(arrays: Sequence[FloatArray], n_units: int) -> FloatArray:
    """Return the (n_arrays, n_units) means over the examples, exact to the rounding of the values.

    A matrix product sums fastest, but loses digits that matter where a unit hardly changes from example to
    example: a signal of a ten thousandth of the mean would drown. There the differences from the first
    example are summed, so a unit that does not change at all has its very value for a mean.
    """
    if not arrays:
        return np.empty((0, n_units))
    n_examples = len(arrays[0])
    ones = np.ones(n_examples, arrays[0].dtype)
    means = np.array([ones @ array for array in arrays])
    means /= n_examples
    first = np.array([array[0] for array in arrays])
    hardly_changes = np.abs(first - means) < _HARDLY * np.abs(means)
    for i in np.flatnonzero(hardly_changes.any(axis=1)).tolist():
        total = np.zeros(n_units)
        n_rows = max(1, _PIECE // n_units)
        for start in range(0, n_examples, n_rows):
            differences = arrays[i][start : start + n_rows] - first[i]
            total += ones[: len(differences)] @ differences
        means[i] = first[i] + total / n_examples
    return means


def _sums_of_squares(matrix: FloatArray) -> NDArray[np.float64]:
    """Return each row's sum of squares, in float64 because squares of small values vanish in float32."""
    matrix = matrix.astype(np.float64)
    sums: NDArray[np.float64] = np.vecdot(matrix, matrix)
    return sums


def _count_zeros(values: FloatArray) -> NDArray[np.int32]:
    # A sum in 32 bits takes a quarter of the time of np.count_nonzero along an axis.
    n_zeros: NDArray[np.int32] = (values == 0).sum(axis=1, dtype=np.int32)
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
