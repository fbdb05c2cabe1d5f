"""The steps whose readings are kept for the timeline: each of the first hundred, then ever fewer.

Where a run's fate is decided, in its first steps, nothing is left out; later the distance between two kept
steps grows with the step, so that a run of any length keeps a few hundred. It knows no runs and no readings.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

DENSE_STEPS = 100
"""Each step is kept up to this one."""
_SHARE = 16
"""Beyond, the next step is later by this part of the step: 100, 106, 112, …, 991, 1052, …"""
_BEYOND_ANY_PLAN = 10**12
"""No plan is that long: the longest are 10,000 epochs of 30,000 steps."""


def _scheduled_steps() -> tuple[int, ...]:
    steps = list(range(1, DENSE_STEPS + 1))
    while steps[-1] < _BEYOND_ANY_PLAN:
        steps.append(steps[-1] + steps[-1] // _SHARE)
    return tuple(steps)


_STEPS = _scheduled_steps()
"""Some five hundred, and never changed: the worker and the window both read it."""


def is_scheduled(step: int) -> bool:
    """Return whether what step `step`, counted from 1, left is kept."""
    return _STEPS[bisect_left(_STEPS, step)] == step


def next_scheduled(step: int) -> int:
    """Return the first scheduled step after `step`."""
    return _STEPS[bisect_right(_STEPS, step)]


def index_of(step: int) -> int:
    """Return how many scheduled steps there are up to `step`, which itself counts; 0 before the first."""
    return bisect_right(_STEPS, step)


def step_at(index: int) -> int:
    """Return the scheduled step that is number `index`, counted from 1: `index_of` the other way."""
    if index < 1:
        raise ValueError(f"index is {index}; the first scheduled step is number 1")
    return _STEPS[index - 1]
