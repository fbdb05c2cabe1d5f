"""Arrays that are written anew for every batch and allocated only once.

A layer computes into its workspace with NumPy's `out=`. Allocating fresh arrays instead costs a third of the
time of a training step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    FloatArray: TypeAlias = NDArray[np.floating[Any]]

_CACHE_LINE = 64
"""Bytes."""


class Workspace:
    """Named arrays that grow to the largest batch so far; a smaller batch gets their first rows.

    So the smaller last batch of an epoch, or the last chunk of an evaluation, allocates nothing. What is
    returned holds arbitrary values until it is written.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, FloatArray] = {}

    def rows(self, name: str, n_rows: int, n_columns: int, dtype: DTypeLike) -> FloatArray:
        """Return the (n_rows, n_columns) array `name`: each time the same memory, as long as it suffices."""
        array = self._arrays.get(name)
        if array is None or len(array) < n_rows or array.shape[1] != n_columns or array.dtype != dtype:
            array = self._arrays[name] = _empty(n_rows, n_columns, dtype)
        return array[:n_rows]

    def like(self, name: str, values: FloatArray) -> FloatArray:
        """Return the array `name` with the shape and dtype of the (n_rows, n_columns) array `values`."""
        return self.rows(name, len(values), values.shape[1], values.dtype)

    def column_sums(self, values: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Sum the (n_rows, n_columns) array `values` over its rows.

        As a product with a vector of ones: it takes BLAS less than half the time of `values.sum(axis=0)`, and
        rounds less.
        """
        ones = self._arrays.get("ones")
        if ones is None or len(ones) < len(values) or ones.dtype != values.dtype:
            ones = self._arrays["ones"] = np.ones(len(values), values.dtype)
        return np.matmul(ones[: len(values)], values, out=out)


def _empty(n_rows: int, n_columns: int, dtype: DTypeLike) -> FloatArray:
    """Allocate an array that begins with a cache line.

    NumPy's own begin anywhere: then each of the processor's wide loads and stores touches two lines, and
    an operation on two arrays takes up to twice the time.
    """
    n_bytes = n_rows * n_columns * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + n_bytes].view(dtype).reshape(n_rows, n_columns)
