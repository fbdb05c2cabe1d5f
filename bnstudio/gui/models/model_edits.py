"""Edits of the list of models as functions from one experiment to another.

No Qt and no document here: models are counted from 0, and what would be out of bounds raises pydantic's
ValidationError, as every experiment does.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment, ModelSetup

MAX_NAME_LENGTH = 60
_NUMBERED = re.compile(r"(?P<base>.*\S) (?P<number>[0-9]+)")


def free_name(experiment: Experiment, wanted: str) -> str:
    """Return `wanted`, or where a model has it, ignoring case, the name with the next free number behind it.

    "S6" becomes "S6 2" and that "S6 3". A long name is shortened before the number.
    """
    taken = {model.name.casefold() for model in experiment.models}
    if wanted.casefold() not in taken:
        return wanted
    numbered = _NUMBERED.fullmatch(wanted)
    base, first = (numbered["base"], int(numbered["number"]) + 1) if numbered else (wanted, 2)
    endings = (f" {number}" for number in count(first))
    names = (base[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending for ending in endings)
    return next(name for name in names if name.casefold() not in taken)


def added(experiment: Experiment, model: ModelSetup) -> Experiment:
    """Return the experiment with `model` at its end, in a colour and under a name that are free."""
    new = model.replaced(name=free_name(experiment, model.name), colour=None)
    return experiment.replaced(models=(*experiment.models, new))


def duplicated(experiment: Experiment, index: int) -> Experiment:
    """Return the experiment with a copy of the model below it, in a colour and under a name that are free."""
    model = experiment.models[index]
    copy = model.replaced(name=free_name(experiment, model.name), colour=None)
    models = experiment.models
    return experiment.replaced(models=(*models[: index + 1], copy, *models[index + 1 :]))


def removed(experiment: Experiment, index: int) -> Experiment:
    """Return the experiment without the model at `index`."""
    return experiment.replaced(models=(*experiment.models[:index], *experiment.models[index + 1 :]))


def moved(experiment: Experiment, index: int, before: int) -> Experiment:
    """Return the experiment with a model standing where the one at `before` begins now."""
    models = list(experiment.models)
    model = models.pop(index)
    models.insert(before - 1 if before > index else before, model)
    return experiment.replaced(models=tuple(models))


def renamed(experiment: Experiment, index: int, name: str) -> Experiment:
    """Return the experiment with another name for a model."""
    return experiment.with_model(index, experiment.models[index].replaced(name=name))
