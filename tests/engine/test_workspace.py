"""The arrays that a layer computes into."""

import numpy as np
import pytest

from bnstudio.engine.workspace import Workspace


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_columns", [1, 10, 300])
def test_every_array_begins_with_a_cache_line(n_columns, dtype):
    workspace = Workspace()
    for name in ("outputs", "input_grad", "centred"):
        array = workspace.rows(name, 7, n_columns, dtype)
        assert array.shape == (7, n_columns)
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.ctypes.data % 64 == 0


def test_arrays_of_other_names_share_no_memory():
    workspace = Workspace()
    arrays = [workspace.rows(name, 5, 3, np.float32) for name in ("outputs", "input_grad")]
    assert not np.shares_memory(*arrays)


def test_an_array_is_allocated_anew_only_for_more_rows_another_width_or_dtype():
    workspace = Workspace()
    first = workspace.rows("outputs", 5, 3, np.float32)
    assert np.shares_memory(first, workspace.rows("outputs", 4, 3, np.float32))
    for size in ((6, 3, np.float32), (5, 2, np.float32), (5, 2, np.float64)):
        larger = workspace.rows("outputs", *size)
        assert not np.shares_memory(first, larger)
        first = larger


def test_column_sums_are_those_of_the_rows_that_are_given():
    workspace = Workspace()
    for n_rows in (4, 9, 2):
        values = np.arange(n_rows * 3, dtype=np.float32).reshape(n_rows, 3)
        np.testing.assert_array_equal(workspace.column_sums(values), values.sum(axis=0))
