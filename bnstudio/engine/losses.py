"""What training makes small: how far a network's logits are from the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio.engine.workspace import Workspace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.engine.workspace import FloatArray

    IntArray = NDArray[np.integer[Any]]

_NO_LOGITS: FloatArray = np.empty((0, 0), np.float32)
_NO_LABELS: IntArray = np.empty(0, np.uint8)


class SoftmaxCrossEntropy:
    """Softmax and cross-entropy in one, because together they are stable and their gradient is simple.

    With p = exp(logit) / sum(exp(logits)) over the classes of an example, the example's loss is -log(p of its
    label); the loss is the mean over the batch. It keeps the latest forward for `backward` and `accuracy`.
    """

    def __init__(self) -> None:
        self._workspace = Workspace()
        self._shifted = _NO_LOGITS
        self._exponentials = _NO_LOGITS
        self._sums = _NO_LOGITS
        self._labels = _NO_LABELS

    def forward(self, logits: FloatArray, labels: IntArray) -> float:
        """Return the mean loss of the batch; not finite where a logit is not.

        Parameters
        ----------
        logits : (n_examples, n_classes) floating
        labels : (n_examples,) of any integer dtype
            Each from 0 to n_classes - 1.

        Raises
        ------
        ValueError
            When a shape, the dtype of the labels or a label is wrong.
        """
        return float(self.of_examples(logits, labels).mean(dtype=np.float64))

    # Logits of a diverged network are infinite or NaN; so is the loss then, and that is the message.
    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def of_examples(self, logits: FloatArray, labels: IntArray) -> FloatArray:
        """Do what `forward` does, but return each example's own loss, (n_examples,)."""
        _check(logits, labels)
        shifted = self._workspace.like("shifted", logits)
        exponentials = self._workspace.like("exponentials", logits)
        # Subtracting the same number from all logits of an example changes nothing; with the largest of them,
        # exp cannot overflow.
        np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True), out=shifted)
        np.exp(shifted, out=exponentials)
        sums = np.add.reduce(exponentials, axis=1, keepdims=True)
        self._shifted, self._exponentials, self._sums, self._labels = shifted, exponentials, sums, labels
        losses: FloatArray = np.log(sums[:, 0]) - shifted[np.arange(len(labels)), labels]
        return losses

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # as in forward
    def backward(self) -> FloatArray:
        """Return the gradient of the mean loss with respect to the logits: (p - 1 at the label) / n_examples.

        Returns
        -------
        (n_examples, n_classes) array
            Written again by the next call.
        """
        n_examples = len(self._labels)
        logits_grad = self._workspace.like("logits_grad", self._exponentials)
        np.multiply(self._exponentials, 1 / (n_examples * self._sums), out=logits_grad)
        logits_grad[np.arange(n_examples), self._labels] -= 1 / n_examples
        return logits_grad

    def accuracy(self) -> float:
        """Return the share of examples, of the latest forward, whose largest logit is at their label."""
        return np.count_nonzero(self._shifted.argmax(axis=1) == self._labels) / len(self._labels)


def _check(logits: FloatArray, labels: IntArray) -> None:
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError(
            f"logits must be (n_examples, n_classes) with at least one example, found {logits.shape}"
        )
    if labels.shape != logits.shape[:1]:
        raise ValueError(f"labels must be {logits.shape[:1]} like the logits' examples, found {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, found {labels.dtype}")
    lowest, highest = labels.min(), labels.max()
    if lowest < 0 or highest >= logits.shape[1]:
        wrong = lowest if lowest < 0 else highest
        raise ValueError(f"labels must be from 0 to {logits.shape[1] - 1}, found {wrong}")
