"""What goes into an activation is counted where it lies on the curve, and nothing is lost at the ends."""

import math
import pickle

import numpy as np
import pytest

from bnstudio.data.batches import scale_images
from bnstudio.training.activation import (
    N_BINS,
    ActivationInspection,
    activation_curve,
    flat_ends,
    measure_activation,
)
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


def sigmoid(values):
    return (1 + np.tanh(np.asarray(values, np.float64) / 2)) / 2


def found(kind, values, dtype=np.float32):
    inputs = np.array(values, dtype).reshape(1, -1)
    outputs = sigmoid(inputs).astype(dtype) if kind == "sigmoid" else np.maximum(inputs, 0)
    return measure_activation(kind, inputs, outputs, 1, inputs.size)


def trained(dataset, *layers, n_steps=3, **common):
    trainer = Trainer(experiment(model("m", *layers), **common), dataset)
    while trainer.step < n_steps:
        trainer.advance()
    return trainer


def inspect(trainer, row):
    (run,) = trainer.runs
    return next(ActivationInspection("m", row).measure(run, trainer))


# Of values


def test_the_flat_parts_of_a_sigmoid_are_where_its_slope_is_below_a_hundredth():
    finding = found("sigmoid", [-9, -4.59, -4.58, 0, 1, 4.58, 4.59, 5, 30])
    assert (finding.n_flat_low, finding.n_flat_high) == (2, 3)
    assert finding.flat_share == 5 / 9


def test_the_mean_slope_of_a_sigmoid_is_that_of_its_values():
    y = sigmoid([-2, 0, 3])
    assert found("sigmoid", [-2, 0, 3]).mean_slope == pytest.approx(np.mean(y * (1 - y)), rel=1e-6)
    assert found("sigmoid", [0, 0]).mean_slope == 0.25


def test_a_relu_is_flat_up_to_zero_itself():
    finding = found("relu", [-3, -1e-6, 0, 1e-30, 2, 5])
    assert (finding.n_flat_low, finding.n_flat_high) == (3, 0)
    assert finding.mean_slope == 0.5


def test_all_values_are_counted():
    values = np.random.default_rng(0).standard_normal(5_000) * 4
    finding = found("sigmoid", values)
    assert finding.counts.sum() + finding.underflow + finding.overflow == finding.n_counted == 5_000


def test_counts_are_those_of_a_histogram():
    values = np.random.default_rng(1).standard_normal(5_000)
    finding = found("sigmoid", values, np.float64)
    expected, _ = np.histogram(values, N_BINS, (-finding.limit, finding.limit))
    np.testing.assert_array_equal(finding.counts, expected)


def test_a_zero_is_never_counted_above_zero():
    finding = found("relu", [0, 0, 0, 1e-20, 1])
    half = N_BINS // 2
    assert finding.counts[:half].sum() == 3
    assert finding.counts[half:].sum() == 2


def test_the_axis_of_a_sigmoid_always_shows_its_flat_parts():
    assert found("sigmoid", [0.1, -0.2]).limit == 7
    assert found("relu", [0.1, -0.25]).limit == 0.3


def test_a_value_far_out_does_not_press_the_others_flat_and_is_counted():
    values = np.append(np.random.default_rng(2).standard_normal(10_000), [1_000, -500])
    finding = found("sigmoid", values)
    assert finding.limit < 100
    assert (finding.underflow, finding.overflow) == (1, 1)


@pytest.mark.parametrize("kind", ["sigmoid", "relu"])
@pytest.mark.parametrize("value", [0.0, 1e-40, -1e-20, 3e38, -3e38])
def test_any_finite_value_has_a_place(kind, value):
    finding = found(kind, [value, value])
    assert finding.counts.sum() == 2
    assert math.isfinite(finding.limit)
    assert math.isfinite(finding.mean_slope)


