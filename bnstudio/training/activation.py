"""What goes into an activation, and where on its curve it lands: how much of it where the curve is flat.

Measured between two steps from the arrays that the latest one left. The curves themselves come from here too,
made by the very layers that train.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np

from bnstudio.engine.layers import ReLU, Sigmoid
from bnstudio.training.axes import round_up
from bnstudio.training.health import SATURATED_SLOPE
from bnstudio.training.inspection import RowInspection
from bnstudio.training.row_inputs import row_inputs, some_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

ActivationKind = Literal["sigmoid", "relu"]

N_BINS = 80
"""Even, so that an edge between two bins stands at zero."""
_LEAST_SIGMOID_LIMIT = 7.0
"""With less, the flat parts of the sigmoid would not be seen."""
_LEAST_LIMIT = 1e-30
"""Float32 has bins for no less."""
_MARGIN = 1e-6
"""How much wider the bins are than the axis, relative to it, so that what is exactly its end lies inside."""
_DEVIATIONS = 5.0
"""An axis need not hold what lies farther from the mean than so many standard deviations."""


@dataclass(frozen=True, eq=False)
class ActivationFinding:
    """The values that went into one activation in one step, all finite."""

    step: int
    """The step, counted from 1, that the values are of."""
    n_values: int
    n_counted: int
    """Of how many of the values all the rest is: whole examples, all of them where there are not many."""
    limit: float
    """The axis reaches from minus this to this."""
    counts: NDArray[np.uint32]
    """(N_BINS,) uint32: values in equal bins, read-only; a bin holds its upper edge and not its lower one."""
    underflow: int
    """How many values lie below ``-limit``."""
    overflow: int
    """How many lie above `limit`."""
    n_flat_low: int
    """How many lie in the flat part on the left: of a sigmoid near 0, of a ReLU all that are not above 0."""
    n_flat_high: int
    """How many lie in the flat part on the right, where a sigmoid is near 1; a ReLU has none."""
    mean_slope: float
    """Of the activation at these values: on average, what comes back is multiplied by it."""

    @property
    def flat_share(self) -> float:
        """Share of the values that lie in a flat part, 0 to 1."""
        return (self.n_flat_low + self.n_flat_high) / self.n_counted


@dataclass(frozen=True)
class ActivationInspection(RowInspection[ActivationFinding]):
    """Asks for what goes into a Sigmoid or ReLU."""

    recorded: ClassVar[bool] = True
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"sigmoid", "relu"})

    def measure(self, run: Run, trainer: Trainer) -> Iterator[ActivationFinding | None]:
        """Override: in one piece."""
        outputs = run.network.outputs[self.row]
        examples = some_examples(outputs.shape)
        inputs = row_inputs(run, trainer, self.row, examples)
        kind = cast("ActivationKind", run.layer_kinds[self.row])
        yield measure_activation(kind, inputs, outputs[examples], run.latest_step, outputs.size)


@np.errstate(over="ignore", invalid="ignore", under="ignore")
def measure_activation(
    kind: ActivationKind,
    inputs: NDArray[np.floating],
    outputs: NDArray[np.floating],
    step: int,
    n_values: int,
) -> ActivationFinding | None:
    """Return what is found of values that go into an activation, or None where one is not finite.

    Parameters
    ----------
    kind
        Which activation.
    inputs : (n_examples, n_units) floating
    outputs : (n_examples, n_units) floating
        What the activation made of them.
    step
        Of which step they are.
    n_values
        How many there are in all, where these are a part of them.
    """
    inputs, outputs = inputs.reshape(-1), outputs.reshape(-1)  # in one piece all is faster
    low, high = float(inputs.min()), float(inputs.max())
    if not math.isfinite(high - low):
        return None
    limit = _limit(kind, inputs, max(-low, high))
    binned = _count(inputs, limit)
    counts: NDArray[np.uint32] = binned[1:-1].astype(np.uint32)
    counts.flags.writeable = False
    if kind == "sigmoid":
        # The slope that the backward pass multiplies by, rounding included.
        slopes = 1 - outputs
        slopes *= outputs
        flat = slopes < SATURATED_SLOPE
        n_flat = int(np.count_nonzero(flat))
        n_flat_low = int(np.count_nonzero(flat & (outputs < 0.5)))
        mean_slope = float(slopes.mean())
    else:
        n_flat = n_flat_low = inputs.size - int(np.count_nonzero(outputs))
        mean_slope = 1 - n_flat / inputs.size
    return ActivationFinding(
        step=step,
        n_values=n_values,
        n_counted=inputs.size,
        limit=limit,
        counts=counts,
        underflow=int(binned[0]),
        overflow=int(binned[-1]),
        n_flat_low=n_flat_low,
        n_flat_high=n_flat - n_flat_low,
        mean_slope=mean_slope,
    )


def activation_curve(
    kind: ActivationKind, values: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return what an activation makes of `values`, and its slope there.

    Parameters
    ----------
    kind
        Which activation.
    values : (n,) floating

    Returns
    -------
    outputs, slopes : (n,) arrays of the same dtype
        The slope is what the backward pass of the layer makes of a gradient of 1.
    """
    layer = Sigmoid() if kind == "sigmoid" else ReLU()
    outputs = layer.forward(values[:, None], training=True)
    slopes = layer.backward(np.ones_like(outputs))
    return outputs[:, 0].copy(), slopes[:, 0].copy()


def flat_ends(kind: ActivationKind) -> tuple[float, float]:
    """Return up to where the flat part on the left reaches and from where the right one does.

    For a sigmoid, with y = 1 / (1 + exp(-x)), they are where the slope y * (1 - y) is `SATURATED_SLOPE`:
    about -4.58 and 4.58. A ReLU is flat up to 0, and nowhere on the right, which is infinity.
    """
    if kind == "relu":
        return 0.0, math.inf
    y = (1 + math.sqrt(1 - 4 * SATURATED_SLOPE)) / 2
    end = math.log(y / (1 - y))
    return -end, end


def largest_slope(kind: ActivationKind) -> float:
    """Return the largest slope that an activation has anywhere."""
    return 0.25 if kind == "sigmoid" else 1.0


def _limit(kind: ActivationKind, inputs: NDArray[np.floating], largest: float) -> float:
    """Return a round end for an axis that holds all values but few that lie far out."""
    usual = abs(float(inputs.mean())) + _DEVIATIONS * float(inputs.std())
    needed = min(largest, usual)  # where the squares overflow, this is the largest
    if kind == "sigmoid":
        needed = max(needed, _LEAST_SIGMOID_LIMIT)
    return round_up(max(needed, _LEAST_LIMIT)) if needed else 1.0


def _count(inputs: NDArray[np.floating], limit: float) -> NDArray[np.intp]:
    """Return underflow, the counts of the bins, overflow."""
    places = inputs * ((1 - _MARGIN) * N_BINS / (2 * limit))
    np.ceil(places, out=places)  # of the bin's upper edge: so what is exactly 0 is not counted as above it
    places += N_BINS // 2
    np.clip(places, 0, N_BINS + 1, out=places)
    return np.bincount(places.astype(np.intp), minlength=N_BINS + 2)
