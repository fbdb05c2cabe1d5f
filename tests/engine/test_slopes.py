"""Slopes whose true values are known, measured."""

import math

import numpy as np
import pytest

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import Dense, ReLU, Sigmoid
from bnstudio.engine.slopes import Slopes


def measured(x, *layers, losses=np.ravel, size=1.0):
    """Measure the slope along the one input `x` of layers with one unit."""
    values = [np.array([[x]], float)]
    for layer in layers:
        values.append(layer.forward(values[-1], training=True))
    slopes = Slopes(layers, values, losses)
    slope = slopes.measure(0, slopes.inputs[0], 0, size)
    assert slopes.inputs[0] == x
    return slope


def times(factor):
    layer = Dense(1, 1, LeCun(), np.random.default_rng(0), np.float64)
    layer.params["weight"][:] = factor
    return layer


@pytest.mark.parametrize("x", [-3.0, 0.0, 0.7])
def test_the_slope_of_a_sigmoid(x):
    y = 1 / (1 + math.exp(-x))
    slope = measured(x, Sigmoid())
    assert slope.value == pytest.approx(y * (1 - y), rel=1e-9)
    assert abs(slope.value - y * (1 - y)) < 10 * slope.doubt


@pytest.mark.parametrize(("x", "right"), [(1e-9, 1), (0.0, 0), (-1e-9, 0)])
def test_the_slope_of_a_relu_is_that_of_the_side_where_the_value_stands(x, right):
    assert measured(x, ReLU()).value == pytest.approx(right)


def test_a_steep_slope_is_not_taken_for_the_flat_one_beyond_it():
    """Rounding covers it at tiny steps, and at large ones the sigmoid is saturated on both sides."""
    slope = measured(0.0, times(1e9), Sigmoid(), losses=lambda outputs: 1e9 + outputs.ravel())
    assert slope.value == pytest.approx(0.25e9, rel=1e-3)
    assert abs(slope.value - 0.25e9) < 10 * slope.doubt


def test_a_large_value_is_moved_in_proportion():
    slope = measured(3e15, times(2), size=3e15)
    assert slope.value == pytest.approx(2, rel=1e-9)


def test_the_rounding_of_the_moved_value_itself_is_accounted_for():
    assert measured(12_345.6, times(2)).value == pytest.approx(2, rel=1e-12)


def test_rounding_is_a_doubt_even_where_two_steps_agree():
    slope = measured(0.5, times(1e-14), losses=lambda outputs: 1e6 + outputs.ravel())
    assert slope.value == 0
    assert slope.doubt > 1e-14


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_where_the_loss_is_not_finite_the_slope_is_nan_and_in_doubt_without_end(loss):
    slope = measured(0.5, Sigmoid(), losses=lambda outputs: np.full(1, loss))
    assert math.isnan(slope.value)
    assert slope.doubt == math.inf
