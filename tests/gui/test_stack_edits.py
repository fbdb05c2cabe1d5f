from hypothesis import given
from hypothesis import strategies as st

from bnstudio.document.experiment import BatchNormSpec, DenseSpec, ReLUSpec, SigmoidSpec
from bnstudio.gui.network.stack_edits import (
    block_around,
    difference,
    inserted,
    moved,
    removed,
    row_after_move,
)

DENSE, NORM, SIGMOID, RELU = DenseSpec(units=8), BatchNormSpec(), SigmoidSpec(), ReLUSpec()
STACK = (DENSE, NORM, SIGMOID, DenseSpec(units=4), RELU)

stacks = st.lists(st.sampled_from([DENSE, NORM, SIGMOID, RELU]), max_size=8).map(tuple)


def test_rows_move_down_to_before_the_row_that_was_named():
    assert moved(STACK, 0, 1, 4) == (SIGMOID, DenseSpec(units=4), DENSE, NORM, RELU)
    assert row_after_move(0, 1, 4) == 2


def test_rows_move_up_to_before_the_row_that_was_named():
    assert moved(STACK, 3, 4, 1) == (DENSE, DenseSpec(units=4), RELU, NORM, SIGMOID)
    assert row_after_move(3, 4, 1) == 1


def test_rows_moved_into_themselves_stay():
    for before in (1, 2, 3):
        assert moved(STACK, 1, 2, before) == STACK
        assert row_after_move(1, 2, before) == 1


def test_a_block_is_a_dense_and_what_follows_up_to_the_next_dense():
    assert block_around(STACK, 1) == (0, 2)
    assert block_around(STACK, 3) == (3, 4)
    assert block_around((NORM, SIGMOID, DENSE), 1) == (0, 1)


def test_a_move_is_seen_as_a_move():
    change = difference(STACK, moved(STACK, 1, 1, 3))
    assert (change.first, change.n_before, change.n_after, change.shift) == (1, 2, 2, 1)


@given(stacks, stacks)
def test_a_difference_turns_one_stack_into_the_other(before, after):
    change = difference(before, after)
    new = after[change.first : change.first + change.n_after]
    rest = removed(before, change.first, change.first + change.n_before - 1) if change.n_before else before
    assert inserted(rest, change.first, new) == after
    if change.shift:
        old = before[change.first : change.first + change.n_before]
        assert old[change.shift :] + old[: change.shift] == new
