"""Layers together: what is kept, what is refused, what stays the same."""

import warnings

import numpy as np
import pytest

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense, Sigmoid
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.network import Network
from bnstudio.engine.optimizers import SGD
from tests.engine.stacks import N_CLASSES, build_stack, random_batch

MIXED = [16, "batch_norm", "sigmoid", 8, "batch_norm", "relu"]


def train(network: Network, n_steps: int, learning_rate: float = 0.1) -> list[float]:
    loss, optimizer = SoftmaxCrossEntropy(), SGD(learning_rate)
    losses = []
    for step in range(n_steps):
        inputs, labels = random_batch(20 if step % 3 else 7, seed=step)
        losses.append(loss.forward(network.forward(inputs, training=True), labels))
        network.backward(loss.backward())
        optimizer.step(network)
    return losses


def test_outputs_and_output_grads_are_those_of_each_layer():
    network = build_stack(MIXED)
    inputs, labels = random_batch(10)
    loss = SoftmaxCrossEntropy()
    logits = network.forward(inputs, training=True)
    loss.forward(logits, labels)
    network.backward(loss.backward())

    twin = build_stack(MIXED)
    values = inputs
    for layer, output in zip(twin.layers, network.outputs, strict=True):
        values = layer.forward(values, training=True)
        np.testing.assert_array_equal(output, values)
    assert network.outputs[-1] is logits
    output_grad = loss.backward()
    for index in reversed(range(len(twin.layers))):
        np.testing.assert_array_equal(network.output_grads[index], output_grad)
        output_grad = twin.layers[index].backward(output_grad)
        for name, grad in twin.layers[index].grads.items():
            np.testing.assert_array_equal(network.layers[index].grads[name], grad)


def test_inference_leaves_everything_of_the_latest_training_step():
    network = build_stack(MIXED)
    train(network, 3)
    outputs, output_grads = list(network.outputs), list(network.output_grads)
    grads = [grad for layer in network.layers for grad in layer.grads.values()]
    kept = [array.copy() for array in (*outputs, *output_grads, *grads)]
    for n_examples in (5, 20, 50, 1):  # smaller first: a larger one would get new memory anyway
        network.forward(random_batch(n_examples, seed=9)[0], training=False)
    for array, copy in zip((*network.outputs, *network.output_grads, *grads), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_evaluation_with_the_same_loss_leaves_the_gradient_of_the_logits():
    network = build_stack(MIXED)
    loss = SoftmaxCrossEntropy()
    inputs, labels = random_batch(10)
    loss.forward(network.forward(inputs, training=True), labels)
    network.backward(loss.backward())
    kept = network.output_grads[-1].copy()
    other_inputs, other_labels = random_batch(30, seed=1)
    loss.forward(network.forward(other_inputs, training=False), other_labels)
    np.testing.assert_array_equal(network.output_grads[-1], kept)


def test_the_same_seed_gives_the_same_losses_bit_for_bit():
    assert train(build_stack(MIXED, seed=3), 30) == train(build_stack(MIXED, seed=3), 30)


def test_evaluating_between_steps_changes_no_loss():
    def with_evaluations(network: Network) -> list[float]:
        losses = []
        for _ in range(3):
            losses += train(network, 4)
            network.forward(random_batch(100)[0], training=False)
        return losses

    def without(network: Network) -> list[float]:
        return [loss for _ in range(3) for loss in train(network, 4)]

    assert with_evaluations(build_stack(MIXED)) == without(build_stack(MIXED))


def test_training_makes_the_loss_smaller():
    network = build_stack(MIXED)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(0.5)
    inputs, labels = random_batch(20)
    losses = []
    for _ in range(60):
        losses.append(loss.forward(network.forward(inputs, training=True), labels))
        network.backward(loss.backward())
        optimizer.step(network)
    assert losses[-1] < losses[0] / 5


@pytest.mark.parametrize("kinds", [["relu"], MIXED, [16, "relu", 16, "relu"], ["batch_norm", "sigmoid"]])
def test_a_network_that_diverges_gives_a_loss_that_is_not_finite_and_no_warning(kinds):
    network = build_stack(kinds)
    for layer in network.layers:
        if "weight" in layer.params:
            layer.params["weight"] *= np.float32(1e25)
    network.layers[-1].params["weight"] *= np.float32(1e12)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(1e6)
    inputs, labels = random_batch(10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            value = loss.forward(network.forward(1e4 * inputs, training=True), labels)
            loss.accuracy()
            network.backward(loss.backward())
            optimizer.step(network)
            network.forward(inputs, training=False)
    assert not np.isfinite(value)


def test_a_copy_trains_on_without_the_original():
    network = build_stack(MIXED)
    train(network, 3)
    twin = network.copy()
    assert twin.outputs == twin.output_grads == []
    before = network.layers[0].params["weight"].copy()
    losses_of_twin = train(twin, 5)
    np.testing.assert_array_equal(network.layers[0].params["weight"], before)
    assert train(network, 5) == losses_of_twin


def test_a_network_of_the_head_alone_trains():
    assert np.isfinite(train(build_stack([]), 3)).all()


def test_the_parameters_are_counted():
    assert build_stack([8, "batch_norm"]).n_parameters == 12 * 8 + 8 + 2 * 8 + 8 * N_CLASSES + N_CLASSES


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((4, 11), np.float32),
        np.zeros((0, 12), np.float32),
        np.zeros(12, np.float32),
        np.zeros((4, 12), np.uint8),
        np.zeros((4, 12), np.float64),
    ],
    ids=lambda inputs: f"{inputs.shape} {inputs.dtype}",
)
def test_wrong_inputs_are_refused_with_what_would_be_right(inputs):
    with pytest.raises(ValueError, match=r"must be \(n, 12\) float32 .* found") as error:
        build_stack(MIXED).forward(inputs, training=False)
    assert f"{inputs.shape} {inputs.dtype}" in str(error.value)


def test_backward_before_forward_says_what_is_missing():
    with pytest.raises(RuntimeError, match="needs a forward"):
        build_stack([]).backward(np.zeros((3, N_CLASSES), np.float32))


def test_an_output_grad_of_another_batch_is_refused():
    network = build_stack([])
    network.forward(random_batch(3)[0], training=True)
    with pytest.raises(ValueError, match=r"must be \(3, 5\), found \(4, 5\)"):
        network.backward(np.zeros((4, N_CLASSES), np.float32))


def test_layers_that_do_not_fit_are_refused():
    dense = Dense(12, 8, LeCun(), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"layer 2 \(BatchNorm\) takes 9 inputs, but .* puts out 8"):
        Network([dense, Sigmoid(), BatchNorm(9)])


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="at least one layer"):
        Network([])
