"""Softmax cross-entropy."""

import math

import numpy as np
import pytest

from bnstudio.engine.losses import SoftmaxCrossEntropy


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    loss = SoftmaxCrossEntropy().forward(np.full((6, 10), 3.5, np.float32), np.arange(6, dtype=np.uint8))
    assert isinstance(loss, float)
    assert loss == pytest.approx(math.log(10), rel=1e-6)


def test_the_loss_is_the_mean_over_the_batch():
    logits = np.log(np.array([[1, 3], [1, 1]], np.float32))
    loss = SoftmaxCrossEntropy().forward(logits, np.array([0, 1]))
    assert loss == pytest.approx((math.log(4) + math.log(2)) / 2, rel=1e-6)


def test_the_gradient_is_the_slope_of_the_mean_loss():
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((4, 3)), np.array([0, 2, 1, 1])
    loss = SoftmaxCrossEntropy()
    loss.forward(logits, labels)
    gradient = loss.backward().copy()
    for index in np.ndindex(logits.shape):
        shift = np.zeros_like(logits)
        shift[index] = 1e-5
        slope = (loss.forward(logits + shift, labels) - loss.forward(logits - shift, labels)) / 2e-5
        assert gradient[index] == pytest.approx(slope, abs=1e-9)


def test_logits_of_any_size_are_stable():
    logits = np.array([[1e4, -1e4, 0], [3e38, 0, 0]], np.float32)
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, np.array([1, 0])) == pytest.approx(1e4)
    np.testing.assert_allclose(loss.backward(), [[0.5, -0.5, 0], [0, 0, 0]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_not_finite_gives_such_a_loss_and_no_warning(value):
    logits = np.zeros((3, 4), np.float32)
    logits[1, 2] = value
    loss = SoftmaxCrossEntropy()
    assert not math.isfinite(loss.forward(logits, np.array([0, 2, 1])))
    loss.backward()
    assert 0 <= loss.accuracy() <= 1


def test_accuracy_is_the_share_of_largest_logits_at_their_label():
    loss = SoftmaxCrossEntropy()
    loss.forward(np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0], np.uint8))
    assert loss.accuracy() == 0.75


def test_neither_logits_nor_labels_are_written():
    logits, labels = np.eye(4, dtype=np.float32), np.arange(4)
    logits.flags.writeable = labels.flags.writeable = False
    loss = SoftmaxCrossEntropy()
    loss.forward(logits, labels)
    loss.backward()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint64])
def test_labels_of_any_integer_dtype_give_the_same_loss(dtype):
    logits = np.random.default_rng(0).standard_normal((5, 10)).astype(np.float32)
    labels = np.array([3, 1, 4, 1, 9])
    expected = SoftmaxCrossEntropy().forward(logits, labels)
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, labels.astype(dtype)) == expected
    assert loss.backward().dtype == np.float32


@pytest.mark.parametrize(
    ("logits_shape", "labels", "message"),
    [
        ((3, 4), np.array([0, 1, 4]), "from 0 to 3, found 4"),
        ((3, 4), np.array([0, -1, 2]), "from 0 to 3, found -1"),
        ((3, 4), np.array([0, 2, 2**64 - 1], np.uint64), f"from 0 to 3, found {2**64 - 1}"),
        ((3, 4), np.array([0, 1]), r"must be \(3,\) .* found \(2,\)"),
        ((3, 4), np.array([[0], [1], [2]]), r"must be \(3,\) .* found \(3, 1\)"),
        ((3, 4), np.array([0.0, 1.0, 2.0]), "must be integers, found float64"),
        ((4,), np.array([0]), r"must be \(n_examples, n_classes\) .* found \(4,\)"),
        ((0, 4), np.array([], int), r"at least one example, found \(0, 4\)"),
    ],
)
def test_wrong_arrays_are_refused_with_what_would_be_right(logits_shape, labels, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxCrossEntropy().forward(np.zeros(logits_shape, np.float32), labels)
