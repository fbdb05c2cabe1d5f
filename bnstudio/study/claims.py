"""The article's seven claims, each a function from the measured numbers to a verdict.

A claim holds if each of its quantities meets its threshold for every seed. The thresholds are chosen from
what the claims say, not from what was measured; each has its reason beside it.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from bnstudio.study.numbers import GUESSING_LOSS
from bnstudio.study.plan import JUDGED_STEP, WEIGHT_PAIRS, WEIGHT_STDS
from bnstudio.study.verdicts import Quantity, Threshold, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.study.numbers import Numbers

LEARNS = Threshold("at least", 0.5, "half of all digits right, five times what guessing gets")
DOES_NOT_LEARN = Threshold("at most", 0.2, "no more than twice what guessing gets")
CLEARLY_HIGHER_LOSS = Threshold(
    "at least", round(GUESSING_LOSS / 20, 3), "a twentieth of ln 10, the loss of guessing"
)
FIFTY_TIMES = Threshold("at least", 50, "the claim's own number")
LOSS_NOT_HIGHER = Threshold("at most", 1, "a rate that is of use costs no loss")
HELPS = Threshold("at most", 0.9, "a difference that one would notice: a tenth less loss")
ACCURACY_NOT_LOWER = Threshold(
    "at least",
    -0.004,
    "what helps does no harm; 10,000 images tell two accuracies of 0.98 apart only by 0.004, twice the "
    "standard error of their difference, sqrt(2 x 0.98 x 0.02 / 10,000)",
)
A_LITTLE = Threshold("at most", 0.1, "a little: far less than what lies between learning and not")
LESS_SPREAD = Threshold("at least", 0.1, "a difference that one would notice: a tenth of all digits")
BETTER_WORST = Threshold(
    "at least", 0.1, "the same tenth; a network that fails whatever its weights does not pass for independent"
)
NARROWS = Threshold(
    "at most", 0.5, "at least halved from layer to layer; the sigmoid's slope alone is at most 0.25"
)
KEEPS_SPREAD = Threshold("at least", 0.8, "the narrowest layer lacks at most a fifth of the widest")
REACHES = Threshold("at least", 0.5, "it comes to the first layer with at least half of its size at the last")


def judge(numbers: Numbers) -> tuple[Verdict, ...]:
    """Judge all seven claims."""
    return tuple(claim(numbers) for claim in CLAIMS)


def depth_stops_sigmoid(numbers: Numbers) -> Verdict:
    """Claim 1: S3 learns, each deeper network is left with a clearly higher loss, S6 does not learn."""
    s3, s4, s6 = (_losses(numbers, name) for name in ("S3", "S4", "S6"))
    return Verdict(
        1,
        "Making a sigmoid network deeper stops it from learning (S3, S4, S6).",
        (
            Quantity("test accuracy of S3", _accuracies(numbers, "S3"), LEARNS),
            Quantity("training loss of S4 minus that of S3", _minus(s4, s3), CLEARLY_HIGHER_LOSS),
            Quantity("training loss of S6 minus that of S4", _minus(s6, s4), CLEARLY_HIGHER_LOSS),
            Quantity("test accuracy of S6", _accuracies(numbers, "S6"), DOES_NOT_LEARN),
            Quantity("test accuracy of S4", _accuracies(numbers, "S4")),
        ),
    )


def batch_norm_lets_sigmoid_learn(numbers: Numbers) -> Verdict:
    """Claim 2: what does not learn without it learns with it, and not worse at 50 times the rate."""
    slow, fast = "S6_BN_lr", "S6_BN"
    rates = _divided(_learning_rates(numbers, fast), _learning_rates(numbers, slow))
    losses = _divided(_losses(numbers, fast), _losses(numbers, slow))
    return Verdict(
        2,
        "Batch normalization lets the deep sigmoid network learn (S6, S6_BN_lr), and allows a learning rate "
        "50 times larger (S6_BN_lr, S6_BN).",
        (
            Quantity("test accuracy of S6", _accuracies(numbers, "S6"), DOES_NOT_LEARN),
            Quantity(f"test accuracy of {slow}", _accuracies(numbers, slow), LEARNS),
            Quantity(f"learning rate of {fast} over that of {slow}", rates, FIFTY_TIMES),
            Quantity(f"test accuracy of {fast}", _accuracies(numbers, fast), LEARNS),
            Quantity(f"training loss of {fast} over that of {slow}", losses, LOSS_NOT_HIGHER),
        ),
    )


def relu_learns_alone(numbers: Numbers) -> Verdict:
    """Claim 3: at the depth and the rate at which sigmoids do not learn, ReLU does."""
    twin = "test accuracy of S6, its twin with sigmoids"
    return Verdict(
        3,
        "ReLU lets a deep network learn without batch normalization (R6).",
        (
            Quantity("test accuracy of R6", _accuracies(numbers, "R6"), LEARNS),
            Quantity(twin, _accuracies(numbers, "S6"), DOES_NOT_LEARN),
        ),
    )


def batch_norm_helps_relu_a_little(numbers: Numbers) -> Verdict:
    """Claim 4: a lower loss, and an accuracy that is not lower, nor higher by much."""
    loss_ratio = _divided(_losses(numbers, "R6_BN"), _losses(numbers, "R6_lr"))
    gain = _minus(_accuracies(numbers, "R6_BN"), _accuracies(numbers, "R6_lr"))
    return Verdict(
        4,
        "At the same activation and learning rate, batch normalization still helps a little (R6_lr, R6_BN).",
        (
            Quantity("training loss of R6_BN over that of R6_lr", loss_ratio, HELPS),
            Quantity("test accuracy of R6_BN minus that of R6_lr", gain, ACCURACY_NOT_LOWER),
            Quantity("the same gain, from above", gain, A_LITTLE),
        ),
    )


def batch_norm_frees_from_weights(numbers: Numbers) -> Verdict:
    """Claim 5: over initial weights of different sizes the accuracy spreads less, and its worst is better."""
    quantities: list[Quantity] = []
    for plain, normed in WEIGHT_PAIRS:
        worst, best = _extreme_accuracies(numbers, plain)
        normed_worst, normed_best = _extreme_accuracies(numbers, normed)
        spread, normed_spread = _minus(best, worst), _minus(normed_best, normed_worst)
        gain = _minus(normed_worst, worst)
        quantities += [
            Quantity(f"best minus worst test accuracy over the weights, {plain}", spread),
            Quantity(f"best minus worst test accuracy over the weights, {normed}", normed_spread),
            Quantity(
                f"the difference of these two, {plain} minus {normed}",
                _minus(spread, normed_spread),
                LESS_SPREAD,
            ),
            Quantity(f"worst test accuracy of {normed} minus that of {plain}", gain, BETTER_WORST),
        ]
    return Verdict(
        5, "Training depends less on the initial weights with batch normalization.", tuple(quantities)
    )


def sigmoid_signal_fades(numbers: Numbers) -> Verdict:
    """Claim 6: the signal at the sigmoids falls with depth in S4 and stays in S6_BN_lr."""
    quantities: list[Quantity] = []
    for step in numbers.steps:
        for measure, words in (("signal", "signal"), ("pooled_std", "pooled spread")):
            s4, normed = (numbers.at_sigmoids(name, step, measure) for name in ("S4", "S6_BN_lr"))
            judged = step == JUDGED_STEP and measure == "signal"
            quantities += [
                Quantity(
                    f"S4, step {step:,}: {words} of a layer over that of the layer before, the largest",
                    tuple(map(_largest_step, s4)),
                    NARROWS if judged else None,
                ),
                Quantity(
                    f"S6_BN_lr, step {step:,}: {words} of the narrowest layer over that of the widest",
                    tuple(map(_evenness, normed)),
                    KEEPS_SPREAD if judged else None,
                ),
            ]
    return Verdict(
        6,
        "Forward: in S4 the deeper the layer, the narrower its values; in S6_BN_lr the activations keep "
        "their spread at every depth.",
        tuple(quantities),
    )


def sigmoid_gradient_vanishes(numbers: Numbers) -> Verdict:
    """Claim 7: the gradient at the sigmoids shrinks toward the input in S4 and reaches it in S6_BN_lr."""
    quantities: list[Quantity] = []
    for step in numbers.steps:
        s4, normed = (numbers.at_sigmoids(name, step, "gradient_rms") for name in ("S4", "S6_BN_lr"))
        judged = step == JUDGED_STEP
        quantities += [
            Quantity(
                f"S4, step {step:,}: gradient of a layer over that of the layer after, the largest",
                tuple(_largest_step(layers[::-1]) for layers in s4),
                NARROWS if judged else None,
            ),
            Quantity(
                f"S6_BN_lr, step {step:,}: gradient of the first layer over that of the last",
                tuple(_ratio(layers[0], layers[-1]) if layers else math.nan for layers in normed),
                REACHES if judged else None,
            ),
        ]
    return Verdict(
        7,
        "Backward: in S4 the gradients shrink toward the input; in S6_BN_lr they reach the first layers.",
        tuple(quantities),
    )


CLAIMS = (
    depth_stops_sigmoid,
    batch_norm_lets_sigmoid_learn,
    relu_learns_alone,
    batch_norm_helps_relu_a_little,
    batch_norm_frees_from_weights,
    sigmoid_signal_fades,
    sigmoid_gradient_vanishes,
)

# What follows gives or takes one value, or one list of layers, for each seed.


def _accuracies(numbers: Numbers, name: str) -> tuple[float, ...]:
    return tuple(outcome.accuracy for outcome in numbers.models[name])


def _losses(numbers: Numbers, name: str) -> tuple[float, ...]:
    return tuple(outcome.loss for outcome in numbers.models[name])


def _learning_rates(numbers: Numbers, name: str) -> tuple[float, ...]:
    return tuple(outcome.learning_rate for outcome in numbers.models[name])


def _extreme_accuracies(numbers: Numbers, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the worst and the best accuracies over the weights."""
    by_std = [[outcome.accuracy for outcome in numbers.weight_trials[name, std]] for std in WEIGHT_STDS]
    by_seed = list(zip(*by_std, strict=True))
    return tuple(map(min, by_seed)), tuple(map(max, by_seed))


def _minus(left: Sequence[float], right: Sequence[float]) -> tuple[float, ...]:
    return tuple(a - b for a, b in zip(left, right, strict=True))


def _divided(left: Sequence[float], right: Sequence[float]) -> tuple[float, ...]:
    return tuple(map(_ratio, left, right))


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.nan


def _largest_step(layers: Sequence[float]) -> float:
    """Return the largest ratio of a layer to the one before it; NaN where there are not two."""
    return max((_ratio(layer, before) for before, layer in pairwise(layers)), default=math.nan)


def _evenness(layers: Sequence[float]) -> float:
    """Return the smallest layer divided by the largest; NaN where there is none."""
    return _ratio(min(layers), max(layers)) if layers else math.nan
