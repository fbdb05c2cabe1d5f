"""Each layer by itself."""

import numpy as np
import pytest

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense, Layer, ReLU, Sigmoid

N_UNITS = 7


def make_dense() -> Dense:
    return Dense(N_UNITS, 4, LeCun(), np.random.default_rng(0))


ALL_LAYERS = [make_dense, lambda: BatchNorm(N_UNITS), Sigmoid, ReLU]
ALL_LAYER_IDS = ["dense", "batch_norm", "sigmoid", "relu"]
every_layer = pytest.mark.parametrize("make_layer", ALL_LAYERS, ids=ALL_LAYER_IDS)


def values(n_examples: int, seed: int = 0, n_units: int = N_UNITS, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((n_examples, n_units))).astype(np.float32)


def grad_like(outputs: np.ndarray) -> np.ndarray:
    return values(len(outputs), seed=99, n_units=outputs.shape[1])


def test_dense_multiplies_by_its_weight_and_adds_its_bias():
    layer = make_dense()
    layer.params["weight"][:] = np.arange(28).reshape(7, 4)
    layer.params["bias"][:] = [1, 2, 3, 4]
    inputs = np.zeros((2, 7), np.float32)
    inputs[0, 0] = inputs[1, 6] = 1
    np.testing.assert_array_equal(layer.forward(inputs, training=True), [[1, 3, 5, 7], [25, 27, 29, 31]])


def test_sigmoid_is_the_logistic_function():
    inputs = values(50, scale=3)
    expected = 1 / (1 + np.exp(-inputs.astype(np.float64)))
    np.testing.assert_allclose(Sigmoid().forward(inputs, training=False), expected, rtol=0, atol=1e-7)


def test_relu_lets_no_gradient_through_at_exactly_zero():
    layer = ReLU()
    np.testing.assert_array_equal(
        layer.forward(np.array([[-2, 0, 3]], np.float32), training=True), [[0, 0, 3]]
    )
    np.testing.assert_array_equal(layer.backward(np.array([[5, 6, 7]], np.float32)), [[0, 0, 7]])


def test_batch_norm_in_training_normalizes_each_unit_over_the_batch():
    layer = BatchNorm(2)
    layer.params["gamma"][:] = [1, 2]
    layer.params["beta"][:] = [0, 3]
    inputs = np.array([[1, 10], [3, 10], [5, 40], [7, 40]], np.float32)  # variances 5 and 225
    expected = [
        [-3 / np.sqrt(5), 1],
        [-1 / np.sqrt(5), 1],
        [1 / np.sqrt(5), 5],
        [3 / np.sqrt(5), 5],
    ]
    np.testing.assert_allclose(layer.forward(inputs, training=True), expected, rtol=1e-6)


def test_running_statistics_follow_with_momentum_and_the_unbiased_variance():
    layer = BatchNorm(1)
    layer.forward(np.array([[1], [3], [5], [7]], np.float32), training=True)  # mean 4, unbiased variance 20/3
    np.testing.assert_allclose(layer.buffers["running_mean"], [0.4], rtol=1e-6)
    np.testing.assert_allclose(layer.buffers["running_var"], [0.9 + 0.1 * 20 / 3], rtol=1e-6)
    layer.forward(np.array([[0], [2]], np.float32), training=True)  # mean 1, unbiased variance 2
    np.testing.assert_allclose(layer.buffers["running_mean"], [0.9 * 0.4 + 0.1 * 1], rtol=1e-6)
    np.testing.assert_allclose(layer.buffers["running_var"], [0.9 * (0.9 + 2 / 3) + 0.1 * 2], rtol=1e-6)


def test_batch_norm_in_inference_uses_the_running_statistics():
    layer = BatchNorm(1)
    layer.params["gamma"][:] = 3
    layer.params["beta"][:] = 1
    layer.buffers["running_mean"][:] = 10
    layer.buffers["running_var"][:] = 4
    outputs = layer.forward(np.array([[10], [14]], np.float32), training=False)
    np.testing.assert_allclose(outputs, [[1], [7]], rtol=1e-6)


def test_inference_leaves_the_running_statistics_alone():
    layer = BatchNorm(N_UNITS)
    layer.forward(values(20), training=True)
    before = {name: array.copy() for name, array in layer.buffers.items()}
    layer.forward(values(20, seed=1), training=False)
    for name, array in before.items():
        np.testing.assert_array_equal(layer.buffers[name], array)


def test_batch_norm_in_inference_gives_an_example_the_same_output_in_any_company():
    layer = BatchNorm(N_UNITS)
    layer.forward(values(20), training=True)
    together = layer.forward(values(8, seed=1), training=False).copy()
    alone = layer.forward(values(8, seed=1)[3:4], training=False)
    np.testing.assert_array_equal(alone[0], together[3])


def test_a_training_batch_of_one_gives_beta_and_keeps_the_running_variance():
    layer = BatchNorm(N_UNITS)
    layer.params["beta"][:] = 0.5
    np.testing.assert_array_equal(layer.forward(values(1), training=True), np.full((1, N_UNITS), 0.5))
    np.testing.assert_array_equal(layer.backward(values(1, seed=1)), np.zeros((1, N_UNITS)))
    np.testing.assert_array_equal(layer.buffers["running_var"], np.ones(N_UNITS))
    np.testing.assert_allclose(layer.buffers["running_mean"], 0.1 * values(1)[0], rtol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.25, 3.0, -4096.0])
