"""Where steps stand on the timeline: its unit is the moment, a step whose readings are kept.

The first hundred steps are a moment each, and later ones lie ever closer, about as on a logarithmic axis.
Plain functions from steps to positions; they know nothing of widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.training.recorder_schedule import index_of, next_scheduled, step_at

if TYPE_CHECKING:
    from numpy.typing import NDArray


def n_moments_before(latest: int) -> int:
    """Return how many moments can be looked back at when `latest` is the step that is live."""
    return index_of(latest - 1)


def position_of(step: float) -> float:
    """Return the moment of `step`, at least 1, counted from 1; a fraction between two moments."""
    moment = index_of(int(step))
    begin, end = step_at(moment), next_scheduled(int(step))
    return moment + (step - begin) / (end - begin)


def positions_of(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moment of each of `steps`, as `position_of` does; 1 for those before the first."""
    moments = np.arange(1, index_of(int(steps.max(initial=1))) + 2)
    return np.interp(steps, [step_at(moment) for moment in moments.tolist()], moments)


def step_of(position: float) -> float:
    """Return the step that stands at `position`, at least 1: `position_of` the other way."""
    begin, end = step_at(int(position)), step_at(int(position) + 1)
    return begin + (position - int(position)) * (end - begin)


def labelled_steps(first: int, latest: int) -> list[int]:
    """Return `first` and the round steps up to `latest`, those first that a label is wanted for most."""
    powers = [10**exponent for exponent in range(len(str(latest)))]
    round_steps = (factor * power for factor in (1, 5, 2) for power in powers)
    return [first, *(step for step in round_steps if first < step <= latest)]


def epoch_ends(steps_per_epoch: int, latest: int, spacing: float) -> list[int]:
    """Return the last steps of epochs up to `latest`, at least `spacing` moments apart.

    Where all have no room, only each tenth is among them, then each hundredth, as on logarithmic paper.
    """
    ends: list[int] = []
    every, epoch = 1, 1
    while steps_per_epoch and epoch * steps_per_epoch <= latest:
        end, before = epoch * steps_per_epoch, (epoch - every) * steps_per_epoch
        if position_of(end) - position_of(max(1, before)) < spacing:
            every *= 10
            epoch = -(-epoch // every) * every
        else:
            ends.append(end)
            epoch += every
    return ends
