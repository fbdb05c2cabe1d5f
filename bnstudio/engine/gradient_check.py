"""Compares the gradients of `backward` with the slopes that one measures by moving a value a little.

The slope (loss(x + h) - loss(x - h)) / 2h, a central difference, needs `forward` alone, so it tells of any
mistake in a backward pass, as long as that touches one of the values that are moved. It takes float64 to be
measured at all: the check works on a copy, and the network that is checked, its running statistics included,
stays as it is. Meanwhile every value is held on the side of a ReLU's kink where it was, because across the
kink no slope can be measured.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bnstudio.engine.layers import ReLU
from bnstudio.engine.losses import SoftmaxCrossEntropy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.layers import Layer
    from bnstudio.engine.losses import IntArray
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray

TOLERANCE = 1e-4
"""Largest error of an array's gradient. A right one has about 1e-8, and seldom more than 1e-5."""
FLOOR = 1e-5
"""Errors are relative to the gradient's norm, but to no less than this. A bias before a BatchNorm has a
gradient of exactly zero: the slopes measured for it are rounding errors, and relative to those any gradient
would be wrong. The floor is higher where the slopes are measured less well, as where the loss is large."""
N_ENTRIES = 20
"""How many values of each array are moved (all, where there are fewer), unless told otherwise."""
_STEPS = ((1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11), (1e-4, 1e-3, 1e-2, 1e-1))
"""Where the slope bends much within a step, smaller ones help; where rounding covers it, larger ones. They are
times the root mean square of the array, where that is above 1: beside large values a small step is nothing."""
_AGREEMENT = 1e-6
"""A slope that changes by less, relative to itself or to `FLOOR`, from one step to the next is measured."""
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
    """Norm of the difference, over the larger of both norms or the floor, whichever is larger."""
    numeric_norm: float
    """Norm of the measured slopes."""
    below_floor: bool
    """Both norms are below the floor, so `error` is a share of that."""

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
        beside the floor either. One that differs by more than that fails, however small it is. Where a slope is
        not finite, nothing was measured that a gradient could be held up to, and that is no pass.
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
    slopes = _Slopes([twin], [inputs, outputs], lambda outputs: (outputs * factors).ravel(), rng, n_entries)
    pieces = [slopes.check(0, name, param, twin.grads[name]) for name, param in twin.params.items()]
    pieces.append(slopes.check(0, "inputs", slopes.inputs[0], input_grad))
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

    slopes = _Slopes(twin.layers, [inputs, *twin.outputs], losses, rng, n_entries)
    return itertools.chain.from_iterable(
        slopes.check(index, name, param, layer.grads[name])
        for index, layer in enumerate(twin.layers)
        for name, param in layer.params.items()
    )


def _collected(pieces: Iterable[ArrayCheck | None]) -> GradientCheck:
    return GradientCheck(tuple(check for check in pieces if check is not None))


class _Slopes:
    """Measures slopes of the loss of a stack of layers.

    `values` is what goes into the first layer, and then what each layer puts out, where nothing is moved.
    `losses` turns the last layer's outputs into the terms that the loss is the sum of. Terms are subtracted
    before they are summed, because the difference of two large sums would lose digits.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        values: Sequence[FloatArray],
        losses: Callable[[FloatArray], FloatArray],
        rng: np.random.Generator,
        n_entries: int,
    ) -> None:
        self.inputs = [array.copy() for array in values[:-1]]
        """What goes into each layer."""
        self._layers = layers
        self._switched_on: list[NDArray[np.bool]] = [array > 0 for array in values[1:]]
        self._losses = losses
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
            measured.append(self._slope(values, entry, index, size))
            yield None
        yield self._compare(index, array, values.shape, grad.reshape(-1)[entries], *np.transpose(measured))

    @np.errstate(over="ignore", invalid="ignore")  # the error is NaN then, and says so
    def _compare(
        self,
        index: int,
        array: str,
        shape: tuple[int, ...],
        analytic: FloatArray,
        numeric: FloatArray,
        doubts: FloatArray,
    ) -> ArrayCheck:
        floor = max(FLOOR, _CAUTION * float(np.linalg.norm(doubts)) / TOLERANCE)
        numeric_norm = float(np.linalg.norm(numeric))
        larger_norm = max(numeric_norm, float(np.linalg.norm(analytic)))
        return ArrayCheck(
            layer=index,
            kind=type(self._layers[index]).__name__,
            array=array,
            shape=shape,
            n_entries=len(numeric),
            error=float(np.linalg.norm(numeric - analytic)) / max(larger_norm, floor),
            numeric_norm=numeric_norm,
            below_floor=larger_norm < floor,
        )

    @np.errstate(over="ignore", invalid="ignore")
    def _slope(self, values: FloatArray, entry: int, index: int, size: float) -> tuple[float, float]:
        """Measure the slope along one value; return it, and by how much it is in doubt.

        The doubt is what it changed by from one step to the next, but no less than what comes of the rounding
        of the terms. Steps are tried until two in a row agree; failing that, the slope is taken that is in
        doubt by the least part of itself. The gradient under test has no say in that.
        """
        best, doubt, least = math.nan, math.inf, math.inf
        for steps in _STEPS:
            slopes = (self._difference(values, entry, index, step * size) for step in steps)
            for (previous, _), (slope, rounding) in itertools.pairwise(slopes):
                if math.isnan(slope):
                    return slope, math.inf
                change = max(abs(slope - previous), rounding)
                part = change / max(abs(slope), FLOOR)
                if part < least:
                    best, doubt, least = slope, change, part
                if least <= _AGREEMENT:
                    return best, doubt
        return best, doubt

    def _difference(self, values: FloatArray, entry: int, index: int, distance: float) -> tuple[float, float]:
        original = values.flat[entry]
        above, below = original + distance, original - distance
        values.flat[entry] = above
        terms_above = self._run(index)
        values.flat[entry] = below
        terms_below = self._run(index)
        values.flat[entry] = original
        width = above - below  # not quite twice the distance, as above and below are rounded
        rounding = float(np.spacing(np.max(np.abs(terms_above))))
        return float(np.sum(terms_above - terms_below) / width), float(rounding / width)

    def _run(self, index: int) -> FloatArray:
        """Run the layers from `index` on, and return the terms of the loss.

        A value at exactly 0 is held on the side where our ReLU has a slope of 0. That is no rare chance: a
        pixel that is black in all images leaves a BatchNorm as 0.
        """
        values = self.inputs[index]
        for layer, was_on in zip(self._layers[index:], self._switched_on[index:], strict=True):
            outputs = layer.forward(values, training=True)
            if isinstance(layer, ReLU):
                crossed = (values > 0) != was_on
                outputs[crossed] = np.where(was_on, values, 0)[crossed]
            values = outputs
        return self._losses(values).copy()
