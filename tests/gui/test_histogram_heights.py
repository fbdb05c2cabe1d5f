import numpy as np
import pytest

from bnstudio.gui.network.histogram_heights import bar_heights, outline_heights, zero_positions


def bars(*rows, n_zeros=0, zero=0.5):
    """Return the heights and cut bins of rows of counts, all with as many zeros, at the same place."""
    n_rows = len(rows)
    return bar_heights(np.array(rows, np.uint16), np.full(n_rows, n_zeros), np.full(n_rows, zero))


def test_bars_are_relative_to_the_tallest_of_their_row():
    heights, cut_bins = bars([1, 4, 2], [0, 0, 5])
    assert heights.tolist() == [[0.25, 1.0, 0.5], [0.0, 0.0, 1.0]]
    assert cut_bins == {}


def test_exact_zeros_do_not_flatten_the_other_bars():
    heights, cut_bins = bars([2, 1_004, 4], n_zeros=1_000)
    assert cut_bins == {0: 1}
    assert heights[0, 1] == 1.0
    assert heights[0, 0] == pytest.approx(heights[0, 2] / 2)
    assert 0.5 < heights[0, 2] < 1.0


def test_only_the_rows_with_tall_zeros_are_cut():
    heights, cut_bins = bars([2, 4, 4], [2, 9, 4], n_zeros=6)
    assert cut_bins == {1: 1}
    assert heights[0].tolist() == [0.5, 1.0, 1.0]


def test_zeros_that_do_not_stand_out_are_not_cut():
    heights, cut_bins = bars([10, 4, 5], n_zeros=3)
    assert cut_bins == {}
    assert heights[0].tolist() == [1.0, 0.4, 0.5]


def test_zeros_that_have_no_bin_cut_nothing():
    heights, cut_bins = bars([2, 4], n_zeros=1_000, zero=np.nan)
    assert cut_bins == {}
    assert heights[0].tolist() == [0.5, 1.0]


def test_nothing_but_zeros_is_one_whole_bar():
    heights, cut_bins = bars([0, 9, 0], n_zeros=9)
    assert heights[0].tolist() == [0.0, 1.0, 0.0]
    assert cut_bins == {}


@pytest.mark.parametrize(("zero", "bin_"), [(0.0, 0), (0.34, 1), (1.0, 2)])
def test_the_bin_of_zero_is_where_zero_stands(zero, bin_):
    counts = [5, 5, 5]
    counts[bin_] += 100
    assert bars(counts, n_zeros=100, zero=zero).cut_bins == {0: bin_}


def test_an_empty_histogram_has_no_bars():
    assert bars([0, 0]).heights.tolist() == [[0.0, 0.0]]
    assert outline_heights(np.zeros((1, 2), np.uint16)).tolist() == [[0.0, 0.0]]


def test_no_rows_have_no_bars():
    assert bar_heights(np.zeros((0, 3), np.uint16), np.zeros(0), np.zeros(0)).heights.shape == (0, 3)


def zeros_on(*ends, log_magnitude=False):
    low, high = np.transpose(ends).astype(np.float64)
    return zero_positions(low, high, log_magnitude=log_magnitude)


def test_zero_is_found_on_axes_that_hold_it():
    positions = zeros_on((-1, 1), (0, 3), (-3, 0), (1, 2), (-2, -1))
    assert positions[:3].tolist() == [0.5, 0.0, 1.0]
    assert np.isnan(positions[3:]).all()


def test_zero_has_no_place_on_a_log_axis():
    assert np.isnan(zeros_on((-3, 2), log_magnitude=True)).all()
