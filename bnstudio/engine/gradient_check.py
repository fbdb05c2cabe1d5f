"""Compares the gradients of `backward` with the slopes that one measures by moving a value a little.

The slope (loss(x + h) - loss(x - h)) / 2h, a central difference, needs `forward` alone, so it finds every
mistake in a backward pass. It takes float64 to be measured at all: the check works on a copy, and the network
that is checked, its running statistics included, stays as it is.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.engine.layers import ReLU
from bnstudio.engine.losses import SoftmaxCrossEntropy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.layers import Layer
    from bnstudio.engine.losses import IntArray
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray

TOLERANCE = 1e-4
"""Largest error of an array's gradient. A right one has about 1e-8."""
FLOOR = 1e-5
"""Errors are relative to the gradient's norm, but to no less than this. A bias before a BatchNorm has a
gradient of exactly zero: the slopes measured for it are rounding errors, and relative to those any gradient
would be wrong."""
_STEPS = (1e-4, 1e-5, 1e-6)
_JITTER = 0.01


@dataclass(frozen=True)
class ArrayCheck:
    """How well `backward` and the measured slopes agree for one array."""

    name: str
    """Such as "layer 0 Dense weight", or "inputs"."""
    n_entries: int
    """How many of its values were moved."""
    error: float
    """Norm of the difference, over the larger of both norms or `FLOOR`, whichever is larger."""
    numeric_norm: float
    """Norm of the measured slopes."""
    below_floor: bool
    """Both norms are below `FLOOR`, so `error` is a multiple of that."""

    @property
    def passed(self) -> bool:
        """Whether the gradient is right. NaN is not, nor is one that could not be measured."""
        return self.n_entries > 0 and self.error <= TOLERANCE


