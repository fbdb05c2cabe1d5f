"""Rows of two stacks stand beside each other where their layers match."""

from hypothesis import given
from hypothesis import strategies as st

from bnstudio.document.experiment import BatchNormSpec, DenseSpec, HeInit, ReLUSpec, SigmoidSpec
from bnstudio.document.presets import load_preset
from bnstudio.gui.network.alignment import aligned, alignment, unaligned
from bnstudio.gui.network.difference_text import common_text, difference_text

DENSE, NORM, SIGMOID, RELU = DenseSpec(units=300), BatchNormSpec(), SigmoidSpec(), ReLUSpec()
layers = st.lists(st.sampled_from([DENSE, DenseSpec(units=30), NORM, SIGMOID, RELU]), max_size=12)


def model(name):
    return load_preset(name).models[0]


def test_a_layer_that_only_one_has_leaves_a_gap_in_the_other():
    left, right = aligned([DENSE, SIGMOID], [DENSE, NORM, SIGMOID])
    assert left.of_rows == (0, 2, 3)
    assert right.of_rows == (0, 1, 2, 3)
    assert [left.gap_above(row) for row in range(3)] == [0, 1, 0]
    assert left.row_at(1) is None
    assert left.row_at(2) == 1


def test_deeper_stacks_are_matched_from_the_top():
    left, _ = aligned(model("S4").layers, model("S6").layers)
    assert left.of_rows == (0, 1, 2, 3, 8)


def test_an_activation_stands_beside_the_other_one():
    assert alignment([DENSE, SIGMOID], [DENSE, RELU]) == [(0, 0), (1, 1)]


def test_a_batch_norm_never_stands_beside_an_activation():
    assert alignment([NORM], [RELU]) in ([(0, None), (None, 0)], [(None, 0), (0, None)])


@given(layers, layers)
def test_every_row_stands_somewhere_in_order_and_the_heads_together(left, right):
    slots = aligned(left, right)
    for rows, stack in zip(slots, (left, right), strict=True):
        assert len(rows.of_rows) == len(stack) + 1
        assert list(rows.of_rows) == sorted(set(rows.of_rows))
    assert slots[0].n_slots == slots[1].n_slots
    assert slots[0].n_slots <= len(left) + len(right) + 1


@given(layers)
def test_a_stack_beside_itself_has_no_gaps(stack):
    assert aligned(stack, stack) == (unaligned(len(stack) + 1),) * 2


def test_rows_between_leaves_out_the_gaps():
    left, _ = aligned([DENSE, SIGMOID], [DENSE, NORM, SIGMOID])
    assert left.rows_between(0, 2) == (0, 1)
    assert left.rows_between(1, 2) == (0, 0)
    assert left.rows_between(1, 4) == (1, 3)


def test_the_difference_is_said_as_a_sum():
    assert difference_text(model("S6_BN_lr"), model("S6")) == "S6_BN_lr = S6 + 4 BatchNorm"
    assert difference_text(model("S6"), model("S6_BN_lr")) == "S6 = S6_BN_lr − 4 BatchNorm"


def test_the_difference_names_rate_units_activation_and_weights():
    s3 = model("S3")
    assert difference_text(model("S6_BN"), model("S6_BN_lr")) == (
        "S6_BN = S6_BN_lr, learning rate 0.5 instead of 0.01"
    )
    narrow = s3.replaced(name="narrow", layers=(DenseSpec(units=30), SIGMOID), weight_init=HeInit())
    assert difference_text(narrow, s3) == (
        "narrow = S3, Dense 30 instead of Dense 300, weights He instead of LeCun"
    )
    assert difference_text(model("R6"), model("S6")) == "R6 = S6, 4 ReLU instead of Sigmoid"


def test_what_is_common_is_not_claimed_where_it_is_not():
    s3 = model("S3")
    assert "the same initial weights" in common_text(s3, model("S4"), apart=False)
    assert "other initial weights" in common_text(s3, s3.replaced(weight_init=HeInit()), apart=False)
    assert "same mini-batches" not in common_text(s3, s3, apart=True)
