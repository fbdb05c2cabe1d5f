"""Where training and inference mode of a BatchNorm layer part: test images in batches of 2, 4, 8, … of them.

Training mode is computed by copies of the layers that tell the modes apart, so neither running statistics nor
anything else that the latest training step left is touched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bnstudio.data.batches import scale_images
from bnstudio.engine.layers import BatchNorm
from bnstudio.training.gradient_flow import root_mean_square
from bnstudio.training.inspection import RowInspection

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.layers import Layer
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

_MOST_IMAGES = 256
_FEWEST_IMAGES = 16
_MOST_PRODUCTS = 5e8
"""Multiplications that passing all images once through the network may take; a larger network gets fewer."""
_PRODUCTS_AT_ONCE = 1e8
"""A piece of work: about 10 ms."""
_TINY = 2


@dataclass(frozen=True, eq=False)
class BatchNormModes:
    """A BatchNorm layer in both modes."""

    step: int
    """Updates that the parameters have had."""
    n_images: int
    """So many of the first test images are passed through the network, in batches of each size."""
    trained_batch_size: int
    """Of the experiment."""
    batch_sizes: tuple[int, ...]
    """2, 4, 8, … up to all images in one batch."""
    differences: tuple[float, ...]
    """For each of them the root mean square, over all images and units, of how far the layer's outputs in
    training mode are from those in inference mode, in units of `gamma`; NaN where that is 0."""
    gamma: float
    """Root mean square of gamma over the units: how far the outputs are spread in training mode. Where it is
    0, all outputs are beta in either mode."""
    labels: NDArray[np.uint8]
    """(2,) digits of the first two images, which are a batch of two; read-only, as are the others."""
    images: NDArray[np.uint8]
    """(2, 784) their pixels."""
    training: NDArray[np.float32]
    """(2, 10) probabilities of the digits that the network gives them in training mode."""
    inference: NDArray[np.float32]
    """(2, 10) the same in inference mode."""


@dataclass(frozen=True)
class BatchNormModesInspection(RowInspection[BatchNormModes]):
    """Asks how far the BatchNorm layer at `row` is in training mode from what it is in inference mode.

    In training mode every BatchNorm of the stack normalizes by the batch, also those before this one.
    """

    interval: ClassVar[float] = 1.0
    kinds: ClassVar[frozenset[LayerKind]] = frozenset({"batch_norm"})

    def measure(self, run: Run, trainer: Trainer) -> Iterator[BatchNormModes | None]:
        """Override: layer by layer, for each size of a batch."""
        layers, dataset = run.network.layers, trainer.dataset
        n_images = _n_images(len(dataset.test_labels), run.network.n_parameters)
        if n_images < _TINY:
            yield None
            return
        images = dataset.test_images[:n_images]
        inputs = np.empty(images.shape, np.float32)
        scale_images(images, out=inputs)

        # Up to the first BatchNorm both modes are one.
        first = next(i for i, layer in enumerate(layers) if isinstance(layer, BatchNorm))
        shared = yield from _passed(layers[:first], inputs)
        gamma = root_mean_square(layers[self.row].params["gamma"])
        outputs = yield from _passed(layers[first : self.row + 1], shared)
        batch_sizes = tuple(2**i for i in range(1, n_images.bit_length()))
        differences = []
        for batch_size in batch_sizes:
            in_training = yield from _passed(layers[first : self.row + 1], shared, batch_size)
            differences.append(_rms_difference(in_training, outputs) / gamma if gamma else math.nan)
        tiny = shared[:_TINY]
        training = yield from _passed(layers[first:], tiny, _TINY)
        inference = yield from _passed(layers[first:], tiny)
        finding = BatchNormModes(
            step=run.step,
            n_images=n_images,
            trained_batch_size=trainer.experiment.batch_size,
            batch_sizes=batch_sizes,
            differences=tuple(differences),
            gamma=gamma,
            labels=dataset.test_labels[:_TINY].copy(),
            images=images[:_TINY].copy(),
            training=_softmax(training),
            inference=_softmax(inference),
        )
        for array in (finding.labels, finding.images, finding.training, finding.inference):
            array.flags.writeable = False
        numbers = (gamma, *(differences if gamma else ()), *finding.training.flat, *finding.inference.flat)
        yield finding if all(map(math.isfinite, numbers)) else None


def _n_images(n_there: int, n_parameters: int) -> int:
    """Return how many images to take: a power of two, or 0 where there are none."""
    n_images = _MOST_IMAGES
    while n_images > _FEWEST_IMAGES and n_images * n_parameters > _MOST_PRODUCTS:
        n_images //= 2
    while n_images > n_there:
        n_images //= 2
    return n_images


def _passed(
    layers: Sequence[Layer], values: NDArray[np.float32], batch_size: int | None = None
) -> Generator[None, None, NDArray[np.float32]]:
    """Return (n_images, n_inputs) `values` as they come out of `layers`, in an array of its own.

    In training mode, in batches of `batch_size`, or without one in inference mode. Only BatchNorm knows the
    difference; it alone is copied for that, and all other layers take what there is at once.
    """
    for layer in layers:
        if batch_size is not None and isinstance(layer, BatchNorm):
            values = _normalized_in_batches(layer, values, batch_size)
        else:
            n_products = sum(param.size for param in layer.params.values()) or values.shape[1]
            n_rows = max(1, int(_PRODUCTS_AT_ONCE / n_products))
            parts = []
            for start in range(0, len(values), n_rows):
                if start:
                    yield
                with np.errstate(over="ignore", invalid="ignore"):
                    parts.append(layer.forward(values[start : start + n_rows], training=False).copy())
            values = np.concatenate(parts)
        yield
    return values


@np.errstate(over="ignore", invalid="ignore")
def _normalized_in_batches(
    layer: BatchNorm, values: NDArray[np.float32], batch_size: int
) -> NDArray[np.float32]:
    twin = layer.copy()
    outputs = np.empty_like(values)
    for start in range(0, len(values), batch_size):
        batch = slice(start, start + batch_size)
        outputs[batch] = twin.forward(values[batch], training=True)
    return outputs


@np.errstate(over="ignore", invalid="ignore")
def _rms_difference(some: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    return root_mean_square(some - others)


@np.errstate(over="ignore", invalid="ignore")
def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
