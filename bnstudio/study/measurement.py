"""What is measured of a network's layers after a step: the spread of values and gradients, and histograms.

Every value of the mini-batch is counted. Layers of a kind share their axes, so that they can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.training.axes import round_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind

N_BINS = 81
"""Odd, so that zero lies in the middle of a bin where the axis is symmetric."""
_COVERED = 0.995
"""Share of the values that an axis covers."""


@dataclass(frozen=True)
class BinnedValues:
    """Counts of values in equal bins from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]
    n_outside: int
    """Values that lie outside of the axis, or are not finite."""


@dataclass(frozen=True)
class LayerMeasurement:
    """One layer after one step: its outputs and the gradient of the loss with respect to them."""

    kind: LayerKind
    pooled_std: float
    """Standard deviation of all output values, of all units and examples."""
    signal: float
    """sqrt of the mean over units of the variance over the mini-batch: what they say about the input."""
    gradient_rms: float
    values: BinnedValues
    deviations: BinnedValues
    """Each value's deviation from its unit's mean, on the axis of the values, around their pooled mean."""
    gradients: BinnedValues


def measure_layers(run: Run) -> tuple[LayerMeasurement, ...]:
    """Measure all layers of a run, the head's Dense last, as its latest step left them."""
    kinds = run.layer_kinds
    outputs = [output.astype(np.float64) for output in run.network.outputs]
    gradients = [gradient.astype(np.float64) for gradient in run.network.output_grads]
    value_axes = {kind: _value_axis(kind, _of_kind(kind, kinds, outputs)) for kind in kinds}
    gradient_axes = {kind: _symmetric_axis(_of_kind(kind, kinds, gradients)) for kind in kinds}
    # A run that is about to diverge may hold infinities; then its numbers say so.
    with np.errstate(over="ignore", invalid="ignore"):
        return tuple(
            _measure_layer(kind, output, gradient, value_axes[kind], gradient_axes[kind])
            for kind, output, gradient in zip(kinds, outputs, gradients, strict=True)
        )


def _measure_layer(
    kind: LayerKind,
    output: NDArray[np.float64],
    gradient: NDArray[np.float64],
    value_axis: tuple[float, float],
    gradient_axis: tuple[float, float],
) -> LayerMeasurement:
    deviations = output - output.mean(axis=0)
    return LayerMeasurement(
        kind=kind,
        pooled_std=float(output.std()),
        signal=float(np.sqrt(np.mean(deviations**2))),
        gradient_rms=float(np.sqrt(np.mean(gradient**2))),
        values=_bin(output, value_axis),
        deviations=_bin(deviations + output.mean(), value_axis),
        gradients=_bin(gradient, gradient_axis),
    )


def _of_kind(
    kind: LayerKind, kinds: Sequence[LayerKind], arrays: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    values = np.concatenate(
        [array.ravel() for array, other in zip(arrays, kinds, strict=True) if other == kind]
    )
    finite: NDArray[np.float64] = values[np.isfinite(values)]
    return finite


def _value_axis(kind: LayerKind, values: NDArray[np.float64]) -> tuple[float, float]:
    if kind == "sigmoid":
        return 0.0, 1.0
    low, high = _symmetric_axis(values)
    return (0.0, high) if kind == "relu" else (low, high)


def _symmetric_axis(values: NDArray[np.float64]) -> tuple[float, float]:
    covered = float(np.quantile(np.abs(values), _COVERED)) if len(values) else 0.0
    limit = round_up(covered) if covered > 0 else 1.0
    return -limit, limit


def _bin(values: NDArray[np.float64], axis: tuple[float, float]) -> BinnedValues:
    counts, _ = np.histogram(values, N_BINS, axis)
    return BinnedValues(*axis, tuple(counts.tolist()), values.size - int(counts.sum()))
