"""What a BatchNorm layer did to a mini-batch, and what it has learned and remembers.

Measured between two steps, on the thread that trains, from what the latest step left. How the layer differs
between training and inference mode is measured in `batch_norm_modes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bnstudio.engine.layers import BatchNorm
from bnstudio.training.axes import round_interval
from bnstudio.training.gradient_flow import root_mean_square
from bnstudio.training.inspection import RowInspection
from bnstudio.training.row_inputs import row_inputs, some_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.axes import Interval
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

N_BINS = 61
"""Odd, so that zero stands in the middle of a bin of a symmetric axis."""
N_SHOWN = 48
"""Of so many units, at most, the finding has the statistics of each."""
NORMALIZED_AXIS = -4.0, 4.0
_MOST_OUTSIDE = 0.01
"""Share of the values that may lie outside the normalized values' axis where others are shown on it."""
_LEAST_STD = 0.4
"""Narrower values would be but a few bins of the normalized values' axis."""
_MARGIN = 1e-6
"""How much wider than its axis the bins are, at each end and relative to it; so a pixel of exactly 1 is
inside."""
_HARDLY = 1e-5
"""A unit may be constant over the batch if its standard deviation is, relatively, this small: rounding of the
mean leaves as much."""
_SMALLEST_WIDTH = 1e-30
"""Narrower axes are worked out in float64."""
_SMALLEST_VARIANCE = 1e-30
"""Of values that vary less, the squares may have been lost in float32."""


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """A histogram of values, all units together, with their mean and standard deviation.

    Of many values the histogram is of some whole examples; mean and standard deviation are of all.
    """

    low: float
    high: float
    """Ends of the axis."""
    mean: float
    std: float
    binned: NDArray[np.unsignedinteger]
    """(N_BINS + 2,) how many lie below the axis, in each of the equal bins, above it; read-only."""

    @property
    def n_counted(self) -> int:
        """How many values the histogram is of."""
        return int(self.binned.sum())

    @property
    def outside_share(self) -> float:
        """Share of the counted values, 0 to 1, that lie outside the axis."""
        return (int(self.binned[0]) + int(self.binned[-1])) / self.n_counted


@dataclass(frozen=True, eq=False)
class BatchNormFinding:
    """A BatchNorm layer in one step: all finite."""

    step: int
    """The step, counted from 1, whose mini-batch it is of."""
    n_updates: int
    """How many updates gamma and beta have had: in the middle of a step one less than `step`."""
    n_examples: int
    n_units: int
    n_constant: int
    """How many units have one and the same value before, in every example of the mini-batch."""
    before: ValueCounts
    """What the layer was given."""
    normalized: ValueCounts
    """x_hat, on an axis from -4 to 4."""
    after: ValueCounts
    """What it put out, with gamma and beta as they were before the step's update."""
    gamma: NDArray[np.float32]
    """(5,) smallest, lower quartile, median, upper quartile and largest of the units, as they are after the
    update; read-only, as are the others."""
    beta: NDArray[np.float32]
    """(5,) the same."""
    means: NDArray[np.float32]
    """(2, n_shown) over the batch and running, of the units that `shown_units` chooses."""
    stds: NDArray[np.float32]
    """(2, n_shown) the same: sqrt(variance + epsilon), which is what the layer divides by."""
    mean_difference: float
    """Root mean square, over all units, of (batch mean - running mean) / running std."""
    std_ratio: float
    """Median, over all units, of batch std / running std."""


@dataclass(frozen=True)
class BatchNormInspection(RowInspection[BatchNormFinding]):
    """Asks what the BatchNorm layer at `row` did to the latest mini-batch."""

    recorded: ClassVar[bool] = True
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"batch_norm"})

    def measure(self, run: Run, trainer: Trainer) -> Iterator[BatchNormFinding | None]:
        """Override: in one piece."""
        yield measure_batch_norm(run, trainer, self.row)


@dataclass(frozen=True, eq=False)
class BatchNormHistory:
    """Gamma and beta of a BatchNorm layer over time: what the timeline has kept."""

    steps: NDArray[np.int64]
    """(n,) ascending, at least one; read-only, as are the others."""
    gamma: NDArray[np.float32]
    """(n, 5) as in `BatchNormFinding`."""
    beta: NDArray[np.float32]
    """(n, 5)"""


