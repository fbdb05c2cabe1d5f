"""The weights of one Dense layer, now and at the start, and as images where they weigh pixels.

Measured between two steps. The weights that a layer started with are drawn again from the seed, so that no
run has to keep them for somebody who may look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bnstudio.document.experiment import DenseSpec
from bnstudio.training.axes import round_up
from bnstudio.training.build import initial_weight
from bnstudio.training.inspection import RowInspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

N_BINS = 81
"""Odd, so that the weights around zero have a bin of their own."""
IMAGE_SIZE = 28
ZERO_BYTE = 127
"""What stands for a weight of 0 in an image: from 0, the most negative, to 254, the most positive."""
_PIECE = 1 << 19
"""About how many weights are measured at a time: some milliseconds."""
_LEAST_LIMIT = 1e-30
"""Float32 has bins for no less."""


@dataclass(frozen=True, eq=False)
class WeightsFinding:
    """All weights of one Dense layer, biases aside, after some steps and before any; all finite."""

    step: int
    """Updates that the weights have had."""
    n_weights: int
    limit: float
    """The axis of both histograms reaches from minus this to this, and holds every weight."""
    counts: NDArray[np.int64]
    """(N_BINS,) weights in equal bins, read-only."""
    start_counts: NDArray[np.int64]
    """(N_BINS,) of the weights that the layer started with, read-only."""
    std: float
    start_std: float
    largest: float
    """The largest magnitude."""
    distance: float
    """How far the weights have come: ``||W - W0|| / ||W0||``, the root of the sum of the squared differences
    over that of the squared weights at the start; NaN where those are all 0."""


@dataclass(frozen=True)
class WeightsNotFinite:
    """That not all weights of a layer are finite: then there is neither a histogram nor an image of them."""

    step: int
    """Updates that the weights have had."""
    n_weights: int
    n_not_finite: int


@dataclass(frozen=True)
class WeightsInspection(RowInspection[WeightsFinding | WeightsNotFinite]):
    """Asks for the weights of a Dense."""

    interval: ClassVar[float] = 0.3
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"dense", "head"})

    def can_measure(self, run: Run) -> bool:
        """Override: there are weights before the first step, and after the last."""
        return True

    def measure(self, run: Run, trainer: Trainer) -> Iterator[WeightsFinding | WeightsNotFinite | None]:
        """Override: large layers in several pieces."""
        weight = run.network.layers[self.row].params["weight"]
        start = _start(run.model, self.row, trainer.experiment.seed)
        largest = _largest(weight)
        if not math.isfinite(largest):
            yield _not_finite(weight, run.step)
            return
        limit = round_up(max(largest, start.largest, _LEAST_LIMIT))
        counts = np.zeros(N_BINS, np.int64)
        start_counts = np.zeros(N_BINS, np.int64) if start.limit != limit else start.counts
        total = squares = moved = 0.0
        for rows in _pieces(weight):
            if rows.start:
                yield None
            now, before = weight[rows], start.weight[rows]
            counts += _count(now, limit)
            if start.limit != limit:
                start_counts += _count(before, limit)
            doubles = now.astype(np.float64)
            total += float(doubles.sum())
            squares += _sum_of_squares(doubles)
            doubles -= before
            moved += _sum_of_squares(doubles)
        counts.flags.writeable = start_counts.flags.writeable = False
        start.limit, start.counts = limit, start_counts
        yield WeightsFinding(
            step=run.step,
            n_weights=weight.size,
            limit=limit,
            counts=counts,
            start_counts=start_counts,
            std=_std(total, squares, weight.size),
            start_std=start.std,
            largest=largest,
            distance=math.sqrt(moved / start.squares) if start.squares else math.nan,
        )


@dataclass(frozen=True, eq=False)
class WeightImages:
    """The weights from all pixels to some of a layer's units, as images."""

    step: int
    """Updates that the weights have had."""
    first_unit: int
    """Counted from 0."""
    n_units: int
    """How many the layer has in all."""
    images: NDArray[np.uint8]
    """(n, 28, 28) uint8, read-only: weights from -`scale` to `scale` as 0 to 254, and 127 for 0."""
    scale: float
    """The largest magnitude of all weights of the layer, so that images of different units compare."""
    largest: NDArray[np.float32]
    """(n,) float32, read-only: the weight of the largest magnitude of each of these units, with its sign."""


