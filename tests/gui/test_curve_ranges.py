import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from bnstudio.gui.curves.ranges import confined, last_step, loss_range, round_end, share_range, step_range
from bnstudio.gui.curves.run_histories import RecordedRun
from bnstudio.gui.curves.series import CurveSeries, Look
from bnstudio.gui.model_style import ModelStyle
from bnstudio.training.snapshot import Evaluation


def series(losses, ghost=False):
    run = RecordedRun(1, "S6")
    for loss in losses:
        run.record(loss, 0.5)
    style = ModelStyle("#000000", Qt.PenStyle.SolidLine, filled=True)
    made = CurveSeries(run, "loss", Look(style, "#000000", ghost=ghost))
    made.update()
    made.curve.update(made.values, 0, max(20, len(losses)), 300)
    return made


def test_the_end_of_the_steps_is_round_and_grows_by_jumps():
    assert [round_end(n) for n in (0, 20, 21, 600, 601, 3_000, 3_001)] == [20, 20, 30, 600, 800, 3_000, 4_000]
    assert len({round_end(n) for n in range(20, 100_000)}) < 30


def test_the_axis_of_losses_begins_at_zero_and_holds_the_first_losses():
    low, high = loss_range([series([2.3, 2.4, 2.2])], logarithmic=False)
    assert low == 0
    assert 2.4 < high < 3


def test_one_spike_does_not_stretch_a_linear_axis():
    losses = np.full(600, 2.0)
    losses[300] = 50.0
    assert loss_range([series(losses)], logarithmic=False)[1] < 10


def test_a_diverging_run_stretches_a_linear_axis_only_so_far():
    losses = [2.0] * 50 + [10.0**i for i in range(1, 12)]
    assert loss_range([series(losses)], logarithmic=False)[1] < 12


def test_a_run_that_diverges_at_once_keeps_the_axis_of_its_first_step():
    assert loss_range([series([2.3, 4.8e18])], logarithmic=False)[1] < 12


def test_a_diverged_ghost_does_not_stretch_the_axis_of_the_run_after_it():
    both = [series([7.0, 9.0, 4.8e18], ghost=True), series([2.3])]
    assert loss_range(both, logarithmic=False)[1] < 3


def test_a_logarithmic_axis_shows_every_step():
    losses = [2.0] * 50 + [10.0**i for i in range(1, 12)]
    low, high = loss_range([series(losses)], logarithmic=True)
    assert low <= np.log10(2.0)
    assert high >= 11


def test_what_is_not_drawn_of_a_ghost_does_not_stretch_a_logarithmic_axis():
    ghost = series([2.0] * 99 + [1e8] * 99, ghost=True)
    ghost.subset.extend([Evaluation(150, "subset", 1e8, 0.1)], "loss")
    run = series([2.0] * 40)
    for each in (ghost, run):
        each.curve.update(each.values, *step_range([ghost, run]), 300)
    assert loss_range([ghost, run], logarithmic=True)[1] < 1


def test_a_logarithmic_axis_reaches_down_to_a_better_ghost():
    assert loss_range([series([0.02] * 40, ghost=True), series([2.0] * 40)], logarithmic=True)[0] < -1


def test_a_loss_of_zero_has_its_place_below_a_logarithmic_axis():
    low, high = loss_range([series([2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])], logarithmic=True)
    assert np.isfinite(low)
    assert np.isfinite(high)
    assert low < high


def test_a_longer_ghost_does_not_stretch_the_steps():
    both = [series([2.0] * 3_000, ghost=True), series([2.0] * 15)]
    assert last_step(both) == 15
    assert step_range(both)[1] < 30


def test_a_ghost_is_shown_whole_until_its_successor_has_a_step():
    assert last_step([series([2.0] * 300, ghost=True), series([])]) == 300


def test_the_axis_of_shares_has_room_for_a_line_of_text_above_all():
    low, high = share_range(15.0, 150.0)
    assert low == 0
    assert (high - 1.0) / high == pytest.approx(0.1)


@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(1e-3, 1e6),
    lowest=st.floats(-1e3, 1e3),
    room=st.one_of(st.floats(10, 1e6), st.just(math.inf)),
)
def test_a_confined_range_lies_within_its_limits_and_is_as_it_was_where_it_may_be(low, span, lowest, room):
    high, highest = low + span, lowest + room
    confined_low, confined_high = confined(low, high, lowest, highest, 8.0)
    assert lowest <= confined_low < confined_high <= highest
    assert confined_high - confined_low == pytest.approx(min(max(span, 8.0), room), rel=1e-6)
    if lowest <= low and high <= highest and span >= 8.0:
        assert (confined_low, confined_high) == (low, high)
