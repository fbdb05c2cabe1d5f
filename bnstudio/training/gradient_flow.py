"""How large the weight gradients of a network's Dense layers are: how much of them reaches the first.

Measured between two steps, on the thread that trains, from the arrays that the latest step left. Only these
few numbers leave the thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

_BLOCK = 1 << 14
"""Squares that are summed in single precision, too few to lose digits; these sums are added in double."""
_TRUSTED = 1e-30, 1e30
"""Mean squares between which the sum in single precision has lost nothing to underflow or overflow."""


@dataclass(frozen=True)
class GradientFlow:
    """The weights of all Dense layers of a network in one step, from the first to the head: all finite.

    A root mean square is per weight, so that layers of different sizes can be compared.
    """

    step: int
    """The step, counted from 1, that the gradients are of."""
    learning_rate: float
    """That this step's update was made with or, in the middle of a step, will be."""
    grad_rms: tuple[float, ...]
    """Of the gradient of the mean batch loss with respect to the weights, without any other term; at the
    weights as they were before the update."""
    weight_rms: tuple[float, ...]
    """Of the weights as they are after the update."""

    @property
    def update_ratios(self) -> tuple[float, ...]:
        """How large the step's update is against the weights that it led to; NaN where those are all 0.

        ``learning_rate * grad_rms / weight_rms``, which is RMS(update) / RMS(weight), as the update of plain
        stochastic gradient descent is the gradient times the learning rate.
        """
        return tuple(
            self.learning_rate * grad / weight if weight else math.nan
            for grad, weight in zip(self.grad_rms, self.weight_rms, strict=True)
        )


@dataclass(frozen=True)
class GradientFlowInspection(Inspection[GradientFlow]):
    """Asks for the gradient flow of the latest step, which a run that diverged still has."""

    recorded: ClassVar[bool] = True

    def can_measure(self, run: Run) -> bool:
        """Override: the gradients of the last finite step are kept; who was taken back has none yet."""
        return run.latest_step > 0 and bool(run.network.outputs)

    def measure(self, run: Run, trainer: Trainer) -> Iterator[GradientFlow | None]:
        """Override: in one piece."""
        yield measure_gradient_flow(run)


def measure_gradient_flow(run: Run) -> GradientFlow | None:
    """Return the gradient flow of the latest step of `run`, or None where a value is not finite.

    Parameters
    ----------
    run
        A run that has done at least one step.
    """
    layers = [
        layer
        for kind, layer in zip(run.layer_kinds, run.network.layers, strict=True)
        if kind in {"dense", "head"}
    ]
    grads = tuple(root_mean_square(layer.grads["weight"]) for layer in layers)
    weights = tuple(root_mean_square(layer.params["weight"]) for layer in layers)
    if not all(map(math.isfinite, grads + weights)):
        return None
    rate = run.rate_in_use if run.half_step is None else run.model.learning_rate
    return GradientFlow(run.latest_step, rate, grads, weights)


def root_mean_square(values: NDArray[np.floating]) -> float:
    """Return the root of the mean square of `values`: 0 only if all are, not finite only if one is not.

    Parameters
    ----------
    values : array of any shape, float32 or float64
        Contiguous, or it is copied.
    """
    flat = values.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = _sum_of_squares(flat, flat.dtype) / flat.size
        if not _TRUSTED[0] < mean < _TRUSTED[1]:  # seldom: a vanished gradient, or one that is exactly 0
            mean = _sum_of_squares(flat, np.dtype(np.float64)) / flat.size
    return math.sqrt(mean) if mean >= 0 else math.nan


def _sum_of_squares(flat: NDArray[np.floating], dtype: np.dtype[np.floating]) -> float:
    total = 0.0
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK].astype(dtype, copy=False)
        total += float(np.vdot(block, block))
    return total
