"""How large the weight gradients of a network's Dense layers are: how much of them reaches the first.

Measured between two steps, on the thread that trains, from the arrays that the latest step left. Only these
few numbers leave the thread.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from bnstudio.training.run import Run

_INTERVAL = 0.1
"""Seconds between two measurements at full speed: a person reads no faster."""
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
    """That this step's update was made with."""
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


class GradientFlowMeter:
    """Measures runs when their step is a new one, and keeps the latest of each."""

    def __init__(self) -> None:
        self.latest: dict[int, GradientFlow] = {}
        """By `run_id`, of the current runs that were ever measured."""
        self._seen: dict[int, int] = {}
        self._next_time = -math.inf

    def measure(self, runs: Iterable[Run], names: Collection[str], *, at_full_speed: bool) -> None:
        """Measure those of the current `runs` whose model is in `names`; let go of all that are not current.

        A run that diverged still holds the gradients of its last finite step. Where a value is not finite
        there is nothing new, and what was measured before stays.

        Parameters
        ----------
        runs
            All current runs.
        names
            The models that are looked at.
        at_full_speed
            Whether measuring now and then is enough.
        """
        current = {run.run_id: run for run in runs}
        self.latest = {run_id: flow for run_id, flow in self.latest.items() if run_id in current}
        self._seen = {run_id: step for run_id, step in self._seen.items() if run_id in current}
        due = [
            run
            for run_id, run in current.items()
            if run.model.name in names and run.step > 0 and run.step != self._seen.get(run_id)
        ]
        now = time.monotonic()
        if not due or (at_full_speed and now < self._next_time):
            return
        self._next_time = now + _INTERVAL
        for run in due:
            self._seen[run.run_id] = run.step
            flow = measure_gradient_flow(run)
            if flow is not None:
                self.latest[run.run_id] = flow


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
    return GradientFlow(run.step, run.rate_in_use, grads, weights)


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
