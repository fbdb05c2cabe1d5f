"""Stochastic gradient descent."""

import numpy as np
import pytest

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import Dense
from bnstudio.engine.network import Network
from bnstudio.engine.optimizers import SGD
from tests.engine.stacks import build_stack, random_batch


def test_each_parameter_moves_against_its_gradient_in_place():
    network = build_stack([8, "batch_norm", "sigmoid"])
    network.backward(network.forward(random_batch(10)[0], training=True))
    before = [
        (param, param.copy(), layer.grads[name].copy())
        for layer in network.layers
        for name, param in layer.params.items()
    ]
    SGD(0.5).step(network)
    now = [param for layer in network.layers for param in layer.params.values()]
    for (param, old, grad), new in zip(before, now, strict=True):
        assert new is param
        np.testing.assert_allclose(new, old - 0.5 * grad, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("shape", [(700, 100), (3, 40_000), (40_000, 1)])
def test_large_weights_are_updated_down_to_the_last_value(shape):
    layer = Dense(*shape, LeCun(), np.random.default_rng(0))
    old, grad = layer.params["weight"].copy(), layer.grads["weight"]
    grad[:] = np.random.default_rng(1).standard_normal(shape)
    SGD(0.5).step(Network([layer]))
    np.testing.assert_array_equal(layer.params["weight"], old - np.float32(0.5) * grad)


def test_the_gradients_are_left_as_they_are():
    network = build_stack([8])
    network.backward(network.forward(random_batch(10)[0], training=True))
    grads = [grad.copy() for layer in network.layers for grad in layer.grads.values()]
    SGD(0.5).step(network)
    for old, new in zip(grads, (g for layer in network.layers for g in layer.grads.values()), strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_learning_rate_can_be_changed_between_steps():
    network = build_stack([])
    network.backward(network.forward(random_batch(10)[0], training=True))
    optimizer = SGD(0.5)
    optimizer.step(network)
    before = network.layers[0].params["weight"].copy()
    optimizer.learning_rate = 0.0
    optimizer.step(network)
    np.testing.assert_array_equal(network.layers[0].params["weight"], before)


def test_a_numpy_learning_rate_gives_the_same_bits_as_a_python_float():
    results = []
    for learning_rate in (0.1, np.float64(0.1)):
        network = build_stack([8])
        network.backward(network.forward(random_batch(10)[0], training=True))
        SGD(learning_rate).step(network)
        results.append(network.layers[0].params["weight"])
    np.testing.assert_array_equal(*results)
