"""A ModelSetup becomes the network it describes, with weights that follow from the seed alone."""

import numpy as np
import pytest

from bnstudio.document.experiment import HeInit, NormalInit, XavierInit
from bnstudio.engine.layers import BatchNorm, Dense, ReLU, Sigmoid
from bnstudio.training.build import build_network, initial_weight
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, model


def test_the_network_has_the_layers_of_the_setup_and_the_head_last():
    network = build_network(model("m", DENSE, BATCH_NORM, SIGMOID, RELU), seed=0)
    assert [type(layer) for layer in network.layers] == [Dense, BatchNorm, Sigmoid, ReLU, Dense]
    assert network.layers[-1].params["weight"].shape == (12, 10)


def test_the_head_alone_is_a_network():
    logits = build_network(model("m"), seed=0).forward(np.zeros((3, 784), np.float32), training=False)
    assert logits.shape == (3, 10)


def test_inserting_layers_without_weights_changes_no_initial_weight():
    plain = build_network(model("m", DENSE, SIGMOID, DENSE, SIGMOID), seed=3)
    normalized = build_network(model("m", DENSE, BATCH_NORM, RELU, DENSE, BATCH_NORM, RELU), seed=3)
    weights = [
        [layer.params["weight"] for layer in network.layers if isinstance(layer, Dense)]
        for network in (plain, normalized)
    ]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_head_starts_alike_at_every_depth():
    shallow = build_network(model("m", DENSE), seed=3)
    deep = build_network(model("m", DENSE, DENSE, DENSE), seed=3)
    np.testing.assert_array_equal(shallow.layers[-1].params["weight"], deep.layers[-1].params["weight"])


def test_another_seed_gives_other_weights():
    a, b = (build_network(model("m", DENSE), seed).layers[0].params["weight"] for seed in (0, 1))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize(
    ("weight_init", "std"),
    [(NormalInit(std=0.01), 0.01), (XavierInit(), (2 / (784 + 300)) ** 0.5), (HeInit(), (2 / 784) ** 0.5)],
)
def test_the_weight_initialization_sets_the_standard_deviation(weight_init, std):
    setup = model("m", DENSE.replaced(units=300)).replaced(weight_init=weight_init)
    assert build_network(setup, 0).layers[0].params["weight"].std() == pytest.approx(std, rel=0.01)


@pytest.mark.parametrize("row", [0, 3, 5])
def test_the_initial_weight_of_one_layer_can_be_drawn_again(row):
    setup = model("m", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU)
    network = build_network(setup, seed=3)
    np.testing.assert_array_equal(initial_weight(setup, row, seed=3), network.layers[row].params["weight"])


def test_a_layer_without_weights_has_no_initial_weight():
    with pytest.raises(ValueError, match="row 1 is a sigmoid"):
        initial_weight(model("m", DENSE, SIGMOID), 1, seed=0)


def test_weights_are_drawn_by_the_number_of_their_dense_and_the_head_by_its_own_key():
    setup = model("m", DENSE, DENSE, BATCH_NORM, DENSE)
    for row, key in [(0, (1, 0)), (1, (1, 1)), (3, (1, 2)), (4, (2,))]:
        weight = initial_weight(setup, row, seed=3)
        rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=key))
        drawn = rng.standard_normal(weight.shape) / len(weight) ** 0.5
        np.testing.assert_allclose(weight, drawn, rtol=1e-6)
