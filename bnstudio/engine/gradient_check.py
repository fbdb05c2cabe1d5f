"""Compares the gradients of `backward` with the slopes that one measures by moving a value a little.

The slope (loss(x + h) - loss(x - h)) / 2h, a central difference, needs `forward` alone, so it tells of any
mistake in a backward pass that touches one of the values that are moved. The check works on a copy, in
float64: the network that is checked, its running statistics included, stays as it is.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.slopes import FLOOR, Slopes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bnstudio.engine.layers import Layer
    from bnstudio.engine.losses import IntArray
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray

TOLERANCE = 1e-4
"""Largest error of an array's gradient. A right one has about 1e-8, and seldom more than 1e-5."""
N_ENTRIES = 20
"""How many values of each array are moved (all, where there are fewer), unless told otherwise."""
_CAUTION = 10
"""A slope may be wrong by so many times what it is in doubt by."""

Verdict = Literal["pass", "too small to check", "fail", "not finite"]


@dataclass(frozen=True)
class ArrayCheck:
    """How well `backward` and the measured slopes agree for one array."""

    layer: int
    """Which layer it belongs to, counted from 0."""
    kind: str
    """The layer's class, like "Dense"."""
    array: str
    """Such as "weight"; "inputs" where it is what goes into the layer."""
    shape: tuple[int, ...]
    n_entries: int
    """How many of its values were moved."""
    error: float
    """Norm of the difference, over the larger of both norms or the floor, whichever is larger.

    A bias before a BatchNorm has a gradient of exactly zero: the slopes measured for it are rounding errors,
    and relative to those any gradient would be wrong. Hence the floor, which is `FLOOR`, and higher where the
    slopes can't be measured as well as that, as where the loss is large.
    """
    numeric_norm: float
    """Norm of the measured slopes."""
    below_floor: bool
    """Both norms are below the floor, so `error` is a share of that."""

    @property
    def n_values(self) -> int:
        """How many values the array has."""
        return math.prod(self.shape)

    @property
    def name(self) -> str:
        """Such as "layer 0 Dense weight"."""
        return f"layer {self.layer} {self.kind} {self.array}"

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with the gradient. NaN is wrong."""
        return self.error <= TOLERANCE

    @property
    def verdict(self) -> Verdict:
        """What to tell of it.

        A gradient that is too small to check counts as passed: what it differs by from the slopes is nothing
        beside the floor either. One that differs by more than that fails, however small it is. Where slopes
        are not finite there is nothing to hold a gradient up to, and that is no pass.
        """
        if not math.isfinite(self.numeric_norm):
            return "not finite"
        if not self.passed:
            return "fail"
        return "too small to check" if self.below_floor else "pass"


@dataclass(frozen=True)
class GradientCheck:
    """One entry for each array that was checked."""

    arrays: tuple[ArrayCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether all arrays passed."""
        return all(array.passed for array in self.arrays)

    @property
    def worst(self) -> ArrayCheck:
        """The array with the largest error; NaN is larger than any."""
        return max(self.arrays, key=lambda array: (math.isnan(array.error), array.error))


def check_layer(
    layer: Layer, inputs: FloatArray, rng: np.random.Generator | None = None, n_entries: int = N_ENTRIES
) -> GradientCheck:
    """Check a layer by itself: the gradients of its parameters and of its inputs.

    As loss it takes the outputs, each times a random factor, summed up.

    Parameters
    ----------
    layer
        Any layer; it is not changed.
    inputs : (n_examples, n_inputs) floating
        Where to check.
    rng
        Chooses the entries; seeded with 0 unless given.
    n_entries
        How many values of each array are moved (all, where there are fewer).
    """
    rng = np.random.default_rng(0) if rng is None else rng
    twin = layer.copy(np.float64)
    inputs = inputs.astype(np.float64)
    outputs = twin.forward(inputs, training=True)
    factors = rng.standard_normal(outputs.shape)
    input_grad = twin.backward(factors).copy()
    slopes = Slopes([twin], [inputs, outputs], lambda outputs: (outputs * factors).ravel())
    checker = _Checker([twin], slopes, rng, n_entries)
    pieces = [checker.check(0, name, param, twin.grads[name]) for name, param in twin.params.items()]
    pieces.append(checker.check(0, "inputs", slopes.inputs[0], input_grad))
    return _collected(itertools.chain.from_iterable(pieces))


