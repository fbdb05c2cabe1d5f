"""What stands on the rows of the stack: a layer each, and the readings and the health that belong to them.

Decides which of a run's may be shown. Knows no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bnstudio.gui.network.layer_text import row_name
from bnstudio.training.health import HealthInspection

if TYPE_CHECKING:
    from bnstudio.document.experiment import LayerShape, ModelSetup
    from bnstudio.training.health import Health
    from bnstudio.training.readings import Readings
    from bnstudio.training.snapshot import Divergence, LayerKind, RunSnapshot


@dataclass(frozen=True)
class StackRow:
    """One row: a hidden layer, or the head."""

    kind: LayerKind
    shape: LayerShape

    @property
    def name(self) -> str:
        """What the row is called."""
        return row_name(self.kind, self.shape)


class StackRows(tuple[StackRow, ...]):
    """All rows of a stack, in order."""

    @classmethod
    def of(cls, model: ModelSetup) -> StackRows:
        """Return the rows of a model, the head last."""
        return cls(StackRow(kind, shape) for kind, shape in zip(model.kinds, model.shapes(), strict=True))

    @cached_property
    def kinds(self) -> tuple[LayerKind, ...]:
        """What each row is."""
        return tuple(row.kind for row in self)

    @cached_property
    def n_outputs(self) -> tuple[int, ...]:
        """How many units each row has."""
        return tuple(row.shape.n_outputs for row in self)


@dataclass(frozen=True)
class ShownReadings:
    """The readings and the health on the rows, and the run that they are of."""

    run_id: int | None = None
    readings: Readings | None = None
    step: int = 0
    """The step, counted from 1, that `readings` are of."""
    divergence: Divergence | None = None
    health: Health | None = None

    def followed_by(self, run: RunSnapshot, rows: StackRows, looked_at: int | None = None) -> ShownReadings:
        """Return what is to be shown once `run` has brought its news.

        A run that has ended is left aside, and so are readings of a stack other than `rows`. Readings are
        always finite: the last picture of a run that diverges stays. A run that began anew starts with empty
        rows. The health is what the snapshot has, as in the past it may have been of another step or missing.

        Parameters
        ----------
        run : RunSnapshot
            Of the model that is shown.
        rows : StackRows
            The stack as it is now.
        looked_at : int or None
            The step that is looked back at, if one is: what the run has not recorded of it is not shown.
        """
        if run.replaced:
            return self
        shown = self if run.run_id == self.run_id else ShownReadings(run.run_id)
        divergence = run.divergence
        if looked_at is not None:
            if run.readings is None:
                shown = replace(shown, readings=None, step=0)
            if divergence is not None and divergence.step > looked_at:
                divergence = None
        if divergence is None or _is_on_a_row(divergence, rows):
            shown = replace(shown, divergence=divergence)
        health = HealthInspection(run.name).found_in(run)
        if health is not shown.health:
            fits = health is not None and _fits(health, rows)
            shown = replace(shown, health=health if fits else None)
        if run.readings is None or run.readings is shown.readings or not _fit(run.readings, rows):
            return shown
        return replace(shown, readings=run.readings, step=run.readings_step)


def _is_on_a_row(divergence: Divergence, rows: StackRows) -> bool:
    if divergence.layer is None:
        return True
    return divergence.layer < len(rows) and rows[divergence.layer].kind == divergence.kind


def _fit(readings: Readings, rows: StackRows) -> bool:
    return readings.kinds == rows.kinds and readings.n_outputs == rows.n_outputs


def _fits(health: Health, rows: StackRows) -> bool:
    layers = tuple((layer.kind, layer.n_units) for layer in health.layers)
    return layers == tuple(zip(rows.kinds, rows.n_outputs, strict=True))
