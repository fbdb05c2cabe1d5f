"""What is said at each stage is computed from what was measured, and only from that."""

import numpy as np
import pytest

from bnstudio.gui.slow_motion.stage_text import MiniBatch, sentence
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.training.digits import Digits
from bnstudio.training.gradient_flow import GradientFlow
from bnstudio.training.readings import STATISTICS, Readings
from bnstudio.training.snapshot import HalfStep

DEEP = ("dense", "sigmoid", "dense", "sigmoid", "head")


def readings(kinds=DEEP, signal=None, std=None, mean=None):
    statistics = np.zeros((2, len(kinds)), STATISTICS)
    if signal is not None:
        statistics[0]["signal"] = signal
    if mean is not None:
        statistics[0]["mean"] = mean
    if std is not None:
        statistics[1]["std"] = std
    return Readings(kinds, (3,) * len(kinds), False, statistics, np.zeros((3, len(kinds), 4), np.uint8))


def digits(n_examples=100):
    probabilities = np.full((1, 10), 0.1)
    return Digits(
        1,
        n_examples,
        np.zeros((1, 784), np.uint8),
        np.zeros(1, np.uint8),
        probabilities,
        -np.log(probabilities[:, 0]),
    )


def batch(**known):
    return MiniBatch(HalfStep(1, 2.3144, 0.11), 0.5, **known)


def test_the_signal_is_compared_between_layers_of_a_kind():
    known = batch(readings=readings(signal=(0.3, 0.061, 0.2, 0.00081, 0.1)), digits=digits())
    assert sentence(Stage.FORWARD, known, None) == (
        "100 digits go through 5 layers. Signal 0.061 in row 2 (Sigmoid), 8.1e−4 in row 4 (Sigmoid)."
    )


def test_one_layer_of_a_kind_has_nothing_to_be_compared_with():
    known = batch(readings=readings(("dense", "relu", "head"), signal=(0.3, 0.2, 0.1)), digits=digits())
    assert sentence(Stage.FORWARD, known, None) == (
        "100 digits go through 3 layers. Signal 0.2 in row 2 (ReLU)."
    )


def test_the_head_alone():
    known = batch(readings=readings(("head",), std=(0.03,)), digits=digits())
    assert sentence(Stage.FORWARD, known, None) == "100 digits go through the head, the only layer."
    assert sentence(Stage.BACKWARD, known, None) == "The gradient at the head's outputs has std 0.03."


def test_a_row_that_is_reached():
    known = batch(
        readings=readings(mean=(0, 0.49, 0, 0, 0), signal=(0, 0.06, 0, 0, 0), std=(0, 1.2e-6, 0, 0, 5e-3))
    )
    assert sentence(Stage.FORWARD, known, 1) == "Row 2, Sigmoid: mean 0.49, signal 0.06"
    assert sentence(Stage.BACKWARD, known, 1) == "Row 2, Sigmoid: gradient std 1.2e−6"
    assert sentence(Stage.BACKWARD, known, 4) == "Row 5, the head: gradient std 0.005"


def test_the_loss_beside_guessing():
    assert sentence(Stage.LOSS, batch(digits=digits()), None) == (
        "Loss 2.314; 11 of 100 digits right. Guessing would be 2.303 = ln 10."
    )


@pytest.mark.parametrize(
    ("std", "text"),
    [
        ((1e-6, 0, 0, 0, 3.6e-3), "The gradient reaches row 1 (Dense) with std 1e−6, 1/3,600 of the head's."),
        ((4e-3, 0, 0, 0, 2e-3), "The gradient reaches row 1 (Dense) with std 0.004, 2 × the head's."),
        ((0, 0, 0, 0, 2e-3), "No gradient reaches row 1 (Dense): it is exactly 0 there."),
    ],
)
def test_what_is_left_of_the_gradient(std, text):
    assert sentence(Stage.BACKWARD, batch(readings=readings(std=std)), None) == text


def test_how_far_the_weights_move_at_the_rate_of_the_update():
    flow = GradientFlow(1, 0.1, (1e-5, 1e-3, 2e-3), (0.05, 0.05, 0.1))  # measured at another rate
    assert sentence(Stage.UPDATE, batch(flow=flow), None) == (
        "Weights − 0.5 × gradient: the first Dense layer's move by 0.01 % of their size, the head's by 1 %."
    )


def test_the_update_of_the_head_alone():
    flow = GradientFlow(1, 0.5, (2e-3,), (0.1,))
    assert sentence(Stage.UPDATE, batch(flow=flow), None) == (
        "Weights − 0.5 × gradient: the head's move by 1 % of their size."
    )


def test_weights_that_are_all_zero_have_no_size_to_compare_with():
    flow = GradientFlow(1, 0.5, (2e-3,), (0.0,))
    assert "move by – of their size" in sentence(Stage.UPDATE, batch(flow=flow), None)


def test_what_was_not_measured_is_not_told():
    nothing = "Nothing was measured of this mini-batch."
    assert sentence(Stage.FORWARD, batch(), None) == sentence(Stage.FORWARD, batch(), 0) == nothing
    assert sentence(Stage.BACKWARD, batch(), None) == sentence(Stage.BACKWARD, batch(), 0) == nothing
    assert sentence(Stage.LOSS, batch(), None) == "Loss 2.314. Guessing would be 2.303 = ln 10."
    assert sentence(Stage.UPDATE, batch(), None) == "Weights − 0.5 × gradient."