@dataclass(frozen=True)
class GradientCheck:
    """One entry for each array that was checked."""

    arrays: tuple[ArrayCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether all arrays passed."""
        return all(array.passed for array in self.arrays)

    @property
    def worst(self) -> ArrayCheck:
        """The array with the largest error; one that failed, if any did."""
        return max(self.arrays, key=lambda array: (not array.passed, array.error))


def check_layer(
    layer: Layer, inputs: FloatArray, rng: np.random.Generator | None = None, n_entries: int = 20
) -> GradientCheck:
    """Check a layer by itself: the gradients of its parameters and of its inputs.

    As loss it takes the outputs, each times a random factor, summed up.

    Parameters
    ----------
    layer
        Any layer; it is not changed.
    inputs : (n_examples, n_inputs) floating
        Where to check. For a ReLU, inputs of exactly 0 are moved a little (see `check_network`).
    rng
        Chooses the entries; seeded with 0 unless given.
    n_entries
        How many values of each array are moved (all, where there are fewer).
    """
    rng = np.random.default_rng(0) if rng is None else rng
    twin = layer.copy(np.float64)
    inputs = inputs.astype(np.float64, order="C")  # so that reshape(-1) is a view
    if isinstance(layer, ReLU):
        inputs[inputs == 0] = rng.normal(0, _JITTER, np.count_nonzero(inputs == 0))
    factors = rng.standard_normal(twin.forward(inputs, training=True).shape)
    input_grad = twin.backward(factors).copy()
    slopes = _Slopes([twin], lambda outputs: (outputs * factors).ravel(), rng, n_entries)
    checks = [
        slopes.check(f"layer 0 {type(layer).__name__} {name}", param, twin.grads[name], 0, inputs)
        for name, param in twin.params.items()
    ]
    return GradientCheck((*checks, slopes.check("inputs", inputs, input_grad, 0, inputs)))


def check_network(
    network: Network,
    inputs: FloatArray,
    labels: IntArray,
    rng: np.random.Generator | None = None,
    n_entries: int = 20,
) -> GradientCheck:
    """Check the gradients of all parameters of a network, with softmax cross-entropy as loss.

    At exactly 0 a ReLU has no slope, and measuring across the kink gives half of each side's. That is no rare
    chance: pixels that are the same in all images leave a BatchNorm as exact zeros, and so does a blank image
    a fresh Dense. So a network that contains a ReLU is checked beside the given point: the biases, gammas and
    betas of its copy are moved at random by about 0.01. The formulas are the same everywhere.

    Parameters
    ----------
    network
        It is not changed; what its latest training step left is not touched.
    inputs : (n_examples, n_inputs) floating
    labels : (n_examples,) integers
    rng
        Chooses the entries and the move; seeded with 0 unless given.
    n_entries
        How many values of each array are moved (all, where there are fewer).
    """
    rng = np.random.default_rng(0) if rng is None else rng
    twin = network.copy(np.float64)
    inputs = inputs.astype(np.float64)
    if any(isinstance(layer, ReLU) for layer in twin.layers):
        for layer in twin.layers:
            for name, param in layer.params.items():
                if name != "weight":
                    np.add(param, rng.normal(0, _JITTER, param.shape), out=param)

    loss = SoftmaxCrossEntropy()
    loss.forward(twin.forward(inputs, training=True), labels)
    twin.backward(loss.backward())
    layer_inputs = [inputs, *(output.copy() for output in twin.outputs)]

    def losses(logits: FloatArray) -> FloatArray:
        return loss.of_examples(logits, labels) / len(labels)

    slopes = _Slopes(twin.layers, losses, rng, n_entries)
    checks = [
        slopes.check(
            f"layer {index} {type(layer).__name__} {name}",
            param,
            layer.grads[name],
            index,
            layer_inputs[index],
        )
        for index, layer in enumerate(twin.layers)
        for name, param in layer.params.items()
    ]
    return GradientCheck(tuple(checks))


class _Slopes:
    """Measures slopes of the loss of a stack of layers.

    `losses` turns the last layer's outputs into the terms that the loss is the sum of. Terms are subtracted
    before they are summed, because the difference of two large sums would lose digits.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        losses: Callable[[FloatArray], FloatArray],
        rng: np.random.Generator,
        n_entries: int,
    ) -> None:
        self._layers = layers
        self._losses = losses
        self._rng = rng
        self._n_entries = n_entries

    def check(
        self, name: str, values: FloatArray, grad: FloatArray, index: int, inputs: FloatArray
    ) -> ArrayCheck:
        """Compare `grad` with the slopes along `values`, which layer `index` or its `inputs` consist of."""
        grad = grad.copy().ravel()
        numeric: list[float] = []
        analytic: list[float] = []
        for entry in self._rng.permutation(values.size):
            slope = self._slope(values.reshape(-1), int(entry), index, inputs)
            if slope is not None:
                numeric.append(slope)
                analytic.append(float(grad[entry]))
            if len(numeric) == self._n_entries:
                break
        numeric_norm = float(np.linalg.norm(numeric))
        larger_norm = max(numeric_norm, float(np.linalg.norm(analytic)))
        difference = float(np.linalg.norm(np.subtract(numeric, analytic)))
        return ArrayCheck(
            name=name,
            n_entries=len(numeric),
            error=difference / max(larger_norm, FLOOR),
            numeric_norm=numeric_norm,
            below_floor=larger_norm < FLOOR,
        )

    def _slope(self, values: FloatArray, entry: int, index: int, inputs: FloatArray) -> float | None:
        """Measure the slope along one value; None where a ReLU switches within even the smallest step.

        A large step suffers from curvature, a small one from rounding. Of the three steps' slopes the one is
        taken that lies closest to its neighbour; the gradient under test has no say in that.
        """
        slopes = []
        original = values[entry]
        for step in _STEPS:
            values[entry] = original + step
            above, switched_on_above = self._run(index, inputs)
            values[entry] = original - step
            below, switched_on_below = self._run(index, inputs)
            values[entry] = original
            if all(np.array_equal(*pair) for pair in zip(switched_on_above, switched_on_below, strict=True)):
                slopes.append(float(np.sum(above - below)) / (2 * step))
        if len(slopes) < 2:
            return slopes[0] if slopes else None
        distances = [abs(b - a) for a, b in itertools.pairwise(slopes)]
        return slopes[1 + int(np.argmin(distances))] if not math.isnan(sum(distances)) else math.nan

    def _run(self, index: int, inputs: FloatArray) -> tuple[FloatArray, list[NDArray[np.bool]]]:
        """Run the layers from `index` on; return the terms of the loss, and where each ReLU lets through."""
        values = inputs
        switched_on = []
        for layer in self._layers[index:]:
            values = layer.forward(values, training=True)
            if isinstance(layer, ReLU):
                switched_on.append(values > 0)
        return self._losses(values).copy(), switched_on
