"""Copies of what a run has learned, to which it can be taken back after it diverged.

The start of a run needs no copy, as it follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray

MEMORY = 64 * 2**20
"""Bytes for the copies of all models together."""
INTERVAL = 50
"""Steps between two copies."""
_MOST_MODELS = 8
_N_KEPT = 2
_MARGIN = 10
"""A copy this close before a loss that exploded may hold the beginning of it."""


@dataclass(frozen=True)
class Checkpoint:
    """A network after `step` steps: its parameters and running statistics, all finite."""

    step: int
    learning_rate: float
    """That its last update was made with."""
    arrays: tuple[FloatArray, ...]

    @classmethod
    def of(cls, network: Network, step: int, learning_rate: float) -> Checkpoint | None:
        """Copy what `network` has learned; None where a value is not finite."""
        arrays = tuple(array.copy() for array in _arrays(network))
        if not all(np.isfinite(array).all() for array in arrays):
            return None
        return cls(step, learning_rate, arrays)

    def restore(self, network: Network) -> None:
        """Give `network`, which is built like the one that was copied, what that had learned."""
        for array, kept in zip(_arrays(network), self.arrays, strict=True):
            array[...] = kept


class Checkpoints:
    """The recent checkpoints of one run, at most two, as far as its share of the memory reaches."""

    def __init__(self) -> None:
        self._kept: list[Checkpoint] = []

    def keep(self, network: Network, step: int, learning_rate: float) -> None:
        """Take a checkpoint where one is due after `step` steps."""
        if step % INTERVAL:
            return
        n_bytes = sum(array.nbytes for array in _arrays(network))
        n_kept = min(_N_KEPT, MEMORY // _MOST_MODELS // max(1, n_bytes))
        checkpoint = Checkpoint.of(network, step, learning_rate) if n_kept else None
        if checkpoint is not None:
            self._kept = [*self._kept, checkpoint][-n_kept:]

    def before(self, step: int) -> Checkpoint | None:
        """Return the latest checkpoint well before `step`; None where only the start is."""
        return next((c for c in reversed(self._kept) if c.step <= step - _MARGIN), None)

    def older_than(self, checkpoint: Checkpoint | None) -> Checkpoints:
        """Return those that were taken before `checkpoint`: to go on from it again would end alike."""
        older = Checkpoints()
        if checkpoint is not None:
            older._kept = [c for c in self._kept if c.step < checkpoint.step]
        return older


def _arrays(network: Network) -> list[FloatArray]:
    return [
        array
        for layer in network.layers
        for named in (layer.params, layer.buffers)
        for array in named.values()
    ]
