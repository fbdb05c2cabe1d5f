"""What a model makes of single digits, in inference mode: of one that was drawn, and of all test images.

Measured between two steps, on the thread that trains. Inference leaves alone what training goes on with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from bnstudio.data.batches import scale_images
from bnstudio.document.experiment import N_CLASSES, N_INPUTS
from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray
    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

Number = TypeVar("Number", bound=np.generic)

N_EXAMPLES_KEPT = 100
"""Of the test images that a confusion tells apart, how many are shown, the surest first."""
_CHUNK = 500


@dataclass(frozen=True, eq=False)
class TriedExample:
    """What a network makes of one image. Its arrays are read-only."""

    step: int
    """Steps done by the network that was asked; 0 is the initial weights."""
    pixels: NDArray[np.uint8]
    """(784,) uint8, what went in."""
    label: int | None
    """The digit that it shows; None for one that was drawn, as nobody has said so."""
    n_test_images: int
    """How many test images there are to choose from."""
    probabilities: NDArray[np.float64] | None
    """(10,) float64, the softmax of the logits; None where a value on the way is not finite."""
    values: tuple[NDArray[np.float32], ...] | None
    """By row of the stack, the head included, what it puts out, (n_units,) float32: all finite, or None."""


@dataclass(frozen=True)
class ExampleInspection(Inspection[TriedExample]):
    """Asks what a model makes of one image, at any step, the initial weights and the end included.

    Raises
    ------
    ValueError
        When there are not 784 pixels.
    """

    image: bytes | int
    """784 pixels from 0 to 255, row by row; or the number of a test image, counted from 0."""

    def __post_init__(self) -> None:
        if isinstance(self.image, bytes) and len(self.image) != N_INPUTS:
            raise ValueError(f"an image has {N_INPUTS} pixels, found {len(self.image)}")

    def can_measure(self, run: Run) -> bool:
        """Override: inference needs no training step before it."""
        return True

    def measure(self, run: Run, trainer: Trainer) -> Iterator[TriedExample | None]:
        """Override: in one piece. There is no finding for a number that no test image has."""
        images, labels = trainer.dataset.test_images, trainer.dataset.test_labels
        if isinstance(self.image, bytes):
            pixels, label = np.frombuffer(self.image, np.uint8), None
        elif 0 <= self.image < len(images):
            pixels, label = _read_only(images[self.image].copy()), int(labels[self.image])
        else:
            yield None
            return
        outputs = _outputs(run.network, pixels[np.newaxis])
        finite = all(np.isfinite(output).all() for output in outputs)
        yield TriedExample(
            run.step,
            pixels,
            label,
            len(images),
            _read_only(softmax(outputs[-1])[0]) if finite else None,
            tuple(_read_only(output[0].copy()) for output in outputs) if finite else None,
        )


@dataclass(frozen=True, eq=False)
class Confusion:
    """How a network sorts all test images, and those that it was asked for. Its arrays are read-only."""

    step: int
    """Steps done by the network that was asked; 0 is the initial weights."""
    counts: NDArray[np.int64]
    """(10, 10) int64: by the digit that the image shows, then by the digit that the network says."""
    n_examples: int
    """How many images were asked for, of which those that follow are the surest."""
    indices: NDArray[np.int64]
    """(n,) int64, n at most 100: their numbers among the test images, from the surest on."""
    labels: NDArray[np.uint8]
    """(n,) uint8, the digits that they show."""
    predictions: NDArray[np.uint8]
    """(n,) uint8, the digits that the network says."""
    confidences: NDArray[np.float64]
    """(n,) float64, the probability of the digit that it says."""
    images: NDArray[np.uint8]
    """(n, 784) uint8."""

    @property
    def n_images(self) -> int:
        """How many test images there are."""
        return int(self.counts.sum())

    @property
    def n_wrong(self) -> int:
        """How many of them the network gets wrong."""
        return self.n_images - int(np.trace(self.counts))

    @property
    def accuracy(self) -> float:
        """Share of the test images that it gets right, 0 to 1."""
        return int(np.trace(self.counts)) / self.n_images


@dataclass(frozen=True)
class NoConfusion:
    """That a network cannot sort all test images, as not all its logits are finite."""

    step: int
    """Steps done by the network that was asked."""


@dataclass(frozen=True)
class ConfusionInspection(Inspection[Confusion | NoConfusion]):
    """Asks for the confusion of all test images, and for the surest of those that the model gets wrong."""

    cell: tuple[int, int] | None = None
    """The digit that images show and the one that the model says: ask for these instead, right or wrong."""

    interval: ClassVar[float] = 2.0

    def can_measure(self, run: Run) -> bool:
        """Override: inference needs no training step before it."""
        return True

    def measure(self, run: Run, trainer: Trainer) -> Iterator[Confusion | NoConfusion | None]:
        """Override: in chunks, up to a logit that is not finite."""
        images, labels = trainer.dataset.test_images, trainer.dataset.test_labels
        predictions = np.empty(len(labels), np.uint8)
        confidences = np.empty(len(labels))
        for first in range(0, len(labels), _CHUNK):
            chunk = slice(first, first + _CHUNK)
            logits = _outputs(run.network, images[chunk])[-1]
            if not np.isfinite(logits).all():
                yield NoConfusion(run.step)
                return
            predictions[chunk] = logits.argmax(axis=1)
            confidences[chunk] = softmax(logits).max(axis=1)
            if first + _CHUNK < len(labels):
                yield None
        counts = np.zeros((N_CLASSES, N_CLASSES), np.int64)
        np.add.at(counts, (labels, predictions), 1)
        if self.cell is None:
            (asked,) = np.nonzero(predictions != labels)
        else:
            (asked,) = np.nonzero((labels == self.cell[0]) & (predictions == self.cell[1]))
        surest = asked[np.argsort(-confidences[asked], kind="stable")][:N_EXAMPLES_KEPT]
        yield Confusion(
            run.step,
            _read_only(counts),
            len(asked),
            _read_only(surest),
            _read_only(labels[surest]),
            _read_only(predictions[surest]),
            _read_only(confidences[surest]),
            _read_only(images[surest]),
        )


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of the classes: exp(logit) / sum(exp(logits)) for each example.

    Parameters
    ----------
    logits : (n_examples, n_classes) floating
        All finite.

    Returns
    -------
    (n_examples, n_classes) float64
    """
    largest = logits.max(axis=1, keepdims=True)
    exponentials = np.exp(logits.astype(np.float64) - largest)  # so that no exp overflows
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


@np.errstate(over="ignore", invalid="ignore")  # a network that diverged may have such values
def _outputs(network: Network, images: NDArray[np.uint8]) -> list[FloatArray]:
    """Return what each layer puts out in inference mode; an array holds until the layer's next inference."""
    inputs = np.empty(images.shape, np.float32)
    scale_images(images, out=inputs)
    outputs: list[FloatArray] = []
    for layer in network.layers:
        outputs.append(layer.forward(outputs[-1] if outputs else inputs, training=False))
    return outputs


def _read_only(array: NDArray[Number]) -> NDArray[Number]:
    array.flags.writeable = False
    return array
