import numpy as np
import pytest

from bnstudio.gui.network.histogram_heights import bar_heights, outline_heights, zero_bin
from bnstudio.training.snapshot import Histogram


def histogram(*counts, low=-1.0, high=1.0, n_zeros=0, log_magnitude=False):
    return Histogram(np.array(counts, dtype=np.int64), low, high, 0, 0, n_zeros, log_magnitude)


def test_bars_are_relative_to_the_tallest_of_their_row():
    heights, cut_bins = bar_heights([histogram(1, 4, 2), histogram(0, 0, 5)])
    assert heights.tolist() == [[0.25, 1.0, 0.5], [0.0, 0.0, 1.0]]
    assert cut_bins == [None, None]


def test_exact_zeros_do_not_flatten_the_other_bars():
    heights, cut_bins = bar_heights([histogram(2, 1_004, 4, n_zeros=1_000)])
    assert cut_bins == [1]
    assert heights[0, 1] == 1.0
    assert heights[0, 0] == pytest.approx(heights[0, 2] / 2)
    assert 0.5 < heights[0, 2] < 1.0


def test_zeros_that_do_not_stand_out_are_not_cut():
    heights, cut_bins = bar_heights([histogram(10, 4, 5, n_zeros=3)])
    assert cut_bins == [None]
    assert heights[0].tolist() == [1.0, 0.4, 0.5]


def test_on_a_log_axis_zeros_have_no_bin():
    heights, cut_bins = bar_heights([histogram(2, 4, n_zeros=1_000, log_magnitude=True)])
    assert cut_bins == [None]
    assert heights[0].tolist() == [0.5, 1.0]


def test_nothing_but_zeros_is_one_whole_bar():
    heights, cut_bins = bar_heights([histogram(0, 9, 0, n_zeros=9)])
    assert heights[0].tolist() == [0.0, 1.0, 0.0]
    assert cut_bins == [None]


def test_an_empty_histogram_has_no_bars():
    assert bar_heights([histogram(0, 0)]).heights.tolist() == [[0.0, 0.0]]
    assert outline_heights([histogram(0, 0)]).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-1.0, 1.0, 1), (0.0, 3.0, 0), (-3.0, 0.0, 2), (1.0, 2.0, None), (0.0, 0.0, None)],
)
def test_the_bin_of_zero_is_found(low, high, expected):
    assert zero_bin(histogram(1, 1, 1, low=low, high=high)) == expected
