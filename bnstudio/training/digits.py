"""The first digits of a mini-batch, and what the network said of them in the step that trained on it.

Nothing is computed again: the logits are those that the step's forward left, as they were before its update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer


@dataclass(frozen=True, eq=False)
class Digits:
    """The first digits of a run's mini-batch: read-only arrays, all finite."""

    step: int
    """The step, counted from 1, whose mini-batch it is."""
    n_examples: int
    """How many digits the whole mini-batch has."""
    images: NDArray[np.uint8]
    """(n, 784) uint8, 28 rows of 28 pixels, 255 is ink."""
    labels: NDArray[np.uint8]
    """(n,) uint8, what each digit is."""
    probabilities: NDArray[np.float64]
    """(n, 10) float64, softmax of the logits: what the network gave to each digit from 0 to 9. With
    BatchNorm it used the statistics of the mini-batch, as training does."""
    losses: NDArray[np.float64]
    """(n,) float64, -log of the label's probability. The mini-batch's loss is their mean over all digits."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def answers(self) -> NDArray[np.intp]:
        """(n,) what the network takes each digit for: the one with the largest probability."""
        answers: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return answers


@dataclass(frozen=True)
class DigitsInspection(Inspection[Digits]):
    """Asks for the first digits of the latest mini-batch, also of one that has yet to update the weights."""

    n_digits: int = 10
    """At most so many."""

    def measure(self, run: Run, trainer: Trainer) -> Iterator[Digits | None]:
        """Override: in one piece; None where a logit is not finite."""
        logits = run.network.outputs[-1]
        indices = trainer.batch_indices(run)[: self.n_digits]
        labels = trainer.dataset.train_labels[indices]
        log_probabilities = log_softmax(logits[: self.n_digits])
        if not np.isfinite(log_probabilities).all():
            yield None
            return
        arrays = (
            trainer.dataset.train_images[indices],
            labels,
            np.exp(log_probabilities),
            -log_probabilities[np.arange(len(labels)), labels],
        )
        for array in arrays:
            array.flags.writeable = False
        yield Digits(run.latest_step, len(logits), *arrays)


@np.errstate(over="ignore", invalid="ignore")  # of logits that are not finite
def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the logarithms of softmax: logit - log(sum(exp(logit))) over the classes of each example.

    They are computed with the largest logit of an example subtracted from all, so that exp cannot overflow;
    and as they are not logarithms of rounded probabilities, none is infinite.

    Parameters
    ----------
    logits : (n_examples, n_classes) floating

    Returns
    -------
    (n_examples, n_classes) float64
    """
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