def test_the_very_ends_of_the_axis_lie_inside():
    finding = found("relu", [-1_000, -1_000, 1_000])
    assert (finding.limit, finding.underflow, finding.overflow) == (1_000, 0, 0)
    assert (finding.counts[0], finding.counts[-1]) == (2, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_have_no_finding(value):
    assert found("relu", [1, value, 2]) is None


# Of a run


def test_what_goes_in_is_what_the_row_above_put_out(dataset):
    trainer = trained(dataset, DENSE, BATCH_NORM, SIGMOID)
    (run,) = trainer.runs
    values = run.network.outputs[1]
    finding = inspect(trainer, 2)
    assert finding.n_counted == finding.n_values == values.size
    assert finding.step == 3
    edges = np.linspace(-finding.limit, finding.limit, N_BINS + 1)
    expected, _ = np.histogram(values, edges)
    assert np.abs(finding.counts.astype(int) - expected).sum() <= 2  # a value on an edge, in float32
    y = sigmoid(values)
    assert finding.mean_slope == pytest.approx(np.mean(y * (1 - y)), rel=1e-5)


def test_into_the_first_row_go_the_pixels_of_the_mini_batch(dataset):
    trainer = trained(dataset, RELU, DENSE)
    (run,) = trainer.runs
    images = dataset.train_images[trainer.batch_indices(run)]
    pixels = np.empty(images.shape, np.float32)
    scale_images(images, out=pixels)
    finding = inspect(trainer, 0)
    assert finding.n_counted == pixels.size
    assert finding.n_flat_low == np.count_nonzero(pixels == 0)


@pytest.mark.parametrize("row", [0, 1])
def test_of_a_large_mini_batch_some_whole_examples_are_measured(dataset, row):
    trainer = trained(dataset, RELU, RELU, DENSE, n_steps=1, batch_size=100)  # 784 units
    (run,) = trainer.runs
    outputs = run.network.outputs[row]
    finding = inspect(trainer, row)
    assert finding.n_values == outputs.size == 78_400
    assert finding.n_counted == 17 * 784
    assert finding.n_flat_low == np.count_nonzero(outputs[::6] == 0)


def test_a_dead_layer_lies_in_the_flat_part_altogether(dataset):
    trainer = trained(dataset, DENSE, RELU)
    (run,) = trainer.runs
    run.network.layers[0].params["bias"][:] = -1e3
    trainer.advance()
    finding = inspect(trainer, 1)
    assert finding.flat_share == 1
    assert finding.mean_slope == 0


def test_measuring_changes_nothing_that_training_goes_on_with(dataset):
    undisturbed, measured = (trained(dataset, RELU, DENSE, SIGMOID) for _ in range(2))
    for row in (0, 2):
        inspect(measured, row)
    for trainer in (undisturbed, measured):
        trainer.advance()
    losses = [trainer.runs[0].history.losses.tolist() for trainer in (undisturbed, measured)]
    assert losses[0] == losses[1]


def test_it_is_small_and_survives_the_way_to_another_process(dataset):
    finding = inspect(trained(dataset, DENSE, SIGMOID), 1)
    data = pickle.dumps(finding)
    assert len(data) < 1_500
    np.testing.assert_array_equal(pickle.loads(data).counts, finding.counts)
    assert not finding.counts.flags.writeable


# Curves


def test_the_curve_of_a_sigmoid_is_that_of_its_formula():
    values = np.linspace(-8, 8, 33)
    outputs, slopes = activation_curve("sigmoid", values)
    np.testing.assert_allclose(outputs, sigmoid(values), rtol=1e-12)
    np.testing.assert_allclose(slopes, sigmoid(values) * sigmoid(-values), rtol=1e-9)


def test_the_curve_of_a_relu_has_slope_0_or_1():
    outputs, slopes = activation_curve("relu", np.array([-2.0, 0.0, 3.0]))
    assert outputs.tolist() == [0, 0, 3]
    assert slopes.tolist() == [0, 0, 1]


def test_the_flat_part_ends_where_the_slope_is_a_hundredth():
    low, high = flat_ends("sigmoid")
    _, slopes = activation_curve("sigmoid", np.array([low, high]))
    assert low == -high == pytest.approx(-4.585, abs=1e-3)
    assert slopes == pytest.approx([0.01, 0.01])
    assert flat_ends("relu") == (0, math.inf)
