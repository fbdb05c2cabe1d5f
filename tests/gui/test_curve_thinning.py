import numpy as np
import pytest

from bnstudio.gui.curves.thinning import MIN_WINDOW, ThinnedCurve, smoothing_window, trailing_mean

VALUES = np.random.default_rng(0).random(20_000)


def thinned(values, first=0, last=None, n_columns=300):
    curve = ThinnedCurve()
    curve.update(values, first, last or len(values), n_columns)
    return curve


def described(curve):
    return [curve.steps, curve.lows, curve.highs, curve.smoothed_steps, curve.smoothed]


def test_no_spike_is_lost():
    values = np.ones(100_000)
    values[77_777] = 9.0
    values[12_345] = 0.1
    curve = thinned(values)
    assert curve.highs.max() == 9.0
    assert curve.lows.min() == 0.1
    assert len(curve.steps) <= 300


def test_few_steps_are_drawn_as_they_are():
    curve = thinned(VALUES[:10], last=20)
    assert curve.bucket == 1
    assert curve.steps.tolist() == list(range(1, 11))
    assert curve.highs.tolist() == VALUES[:10].tolist()


@pytest.mark.parametrize("last", [50, 1_000, 20_000])
def test_a_curve_that_grew_piece_by_piece_equals_one_made_at_once(last):
    grown = ThinnedCurve()
    for n_steps in [0, 1, 2, 15, 16, 17, 400, 401, 5_000, 19_999, 20_000]:
        grown.update(VALUES[:n_steps], 0, last, 300)
    for ours, expected in zip(described(grown), described(thinned(VALUES, last=last)), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_the_smoothed_curve_is_the_mean_of_the_last_steps_alone():
    curve = thinned(VALUES, 3_000, 9_000)
    for step, mean in zip(curve.smoothed_steps.astype(int), curve.smoothed, strict=True):
        window = min(curve.window, max(MIN_WINDOW, step // 4))
        assert mean == pytest.approx(VALUES[step - window : step].mean(), rel=1e-12)


def test_the_first_means_are_over_what_there_is():
    assert trailing_mean(np.array([2.0, 4.0, 9.0]), 2, 64) == 3.0


def test_a_huge_spike_does_not_blur_what_follows_it():
    values = np.full(4_000, 2.0)
    values[100] = 1e30
    assert thinned(values).smoothed[-1] == 2.0


def test_a_zoomed_curve_holds_only_what_is_visible():
    curve = thinned(VALUES, 10_000, 10_200)
    assert curve.bucket == 1
    assert 9_990 < curve.steps[0] <= 10_000
    assert 10_200 <= curve.steps[-1] < 10_210


def test_zooming_back_gives_the_whole_again():
    curve = thinned(VALUES)
    curve.update(VALUES, 500, 700, 300)
    curve.update(VALUES, 0, len(VALUES), 300)
    for ours, expected in zip(described(curve), described(thinned(VALUES)), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_the_window_follows_the_visible_range():
    assert smoothing_window(10) == MIN_WINDOW
    assert smoothing_window(3_060) == 128
    assert smoothing_window(100_000) > smoothing_window(10_000)
