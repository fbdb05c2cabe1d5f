"""What a BatchNorm layer did to a mini-batch, and what it has learned and remembers.

Measured between two steps, on the thread that trains, from what the latest step left. How the layer differs
between training and inference mode is measured in `batch_norm_modes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bnstudio.data.batches import scale_images
from bnstudio.engine.layers import BatchNorm
from bnstudio.training.axes import round_interval
from bnstudio.training.gradient_flow import root_mean_square
from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.axes import Interval
    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

N_BINS = 61
"""Odd, so that zero stands in the middle of a bin of a symmetric axis."""
N_SHOWN = 48
"""Of so many units, at most, the finding has the statistics of each."""
NORMALIZED_AXIS = -4.0, 4.0
_MOST_VALUES = 1 << 17
"""Of more values than these only those of every second, third, … example are counted."""
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


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """A histogram of values, all units together, with their mean and standard deviation."""

    low: float
    high: float
    """Ends of the axis."""
    mean: float
    std: float
    binned: NDArray[np.unsignedinteger]
    """(N_BINS + 2,) how many lie below the axis, in each of the equal bins, above it; read-only."""

    @property
    def n_counted(self) -> int:
        """How many values were counted."""
        return int(self.binned.sum())

    @property
    def outside_share(self) -> float:
        """Share of the values, 0 to 1, that lie outside the axis."""
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
class BatchNormInspection(Inspection[BatchNormFinding]):
    """Asks what the BatchNorm layer at `row` did to the latest mini-batch."""

    row: int

    recorded: ClassVar[bool] = True

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
class BatchNormHistoryInspection(Inspection[BatchNormHistory]):
    """Asks for gamma and beta of the layer at `row` over time, of all steps that the timeline has kept."""

    row: int

    interval: ClassVar[float] = 0.5
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
    examples = slice(None, None, -(-outputs.size // _MOST_VALUES))
    inputs = _inputs(run, trainer, row, examples)
    before = _counted(inputs)
    normalized = _counted(layer.normalized(examples), NORMALIZED_AXIS)
    after = _counted_after(outputs[examples])
    if before is None or normalized is None or after is None:
        return None
    mean, running_mean = layer.batch_mean, layer.buffers["running_mean"]
    std, running_std = (
        np.sqrt(variance + layer.epsilon) for variance in (layer.batch_var, layer.buffers["running_var"])
    )
    units = shown_units(len(mean))
    finding = BatchNormFinding(
        step=run.latest_step,
        n_updates=run.step,
        n_examples=len(outputs),
        n_units=len(mean),
        n_constant=_count_constant(inputs, mean, layer.batch_var),
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


def shown_units(n_units: int) -> NDArray[np.intp]:
    """Return of which units a finding has the statistics: at most `N_SHOWN`, evenly spread."""
    return np.linspace(0, n_units - 1, min(n_units, N_SHOWN)).round().astype(np.intp)


def five_numbers(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return smallest, lower quartile, median, upper quartile and largest of (n,) values, as a (5,) array.

    As `numpy.quantile` interpolates them, in a tenth of its time.
    """
    places = np.linspace(0, len(values) - 1, 5)
    return _kept(np.interp(places, np.arange(len(values)), np.sort(values)))


def _inputs(run: Run, trainer: Trainer, row: int, examples: slice) -> NDArray[np.float32]:
    """Return what the layer was given, of some examples of the batch."""
    if row:
        values: NDArray[np.float32] = run.network.outputs[row - 1][examples]
        return values
    pixels = trainer.dataset.train_images[trainer.batch_indices(run)[examples]]
    inputs = np.empty(pixels.shape, np.float32)
    scale_images(pixels, out=inputs)
    return inputs


def _count_constant(
    inputs: NDArray[np.float32], mean: NDArray[np.float32], variance: NDArray[np.float32]
) -> int:
    """Return how many units have one value in all examples; few are looked at, as few can be such."""
    (candidates,) = np.nonzero(np.sqrt(variance) <= _HARDLY * np.abs(mean))
    values = inputs[:, candidates]
    return int((values == values[:1]).all(axis=0).sum())


def _counted_after(values: NDArray[np.float32]) -> ValueCounts | None:
    """Count what the layer put out, on the axis of the normalized values where that shows it well."""
    counts = _counted(values, NORMALIZED_AXIS)
    if counts is None:
        return None
    fits = counts.outside_share <= _MOST_OUTSIDE and counts.std >= _LEAST_STD
    return counts if fits else _counted(values)


def _counted(values: NDArray[np.float32], axis: Interval | None = None) -> ValueCounts | None:
    """Count (n_examples, n_units) values, on an axis of their own unless one is given; None if not finite."""
    mean = float(values.mean())
    std = root_mean_square(values - np.float32(mean))
    if not math.isfinite(mean + std):
        return None
    low, high = axis or _own_axis(values, mean, std)
    dtype = np.float32 if high - low > _SMALLEST_WIDTH else np.float64
    places = np.subtract(values, low, dtype=dtype)
    places *= N_BINS * (1 - 2 * _MARGIN) / (high - low)
    places += 1 + N_BINS * _MARGIN
    np.clip(places, 0, N_BINS + 1, out=places)  # what lies outside comes into the outer bins
    counts = np.bincount(places.astype(np.intp).reshape(-1), minlength=N_BINS + 2)
    binned = counts.astype(np.min_scalar_type(int(counts.max())))
    binned.flags.writeable = False
    return ValueCounts(low, high, mean, std, binned)


def _own_axis(values: NDArray[np.float32], mean: float, std: float) -> Interval:
    """Return round ends of an axis of four standard deviations to each side, or to the outermost value."""
    low, high = max(float(values.min()), mean - 4 * std), min(float(values.max()), mean + 4 * std)
    return round_interval(low, high)


def _is_finite(finding: BatchNormFinding) -> bool:
    numbers = finding.mean_difference, finding.std_ratio
    arrays = finding.gamma, finding.beta, finding.means, finding.stds
    return all(map(math.isfinite, numbers)) and all(bool(np.isfinite(array).all()) for array in arrays)


def _kept(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a read-only copy."""
    copy = values.astype(np.float32)
    copy.flags.writeable = False
    return copy
