"""Turns the arrays that a training step left in a network into readings: statistics and histograms.

Measuring happens between two steps, on the thread that trains, so it has to be cheap: at full speed it is of
a sample of the values, and no array leaves this module.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from bnstudio.training.axes import FollowingAxis, round_interval, round_up
from bnstudio.training.snapshot import Histogram, LayerReading, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind, Look

N_BINS = 61
"""Odd, so that zero stands in the middle of a bin of a symmetric axis."""
N_SAMPLE = 2_000
"""About how many values of an array a sample takes."""
_COVERED = 0.995
"""Share of the values that a robust axis shows; the rest is counted as lying outside."""

Interval = tuple[float, float]


class Prober:
    """Measures runs, and remembers the axes from one reading to the next."""

    def __init__(self) -> None:
        self._axes: dict[object, FollowingAxis] = {}

    def forget_axes(self) -> None:
        """Let the next reading choose its axes afresh."""
        self._axes.clear()

    @np.errstate(invalid="ignore", over="ignore")
    def measure(
        self, runs: Sequence[Run], look: Look, every_value: bool
    ) -> dict[int, tuple[LayerReading, ...]]:
        """Return by `run_id` the readings of all layers of each run, of its latest step.

        A run that holds values that are not finite has no readings.

        Parameters
        ----------
        runs
            Runs that have done at least one step; where axes are shared, they share them.
        look
            Which histograms are wanted.
        every_value
            Measure every value; otherwise about `N_SAMPLE` of each array, spread evenly over its units.
        """
        probes = {run.run_id: _probe(run, look, every_value) for run in runs}
        probes = {
            run_id: pairs for run_id, pairs in probes.items() if all(p.finite for pair in pairs for p in pair)
        }
        axes = self._choose_axes(probe for pairs in probes.values() for pair in pairs for probe in pair)
        return {
            run_id: tuple(
                LayerReading(f.kind, f.reading(axes[f.axis_key]), b.reading(axes[b.axis_key]))
                for f, b in pairs
            )
            for run_id, pairs in probes.items()
        }

    def _choose_axes(self, probes: Iterable[_Probe]) -> dict[object, Interval]:
        """Return an axis for every axis key; probes with the same key share it."""
        needed: dict[object, list[Interval]] = {}
        for probe in probes:
            intervals = needed.setdefault(probe.axis_key, [])
            if probe.needed is not None:
                intervals.append(probe.needed)
        return {key: self._follow(key, intervals) for key, intervals in needed.items()}

    def _follow(self, key: object, intervals: list[Interval]) -> Interval:
        if not intervals:
            return -1.0, 1.0
        axis = self._axes.setdefault(key, FollowingAxis())
        return axis.follow(min(low for low, _ in intervals), max(high for _, high in intervals))


def _probe(run: Run, look: Look, every_value: bool) -> list[tuple[_Probe, _Probe]]:
    """Return a forward and a backward probe for each layer."""
    layers = zip(run.layer_kinds, run.network.outputs, run.network.output_grads, strict=True)
    return [
        (
            _Probe(output, "forward", (run.run_id, row, kind), look, every_value),
            _Probe(gradient, "backward", (run.run_id, row, kind), look, every_value),
        )
        for row, (kind, output, gradient) in enumerate(layers)
    ]


class _Probe:
    """One array (n_examples, n_units), measured but not yet counted: that waits for an axis."""

    _deviations: NDArray[np.float32] | None = None
    _signal: float | None = None
    needed: Interval | None

    def __init__(
        self,
        array: NDArray[np.floating],
        direction: Literal["forward", "backward"],
        layer: tuple[int, int, LayerKind],
        look: Look,
        every_value: bool,
    ) -> None:
        run_id, row, kind = layer
        self.kind = kind
        self._n_values = array.size
        self._log = look.log_magnitude
        self.axis_key = (direction, kind if look.shared_range else (run_id, row), self._log)
        stride = 1 if every_value else _coprime_stride(array.size, array.shape[1])
        self._sample = np.ascontiguousarray(array.reshape(-1)[::stride])
        self._mean = float(self._sample.mean(dtype=np.float64))
        unit_means = array.mean(axis=0, dtype=np.float64) if direction == "forward" else np.zeros(0)
        self.finite = math.isfinite(self._mean) and bool(np.isfinite(unit_means).all())
        if not self.finite:
            return
        if direction == "forward":
            # In float64, because squares of small values vanish in float32.
            deviations = (
                (array - unit_means).reshape(-1)
                if stride == 1
                else self._sample - unit_means[_units(array.shape, stride)]
            )
            self._signal = _root_mean_square(deviations)
            self._deviations = deviations.astype(np.float32)

        if self._log:
            self.needed = _needed_decades(self._sample, self._deviations)
        elif not look.shared_range:
            self.needed = _needed_alone(self._sample)
        elif direction == "forward" and kind == "sigmoid":
            self.needed = (0.0, 1.0)  # where a sigmoid's values lie by definition
        else:
            self.needed = _needed_around_zero(self._sample)

    def reading(self, axis: Interval) -> Reading:
        """Count the values on `axis` and return the whole reading."""
        signal_histogram = None
        if self._deviations is not None:
            centre = 0.0 if self._log else self._mean
            signal_histogram = _count(self._deviations, axis, self._log, centre)
        return Reading(
            histogram=_count(self._sample, axis, self._log),
            n_values=self._n_values,
            n_counted=self._sample.size,
            mean=self._mean,
            std=_root_mean_square(np.subtract(self._sample, self._mean, dtype=np.float64)),
            minimum=float(self._sample.min()),
            maximum=float(self._sample.max()),
            zero_share=_count_zeros(self._sample) / self._sample.size,
            signal=self._signal,
            signal_histogram=signal_histogram,
        )


@lru_cache(maxsize=64)
def _units(shape: tuple[int, int], stride: int) -> NDArray[np.intp]:
    """Return to which unit each value of a sample of an array of this shape belongs."""
    return np.arange(0, shape[0] * shape[1], stride) % shape[1]


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return math.sqrt(float(np.vdot(values, values)) / values.size)


def _count_zeros(values: NDArray[np.floating]) -> int:
    return int(np.count_nonzero(values == 0))  # five times faster than counting what is not zero in floats


def _coprime_stride(size: int, n_units: int) -> int:
    """Return a stride that leaves about `N_SAMPLE` of `size` values and meets every unit alike."""
    stride = max(1, size // N_SAMPLE)
    while math.gcd(stride, n_units) > 1:
        stride += 1
    return stride


def _quantiles(values: NDArray[np.floating], *shares: float) -> list[float]:
    ranks = [round(share * (values.size - 1)) for share in shares]
    return [float(value) for value in np.partition(values, ranks)[ranks]]


def _needed_around_zero(values: NDArray[np.floating]) -> Interval | None:
    magnitudes = np.abs(values)
    limit = _quantiles(magnitudes, _COVERED)[0] or float(magnitudes.max())
    return (-round_up(limit), round_up(limit)) if limit > 0 else None


def _needed_alone(values: NDArray[np.floating]) -> Interval | None:
    low, high = _quantiles(values, (1 - _COVERED) / 2, (1 + _COVERED) / 2)
    return round_interval(low, high)


def _needed_decades(*arrays: NDArray[np.floating] | None) -> Interval | None:
    """Return whole decades that suit all arrays: the signal may lie far below the values."""
    decades = []
    for values in arrays:
        if values is not None and (magnitudes := np.abs(values[values != 0], dtype=np.float64)).size:
            low, high = _quantiles(magnitudes, 1 - _COVERED, _COVERED)
            decades.append((math.floor(math.log10(low)), math.floor(math.log10(high)) + 1))
    return (min(low for low, _ in decades), max(high for _, high in decades)) if decades else None


def _count(values: NDArray[np.floating], axis: Interval, log: bool, centre: float = 0.0) -> Histogram:
    """Count `values` + `centre`, or log10 of their magnitude, into `N_BINS` equal bins on `axis`."""
    low, high = axis
    n_zeros = _count_zeros(values)
    if log:
        values = np.log10(np.abs(values[values != 0], dtype=np.float64))
    # Bin 0 takes what lies below, bin N_BINS + 1 what lies above. The bins are wider by a millionth so that a
    # value that is exactly `high`, such as a saturated sigmoid's 1, still lies inside.
    per_bin = N_BINS * (1 - 1e-6) / (high - low)
    places = np.multiply(values, per_bin, dtype=np.float64)
    places += (centre - low) * per_bin + 1
    np.clip(places, 0, N_BINS + 1, out=places)
    counts = np.bincount(places.astype(np.intp), minlength=N_BINS + 2)
    inside = counts[1:-1]
    inside.flags.writeable = False
    return Histogram(inside, low, high, int(counts[0]), int(counts[-1]), n_zeros, log)
