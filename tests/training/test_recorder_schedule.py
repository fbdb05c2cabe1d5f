"""Which steps the timeline keeps."""

from __future__ import annotations

import pytest

from bnstudio.training.recorder_schedule import index_of, is_scheduled, next_scheduled, step_at


def test_each_of_the_first_hundred_steps_is_kept() -> None:
    assert [step_at(index) for index in range(1, 101)] == list(range(1, 101))


def test_after_a_hundred_the_distance_is_a_sixteenth_of_the_step() -> None:
    assert [next_scheduled(step) for step in (99, 100, 106, 111, 112)] == [100, 106, 112, 112, 119]
    assert next_scheduled(1_052) == 1_052 + 65


@pytest.mark.parametrize("step", [1, 2, 100, 106, 112, 119, 126])
def test_what_comes_next_is_scheduled(step: int) -> None:
    assert is_scheduled(step)
    assert next_scheduled(step - 1) == step


@pytest.mark.parametrize("step", [-1, 0, 101, 105, 107, 127])
def test_what_lies_between_is_not_scheduled(step: int) -> None:
    assert not is_scheduled(step)


def test_an_index_counts_the_kept_steps_up_to_a_step() -> None:
    assert [index_of(step) for step in (0, 1, 100, 101, 105, 106, 111, 112)] == [
        0, 1, 100, 100, 100, 101, 101, 102,
    ]  # fmt: skip


def test_index_and_step_are_each_other_the_other_way() -> None:
    indices = range(1, 400)
    assert [index_of(step_at(index)) for index in indices] == list(indices)


def test_following_the_schedule_visits_every_kept_step_once() -> None:
    step, visited = 0, []
    while step < 100_000:
        step = next_scheduled(step)
        visited.append(step)
    assert visited == [step_at(index) for index in range(1, len(visited) + 1)]


def test_the_longest_plan_keeps_a_few_hundred_steps() -> None:
    longest = 10_000 * 30_000
    assert index_of(longest) < 500
    assert next_scheduled(longest) > longest


def test_before_the_first_there_is_none() -> None:
    with pytest.raises(ValueError, match="number 1"):
        step_at(0)