def test_a_feature_that_is_constant_over_the_batch_comes_out_as_beta(constant):
    layer = BatchNorm(2)
    layer.params["beta"][:] = 0.75
    inputs = values(64, n_units=2)
    inputs[:, 1] = constant
    np.testing.assert_array_equal(layer.forward(inputs, training=True)[:, 1], np.full(64, 0.75))
    assert np.isfinite(layer.backward(values(64, seed=1, n_units=2))).all()


def test_batch_norm_keeps_its_precision_where_the_mean_is_a_thousand_times_the_spread():
    inputs = values(100) + np.float32(1000)
    exact = inputs.astype(np.float64)
    expected = (exact - exact.mean(axis=0)) / np.sqrt(exact.var(axis=0) + 1e-6)
    np.testing.assert_allclose(BatchNorm(N_UNITS).forward(inputs, training=True), expected, rtol=0, atol=2e-3)


@every_layer
@pytest.mark.parametrize("scale", [1e4, 1e-4])
def test_large_and_small_values_give_finite_results(make_layer, scale):
    layer = make_layer()
    outputs = layer.forward(values(30, scale=scale), training=True)
    input_grad = layer.backward(grad_like(outputs))
    for array in (outputs, input_grad, *layer.grads.values(), layer.forward(values(30, scale=scale), False)):
        assert np.isfinite(array).all()


@every_layer
def test_all_arrays_stay_in_float32(make_layer):
    layer = make_layer()
    outputs = layer.forward(values(30), training=True)
    arrays = [outputs, layer.backward(grad_like(outputs)), layer.forward(values(5), training=False)]
    arrays += [*layer.params.values(), *layer.grads.values(), *layer.buffers.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@every_layer
def test_a_layer_writes_into_nothing_that_it_is_given(make_layer):
    layer = make_layer()
    inputs = values(30)
    inputs.flags.writeable = False
    output_grad = grad_like(layer.forward(inputs, training=True))
    output_grad.flags.writeable = False
    layer.backward(output_grad)
    layer.forward(inputs, training=False)
    np.testing.assert_array_equal(inputs, values(30))
    np.testing.assert_array_equal(output_grad, values(30, seed=99, n_units=output_grad.shape[1]))


@every_layer
def test_inference_between_forward_and_backward_changes_nothing(make_layer):
    def train(layer: Layer, disturb: bool) -> list[np.ndarray]:
        outputs = layer.forward(values(30), training=True)
        if disturb:
            for n_examples in (7, 30, 50, 1):  # smaller first: a larger one would get new memory anyway
                layer.forward(values(n_examples, seed=5), training=False)
        input_grad = layer.backward(grad_like(outputs))
        return [outputs, input_grad, *layer.grads.values(), *layer.buffers.values()]

    for expected, found in zip(train(make_layer(), False), train(make_layer(), True), strict=True):
        np.testing.assert_array_equal(found, expected)


@every_layer
def test_batches_of_changing_size_give_what_each_gives_alone(make_layer):
    used = make_layer()
    for n_examples in (8, 30, 1, 17, 30):
        fresh = make_layer()
        outputs = used.forward(values(n_examples), training=True)
        np.testing.assert_array_equal(outputs, fresh.forward(values(n_examples), training=True))
        np.testing.assert_array_equal(used.backward(grad_like(outputs)), fresh.backward(grad_like(outputs)))
        for name, grad in fresh.grads.items():
            np.testing.assert_array_equal(used.grads[name], grad)


@every_layer
@pytest.mark.parametrize("training", [True, False])
def test_a_smaller_batch_uses_the_memory_of_the_larger_one_before_it(make_layer, training):
    layer = make_layer()
    large = layer.forward(values(30), training)
    for n_examples in (17, 30, 1):
        outputs = layer.forward(values(n_examples), training)
        assert outputs.__array_interface__["data"] == large.__array_interface__["data"]


@every_layer
def test_a_copy_shares_nothing_with_the_original(make_layer):
    layer = make_layer()
    outputs = layer.forward(values(30), training=True).copy()
    layer.backward(grad_like(outputs))
    twin = layer.copy()
    for arrays, copies in (
        (layer.params, twin.params),
        (layer.grads, twin.grads),
        (layer.buffers, twin.buffers),
    ):
        assert arrays.keys() == copies.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, copies[name])
            assert not np.shares_memory(array, copies[name])
    again = twin.forward(values(30), training=True)
    np.testing.assert_array_equal(again, outputs)
    assert not np.shares_memory(again, layer.forward(values(30), training=True))


@every_layer
def test_a_float64_copy_computes_in_float64(make_layer):
    twin = make_layer().copy(np.float64)
    inputs = values(30).astype(np.float64)
    outputs = twin.forward(inputs, training=True)
    assert outputs.dtype == twin.backward(outputs).dtype == np.float64
