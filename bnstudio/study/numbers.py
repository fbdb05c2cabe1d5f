"""The measured numbers that the claims are judged by, taken from the results of all trainings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.study.plan import JUDGED_STEP, LATER_STEP, WEIGHT_PAIRS, WEIGHT_STDS
from bnstudio.training.metrics import epoch_losses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.document.experiment import Experiment
    from bnstudio.study.measurement import LayerMeasurement
    from bnstudio.study.plan import Plan
    from bnstudio.study.result import Result

GUESSING_ACCURACY = 0.1
GUESSING_LOSS = math.log(10)
"""What a network comes to that gives each of the ten digits the same probability."""


@dataclass(frozen=True)
class Outcome:
    """What one training came to."""

    learning_rate: float
    epoch_losses: tuple[float, ...]
    """Mean training loss of each epoch. One that was not finished because training diverged is infinite."""
    accuracy: float
    """On the test images after the last epoch; a network that diverged counts as guessing."""
    diverged: bool
    moments: Mapping[int, tuple[LayerMeasurement, ...]]
    """The layers, the head's Dense last, after the steps at which they were measured."""

    @property
    def loss(self) -> float:
        """Mean training loss of the last epoch."""
        return self.epoch_losses[-1]


@dataclass(frozen=True)
class Numbers:
    """The outcomes of one study; those of a model stand in the order of the seeds."""

    seeds: tuple[int, ...]
    models: Mapping[str, tuple[Outcome, ...]]
    weight_trials: Mapping[tuple[str, float], tuple[Outcome, ...]]
    """By model, and by the standard deviation of its initial weights."""

    @property
    def steps(self) -> tuple[int, ...]:
        """At which layers are reported: the step that is judged, and the later one if any run got there."""
        got_there = any(LATER_STEP in outcome.moments for of in self.models.values() for outcome in of)
        return (JUDGED_STEP, LATER_STEP) if got_there else (JUDGED_STEP,)

    def at_sigmoids(self, name: str, step: int, measure: str) -> list[list[float]]:
        """Return a measure of a model's sigmoid layers after a step, first layer first, for each seed.

        Parameters
        ----------
        name
            Of the model.
        step
            Seeds that did not reach it have an empty list.
        measure
            An attribute of LayerMeasurement.
        """
        return [
            [getattr(layer, measure) for layer in outcome.moments.get(step, ()) if layer.kind == "sigmoid"]
            for outcome in self.models[name]
        ]


def collect_numbers(plan: Plan, results: Mapping[Experiment, Result]) -> Numbers:
    """Take the numbers of all trainings of a plan."""

    def of_model(name: str) -> tuple[Outcome, ...]:
        return tuple(outcome_of(results[plan.training(name, seed)]) for seed in plan.seeds)

    def of_trial(name: str, std: float) -> tuple[Outcome, ...]:
        return tuple(outcome_of(results[plan.weight_trial(name, std, seed)]) for seed in plan.seeds)

    trials = [(name, std) for pair in WEIGHT_PAIRS for name in pair for std in WEIGHT_STDS]
    return Numbers(
        seeds=plan.seeds,
        models={name: of_model(name) for name in plan.model_names},
        weight_trials={(name, std): of_trial(name, std) for name, std in trials},
    )


def outcome_of(result: Result) -> Outcome:
    """Take the numbers of one training."""
    losses = epoch_losses(result.history, result.steps_per_epoch)
    if result.diverged_at is not None:
        n_whole = result.history.n_steps // result.steps_per_epoch
        losses = losses[:n_whole] + [math.inf] * (result.experiment.epochs - n_whole)
    accuracy = result.test_accuracy
    return Outcome(
        learning_rate=result.experiment.models[0].learning_rate,
        epoch_losses=tuple(losses),
        accuracy=GUESSING_ACCURACY if accuracy is None else accuracy,
        diverged=result.diverged_at is not None,
        moments=result.moments,
    )
