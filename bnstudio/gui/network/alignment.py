"""Which rows of two stacks stand beside each other: equal layers do, and what only one has leaves a gap.

Pure functions of layer specs, in the manner of comparing two texts line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.document.experiment import LayerSpec

_GAP = 2
_OTHER_UNITS = 1
_OTHER_ACTIVATION = 3
_ACTIVATIONS = ("sigmoid", "relu")

Pair = tuple[int | None, int | None]
"""A row of the left stack and the row of the right one beside it; None is a gap."""


@dataclass(frozen=True)
class Slots:
    """Where the rows of one stack stand when its rows and gaps are counted together."""

    of_rows: tuple[int, ...]
    """For each row its slot, the head's last; both increase."""

    @property
    def n_slots(self) -> int:
        """Number of rows and gaps."""
        return self.of_rows[-1] + 1

    def gap_above(self, row: int) -> int:
        """Return how many slots above `row` are empty."""
        return self.of_rows[row] - (self.of_rows[row - 1] if row else -1) - 1

    def row_at(self, slot: int) -> int | None:
        """Return the row that stands in `slot`, or None for a gap and outside."""
        return self.of_rows.index(slot) if slot in self.of_rows else None

    def rows_between(self, first: int, end: int) -> tuple[int, int]:
        """Return the first row in slots `first` to `end` (exclusive), and the row after the last."""
        rows = [row for row, slot in enumerate(self.of_rows) if first <= slot < end]
        return (rows[0], rows[-1] + 1) if rows else (0, 0)


def unaligned(n_rows: int) -> Slots:
    """Return the slots of a stack that stands alone."""
    return Slots(tuple(range(n_rows)))


def aligned(left: Sequence[LayerSpec], right: Sequence[LayerSpec]) -> tuple[Slots, Slots]:
    """Return the slots of two stacks of hidden rows, and of the heads, which stand beside each other."""
    pairs: list[Pair] = [*alignment(left, right), (len(left), len(right))]
    return (
        Slots(tuple(slot for slot, pair in enumerate(pairs) if pair[0] is not None)),
        Slots(tuple(slot for slot, pair in enumerate(pairs) if pair[1] is not None)),
    )


def alignment(left: Sequence[LayerSpec], right: Sequence[LayerSpec]) -> list[Pair]:
    """Return the rows of both from top to bottom with as few differences as possible.

    A Dense may stand beside one with other units, and an activation beside the other one. Where several
    alignments are as good, layers are matched from the top: there, initial weights are the same too.
    """
    n, m = len(left), len(right)
    # costs[i][j]: of the first i rows of the left stack and the first j of the right one
    # (Needleman & Wunsch 1970, with costs instead of scores).
    costs = [[_GAP * (i + j) for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            matched = costs[i - 1][j - 1] + _cost(left[i - 1], right[j - 1])
            costs[i][j] = min(matched, costs[i - 1][j] + _GAP, costs[i][j - 1] + _GAP)
    pairs: list[Pair] = []
    i, j = n, m
    while i or j:
        if i and costs[i][j] == costs[i - 1][j] + _GAP:
            i -= 1
            pairs.append((i, None))
        elif j and costs[i][j] == costs[i][j - 1] + _GAP:
            j -= 1
            pairs.append((None, j))
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _cost(left: LayerSpec, right: LayerSpec) -> int:
    if left == right:
        return 0
    if left.type == right.type:
        return _OTHER_UNITS
    if left.type in _ACTIVATIONS and right.type in _ACTIVATIONS:
        return _OTHER_ACTIVATION
    return 2 * _GAP + 1  # a gap in each is better
