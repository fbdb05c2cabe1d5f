"""What the timeline goes back to: readings and findings of all runs, densely at first, then more sparsely.

The one place where something is measured that nobody looks at, so that the past is complete whatever one
wants to see later. Every step of the first hundred is kept, then fewer; where memory runs out the middle
becomes sparser, never the start and never the latest.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio.training.activation import ActivationInspection
from bnstudio.training.batch_norm import BatchNormInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection, work_per_image
from bnstudio.training.probes import Prober
from bnstudio.training.recorder_schedule import DENSE_STEPS, is_scheduled
from bnstudio.training.snapshot import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.readings import Readings
    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

MEMORY = 64 * 2**20
"""Bytes for all models together."""
_MOST_MODELS = 8
_OVERHEAD = 500
"""Bytes that a moment takes beside its arrays, about, and a finding."""
_HEALTH_INTERVAL = 50
"""Steps between two measurements of health at least, because it takes as long as several steps; and a third
of the steps done."""
_MOST_HEALTH_WORK = 2_500_000
"""The health of a network with more than about so many weights is not kept: it would take longer than 50 ms,
and no command is answered meanwhile."""


@dataclass(frozen=True)
class Moment:
    """What was recorded of a run in one step."""

    step: int
    readings: Readings
    findings: Mapping[Inspection[Any], Any]
    """By inspections without the name of the model, which may change."""


class Recorder:
    """Keeps the moments of the current runs."""

    def __init__(self) -> None:
        self._tapes: dict[int, _Tape] = {}

    def is_due(self, run: Run) -> bool:
        """Whether the latest step of `run` is to be recorded and has not been.

        One that has yet to update the weights waits for that, as findings are of the weights too.
        """
        if not run.holds_values or run.half_step is not None or not is_scheduled(run.step):
            return False
        tape = self._tapes.get(run.run_id)
        return tape is None or tape.last_step < run.step

    def record(self, run: Run, readings: Readings | None, trainer: Trainer) -> None:
        """Keep what is due of the latest step of `run`, and measure what of it is missing.

        Parameters
        ----------
        run
            A run that is due.
        readings
            As they are on the screen, if it is looked at: the timeline shows the same axes then.
        trainer
            Whose run it is.
        """
        tape = self._tapes.setdefault(run.run_id, _Tape())
        if readings is None:
            readings = tape.prober.measure([run], Look(), every_value=False).get(run.run_id)
        if readings is None:  # finite, but too large to be measured
            return
        findings: dict[Inspection[Any], Any] = {}
        for inspection in recorded_inspections(run.model):
            if isinstance(inspection, HealthInspection) and run.step < tape.next_health:
                finding = tape.health
            else:
                finding = _measured(inspection, run, trainer)
            if finding is not None:
                findings[_nameless(inspection)] = finding
            if isinstance(inspection, HealthInspection) and finding is not tape.health:
                tape.health = finding
                tape.next_health = run.step + max(_HEALTH_INTERVAL, run.step // 3)
        tape.append(Moment(run.step, readings, findings))

    def go_on(self, run: Run, before: Run) -> None:
        """Let the past of `before` be that of `run`, which was taken back to one of its steps."""
        tape = self._tapes.get(before.run_id)
        if tape is not None and run.step > 0:
            self._tapes[run.run_id] = tape.until(run.step)

    def forget_others(self, runs: Iterable[Run]) -> None:
        """Let go of what was recorded of runs that are not among these."""
        current = {run.run_id for run in runs}
        self._tapes = {run_id: tape for run_id, tape in self._tapes.items() if run_id in current}

    def moment(self, run: Run, step: int) -> Moment | None:
        """Return what was recorded of `run` at `step` or last before it.

        None where that is nothing, or the run has not come as far as that step.
        """
        tape = self._tapes.get(run.run_id)
        return None if tape is None or run.step < step else tape.moment(step)

    def latest(self, run: Run) -> Moment | None:
        """Return what was recorded last of `run`."""
        return self.moment(run, run.step)

    def findings(self, run: Run, inspection: Inspection[Any]) -> list[tuple[int, Any]]:
        """Return all that was found by a recorded inspection of `run`, with the steps, in order."""
        tape = self._tapes.get(run.run_id)
        key = _nameless(inspection)
        moments = tape.moments if tape is not None else []
        return [(moment.step, moment.findings[key]) for moment in moments if key in moment.findings]

    def largest(self, run: Run, n_moments: int) -> tuple[tuple[int, tuple[float, ...]], ...]:
        """Return the steps recorded last of `run`, and the largest magnitude that each layer put out then.

        It is that of the values that were measured, which at full speed are a sample.
        """
        tape = self._tapes.get(run.run_id)
        moments = tape.moments[-n_moments:] if tape is not None else []
        found = []
        for moment in moments:
            forward = moment.readings.forward
            found.append((moment.step, tuple(np.maximum(forward.maximum, -forward.minimum).tolist())))
        return tuple(found)

    @property
    def first_step(self) -> int | None:
        """The first step that something is kept of; None where nothing is."""
        return min((tape.moments[0].step for tape in self._tapes.values() if tape.moments), default=None)

    @property
    def n_bytes(self) -> int:
        """Memory that all moments take, about."""
        return sum(tape.n_bytes for tape in self._tapes.values())


def recall(moment: Moment | None, inspections: Iterable[Inspection[Any]]) -> dict[Inspection[Any], Any]:
    """Return what the recorded ones of `inspections` found in that moment."""
    if moment is None:
        return {}
    keys = {inspection: _nameless(inspection) for inspection in inspections}
    return {inspection: moment.findings[key] for inspection, key in keys.items() if key in moment.findings}


@lru_cache(maxsize=64)
def recorded_inspections(model: ModelSetup) -> tuple[Inspection[Any], ...]:
    """Return what is measured of a model for the timeline, besides its readings.

    Its health is among it only where that is quick: not that of a very wide network, or a very deep one.
    """
    found: list[Inspection[Any]] = [GradientFlowInspection(model.name)]
    if work_per_image(model) <= _MOST_HEALTH_WORK:
        found.append(HealthInspection(model.name))
    for row, layer in enumerate(model.layers):
        if layer.type == "batch_norm":
            found.append(BatchNormInspection(model.name, row))
        elif layer.type in ("sigmoid", "relu"):
            found.append(ActivationInspection(model.name, row))
    return tuple(found)


class _Tape:
    """The moments of one run, in order."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.prober = Prober()
        self.n_bytes = 0
        self._counted: set[int] = set()
        """Identities of the findings that are in `n_bytes`: a health stands in many moments."""
        self.health: Any = None
        self.next_health = 0

    @property
    def last_step(self) -> int:
        return self.moments[-1].step if self.moments else 0

    def append(self, moment: Moment) -> None:
        self.moments.append(moment)
        self._count(moment)
        while self.n_bytes > MEMORY // _MOST_MODELS and len(self.moments) > 2:
            self._thin()

    def moment(self, step: int) -> Moment | None:
        end = bisect_right(self.moments, step, key=lambda moment: moment.step)
        return self.moments[end - 1] if end else None

    def until(self, step: int) -> _Tape:
        tape = _Tape()
        for moment in self.moments:
            if moment.step <= step:
                tape.append(moment)
        return tape

    def _thin(self) -> None:
        """Drop every second moment of the middle; of the start only where there is nothing else."""
        first = bisect_right(self.moments, DENSE_STEPS, key=lambda moment: moment.step)
        if len(self.moments) - first < 3:
            first = 1
        del self.moments[first:-1:2]
        self.n_bytes = 0
        self._counted.clear()
        for moment in self.moments:
            self._count(moment)

    def _count(self, moment: Moment) -> None:
        self.n_bytes += _OVERHEAD + _size(moment.readings)
        for finding in moment.findings.values():
            if id(finding) not in self._counted:
                self._counted.add(id(finding))
                self.n_bytes += _size(finding)


def _measured(inspection: Inspection[Any], run: Run, trainer: Trainer) -> Any:
    """Return what `inspection` finds, at once."""
    if not inspection.can_measure(run):
        return None
    *_, finding = inspection.measure(run, trainer)
    return finding


@lru_cache(maxsize=1024)
def _nameless(inspection: Inspection[Any]) -> Inspection[Any]:
    return replace(inspection, model="")


def _size(thing: Any) -> int:
    """Return how many bytes a finding's arrays take, and about what is around them."""
    if isinstance(thing, np.ndarray):
        return thing.nbytes + 100
    if isinstance(thing, bytes):
        return len(thing) + 40
    if isinstance(thing, (tuple, list)):
        return 56 + sum(_size(part) for part in thing)
    if isinstance(thing, dict):
        return _OVERHEAD + sum(_size(part) for part in thing.values())
    names = _field_names(thing.__class__)
    return 100 + sum(_size(getattr(thing, name)) for name in names) if names else 32


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass; of another type there are none."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
