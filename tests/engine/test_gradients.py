"""Every backward pass against central differences, and the check against a wrong gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnstudio.engine.gradient_check import FLOOR, check_layer, check_network, checks_of_network
from bnstudio.engine.initializers import LeCun, Normal
from bnstudio.engine.layers import BatchNorm, Dense, ReLU, Sigmoid
from tests.engine.stacks import build_stack, random_batch


def single_layers():
    dense = Dense(6, 4, LeCun(), np.random.default_rng(0))
    dense.params["bias"][:] = [1, -1, 2, 0]
    batch_norm = BatchNorm(6)
    batch_norm.params["gamma"][:] = np.linspace(0.5, 2, 6)
    batch_norm.params["beta"][:] = np.linspace(-1, 1, 6)
    return [dense, batch_norm, Sigmoid(), ReLU()]


@pytest.mark.parametrize("layer", single_layers(), ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("n_examples", [1, 2, 30])
@pytest.mark.parametrize("scale", [1, 100])
def test_the_gradients_of_a_layer_alone_are_right(layer, n_examples, scale):
    inputs = scale * np.random.default_rng(1).standard_normal((n_examples, 6))
    result = check_layer(layer, inputs)
    assert [array.array for array in result.arrays] == [*layer.params, "inputs"]
    assert result.passed, result.worst


def test_the_gradient_of_batch_norm_is_right_where_a_feature_is_constant():
    inputs = np.random.default_rng(1).standard_normal((20, 4))
    inputs[:, 2] = 0.3
    result = check_layer(BatchNorm(4), inputs, n_entries=80)
    assert result.passed, result.worst


@pytest.mark.parametrize("distance", [5e-5, 5e-6, 1e-9])
def test_no_slope_is_measured_across_the_kink_of_a_relu(distance):
    above, below = (check_layer(ReLU(), np.full((5, 6), side * distance)) for side in (1, -1))
    assert above.passed
    assert above.arrays[0].numeric_norm > 1
    assert below.passed
    assert below.arrays[0].numeric_norm == 0


def test_at_exactly_zero_the_slope_of_a_relu_is_zero():
    class ReLUOpenAtZero(ReLU):
        def compute_input_grad(self, output_grad):
            return output_grad * (self._kept["outputs"] >= 0)

    assert check_layer(ReLU(), np.zeros((5, 6))).passed
    assert not check_layer(ReLUOpenAtZero(), np.zeros((5, 6))).passed


def test_a_relu_that_lets_back_what_it_held_up_fails():
    class LeakyOnTheWayBack(ReLU):
        def compute_input_grad(self, output_grad):
            return np.where(self._kept["outputs"] > 0, output_grad, 0.01 * output_grad)

    inputs = np.random.default_rng(1).standard_normal((20, 6))
    assert not check_layer(LeakyOnTheWayBack(), inputs).passed


hidden_layers = st.lists(st.sampled_from(["batch_norm", "sigmoid", "relu"]) | st.integers(1, 9), max_size=7)


@settings(max_examples=40, deadline=None)
@given(kinds=hidden_layers, n_examples=st.integers(1, 12), seed=st.integers(0, 1000))
def test_the_gradients_of_any_stack_are_right(kinds, n_examples, seed):
    network = build_stack(kinds, seed)
    inputs, labels = random_batch(n_examples, seed)
    result = check_network(network, inputs, labels, np.random.default_rng(seed))
    assert result.passed, result.worst


def test_relu_on_pixels_that_are_the_same_in_all_images_passes():
    network = build_stack(["batch_norm", "relu", 8, "relu"])
    inputs, labels = random_batch(10)
    inputs[:, :6] = 0
    inputs[3] = 0
    result = check_network(network, inputs, labels)
    assert result.passed, result.worst


def test_a_fresh_relu_network_on_blank_images_can_be_checked():
    result = check_network(build_stack([8, "relu"]), np.zeros((4, 12), np.float32), np.arange(4))
    assert [array.n_entries for array in result.arrays] == [20, 8, 20, 5]
    assert result.passed, result.worst


def test_a_bias_before_batch_norm_is_below_the_floor_and_passes():
    network = build_stack([8, "batch_norm", "sigmoid"])
    by_name = {array.name: array for array in check_network(network, *random_batch(10)).arrays}
    assert by_name["layer 0 Dense bias"].below_floor
    assert by_name["layer 0 Dense bias"].passed
    assert by_name["layer 0 Dense bias"].verdict == "too small to check"
    assert by_name["layer 0 Dense weight"].numeric_norm > FLOOR
    assert not by_name["layer 0 Dense weight"].below_floor
    assert by_name["layer 0 Dense weight"].verdict == "pass"
    assert by_name["layer 1 BatchNorm gamma"].shape == (8,)


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_a_gradient_that_is_two_per_mille_off_fails(name):
    class SlightlyWrongDense(Dense):
        def compute_param_grads(self, output_grad):
            super().compute_param_grads(output_grad)
            self.grads[name] *= 1.002

    layer = SlightlyWrongDense(6, 4, Normal(1.0), np.random.default_rng(0))
    result = check_layer(layer, np.random.default_rng(1).standard_normal((10, 6)))
    assert [array.array for array in result.arrays if not array.passed] == [name]


def test_a_wrong_gradient_fails_below_the_floor_too():
    class WrongDense(Dense):
        def compute_param_grads(self, output_grad):
            super().compute_param_grads(output_grad)
            self.grads["weight"] *= 2

    layer = WrongDense(6, 4, LeCun(), np.random.default_rng(0))
    weight = check_layer(layer, np.full((10, 6), 1e-7)).arrays[0]
    assert weight.below_floor
    assert weight.verdict == "fail"


def test_at_least_twenty_entries_are_checked_or_all_there_are():
    network = build_stack([30])
    n_entries = [array.n_entries for array in check_network(network, *random_batch(4)).arrays]
    assert n_entries == [20, 20, 20, 5]


def test_the_same_seed_checks_the_same_entries():
    network, batch = build_stack([30, "relu"]), random_batch(4)
    first, again, other = (check_network(network, *batch, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_network_is_not_changed_by_being_checked():
    network = build_stack([8, "batch_norm", "relu"])
    network.backward(network.forward(random_batch(10)[0], training=True))

    def everything():
        arrays = [*network.outputs, *network.output_grads]
        for layer in network.layers:
            arrays += [*layer.params.values(), *layer.grads.values(), *layer.buffers.values()]
        return arrays

    before = [array.copy() for array in everything()]
    check_network(network, *random_batch(6, seed=3))
    for old, new in zip(before, everything(), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38])
def test_where_values_are_not_finite_there_is_nothing_to_pass(value):
    network = build_stack([8, 8, "relu", "batch_norm"])
    for layer in network.layers[:2]:
        layer.params["weight"][:] = value
    network.layers[-1].params["weight"][0, 0] = np.nan
    result = check_network(network, *random_batch(6))
    assert not result.passed
    assert {array.verdict for array in result.arrays} == {"not finite"}


def test_a_gradient_of_nan_where_slopes_are_finite_is_wrong_and_the_worst():
    class BrokenDense(Dense):
        def compute_param_grads(self, output_grad):
            super().compute_param_grads(output_grad)
            self.grads["weight"] *= 2
            self.grads["bias"][:] = np.nan

    layer = BrokenDense(6, 4, LeCun(), np.random.default_rng(0))
    result = check_layer(layer, np.random.default_rng(1).standard_normal((10, 6)))
    assert [array.verdict for array in result.arrays] == ["fail", "fail", "pass"]
    assert result.worst.array == "bias"


@pytest.mark.parametrize("std", [1e-6, 1e-3, 1, 1e3, 1e6])
@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [8, "relu"],
        [8, "batch_norm", "sigmoid"],
        ["batch_norm", "batch_norm"],
        [8, "batch_norm", "relu"] * 3,
    ],
)
def test_where_rounding_or_curvature_covers_the_slope_no_right_gradient_is_called_wrong(kinds, std):
    network = build_stack(kinds)
    for layer in network.layers:
        if isinstance(layer, Dense):
            layer.params["weight"] *= std
    result = check_network(network, *random_batch(10))
    assert result.passed, result.worst


def test_tiny_weights_before_batch_norm_are_moved_little_enough():
    network = build_stack([8, "batch_norm", "sigmoid"] * 3)
    network.layers[0].params["weight"] *= 1e-6
    result = check_network(network, *random_batch(10))
    assert result.passed, result.worst
    assert result.arrays[0].verdict == "pass"


def test_thirty_blocks_on_a_batch_of_three_bend_so_much_that_only_tiny_steps_measure_them():
    result = check_network(build_stack([8, "batch_norm", "relu"] * 30), *random_batch(3))
    assert result.passed, result.worst
    assert result.arrays[0].verdict == "pass"
    assert result.arrays[0].numeric_norm > 1


def test_large_weights_are_moved_far_enough_to_be_measured():
    network = build_stack([8, "relu"])
    network.layers[0].params["weight"] *= 1e6
    weight = check_network(network, *random_batch(10)).arrays[2]
    assert weight.numeric_norm > 1e3
    assert weight.verdict == "pass"


def test_weights_in_any_order_in_memory_are_moved():
    network, batch = build_stack([8, "relu"]), random_batch(10)
    expected = check_network(network, *batch).arrays
    params = network.layers[0].params
    params["weight"] = np.asfortranarray(params["weight"])
    assert check_network(network, *batch).passed
    assert check_network(network, *batch).arrays[0].numeric_norm == pytest.approx(expected[0].numeric_norm)


# Mistakes that people make


def no_path_through_the_mean(self, output_grad):
    x_hat = self.normalized()
    through_variance = x_hat * self.grads["gamma"] / len(output_grad)
    return (output_grad - through_variance) * self.params["gamma"] * self._kept["inverse_std"]


def no_gamma(self, output_grad):
    n = len(output_grad)
    rest = output_grad - self.normalized() * self.grads["gamma"] / n - self.grads["beta"] / n
    return rest * self._kept["inverse_std"]


def one_example_less(self, output_grad):
    n = len(output_grad)
    rest = output_grad - self.normalized() * self.grads["gamma"] / (n - 1) - self.grads["beta"] / n
    return rest * self.params["gamma"] * self._kept["inverse_std"]


def weight_not_transposed(self, output_grad):
    weight = self.params["weight"]
    return output_grad @ (weight if weight.shape[0] == weight.shape[1] else weight.T)


def wrong_sign(self, output_grad):
    return -output_grad * (self._kept["outputs"] > 0)


def one_per_cent_too_much(self, output_grad):
    return 1.01 * output_grad * (self._kept["outputs"] > 0)


def let_through(self, output_grad):
    return output_grad


def slope_of_y_alone(self, output_grad):
    return output_grad * self._kept["outputs"]


MISTAKES = [
    (BatchNorm, no_path_through_the_mean),
    (BatchNorm, no_gamma),
    (BatchNorm, one_example_less),
    (Dense, weight_not_transposed),
    (ReLU, wrong_sign),
    (ReLU, one_per_cent_too_much),
    (ReLU, let_through),
    (Sigmoid, slope_of_y_alone),
]


@pytest.mark.parametrize(("kind", "mistake"), MISTAKES, ids=lambda thing: thing.__name__)
@pytest.mark.parametrize("scale", [1, 30])
def test_a_mistake_is_found_in_what_comes_before_it_and_nothing_else(kind, mistake, scale, monkeypatch):
    network = build_stack([8, "batch_norm", "relu", 8, "sigmoid", 8, "batch_norm", 8, "relu"])
    for layer in network.layers:
        if isinstance(layer, Dense):
            layer.params["weight"] *= scale
        if isinstance(layer, BatchNorm):
            layer.params["gamma"][:] = np.linspace(0.5, 2, 8)
    monkeypatch.setattr(kind, "compute_input_grad", mistake)
    result = check_network(network, *random_batch(10))
    last = max(index for index, layer in enumerate(network.layers) if type(layer) is kind)
    wrong = {array.layer for array in result.arrays if array.verdict == "fail"}
    assert wrong
    assert max(wrong) < last


def test_a_sigmoid_that_never_saturates_on_the_way_back_fails():
    class NeverQuiteSaturated(Sigmoid):
        def compute_input_grad(self, output_grad):
            outputs = self._kept["outputs"]
            return output_grad * np.maximum(outputs * (1 - outputs), 1e-3)

    inputs = 30 * np.random.default_rng(1).standard_normal((20, 6))
    assert check_layer(Sigmoid(), inputs).passed
    assert not check_layer(NeverQuiteSaturated(), inputs).passed


def test_a_mistake_in_one_entry_is_found_where_all_are_moved():
    class OneSignWrong(Dense):
        def compute_param_grads(self, output_grad):
            super().compute_param_grads(output_grad)
            self.grads["weight"][2, 1] *= -1

    layer = OneSignWrong(6, 4, LeCun(), np.random.default_rng(0))
    result = check_layer(layer, np.random.default_rng(1).standard_normal((10, 6)), n_entries=24)
    assert [array.array for array in result.arrays if not array.passed] == ["weight"]


def test_each_value_is_moved_when_it_is_asked_for_on_the_network_as_it_was():
    network, batch = build_stack([8, "relu"]), random_batch(6)
    expected = check_network(network, *batch).arrays
    pieces = checks_of_network(network, *batch)
    for layer in network.layers:
        for param in layer.params.values():
            param[:] = np.nan
    pieces = list(pieces)
    assert [piece for piece in pieces if piece is not None] == list(expected)
    assert pieces.index(expected[0]) == 20
    assert pieces.count(None) == sum(check.n_entries for check in expected)
