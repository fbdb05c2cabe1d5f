"""Where steps stand on the timeline."""

import math

import numpy as np
import pytest

from bnstudio.gui.timeline.moments import (
    epoch_ends,
    labelled_steps,
    n_moments_before,
    position_of,
    positions_of,
    step_of,
)


def test_the_latest_step_is_live_and_no_moment_to_look_back_at():
    assert [n_moments_before(latest) for latest in (1, 2, 37, 101, 106, 107)] == [0, 1, 36, 100, 100, 101]


@pytest.mark.parametrize(("step", "position"), [(1, 1), (37, 37), (100, 100), (106, 101), (103, 100.5)])
def test_a_step_stands_at_its_moment_or_between_two(step, position):
    assert position_of(step) == position


@pytest.mark.parametrize("step", [1, 37, 103, 106, 12_345])
def test_many_steps_stand_where_each_does_and_places_lead_back_to_them(step):
    assert positions_of(np.array([0.0, step])).tolist() == pytest.approx([1, position_of(step)])
    assert step_of(position_of(step)) == pytest.approx(step)


@pytest.mark.parametrize("step", [100, 1_000, 100_000])
def test_from_a_hundred_on_a_doubling_takes_about_as_much_room_anywhere(step):
    assert position_of(2 * step) - position_of(step) == pytest.approx(math.log(2, 1 + 1 / 16), abs=0.7)


def test_powers_of_ten_are_labelled_first():
    assert labelled_steps(1, 60) == [1, 10, 5, 50, 2, 20]
    assert labelled_steps(1, 1_000)[:4] == [1, 10, 100, 1_000]


def test_the_first_step_is_labelled_whether_it_is_round_or_not():
    assert labelled_steps(3_118, 7_000) == [3_118, 5_000]


def test_each_epoch_s_end_is_marked_where_there_is_room():
    assert epoch_ends(600, 3_100, spacing=1.0) == [600, 1_200, 1_800, 2_400, 3_000]


def test_further_on_only_each_tenth_is_marked():
    ends = [end // 600 for end in epoch_ends(600, 600 * 200, spacing=1.3)]
    assert ends == [*range(1, 14), *range(20, 140, 10), 200]


def test_before_the_length_of_an_epoch_is_known_none_is_marked():
    assert epoch_ends(0, 3_000, spacing=1.0) == []
