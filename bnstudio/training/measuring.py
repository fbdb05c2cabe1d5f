"""What the window is told of the runs beside their losses: what is measured now, or was recorded in the past.

Readings are of all layers of the models that are looked at, findings of the inspections that are asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bnstudio.training.inspection import Inspector
from bnstudio.training.outbox import Measured
from bnstudio.training.probes import Prober
from bnstudio.training.recorder import recall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.training.inspection import Inspection
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import Look
    from bnstudio.training.trainer import Trainer

_N_EARLIER = 3
"""Recorded steps that the explanation of a divergence looks back on."""


class Measuring:
    """Measures what is wanted, once for each step, and keeps it."""

    def __init__(self) -> None:
        self.latest: dict[int, Measured] = {}
        """By `run_id`, the readings measured last."""
        self._prober = Prober()
        self._inspector = Inspector()
        self._measured_for: object = None

    @property
    def busy(self) -> bool:
        """Whether a measurement is under way that has to end before the next step."""
        return self._inspector.busy

    def advance(self) -> None:
        """Do the next piece of what is under way."""
        self._inspector.advance()

    def forget_axes(self) -> None:
        """Choose new axes with the next readings: others are looked at."""
        self._prober.forget_axes()

    def forget(self, runs: Iterable[Run]) -> None:
        """Let go of the readings of other runs than these, and choose new axes."""
        self.forget_axes()
        current = {run.run_id for run in runs}
        self.latest = {run_id: kept for run_id, kept in self.latest.items() if run_id in current}

    def record(self, trainer: Trainer, look: Look) -> None:
        """Keep for the timeline what is due, of all runs."""
        recorder = trainer.recorder
        due = [run for run in trainer.runs if recorder.is_due(run)]
        if due and look.at_step is None:
            self._measure_readings(trainer, look, every_value=False)
        for run in due:
            measured = self.latest.get(run.run_id)
            is_new = measured is not None and measured.step == run.latest_step
            recorder.record(run, measured.readings if measured and is_new else None, trainer)
        for run in trainer.runs:
            if run.divergence is not None and not run.divergence.earlier:
                run.divergence = replace(run.divergence, earlier=recorder.largest(run, _N_EARLIER))

    def measure(self, trainer: Trainer, look: Look, *, every_value: bool) -> None:
        """Measure what is looked at, unless that has been done: every value where there is time."""
        inspections = look.inspections
        if look.at_step is None:
            self._measure_readings(trainer, look, every_value)
        else:
            inspections = frozenset(i for i in inspections if i.while_looking_back)
        self._inspector.begin(trainer, inspections, at_full_speed=not every_value)

    def readings(self, trainer: Trainer, look: Look) -> dict[int, Measured]:
        """Return by `run_id` the latest readings, or those of the step that is looked back at."""
        recorder, at_step = trainer.recorder, look.at_step
        shown = dict(self.latest) if at_step is None else {}
        for run in _looked_at(trainer, look):
            if at_step is not None:
                moment = recorder.moment(run, at_step)  # none of a step that the run has not reached
            else:  # one that diverged or was taken back keeps a picture, which may have been recorded only
                moment = None if run.holds_values else recorder.latest(run)
            before = shown.get(run.run_id)
            if moment is not None and (before is None or before.step < moment.step):
                shown[run.run_id] = Measured(moment.step, moment.readings)
        return shown

    def findings(self, trainer: Trainer, look: Look) -> dict[int, dict[Inspection[Any], Any]]:
        """Return by `run_id` what each inspection has found last, or at the step that is looked back at."""
        inspections, at_step = look.inspections, look.at_step
        found = {}
        for run in trainer.runs:
            findings = self._inspector.findings(run, inspections)
            own = [inspection for inspection in inspections if inspection.model == run.model.name]
            if at_step is not None:
                findings |= recall(trainer.recorder.moment(run, at_step), own)
            elif run.divergence is not None:  # what it no longer holds was recorded while it did
                findings = recall(trainer.recorder.latest(run), own) | findings
            found[run.run_id] = findings
        return found

    def _measure_readings(self, trainer: Trainer, look: Look, every_value: bool) -> None:
        runs = [run for run in _looked_at(trainer, look) if run.holds_values]
        wanted_for = (every_value, look, [(run.run_id, run.latest_step) for run in runs])
        if wanted_for != self._measured_for:
            self._measured_for = wanted_for
            steps = {run.run_id: run.latest_step for run in runs}
            for run_id, readings in self._prober.measure(runs, look, every_value).items():
                self.latest[run_id] = Measured(steps[run_id], readings)


def _looked_at(trainer: Trainer, look: Look) -> list[Run]:
    return [run for run in trainer.runs if run.model.name in look.names]
