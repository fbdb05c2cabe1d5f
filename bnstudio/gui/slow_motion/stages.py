"""The stages of a training step, and what of it is there to be seen in each. Pure functions of slots."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from bnstudio.gui.network.reveal import Reveal

if TYPE_CHECKING:
    from bnstudio.gui.network.alignment import Slots


class Stage(IntEnum):
    """The parts of a training step, in order."""

    FORWARD = 0
    LOSS = 1
    BACKWARD = 2
    UPDATE = 3


def reveal_at(stage: Stage, n_slots: int, n_lit: int | None) -> Reveal:
    """Return what is there to be seen in a stage.

    Parameters
    ----------
    stage : Stage
    n_slots : int
        Of the stacks.
    n_lit : int, or None
        How many slots have been reached, from 1 on, the latest of them being lit; None once all have. Values
        come from the top, gradients from the bottom.
    """
    reached = n_slots if n_lit is None else min(n_lit, n_slots)
    if stage is Stage.FORWARD:
        if n_lit is None:
            return Reveal(n_slots, n_slots)
        return Reveal(reached, n_slots, lit=reached - 1, way="down")
    if stage is Stage.LOSS:  # it is of what the head has put out
        return Reveal(n_slots, n_slots, lit=n_slots - 1)
    if stage is Stage.BACKWARD and n_lit is not None:
        return Reveal(n_slots, n_slots - reached, lit=n_slots - reached, way="up")
    return Reveal(n_slots, 0)


def row_reached(reveal: Reveal, slots: Slots) -> int | None:
    """Return the row of one stack that a stage has reached; beside a gap, the one before it on the way."""
    if reveal.lit is None:
        return None
    if reveal.way == "up":
        return next((row for row, slot in enumerate(slots.of_rows) if slot >= reveal.lit), None)
    return max((row for row, slot in enumerate(slots.of_rows) if slot <= reveal.lit), default=None)
