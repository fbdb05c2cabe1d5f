"""The slope of a loss along a single value, measured: move the value a little each way, and run forward.

It needs `forward` alone and knows no gradient, so that what it measures is a judge of gradients. Values are
moved in place and put back; they have to be float64, or no digits are left when two losses are subtracted.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bnstudio.engine.layers import ReLU

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.layers import Layer
    from bnstudio.engine.workspace import FloatArray

FLOOR = 1e-5
"""What a slope, or a gradient, is as good as zero beside: errors are relative to no less than this."""
_STEPS = ((1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11), (1e-4, 1e-3, 1e-2, 1e-1))
"""Where the slope bends much within a step, smaller ones help; where rounding covers it, larger ones."""
_AGREEMENT = 1e-6
"""A slope that changes by less, relative to itself or to `FLOOR`, from one step to the next is measured."""


class Slope(NamedTuple):
    """A slope as it was measured."""

    value: float
    """NaN where a loss is not finite."""
    doubt: float
    """What it changed by from one step to the next, but no less than what rounding the loss comes to."""


class Slopes:
    """Measures slopes of the loss of a stack of layers.

    While a value is moved, every other is held on the side of a ReLU's kink where it was, because across the
    kink no slope can be measured.

    Parameters
    ----------
    layers
        Run forward, as in training: their running statistics move.
    values : sequence of (n_examples, n_units) float64
        What goes into the first layer, and then what each layer puts out, where nothing is moved.
    losses
        Turns the last layer's outputs into the terms that the loss is the sum of. Terms are subtracted before
        they are summed, because the difference of two large sums would lose digits.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        values: Sequence[FloatArray],
        losses: Callable[[FloatArray], FloatArray],
    ) -> None:
        self.inputs = [array.copy() for array in values[:-1]]
        """What goes into each layer."""
        self._layers = layers
        self._switched_on: list[NDArray[np.bool]] = [array > 0 for array in values[1:]]
        self._losses = losses

    @np.errstate(over="ignore", invalid="ignore")  # the slope is NaN then, and says so
    def measure(self, index: int, values: FloatArray, entry: int, size: float = 1.0) -> Slope:
        """Measure the slope along one value; steps are tried until two in a row agree.

        Failing that, the slope is taken that is in doubt by the least part of itself.

        Parameters
        ----------
        index
            The layer that `values` belongs to.
        values : array of any shape, float64
            The layer's parameter, or what goes into it, out of `inputs`.
        entry
            Which of them is moved, counted in C order.
        size
            What the steps are multiplied by: beside large values, a small step is nothing.
        """
        best, least = Slope(math.nan, math.inf), math.inf
        for steps in _STEPS:
            slopes = (self._difference(index, values, entry, step * size) for step in steps)
            for (previous, _), (value, rounding) in itertools.pairwise(slopes):
                if math.isnan(value):
                    return Slope(value, math.inf)
                doubt = max(abs(value - previous), rounding)
                part = doubt / max(abs(value), FLOOR)
                if part < least:
                    best, least = Slope(value, doubt), part
                if least <= _AGREEMENT:
                    return best
        return best

    def _difference(self, index: int, values: FloatArray, entry: int, step: float) -> tuple[float, float]:
        """Return the central difference, and what its rounding may amount to."""
        original = values.flat[entry]
        above, below = original + step, original - step
        values.flat[entry] = above
        terms_above = self._run(index)
        values.flat[entry] = below
        terms_below = self._run(index)
        values.flat[entry] = original
        width = above - below  # not quite 2 * step, as above and below are rounded
        rounding = np.spacing(np.max(np.abs(terms_above)))
        return float(np.sum(terms_above - terms_below) / width), float(rounding / width)

    def _run(self, index: int) -> FloatArray:
        """Run the layers from `index` on, and return the terms of the loss.

        A value at exactly 0 is held on the side where our ReLU has a slope of 0. That is no rare chance: a
        pixel that is black in all images leaves a BatchNorm as 0.
        """
        values = self.inputs[index]
        for layer, was_on in zip(self._layers[index:], self._switched_on[index:], strict=True):
            outputs = layer.forward(values, training=True)
            if isinstance(layer, ReLU):
                crossed = (values > 0) != was_on
                outputs[crossed] = np.where(was_on, values, 0)[crossed]
            values = outputs
        return self._losses(values).copy()