def check_network(
    network: Network,
    inputs: FloatArray,
    labels: IntArray,
    rng: np.random.Generator | None = None,
    n_entries: int = N_ENTRIES,
) -> GradientCheck:
    """Check the gradients of all parameters of a network; see `checks_of_network`."""
    return _collected(checks_of_network(network, inputs, labels, rng, n_entries))


def checks_of_network(
    network: Network,
    inputs: FloatArray,
    labels: IntArray,
    rng: np.random.Generator | None = None,
    n_entries: int = N_ENTRIES,
) -> Iterator[ArrayCheck | None]:
    """Check the gradients of all parameters of a network, with softmax cross-entropy as loss.

    The copy is made, and `backward` called on it, at once; each value is moved when the next is asked for.

    Parameters
    ----------
    network
        It is not changed; what its latest training step left is not touched.
    inputs : (n_examples, n_inputs) floating
    labels : (n_examples,) integers
    rng
        Chooses the entries; seeded with 0 unless given.
    n_entries
        How many values of each array are moved (all, where there are fewer).

    Returns
    -------
    iterator
        One check for each array, from the first layer to the last; before it, None for each value that was
        moved, so that whoever follows has a moment for something else, or may leave off.

    Raises
    ------
    ValueError
        When the inputs or the labels do not fit the network.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    twin = network.copy(np.float64)
    inputs = inputs.astype(np.float64)
    loss = SoftmaxCrossEntropy()
    loss.forward(twin.forward(inputs, training=True), labels)
    twin.backward(loss.backward())

    def losses(logits: FloatArray) -> FloatArray:
        return loss.of_examples(logits, labels) / len(labels)

    slopes = Slopes(twin.layers, [inputs, *twin.outputs], losses)
    checker = _Checker(twin.layers, slopes, rng, n_entries)
    return itertools.chain.from_iterable(
        checker.check(index, name, param, layer.grads[name])
        for index, layer in enumerate(twin.layers)
        for name, param in layer.params.items()
    )


def _collected(pieces: Iterable[ArrayCheck | None]) -> GradientCheck:
    return GradientCheck(tuple(check for check in pieces if check is not None))


class _Checker:
    """Chooses the values that are moved, and compares."""

    def __init__(
        self, layers: Sequence[Layer], slopes: Slopes, rng: np.random.Generator, n_entries: int
    ) -> None:
        self._layers = layers
        self._slopes = slopes
        self._rng = rng
        self._n_entries = n_entries

    def check(
        self, index: int, array: str, values: FloatArray, grad: FloatArray
    ) -> Iterator[ArrayCheck | None]:
        """Compare `grad` with the slopes along `values`, which layer `index` or its inputs consist of.

        Yields None after each value that was moved, and the check last.
        """
        entries = self._rng.permutation(values.size)[: self._n_entries]
        size = max(1.0, float(np.sqrt(np.mean(np.square(values)))))
        measured = []
        for entry in entries:
            measured.append(self._slopes.measure(index, values, entry, size))
            yield None
        numeric, doubts = np.transpose(measured)
        analytic = grad.reshape(-1)[entries]
        with np.errstate(over="ignore", invalid="ignore"):  # the error is NaN then, and says so
            floor = max(FLOOR, _CAUTION * float(np.linalg.norm(doubts)) / TOLERANCE)
            numeric_norm = float(np.linalg.norm(numeric))
            larger_norm = max(numeric_norm, float(np.linalg.norm(analytic)))
            error = float(np.linalg.norm(numeric - analytic)) / max(larger_norm, floor)
        yield ArrayCheck(
            layer=index,
            kind=type(self._layers[index]).__name__,
            array=array,
            shape=values.shape,
            n_entries=len(entries),
            error=error,
            numeric_norm=numeric_norm,
            below_floor=larger_norm < floor,
        )
