"""How often the panels show what training does: time in the window's thread is taken from training.

While it runs, only the histograms have every frame. Curves change ten times a second and numbers five times,
all in one frame: what two panels use is in the processor's caches for the second. Where snapshots are rare,
nothing waits.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.training.snapshot import Snapshot

TURN_SECONDS = 0.06
"""Snapshots that follow each other faster than this are shown by some panels only in turn."""
CURVES_EVERY, NUMBERS_EVERY = 3, 6


class Turn(NamedTuple):
    """Who shows a snapshot, beside those who show all of them."""

    curves: bool
    numbers: bool


class SnapshotTurns:
    """Says of each snapshot whose turn it is."""

    def __init__(self) -> None:
        self._shown: tuple[State, int | None] | None = None
        self._arrived = 0.0
        self._n_steady = 0

    def take(self, snapshot: Snapshot) -> Turn:
        """Return who shows `snapshot`, which has just come: all, unless it is one of many alike."""
        now = time.monotonic()
        shown = (snapshot.state, snapshot.at_step)
        same = snapshot.state is State.TRAINING and shown == self._shown
        steady = same and now - self._arrived < TURN_SECONDS
        self._n_steady = self._n_steady + 1 if steady else 0
        self._shown, self._arrived = shown, now
        return Turn(self._n_steady % CURVES_EVERY == 0, self._n_steady % NUMBERS_EVERY == 0)
