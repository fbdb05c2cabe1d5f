"""Edits of the hidden rows as functions from one tuple of layers to another, and what differs between two.

No Qt and no document here: rows are counted from 0, and ranges are `first` to `last`, both included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bnstudio.document.experiment import LayerSpec

    Layers = tuple[LayerSpec, ...]


def inserted(layers: Layers, row: int, new: Layers) -> Layers:
    """Return the layers with `new` standing before `row`."""
    return (*layers[:row], *new, *layers[row:])


def removed(layers: Layers, first: int, last: int) -> Layers:
    """Return the layers without rows `first` to `last`."""
    return (*layers[:first], *layers[last + 1 :])


def moved(layers: Layers, first: int, last: int, before: int) -> Layers:
    """Return the layers with rows `first` to `last` standing where row `before` begins in `layers`."""
    rows = layers[first : last + 1]
    rest = removed(layers, first, last)
    return inserted(rest, row_after_move(first, last, before), rows)


def row_after_move(first: int, last: int, before: int) -> int:
    """Return where row `first` stands once rows `first` to `last` were moved to `before`."""
    if before > last:
        return before - (last - first + 1)
    return min(before, first)


def block_around(layers: Layers, row: int) -> tuple[int, int]:
    """Return the first and last row of `row`'s block: a Dense and all that follows up to the next Dense."""
    first = row
    while first > 0 and layers[first].type != "dense":
        first -= 1
    last = row
    while last + 1 < len(layers) and layers[last + 1].type != "dense":
        last += 1
    return first, last


class Difference(NamedTuple):
    """What turns one stack into another: the rows from `first` on, `n_before` of them into `n_after`."""

    first: int
    n_before: int
    n_after: int
    shift: int
    """Not 0: the rows are the same, with the first `shift` of them moved behind the others."""


def difference(before: Layers, after: Layers) -> Difference:
    """Return the smallest difference between two stacks; n_before and n_after are 0 where there is none."""
    shorter = min(len(before), len(after))
    first = 0
    while first < shorter and before[first] == after[first]:
        first += 1
    same_at_end = 0
    while same_at_end < shorter - first and before[-1 - same_at_end] == after[-1 - same_at_end]:
        same_at_end += 1
    old = before[first : len(before) - same_at_end]
    new = after[first : len(after) - same_at_end]
    shift = 0
    if len(old) == len(new):
        shift = next((k for k in range(1, len(old)) if old[k:] + old[:k] == new), 0)
    return Difference(first, len(old), len(new), shift)
