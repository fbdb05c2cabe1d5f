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
        self._at_labels = np.empty(0, np.intp)  # where each example's label is among all logits, row by row

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
        return float(np.add.reduce(self.of_examples(logits, labels), dtype=np.float64)) / len(labels)

    # Logits of a diverged network are infinite or NaN; so is the loss then, and that is the message.
    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def of_examples(self, logits: FloatArray, labels: IntArray) -> FloatArray:
        """Do what `forward` does, but return each example's own loss, (n_examples,)."""
        at_labels = _find_labels(logits, labels)
        shifted = self._workspace.like("shifted", logits)
        exponentials = self._workspace.like("exponentials", logits)
        # Subtracting the same number from all logits of an example changes nothing; with the largest of them,
        # exp cannot overflow. It is found down the columns of a transposed copy, which NumPy does for all
        # examples at once.
        np.subtract(logits, np.maximum.reduce(logits.T.copy(), axis=0)[:, np.newaxis], out=shifted)
        np.exp(shifted, out=exponentials)
        sums = np.add.reduce(exponentials, axis=1, keepdims=True)
        self._shifted, self._exponentials, self._sums = shifted, exponentials, sums
        self._labels, self._at_labels = labels, at_labels
        losses: FloatArray = np.log(sums[:, 0]) - shifted.take(at_labels)
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
        logits_grad.reshape(-1)[self._at_labels] -= 1 / n_examples
        return logits_grad

    def accuracy(self) -> float:
        """Return the share of examples, of the latest forward, whose largest logit is at their label."""
        return np.count_nonzero(self._shifted.argmax(axis=1) == self._labels) / len(self._labels)


def _find_labels(logits: FloatArray, labels: IntArray) -> NDArray[np.intp]:
    """Check the shapes and the labels; return where the logits at the labels are, counted row by row."""
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError(
            f"logits must be (n_examples, n_classes) with at least one example, found {logits.shape}"
        )
    if labels.shape != logits.shape[:1]:
        raise ValueError(f"labels must be {logits.shape[:1]} like the logits' examples, found {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, found {labels.dtype}")
    columns = labels.astype(np.intp)
    # Seen as unsigned, negative labels are large ones, so one look at the largest finds both.
    if np.maximum.reduce(columns.view(np.uintp)) >= logits.shape[1]:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"labels must be from 0 to {logits.shape[1] - 1}, found {wrong}")
    columns += np.arange(0, logits.size, logits.shape[1])
    return columns
