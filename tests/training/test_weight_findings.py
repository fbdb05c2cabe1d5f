"""The weights of a layer are compared with those that it really started with."""

import math
import pickle

import numpy as np
import pytest

from bnstudio.training import weights as weights_module
from bnstudio.training.trainer import Trainer
from bnstudio.training.weights import (
    N_BINS,
    ZERO_BYTE,
    WeightImagesInspection,
    WeightsInspection,
    WeightsNotFinite,
    weighs_pixels,
)
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


def made(dataset, *layers, n_steps=0, **common):
    trainer = Trainer(experiment(model("m", *layers, learning_rate=0.5), **common), dataset)
    while trainer.step < n_steps:
        trainer.advance()
    return trainer


def inspect(trainer, inspection):
    (run,) = trainer.runs
    assert inspection.can_measure(run)
    return list(inspection.measure(run, trainer))[-1]


def weights(trainer, row):
    return inspect(trainer, WeightsInspection("m", row))


def weight_of(trainer, row):
    return trainer.runs[0].network.layers[row].params["weight"]


# Histograms


def test_before_the_first_step_nothing_has_moved(dataset):
    finding = weights(made(dataset, DENSE, SIGMOID), 0)
    assert finding.step == 0
    assert finding.distance == 0
    assert finding.std == finding.start_std == pytest.approx(1 / 28, rel=0.02)
    np.testing.assert_array_equal(finding.counts, finding.start_counts)


@pytest.mark.parametrize("row", [1, 4, 6])
def test_the_start_is_that_of_the_run_for_every_dense_and_the_head(dataset, row):
    stack = (BATCH_NORM, DENSE, SIGMOID, BATCH_NORM, DENSE, RELU)
    trainer = made(dataset, *stack, seed=7)
    before = weight_of(trainer, row).astype(np.float64)
    while trainer.step < 5:
        trainer.advance()
    after = weight_of(trainer, row).astype(np.float64)
    finding = weights(trainer, row)
    assert finding.step == 5
    assert finding.distance == pytest.approx(
        np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-6
    )
    assert finding.start_std == pytest.approx(before.std(), rel=1e-6)
    assert finding.std == pytest.approx(after.std(), rel=1e-6)
    assert finding.largest == np.abs(after).max()


def test_both_histograms_hold_every_weight_on_one_axis(dataset):
    trainer = made(dataset, DENSE, SIGMOID, n_steps=5)
    start = weight_of(made(dataset, DENSE, SIGMOID), 0)
    finding = weights(trainer, 0)
    edges = np.linspace(-finding.limit, finding.limit, N_BINS + 1)
    for counts, weight in ((finding.counts, weight_of(trainer, 0)), (finding.start_counts, start)):
        assert counts.sum() == finding.n_weights == weight.size
        expected, _ = np.histogram(weight, edges)
        assert np.abs(counts - expected).sum() <= 2  # a weight on an edge, in float32


def test_a_wider_axis_counts_the_start_anew(dataset):
    trainer = made(dataset, DENSE, SIGMOID)
    narrow = weights(trainer, 0)
    weight_of(trainer, 0)[0, 0] = -9.5
    wide = weights(trainer, 0)
    assert wide.limit == 10
    assert wide.start_counts[N_BINS // 2] > narrow.start_counts[N_BINS // 2]
    assert wide.start_counts.sum() == wide.counts.sum() == wide.n_weights
    assert wide.counts[2] == 1


def test_large_layers_are_measured_in_pieces_with_the_same_result(dataset, monkeypatch):
    trainer = made(dataset, DENSE, SIGMOID, n_steps=2)
    at_once = weights(trainer, 0)
    monkeypatch.setattr(weights_module, "_PIECE", 1_000)
    pieces = list(WeightsInspection("m", 0).measure(trainer.runs[0], trainer))
    assert len(pieces) > 5
    assert all(piece is None for piece in pieces[:-1])
    assert pieces[-1].distance == pytest.approx(at_once.distance, rel=1e-12)
    np.testing.assert_array_equal(pieces[-1].counts, at_once.counts)


def test_weights_that_started_at_zero_have_come_no_measurable_way(dataset, monkeypatch):
    trainer = made(dataset, DENSE, SIGMOID)
    monkeypatch.setattr(weights_module, "_start", lambda *key: weights_module._Start(np.zeros((784, 12))))
    assert math.isnan(weights(trainer, 0).distance)


def test_weights_that_are_not_finite_are_counted_instead(dataset):
    trainer = made(dataset, DENSE, SIGMOID)
    weight_of(trainer, 0)[3, 3] = np.nan
    (run,) = trainer.runs
    for inspection in (WeightsInspection("m", 0), WeightImagesInspection("m", 0, 0, 4)):
        assert list(inspection.measure(run, trainer)) == [
            WeightsNotFinite(step=0, n_weights=9_408, n_not_finite=1)
        ]


def test_they_survive_the_way_to_another_process(dataset):
    finding = weights(made(dataset, DENSE), 0)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(finding)).counts, finding.counts)


# Images


def test_an_image_shows_a_unit_where_its_pixels_are(dataset):
    trainer = made(dataset, DENSE, SIGMOID)
    weight = weight_of(trainer, 0)
    weight[:] = 0
    weight[5 * 28 + 3, 7] = 0.5
    weight[27 * 28, 7] = -0.25
    weight[0, 8] = -1
    images = inspect(trainer, WeightImagesInspection("m", 0, 7, 2))
    seventh, eighth = images.images
    assert (seventh[5, 3], seventh[27, 0], seventh[0, 0]) == (ZERO_BYTE + 64, ZERO_BYTE - 32, ZERO_BYTE)
    assert eighth[0, 0] == 0
    assert (images.first_unit, images.n_units, images.scale) == (7, 12, 1)
    assert images.largest.tolist() == [0.5, -1]


def test_only_units_that_are_there_are_sent(dataset):
    trainer = made(dataset, DENSE)
    assert inspect(trainer, WeightImagesInspection("m", 0, 10, 40)).images.shape == (2, 28, 28)


def test_all_units_have_the_scale_of_the_layer(dataset):
    trainer = made(dataset, DENSE)
    pages = [inspect(trainer, WeightImagesInspection("m", 0, first, 6)) for first in (0, 6)]
    assert pages[0].scale == pages[1].scale == np.abs(weight_of(trainer, 0)).max()


def test_weights_that_are_all_zero_have_images_without_colour(dataset):
    trainer = made(dataset, DENSE)
    weight_of(trainer, 0)[:] = 0
    assert (inspect(trainer, WeightImagesInspection("m", 0, 0, 2)).images == ZERO_BYTE).all()


@pytest.mark.parametrize(
    ("layers", "rows"),
    [
        ((), [0]),
        ((DENSE, SIGMOID, DENSE), [0]),
        ((BATCH_NORM, RELU, DENSE, DENSE), [2]),
        ((BATCH_NORM,), [1]),
    ],
)
def test_the_first_dense_weighs_pixels_and_no_other_row_does(layers, rows):
    setup = model("m", *layers)
    assert [row for row in range(len(layers) + 1) if weighs_pixels(setup, row)] == rows
