"""The curves of one run: every step's loss and accuracy, the evaluations, the changes of the learning rate.

The worker keeps one per run; the window keeps its own and extends it from snapshots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.training.snapshot import Evaluation, RateChange, RunSnapshot


class History:
    """Growing record of one run.

    `losses` and `accuracies` are views of what has been recorded so far: (n_steps,) float64, index 0 is the
    first step. Appending is amortised constant time.
    """

    def __init__(self) -> None:
        self._values = np.empty((2, 1024))
        self.n_steps = 0
        self.evaluations: list[Evaluation] = []
        self.rate_changes: list[RateChange] = []

    @property
    def losses(self) -> NDArray[np.float64]:
        """(n_steps,) mean loss of each step's mini-batch, before the update."""
        return self._values[0, : self.n_steps]

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """(n_steps,) accuracy on each step's mini-batch, before the update, 0 to 1."""
        return self._values[1, : self.n_steps]

    def record(self, loss: float, accuracy: float) -> None:
        """Append one step."""
        self._reserve(1)
        self._values[:, self.n_steps] = loss, accuracy
        self.n_steps += 1

    def extend(self, news: RunSnapshot) -> None:
        """Append what a snapshot brings.

        Raises
        ------
        ValueError
            When the snapshot does not begin where this history ends.
        """
        if news.first_step != self.n_steps:
            raise ValueError(
                f"the history ends at step {self.n_steps}, the snapshot begins at {news.first_step}"
            )
        n_new = len(news.losses)
        self._reserve(n_new)
        self._values[0, self.n_steps : self.n_steps + n_new] = news.losses
        self._values[1, self.n_steps : self.n_steps + n_new] = news.accuracies
        self.n_steps += n_new
        self.evaluations.extend(news.evaluations)
        self.rate_changes.extend(news.rate_changes)

    def until(self, step: int) -> History:
        """Return a copy of the first `step` steps."""
        copy = History()
        copy._values = self._values.copy()
        copy.n_steps = step
        copy.evaluations = [evaluation for evaluation in self.evaluations if evaluation.step <= step]
        copy.rate_changes = [change for change in self.rate_changes if change.step < step]
        return copy

    def _reserve(self, n_new: int) -> None:
        if self.n_steps + n_new > self._values.shape[1]:
            larger = np.empty((2, max(2 * self._values.shape[1], self.n_steps + n_new)))
            larger[:, : self.n_steps] = self._values[:, : self.n_steps]
            self._values = larger