@dataclass(frozen=True)
class WeightImagesInspection(RowInspection[WeightImages | WeightsNotFinite]):
    """Asks for `n_units` units from `first_unit` on, counted from 0, of the Dense on the pixels.

    What the layer has no units for is left out.
    """

    first_unit: int
    n_units: int
    interval: ClassVar[float] = 0.3
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"dense", "head"})

    def fits(self, run: Run) -> bool:
        """Override: whether its inputs are the pixels."""
        return super().fits(run) and weighs_pixels(run.model, self.row)

    def can_measure(self, run: Run) -> bool:
        """Override: there are weights before the first step, and after the last."""
        return True

    def measure(self, run: Run, trainer: Trainer) -> Iterator[WeightImages | WeightsNotFinite | None]:
        """Override: in one piece."""
        weight = run.network.layers[self.row].params["weight"]
        scale = _largest(weight)
        units = weight.T[self.first_unit : self.first_unit + self.n_units]
        if not math.isfinite(scale):
            yield _not_finite(weight, run.step)
        elif len(units):
            largest = units[np.arange(len(units)), np.abs(units).argmax(axis=1)]
            images = _quantized(units, scale).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
            images.flags.writeable = largest.flags.writeable = False
            yield WeightImages(run.step, self.first_unit, weight.shape[1], images, scale, largest)


def weighs_pixels(model: ModelSetup, row: int) -> bool:
    """Return whether the layer at `row` is a Dense with one weight for each pixel.

    So it is when no other Dense stands before it; a BatchNorm or an activation changes the values of pixels,
    but not what is where.
    """
    layers = model.layers
    is_dense = row == len(layers) or isinstance(layers[row], DenseSpec)
    return is_dense and not any(isinstance(spec, DenseSpec) for spec in layers[:row])


class _Start:
    """The weights that a layer started with, and their histogram on the axis that was used last."""

    def __init__(self, weight: NDArray[np.floating]) -> None:
        self.weight = weight
        self.largest = _largest(weight)
        total = self.squares = 0.0
        for rows in _pieces(weight):
            doubles = weight[rows].astype(np.float64)
            total += float(doubles.sum())
            self.squares += _sum_of_squares(doubles)
        self.std = _std(total, self.squares, weight.size)
        self.limit = 0.0
        self.counts = np.zeros(N_BINS, np.int64)


@lru_cache(maxsize=1)  # one layer is looked at, many times
def _start(model: ModelSetup, row: int, seed: int) -> _Start:
    return _Start(initial_weight(model, row, seed))


def _pieces(weight: NDArray[np.floating]) -> Iterator[slice]:
    """Yield which rows to work on at a time."""
    n_rows = max(1, _PIECE // weight.shape[1])
    for first in range(0, len(weight), n_rows):
        yield slice(first, first + n_rows)


def _largest(weight: NDArray[np.floating]) -> float:
    """Return the largest magnitude; not finite where a value is not."""
    return max(float(weight.max()), -float(weight.min()))


def _not_finite(weight: NDArray[np.floating], step: int) -> WeightsNotFinite:
    return WeightsNotFinite(step, weight.size, weight.size - int(np.isfinite(weight).sum()))


def _count(weight: NDArray[np.floating], limit: float) -> NDArray[np.intp]:
    """Return the counts of bins from -`limit` to `limit`, which no weight lies outside of."""
    places = weight * (N_BINS / (2 * limit))
    places += N_BINS / 2
    np.clip(places, 0, N_BINS - 0.5, out=places)  # the very end belongs to the last bin
    return np.bincount(places.astype(np.intp).reshape(-1), minlength=N_BINS)


def _sum_of_squares(doubles: NDArray[np.float64]) -> float:
    flat = doubles.reshape(-1)
    return float(np.vdot(flat, flat))


def _std(total: float, squares: float, n: int) -> float:
    return math.sqrt(max(0.0, squares / n - (total / n) ** 2))


def _quantized(weight: NDArray[np.floating], scale: float) -> NDArray[np.uint8]:
    scaled = np.rint(weight * (ZERO_BYTE / max(scale, _LEAST_LIMIT)))
    scaled += ZERO_BYTE
    quantized: NDArray[np.uint8] = scaled.astype(np.uint8)
    return quantized
