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
            array = self._arrays[name] = np.empty((n_rows, n_columns), dtype)
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
