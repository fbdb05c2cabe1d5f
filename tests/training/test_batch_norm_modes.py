"""Training mode and inference mode of a BatchNorm layer, on the same test images."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense
from bnstudio.engine.network import Network
from bnstudio.training.batch_norm_modes import BatchNormModesInspection, _n_images
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model

STACK = (DENSE, BATCH_NORM, SIGMOID, DENSE, BATCH_NORM, SIGMOID)


def measured(run, trainer, row):
    *nothing, modes = BatchNormModesInspection("m", row).measure(run, trainer)
    assert nothing == [None] * len(nothing)
    return modes


@pytest.fixture
def trainer(dataset):
    trainer = Trainer(experiment(model("m", *STACK), epochs=10), dataset)
    while trainer.lockstep < 60:
        trainer.advance()
    return trainer


def one_unit(pixels, gamma=1.0):
    """A run with a BatchNorm of one unit on images of one pixel, and its trainer."""
    layer = BatchNorm(1)
    layer.params["gamma"][:] = gamma
    head = Dense(1, 10, LeCun(), np.random.default_rng(0))
    head.params["weight"][0] = range(10)
    images = np.array(pixels, np.uint8)[:, None]
    dataset = SimpleNamespace(test_images=images, test_labels=np.arange(len(pixels), dtype=np.uint8))
    run = SimpleNamespace(network=Network([layer, head]), step=3, latest_step=3)
    return run, SimpleNamespace(dataset=dataset, experiment=SimpleNamespace(batch_size=2))


@pytest.mark.parametrize("gamma", [1, 2, -3])
def test_two_images_of_one_unit(gamma):
    # 0 and 1: in inference mode, with running mean 0 and variance 1, they stay; in training mode -1 and 1.
    modes = measured(*one_unit([0, 255], gamma), row=0)
    assert (modes.batch_sizes, modes.n_images, modes.step) == ((2,), 2, 3)
    assert modes.gamma == abs(gamma)
    assert modes.differences == pytest.approx([math.sqrt(1 / 2)], rel=1e-4)


def test_what_the_network_says_of_the_first_two_images_in_each_mode():
    modes = measured(*one_unit([0, 255, 9, 9]), row=0)
    # The logits are 0 to 9 times the output: in training mode -1 and 1, in inference mode 0 and 1.
    falling, rising = np.exp(-np.arange(10.0)), np.exp(np.arange(10.0))
    expected = {
        "training": [falling / falling.sum(), rising / rising.sum()],
        "inference": [[0.1] * 10, rising / rising.sum()],
    }
    np.testing.assert_allclose(modes.training, expected["training"], rtol=1e-3)
    np.testing.assert_allclose(modes.inference, expected["inference"], rtol=1e-3)
    assert modes.labels.tolist() == [0, 1]
    assert modes.images.tolist() == [[0], [255]]


def test_without_gamma_there_is_no_unit_to_measure_in():
    modes = measured(*one_unit([0, 255], gamma=0), row=0)
    assert modes.gamma == 0
    assert math.isnan(modes.differences[0])


@pytest.mark.parametrize("row", [1, 4])
def test_every_batch_norm_of_the_stack_normalizes_by_the_batch(trainer, row):
    (run,) = trainer.runs
    modes = measured(run, trainer, row)
    inputs = trainer.dataset.test_images[: modes.n_images] * np.float32(1 / 255)
    inference = run_up_to(run.network, row, inputs, training=False)
    gamma = np.sqrt(np.mean(run.network.layers[row].params["gamma"] ** 2))
    for size, difference in zip(modes.batch_sizes, modes.differences, strict=True):
        batches = np.split(inputs, len(inputs) // size)
        training = np.concatenate([run_up_to(run.network, row, batch, training=True) for batch in batches])
        expected = np.sqrt(np.mean((training - inference) ** 2)) / gamma
        assert difference == pytest.approx(expected, rel=1e-4)


def run_up_to(network, row, inputs, training):
    values = inputs
    for layer in network.copy().layers[: row + 1]:
        values = layer.forward(values, training)
    return values


def test_the_modes_part_as_the_batch_gets_tiny(trainer):
    modes = measured(trainer.runs[0], trainer, 4)
    assert modes.batch_sizes == (2, 4, 8, 16)  # of 30 test images
    assert modes.differences[0] > 2 * modes.differences[-1] > 0


def test_nothing_is_touched_that_training_left(trainer):
    (run,) = trainer.runs

    def everything():
        network = run.network
        kept = [array for layer in network.layers for array in layer._kept.values()]
        remembered = [array for layer in network.layers for array in layer.buffers.values()]
        return [array.copy() for array in (*network.outputs, *network.output_grads, *kept, *remembered)]

    before = everything()
    measured(run, trainer, 4)
    for ours, theirs in zip(before, everything(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_values_that_are_not_finite_have_no_finding(trainer):
    (run,) = trainer.runs
    run.network.layers[0].params["weight"][0, 0] = np.inf
    assert measured(run, trainer, 1) is None


@pytest.mark.parametrize(
    ("n_there", "n_parameters", "n_images"),
    [(10_000, 500_000, 256), (10_000, 50_000_000, 16), (30, 500_000, 16), (3, 500_000, 2), (0, 1, 0)],
)
def test_large_networks_and_small_data_sets_get_fewer_images(n_there, n_parameters, n_images):
    assert _n_images(n_there, n_parameters) == n_images


def test_one_test_image_is_no_batch():
    assert measured(*one_unit([7]), row=0) is None