@dataclass(frozen=True)
class BatchNormHistoryInspection(RowInspection[BatchNormHistory]):
    """Asks for gamma and beta of the layer at `row` over time, of all steps that the timeline has kept."""

    interval: ClassVar[float] = 0.5
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"batch_norm"})
    while_looking_back: ClassVar[bool] = True

    def can_measure(self, run: Run) -> bool:
        """Override: a run that diverged has a past too."""
        return run.latest_step > 0

    def measure(self, run: Run, trainer: Trainer) -> Iterator[BatchNormHistory | None]:
        """Override: in one piece."""
        found = trainer.recorder.findings(run, BatchNormInspection(self.model, self.row))
        if not found:
            yield None
            return
        steps = np.array([step for step, _ in found])
        steps.flags.writeable = False
        yield BatchNormHistory(
            steps,
            _kept(np.array([finding.gamma for _, finding in found])),
            _kept(np.array([finding.beta for _, finding in found])),
        )


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def measure_batch_norm(run: Run, trainer: Trainer, row: int) -> BatchNormFinding | None:
    """Return what the BatchNorm at `row` did in the latest step, or None where a value is not finite.

    Parameters
    ----------
    run
        A run that holds the values of its latest step.
    trainer
        Its trainer, which knows the mini-batch.
    row : int
        Index in `run.network.layers`.
    """
    layer, outputs = run.network.layers[row], run.network.outputs[row]
    assert isinstance(layer, BatchNorm)
    mean, running_mean = layer.batch_mean, layer.buffers["running_mean"]
    std, running_std = (
        np.sqrt(variance + layer.epsilon) for variance in (layer.batch_var, layer.buffers["running_var"])
    )
    examples = some_examples(outputs.shape)
    before = _counted(row_inputs(run, trainer, row, examples), _statistics_before(run, trainer, row))
    normalized = _counted(layer.normalized(examples), _statistics_normalized(layer), NORMALIZED_AXIS)
    after = _counted_after(outputs[examples], _statistics(outputs))
    if before is None or normalized is None or after is None:
        return None
    units = shown_units(len(mean))
    finding = BatchNormFinding(
        step=run.latest_step,
        n_updates=run.step,
        n_examples=len(outputs),
        n_units=len(mean),
        n_constant=_count_constant(run, trainer, row),
        before=before,
        normalized=normalized,
        after=after,
        gamma=five_numbers(layer.params["gamma"]),
        beta=five_numbers(layer.params["beta"]),
        means=_kept(np.array((mean[units], running_mean[units]))),
        stds=_kept(np.array((std[units], running_std[units]))),
        mean_difference=root_mean_square((mean - running_mean) / running_std),
        std_ratio=float(five_numbers(std / running_std)[2]),
    )
    return finding if _is_finite(finding) else None


@cache
def shown_units(n_units: int) -> NDArray[np.intp]:
    """Return of which units a finding has the statistics: at most `N_SHOWN`, evenly spread. Read-only."""
    units = np.linspace(0, n_units - 1, min(n_units, N_SHOWN)).round().astype(np.intp)
    units.flags.writeable = False
    return units


