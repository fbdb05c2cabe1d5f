"""Saturated, dead and constant are what their definitions say, on networks whose outputs are known."""

import math
import pickle

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset
from bnstudio.training import health
from bnstudio.training.health import N_PROBES, HealthInspection, conditions_of
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model

N_UNITS = DENSE.units


def measured(trainer, index=0):
    """Return the last that the inspection yields."""
    run = trainer.runs[index]
    *pieces, finding = HealthInspection(run.model.name).measure(run, trainer)
    assert pieces == [None] * len(pieces)
    return finding


def halves(n_images=40):
    """Return images whose first pixel is 0 in the first half and 255 in the second; all others are 0."""
    images = np.zeros((n_images, 784), np.uint8)
    images[n_images // 2 :, 0] = 255
    labels = np.arange(n_images, dtype=np.uint8) % 10
    return Dataset(images, labels, images, labels)


def known(*layers, slopes=0.0, offsets=0.0, dataset=None):
    """Return a trainer at step 0 whose first Dense puts out slope * first pixel + offset, by unit."""
    trainer = Trainer(experiment(model("m", *layers)), dataset or halves())
    params = trainer.runs[0].network.layers[0].params
    params["weight"][:] = 0
    params["weight"][0] = slopes
    params["bias"][:] = offsets
    return trainer


def logit(y):
    return math.log(y / (1 - y))


def by_unit(*values):
    """Return these values for the first units, and 1 for the rest."""
    return [*values, *[1.0] * (N_UNITS - len(values))]


# Saturated


def test_a_sigmoid_is_saturated_where_its_slope_is_below_a_hundredth():
    offsets = by_unit(*map(logit, (0.0100, 0.0102, 0.9898, 0.9900)))
    (_, sigmoid, _) = measured(known(DENSE, SIGMOID, offsets=offsets)).layers
    assert sigmoid.saturated.units.tolist() == [0, 3]
    assert sigmoid.saturated.share == 2 / N_UNITS


def test_the_share_is_of_outputs_and_a_unit_counts_from_more_than_half_of_the_images():
    slopes, offsets = by_unit(10.0, 10.0), by_unit(0.0, 10.0)  # the first saturates in the second half only
    (_, sigmoid, _) = measured(known(DENSE, SIGMOID, slopes=slopes, offsets=offsets)).layers
    assert sigmoid.saturated.share == pytest.approx(1.5 / N_UNITS)
    assert sigmoid.saturated.units.tolist() == [1]


def test_saturated_is_neither_dead_nor_constant():
    slopes, offsets = by_unit(20.0), by_unit(-10.0)  # almost 0, then almost 1
    (_, sigmoid, _) = measured(known(DENSE, SIGMOID, slopes=slopes, offsets=offsets)).layers
    assert sigmoid.saturated.units.tolist() == [0]
    assert 0 not in sigmoid.constant.units
    assert sigmoid.dead is None


# Dead


def test_a_relu_is_dead_where_it_is_zero_for_every_image():
    images = np.zeros((40, 784), np.uint8)
    images[17, 0] = 255  # a single image that the second unit answers to
    labels = np.zeros(40, np.uint8)
    slopes, offsets = by_unit(1.0, 1.0, 0.0), by_unit(-1.5, -0.5, 0.0)
    dataset = Dataset(images, labels, images, labels)
    (_, relu, _) = measured(known(DENSE, RELU, slopes=slopes, offsets=offsets, dataset=dataset)).layers
    assert relu.dead.units.tolist() == [0, 2]
    assert relu.dead.share == 2 / N_UNITS
    assert relu.saturated is None


def test_the_smallest_value_that_there_is_is_not_dead():
    (_, relu, _) = measured(known(DENSE, RELU, offsets=by_unit(1e-45))).layers
    assert relu.dead.units.tolist() == []


# Constant


@pytest.mark.parametrize("scale", [1.0, -1.0, 1e-30, 1e25])
def test_a_unit_is_constant_up_to_a_hundredth_of_its_root_mean_square_at_any_scale(scale):
    # Half the images offset, half offset + slope: mean offset + slope / 2, standard deviation slope / 2.
    slopes, offsets = np.array([0.0, 0.0198, 0.0206, 1.0]), np.array([1.0, 1.0, 1.0, 0.0])
    ratios = slopes / 2 / np.sqrt((offsets + slopes / 2) ** 2 + (slopes / 2) ** 2)
    assert (ratios <= 0.01).tolist() == [True, True, False, False]
    trainer = known(
        DENSE, slopes=by_unit(*(slopes * scale)), offsets=[*(offsets * scale), *[0] * (N_UNITS - 4)]
    )
    dense, _ = measured(trainer).layers
    assert dense.constant.units[:2].tolist() == [0, 1]
    assert not {2, 3} & set(dense.constant.units.tolist())


def test_a_dead_unit_is_constant():
    (_, relu, _) = measured(known(DENSE, RELU, offsets=by_unit(-1.0))).layers
    assert 0 in relu.dead.units
    assert 0 in relu.constant.units


def test_a_network_that_does_not_look_at_its_input_has_a_constant_head():
    head = measured(known(DENSE, SIGMOID)).layers[-1]
    assert (head.kind, head.n_units, head.constant.share) == ("head", 10, 1)


# What it is measured on


def test_it_needs_no_step(dataset):
    trainer = Trainer(experiment(), dataset)
    assert HealthInspection("model").can_measure(trainer.runs[0])
    finding = measured(trainer)
    assert (finding.step, finding.n_images) == (0, 30)
    assert [layer.kind for layer in finding.layers] == ["dense", "sigmoid", "head"]


def test_it_is_measured_in_inference_mode():
    # By the batch a BatchNorm would take the offset off; the running statistics start at mean 0, variance 1.
    (_, _, sigmoid, _) = measured(known(DENSE, BATCH_NORM, SIGMOID, offsets=10.0)).layers
    assert sigmoid.saturated.share == 1


def test_it_is_of_the_first_thousand_test_images():
    images = np.zeros((N_PROBES + 10, 784), np.uint8)
    images[N_PROBES:, 0] = 255
    labels = np.zeros(len(images), np.uint8)
    trainer = known(DENSE, RELU, slopes=1.0, offsets=-0.5, dataset=Dataset(images, labels, images, labels))
    finding = measured(trainer)
    assert finding.n_images == N_PROBES
    assert finding.layers[1].dead.share == 1


def test_small_pieces_find_the_same(dataset, monkeypatch):
    trainer = Trainer(experiment(model("m", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU)), dataset)
    at_once = measured(trainer)
    monkeypatch.setattr(health, "_FEWEST_IMAGES", 7)
    monkeypatch.setattr(health, "_PIECE", 1)
    run = trainer.runs[0]
    *pieces, finding = HealthInspection("m").measure(run, trainer)
    assert pieces == [None] * 4
    assert finding == at_once


def test_a_run_that_diverged_is_measured_with_its_last_finite_weights(dataset):
    trainer = Trainer(experiment(model("wild", DENSE, DENSE, learning_rate=1e6)), dataset)
    while trainer.able:
        trainer.advance()
    (run,) = trainer.runs
    assert run.divergence is not None
    assert HealthInspection("wild").can_measure(run)
    for layer in run.network.layers:
        for param in layer.params.values():
            np.clip(param, -1, 1, out=param)  # the test images may overflow where the mini-batch did not
    assert measured(trainer).step == run.step


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_have_no_health(dataset, value):
    trainer = Trainer(experiment(model("m", DENSE, RELU)), dataset)
    trainer.runs[0].network.layers[0].params["bias"][3] = value
    assert measured(trainer) is None


def test_training_goes_on_as_if_nothing_had_been_measured(dataset):
    layers = (DENSE, BATCH_NORM, SIGMOID)
    watched, alone = (Trainer(experiment(model("m", *layers)), dataset) for _ in range(2))
    for trainer in (watched, alone):
        while trainer.step < 15:
            if trainer is watched:
                measured(trainer)
            trainer.advance()
    assert arrays_of(watched) == arrays_of(alone)


def arrays_of(trainer):
    """Return all that training goes on with and shows, bit for bit."""
    network = trainer.runs[0].network
    params = [
        param for layer in network.layers for param in (*layer.params.values(), *layer.buffers.values())
    ]
    return [array.tobytes() for array in (*params, *network.outputs, *network.output_grads)]


# The finding


def test_it_is_small_and_survives_the_way_to_another_process(dataset):
    finding = measured(Trainer(experiment(model("m", DENSE, SIGMOID, DENSE, RELU)), dataset))
    packed = pickle.dumps(finding)
    assert pickle.loads(packed) == finding
    assert len(packed) < 1_500


def test_only_what_a_kind_can_be_in_can_be_asked_for(dataset):
    dense, sigmoid, _ = measured(Trainer(experiment(), dataset)).layers
    assert (dense.conditions, sigmoid.conditions) == (("constant",), ("saturated", "constant"))
    assert conditions_of("relu") == ("dead", "constant")
    with pytest.raises(ValueError, match="a sigmoid row can be saturated or constant, not dead"):
        sigmoid.extent("dead")
