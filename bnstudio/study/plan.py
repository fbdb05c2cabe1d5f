"""Which trainings the study is made of.

Each is an Experiment of one model. It says all that a training depends on, so two trainings that are equal
need to be done only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.document.experiment import NormalInit

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment

JUDGED_STEP = 600
"""Forward values and gradients are judged after this step."""
LATER_STEP = 3_000
"""And they are reported after this one too."""

WEIGHT_STDS = (0.005, 0.016, 0.05, 0.16, 0.5)
"""Standard deviations of the initial weights, for the dependence on them: evenly spaced from a tenth to ten
times 0.05, which is about what LeCun's rule gives here (0.036 for 784 inputs, 0.058 for 300)."""
WEIGHT_PAIRS = (("R6_lr", "R6_BN"), ("S6", "S6_BN_lr"))
"""Without and with batch normalization; all else, the learning rate included, is the same in a pair."""
WEIGHT_EPOCHS = 1
"""Epochs of these trainings. How a network starts shows in the first."""

_EFFORT_PER_OUTPUT = 100
"""What a value that a layer puts out costs, in parameters. Only the order of the trainings depends on it."""


@dataclass(frozen=True)
class Plan:
    """The trainings of one study."""

    article: Experiment
    """The models, and what is common to them; its seed is not used."""
    seeds: tuple[int, ...]

    @property
    def model_names(self) -> tuple[str, ...]:
        """The article's models, in the order of its experiment."""
        return tuple(model.name for model in self.article.models)

    def training(self, name: str, seed: int) -> Experiment:
        """Return the training of one of the article's models."""
        model = next(model for model in self.article.models if model.name == name)
        # Its colour is no part of the training, and shall not tell two apart.
        return self.article.replaced(seed=seed, models=(model.replaced(colour=None),))

    def weight_trial(self, name: str, std: float, seed: int) -> Experiment:
        """Return the training of a model whose weights start with another standard deviation."""
        training = self.training(name, seed)
        model = training.models[0].replaced(name=f"{name}-std-{std:g}", weight_init=NormalInit(std=std))
        return training.replaced(models=(model,), epochs=min(WEIGHT_EPOCHS, training.epochs))

    def trainings(self) -> list[Experiment]:
        """Return all of them, the longest first, so that no long one is left over for the end."""
        trainings = [self.training(name, seed) for seed in self.seeds for name in self.model_names]
        trainings += [
            self.weight_trial(name, std, seed)
            for seed in self.seeds
            for pair in WEIGHT_PAIRS
            for name in pair
            for std in WEIGHT_STDS
        ]
        return sorted(trainings, key=effort, reverse=True)


def effort(training: Experiment) -> int:
    """Estimate how long a training takes, in units of no meaning."""
    shapes = [shape for model in training.models for shape in model.shapes()]
    return training.epochs * sum(
        shape.n_parameters + _EFFORT_PER_OUTPUT * shape.n_outputs for shape in shapes
    )
