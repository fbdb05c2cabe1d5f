"""Which units of a network have stopped saying anything: saturated, dead or constant, which are three things.

Measured in inference mode on images that stay the same, so that two moments and two models can be compared.
The definitions stand here and nowhere else. Knows nothing of how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from bnstudio.data.batches import scale_images
from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

SATURATED_SLOPE = 0.01
"""An output y of a sigmoid is saturated where its slope y * (1 - y) is below this, 4 % of the largest, which
is 0.25: where y is below 0.0101 or above 0.9899."""
CONSTANT_SPREAD = 0.01
"""A unit is constant where its standard deviation over the images is at most this share of its root mean
square."""
N_PROBES = 1_000
"""It is measured on so many test images, the first."""

_PIECE = 250_000_000
"""How much of the work below is done in one piece: about 5 ms of it."""
_WORK_PER_OUTPUT = 100
"""A value that a layer puts out takes as long as so many weights, each of which multiplies and adds once."""
_FEWEST_IMAGES = 20
"""In a piece: with fewer, a wide network would be read from memory all too often."""

Condition = Literal["saturated", "dead", "constant"]


def conditions_of(kind: LayerKind) -> tuple[Condition, ...]:
    """Return the conditions that a kind of layer can be in; what only it can be in comes first."""
    own: dict[LayerKind, Condition] = {"sigmoid": "saturated", "relu": "dead"}
    return (own[kind], "constant") if kind in own else ("constant",)


@dataclass(frozen=True)
class Extent:
    """How far a condition reaches in a layer."""

    share: float
    """0 to 1: of the units; where the condition is saturation, of all outputs, which are images x units."""
    n_units: int
    """Units of the layer."""
    packed_units: bytes
    """A bit for each unit, from the highest bit of the first byte: whether it is among `units`."""

    @property
    def units(self) -> NDArray[np.intp]:
        """(n,) intp: indices, from 0, of the units in this condition; of the saturated, see `LayerHealth`."""
        bits = np.unpackbits(np.frombuffer(self.packed_units, np.uint8), count=self.n_units)
        return np.flatnonzero(bits)


@dataclass(frozen=True)
class LayerHealth:
    """The conditions of one layer, measured on all probe images in inference mode."""

    kind: LayerKind
    n_units: int
    saturated: Extent | None
    """Of a Sigmoid, else None. The share is that of outputs y with ``y * (1 - y) < SATURATED_SLOPE``; the
    units are those for which that is so on more than half of the images."""
    dead: Extent | None
    """Of a ReLU, else None: units that put out 0 for every image."""
    constant: Extent
    """Units with ``std <= CONSTANT_SPREAD * rms``, both of this unit over the images, so that
    ``rms**2 = mean**2 + std**2``. A unit that is 0 everywhere is constant too."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What this kind of layer can be in; what only it can be in comes first."""
        return conditions_of(self.kind)

    def extent(self, condition: Condition) -> Extent:
        """Return how far `condition` reaches.

        Raises
        ------
        ValueError
            When this kind of layer cannot be in it.
        """
        extents = {"saturated": self.saturated, "dead": self.dead, "constant": self.constant}
        extent = extents[condition]
        if extent is None:
            raise ValueError(f"a {self.kind} row can be {' or '.join(self.conditions)}, not {condition}")
        return extent


@dataclass(frozen=True)
class Health:
    """The conditions of all layers of a network, from the first to the head."""

    step: int
    """How many updates the weights have had."""
    n_images: int
    """How many probe images there were."""
    layers: tuple[LayerHealth, ...]


@dataclass(frozen=True)
class HealthInspection(Inspection[Health]):
    """Asks for the health of a network as it is now, which needs no step."""

    interval: ClassVar[float] = 0.5
    recorded: ClassVar[bool] = True

    def can_measure(self, run: Run) -> bool:
        """Override: always, as the parameters of a run that diverged are those of its last finite step."""
        return True

    def measure(self, run: Run, trainer: Trainer) -> Iterator[Health | None]:
        """Override: some images at a time, through all layers."""
        images = trainer.dataset.test_images[:N_PROBES]
        tallies = [_Tally(kind) for kind in run.layer_kinds]
        n_at_once = _images_at_once(run)
        for start in range(0, len(images), n_at_once):
            if start:
                yield None
            _add(run, images[start : start + n_at_once], tallies)
        if all(tally.is_finite for tally in tallies):
            yield Health(run.step, len(images), tuple(tally.health(len(images)) for tally in tallies))
        else:
            yield None


def work_per_image(model: ModelSetup) -> int:
    """Return how long one image takes, in weights that multiply and add once: 50,000 of them take about 1 µs.

    So `N_PROBES` images take about 1 ms for every 50,000, and longer where the weights are many.
    """
    return sum(shape.n_parameters + _WORK_PER_OUTPUT * shape.n_outputs for shape in model.shapes())


def _images_at_once(run: Run) -> int:
    return max(_FEWEST_IMAGES, _PIECE // work_per_image(run.model))


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is found in the sums
def _add(run: Run, images: NDArray[np.uint8], tallies: list[_Tally]) -> None:
    # Nothing of a layer's is kept for the next piece: another inference may come between.
    values = np.empty(images.shape, np.float32)
    scale_images(images, out=values)
    for layer, tally in zip(run.network.layers, tallies, strict=True):
        values = layer.forward(values, training=False)
        tally.add(values)


class _Tally:
    """Sums over the images so far of what one layer puts out, by unit.

    In float64, in which no square of a float32 overflows or vanishes, and mean**2 may be taken off the mean
    square: it differs from it by a ten-thousandth where a unit is just constant, and the sums have 15 digits.
    They are products with a vector of ones, which take half the time of sums along an axis.
    """

    def __init__(self, kind: LayerKind) -> None:
        self._kind = kind
        self._sum: NDArray[np.float64] | float = 0.0
        self._squares = np.zeros(1)
        self._n_saturated = np.zeros(1)

    def add(self, values: NDArray[np.float32]) -> None:
        """Count in the outputs (n_images, n_units) of some more images."""
        exact, ones = values.astype(np.float64), np.ones(len(values))
        self._sum = self._sum + ones @ exact
        np.square(exact, out=exact)
        self._squares = self._squares + ones @ exact
        if self._kind == "sigmoid":
            slopes = 1 - values
            slopes *= values
            saturated = np.less(slopes, SATURATED_SLOPE, out=slopes)  # 0.0 or 1.0
            self._n_saturated = self._n_saturated + ones.astype(np.float32) @ saturated

    @property
    def is_finite(self) -> bool:
        """Whether every value was."""
        return bool(np.isfinite(self._squares).all())

    def health(self, n_images: int) -> LayerHealth:
        """Return the conditions of the layer, as there were `n_images` in all."""
        n_units = len(self._squares)
        saturated = dead = None
        if self._kind == "sigmoid":
            share = float(self._n_saturated.sum() / (n_images * n_units))
            saturated = _extent(self._n_saturated > n_images / 2, share)
        elif self._kind == "relu":
            dead = _extent(self._squares == 0)
        mean, mean_square = self._sum / n_images, self._squares / n_images
        constant = _extent(mean_square - mean**2 <= CONSTANT_SPREAD**2 * mean_square)
        return LayerHealth(self._kind, n_units, saturated, dead, constant)


def _extent(concerned: NDArray[np.bool_], share: float | None = None) -> Extent:
    """Return an extent with these (n_units,) units; its share is theirs if none is given."""
    return Extent(
        float(concerned.mean()) if share is None else share,
        len(concerned),
        np.packbits(concerned).tobytes(),
    )
