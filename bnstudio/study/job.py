"""Trains one model to its end, and measures its layers on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.study.measurement import LayerMeasurement, measure_layers
from bnstudio.study.plan import JUDGED_STEP, LATER_STEP
from bnstudio.study.result import Result
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment


@subnormals_as_zero()
def train(experiment: Experiment, dataset: Dataset) -> Result:
    """Train the one model of `experiment`; the same experiment gives the same result, bit for bit."""
    trainer = Trainer(experiment, dataset)
    (run,) = trainer.runs
    moments: dict[int, tuple[LayerMeasurement, ...]] = {}
    while not trainer.finished:
        trainer.advance()
        if run.step in (JUDGED_STEP, LATER_STEP) and run.step not in moments:
            moments[run.step] = measure_layers(run)
    diverged_at = None if run.divergence is None else run.divergence.step
    return Result(experiment, trainer.steps_per_epoch, run.history, diverged_at, moments)
