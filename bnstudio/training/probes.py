"""Turns the arrays that a training step left in a network into readings: statistics and histograms.

Measuring happens between two steps, on the thread that trains, so it has to be cheap: at full speed it is of
a sample of the values, many arrays are measured together, and no array leaves this module.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from bnstudio.training.axes import FollowingAxis, interval_around_zero, round_interval, whole_decades
from bnstudio.training.probe_group import N_BINS, ProbeGroup, sample_size
from bnstudio.training.readings import STATISTICS, Readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.training.axes import Interval
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind, Look

_LARGE = 20_000
"""Arrays of more values than this are measured alone where every value is: one of them fills a processor's
cache, and alone it is not copied."""
_MOST_TOGETHER = 50
"""So many samples are measured together at most: more would leave a processor's cache."""
Direction = Literal["forward", "backward"]
_AxisKey = tuple[object, ...]
"""What is equal for probes that share an axis."""


class _Probe(NamedTuple):
    """One array that is to be measured, and where it comes from."""

    array: NDArray[np.floating]
    direction: Direction
    kind: LayerKind
    run_id: int
    row: int


class Prober:
    """Measures runs, and remembers the axes from one reading to the next."""

    def __init__(self) -> None:
        self._axes: dict[_AxisKey, FollowingAxis] = {}

    def forget_axes(self) -> None:
        """Let the next reading choose its axes afresh."""
        self._axes.clear()

    @np.errstate(invalid="ignore", over="ignore", divide="ignore")
    def measure(self, runs: Sequence[Run], look: Look, every_value: bool) -> dict[int, Readings]:
        """Return by `run_id` the readings of all layers of each run, of its latest step.

        A run that holds values that are not finite, or whose differences are not, has no readings.

        Parameters
        ----------
        runs
            Runs that have done at least one step; where axes are shared, they share them.
        look
            Which histograms are wanted.
        every_value
            Measure every value; otherwise at most `N_SAMPLE` of each array, spread evenly over it.
        """
        if not runs:
            return {}
        probes = [probe for run in runs for probe in _probes(run)]
        groups = _group(probes, every_value)
        diverged = {probes[i].run_id for group, places in groups for i in places[~group.finite]}
        if diverged:
            return self.measure([run for run in runs if run.run_id not in diverged], look, every_value)
        low, high = self._choose_axes(probes, groups, look)
        statistics = np.empty(len(probes), STATISTICS)
        binned = np.empty((len(probes), N_BINS + 2), np.intp)
        signal_binned = np.empty_like(binned)  # backward, what it holds by chance is not used
        for group, places in groups:
            n_arrays = len(places)
            statistics[places], counted = group.count(low[places], high[places], look.log_magnitude)
            binned[places] = counted[:n_arrays]
            signal_binned[places[: len(counted) - n_arrays]] = counted[n_arrays:]
        readings, start = {}, 0
        for run in runs:
            kinds = run.layer_kinds
            forward_end, end = start + len(kinds), start + 2 * len(kinds)
            of_run = np.concatenate((binned[start:end], signal_binned[start:forward_end]))
            readings[run.run_id] = Readings(
                kinds,
                tuple(output.shape[1] for output in run.network.outputs),
                look.log_magnitude,
                statistics[start:end].reshape(2, -1).copy(),
                of_run.astype(np.min_scalar_type(of_run.max())).reshape(3, len(kinds), -1),
            )
            start = end
        return readings

    def _choose_axes(
        self, probes: Sequence[_Probe], groups: Sequence[tuple[ProbeGroup, NDArray[np.intp]]], look: Look
    ) -> NDArray[np.float64]:
        """Return the ends of each probe's axis, as a (2, n_probes) array; equal keys share one."""
        needed = np.empty((2, len(probes)))
        for group, places in groups:
            needed[:, places] = group.needed(look)
        keys = [_axis_key(probe, look) for probe in probes]
        together: dict[_AxisKey, Interval | None] = dict.fromkeys(keys)
        for key, low, high in zip(keys, *needed.tolist(), strict=True):
            if not math.isnan(low):
                before = together[key] or (low, high)
                together[key] = min(low, before[0]), max(high, before[1])
        axes = {key: self._follow(key, interval, look) for key, interval in together.items()}
        return np.array([axes[key] for key in keys]).T

    def _follow(self, key: _AxisKey, needed: Interval | None, look: Look) -> Interval:
        """Return an axis for magnitudes or values in the interval `needed`."""
        if look.log_magnitude:
            round_ends = whole_decades
        elif not look.shared_range:
            round_ends = round_interval
        elif key == ("forward", "sigmoid", False):
            return 0.0, 1.0  # where a sigmoid's values lie by definition
        else:
            round_ends = interval_around_zero
        if needed is None:
            return -1.0, 1.0
        return self._axes.setdefault(key, FollowingAxis()).follow(*round_ends(*needed))


def _axis_key(probe: _Probe, look: Look) -> _AxisKey:
    if look.shared_range:
        return probe.direction, probe.kind, look.log_magnitude
    return probe.direction, probe.run_id, probe.row, look.log_magnitude


def _probes(run: Run) -> list[_Probe]:
    """Return a probe for the forward values of each layer, then one for each output gradient."""
    kinds, network = run.layer_kinds, run.network
    sides: tuple[tuple[Direction, list[NDArray[np.floating]]], ...] = (
        ("forward", network.outputs),
        ("backward", network.output_grads),
    )
    return [
        _Probe(array, direction, kind, run.run_id, row)
        for direction, arrays in sides
        for row, (kind, array) in enumerate(zip(kinds, arrays, strict=True))
    ]


def _group(probes: Sequence[_Probe], every_value: bool) -> list[tuple[ProbeGroup, NDArray[np.intp]]]:
    """Return the groups to be measured together, each with the places of its arrays among `probes`."""
    places: dict[object, tuple[list[int], list[int]]] = {}
    for i, probe in enumerate(probes):
        if not every_value:
            key: object = sample_size(probe.array.size), len(probe.array), i // _MOST_TOGETHER
        else:
            key = i if probe.array.size > _LARGE else probe.array.shape
        forward, backward = places.setdefault(key, ([], []))
        (forward if probe.direction == "forward" else backward).append(i)
    return [
        (
            ProbeGroup([probes[i].array for i in forward], [probes[i].array for i in backward], every_value),
            np.array(forward + backward),
        )
        for forward, backward in places.values()
    ]