def five_numbers(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return smallest, lower quartile, median, upper quartile and largest of (n,) values, as a (5,) array.

    As `numpy.quantile` interpolates them, in a tenth of its time.
    """
    below, above, fraction = _quartile_places(len(values))
    ascending = np.sort(values).astype(np.float64)
    return _kept(ascending[below] * (1 - fraction) + ascending[above] * fraction)


@cache
def _quartile_places(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return between which two of `n` values in order the quartiles lie, and how far on the way."""
    places = np.linspace(0, n - 1, 5)
    below = places.astype(np.intp)
    return below, np.ceil(places).astype(np.intp), places - below


def _count_constant(run: Run, trainer: Trainer, row: int) -> int:
    """Return how many units have one value in all examples; few are looked at, as few can be such."""
    layer = run.network.layers[row]
    assert isinstance(layer, BatchNorm)
    (candidates,) = np.nonzero(np.sqrt(layer.batch_var) <= _HARDLY * np.abs(layer.batch_mean))
    if not len(candidates):
        return 0
    values = row_inputs(run, trainer, row)[:, candidates]
    return int((values == values[:1]).all(axis=0).sum())


def _statistics_before(run: Run, trainer: Trainer, row: int) -> tuple[float, float]:
    """Return mean and standard deviation of what a layer was given, by those that it has of its units.

    All units have as many values, so the mean is that of their means, and the variance is the mean of their
    variances and the variance of their means.
    """
    layer = run.network.layers[row]
    assert isinstance(layer, BatchNorm)
    mean = float(layer.batch_mean.mean(dtype=np.float64))
    between = layer.batch_mean - mean
    variance = float(layer.batch_var.mean(dtype=np.float64) + np.vdot(between, between) / len(between))
    if variance < _SMALLEST_VARIANCE:
        return _statistics(row_inputs(run, trainer, row))
    return mean, math.sqrt(variance)


def _statistics_normalized(layer: BatchNorm) -> tuple[float, float]:
    """Return mean and standard deviation of x_hat = (x - mean) / sqrt(variance + epsilon).

    In each unit its mean is 0, and the mean of its squares variance / (variance + epsilon).
    """
    mean_square = float((layer.batch_var / (layer.batch_var + layer.epsilon)).mean(dtype=np.float64))
    if mean_square < _SMALLEST_VARIANCE:
        return _statistics(layer.normalized())
    return 0.0, math.sqrt(mean_square)


def _statistics(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return mean and standard deviation of (n_examples, n_units) values."""
    mean = values.mean()
    return float(mean), root_mean_square(values - mean)


def _counted_after(values: NDArray[np.float32], statistics: tuple[float, float]) -> ValueCounts | None:
    """Count what the layer put out, on the axis of the normalized values where that shows it well."""
    counts = _counted(values, statistics, NORMALIZED_AXIS)
    if counts is None:
        return None
    fits = counts.outside_share <= _MOST_OUTSIDE and counts.std >= _LEAST_STD
    return counts if fits else _counted(values, statistics)


def _counted(
    values: NDArray[np.float32], statistics: tuple[float, float], axis: Interval | None = None
) -> ValueCounts | None:
    """Count (n_examples, n_units) values, on an axis of their own unless one is given; None if not finite.

    They may be a sample of those whose mean and standard deviation are given.
    """
    mean, std = statistics
    if not math.isfinite(mean + std):
        return None
    values = values.reshape(-1)  # in one piece all is faster
    low, high = axis or _own_axis(values, mean, std)
    dtype = np.float32 if high - low > _SMALLEST_WIDTH else np.float64
    places = np.subtract(values, low, dtype=dtype)
    places *= N_BINS * (1 - 2 * _MARGIN) / (high - low)
    places += 1 + N_BINS * _MARGIN
    np.clip(places, 0, N_BINS + 1, out=places)  # what lies outside comes into the outer bins
    counts = np.bincount(places.astype(np.intp), minlength=N_BINS + 2)
    binned = counts.astype(np.min_scalar_type(int(counts.max())))
    binned.flags.writeable = False
    return ValueCounts(low, high, mean, std, binned)


def _own_axis(values: NDArray[np.float32], mean: float, std: float) -> Interval:
    """Return round ends of an axis of four standard deviations to each side, or to the outermost value."""
    lowest, highest = float(values.min()), float(values.max())
    low, high = (min(max(end, lowest), highest) for end in (mean - 4 * std, mean + 4 * std))
    return round_interval(low, high)


def _is_finite(finding: BatchNormFinding) -> bool:
    arrays = finding.gamma, finding.beta, finding.means.reshape(-1), finding.stds.reshape(-1)
    is_finite = math.isfinite(finding.mean_difference) and math.isfinite(finding.std_ratio)
    return is_finite and bool(np.isfinite(np.concatenate(arrays)).all())


def _kept(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a read-only copy."""
    copy = values.astype(np.float32)
    copy.flags.writeable = False
    return copy
