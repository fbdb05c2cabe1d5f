"""Numbers like those that the study measured, in which every claim holds; tests change some of them."""

import dataclasses
from collections.abc import Sequence

from bnstudio.study.measurement import BinnedValues, LayerMeasurement
from bnstudio.study.numbers import Numbers, Outcome
from bnstudio.study.plan import WEIGHT_STDS

NOTHING_BINNED = BinnedValues(-1.0, 1.0, (0,), 0)
SEEDS = (0, 1, 2)

_MODELS = {
    # Learning rate, losses of the epochs, accuracy.
    "S3": (0.01, (2.04, 0.72), 0.860),
    "S4": (0.01, (2.29, 1.87), 0.602),
    "S6": (0.01, (2.30, 2.30), 0.108),
    "R6": (0.01, (1.47, 0.24), 0.935),
    "R6_lr": (0.1, (0.44, 0.06), 0.975),
    "S6_BN_lr": (0.01, (1.01, 0.33), 0.922),
    "S6_BN": (0.5, (0.48, 0.12), 0.963),
    "R6_BN": (0.1, (0.20, 0.02), 0.981),
}
_TRIALS = {
    "R6_lr": (0.114, 0.114, 0.934, 0.1, 0.1),
    "R6_BN": (0.966, 0.967, 0.972, 0.951, 0.902),
    "S6": (0.114, 0.114, 0.114, 0.486, 0.669),
    "S6_BN_lr": (0.916, 0.906, 0.883, 0.842, 0.726),
}


def sigmoids(
    signals: Sequence[float], gradients: Sequence[float], pooled: Sequence[float]
) -> tuple[LayerMeasurement, ...]:
    """Layers as they are measured, a Dense before each sigmoid."""
    layers: list[LayerMeasurement] = []
    for signal, gradient, spread in zip(signals, gradients, pooled, strict=True):
        for kind in ("dense", "sigmoid"):
            layers.append(
                LayerMeasurement(
                    kind, spread, signal, gradient, NOTHING_BINNED, NOTHING_BINNED, NOTHING_BINNED
                )
            )
    return tuple(layers)


S4_LAYERS = sigmoids((0.0615, 0.0149), (1.33e-4, 5.38e-4), (0.080, 0.114))
S6_BN_LR_LAYERS = sigmoids(
    (0.208, 0.210, 0.210, 0.213), (6.7e-4, 5.6e-4, 4.7e-4, 4.0e-4), (0.208, 0.210, 0.210, 0.213)
)
_LAYERS = {"S4": S4_LAYERS, "S6_BN_lr": S6_BN_LR_LAYERS}


def measured_numbers() -> Numbers:
    """Three seeds with the same numbers."""

    def outcome(name: str, accuracy: float, losses: tuple[float, ...]) -> Outcome:
        moments = {step: _LAYERS[name] for step in (600, 3_000) if name in _LAYERS}
        return Outcome(_MODELS[name][0], losses, accuracy, diverged=False, moments=moments)

    return Numbers(
        seeds=SEEDS,
        models={
            name: (outcome(name, accuracy, losses),) * len(SEEDS)
            for name, (_, losses, accuracy) in _MODELS.items()
        },
        weight_trials={
            (name, std): (outcome(name, accuracy, (1.0,)),) * len(SEEDS)
            for name, accuracies in _TRIALS.items()
            for std, accuracy in zip(WEIGHT_STDS, accuracies, strict=True)
        },
    )


def with_outcome(numbers: Numbers, name: str, seed: int = 1, **changes: object) -> Numbers:
    """Change what a model came to with one seed; ``loss`` is that of its last epoch."""
    outcomes = list(numbers.models[name])
    outcome = outcomes[seed]
    if "loss" in changes:
        changes["epoch_losses"] = (*outcome.epoch_losses[:-1], changes.pop("loss"))
    outcomes[seed] = dataclasses.replace(outcome, **changes)
    return dataclasses.replace(numbers, models={**numbers.models, name: tuple(outcomes)})


def with_trials(numbers: Numbers, name: str, accuracies: Sequence[float]) -> Numbers:
    """Change the accuracies of a model over the weights, for all seeds."""
    trials = dict(numbers.weight_trials)
    for std, accuracy in zip(WEIGHT_STDS, accuracies, strict=True):
        trials[name, std] = tuple(
            dataclasses.replace(outcome, accuracy=accuracy) for outcome in trials[name, std]
        )
    return dataclasses.replace(numbers, weight_trials=trials)
