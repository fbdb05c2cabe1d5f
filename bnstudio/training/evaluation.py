"""Loss and accuracy on test images, in inference mode; chunk by chunk, so that commands are answered between.

Nothing that the latest training step left behind is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.data.batches import scale_images
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.training.snapshot import Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.data.datasets import Dataset
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import Examples

N_SUBSET = 1_000
SUBSET_INTERVAL = 100
"""Steps between two evaluations on the subset."""
CHUNK = 500


class Evaluator:
    """Measures runs on the test images of `dataset`.

    The subset takes every tenth image (of 10,000), because the first half of MNIST's test images is easier
    than the second.
    """

    def __init__(self, dataset: Dataset) -> None:
        n_test = len(dataset.test_labels)
        stride = max(1, n_test // N_SUBSET)
        self._images = {"test": dataset.test_images, "subset": dataset.test_images[::stride][:N_SUBSET]}
        self._labels = {"test": dataset.test_labels, "subset": dataset.test_labels[::stride][:N_SUBSET]}

    def due(self, run: Run, steps_per_epoch: int) -> Iterator[Iterator[None]]:
        """Yield the evaluations that are due after a step: the subset's, and at an epoch's end the test."""
        if run.step % SUBSET_INTERVAL == 0:
            yield self._evaluate(run, "subset")
        if run.step % steps_per_epoch == 0:
            yield self._evaluate(run, "test")

    def steps_until_due(self, run: Run, steps_per_epoch: int) -> int:
        """Return how many steps the run can take until the next evaluation is due, at least 1."""
        return min(interval - run.step % interval for interval in (SUBSET_INTERVAL, steps_per_epoch))

    def _evaluate(self, run: Run, examples: Examples) -> Iterator[None]:
        images, labels = self._images[examples], self._labels[examples]
        loss = SoftmaxCrossEntropy()
        total_loss = 0.0
        n_right = 0
        for first in range(0, len(labels), CHUNK):
            chunk_labels = labels[first : first + CHUNK]
            inputs = np.empty((len(chunk_labels), images.shape[1]), np.float32)
            scale_images(images[first : first + CHUNK], out=inputs)
            total_loss += loss.forward(run.network.forward(inputs, training=False), chunk_labels) * len(
                inputs
            )
            n_right += round(loss.accuracy() * len(inputs))
            yield
        run.history.evaluations.append(
            Evaluation(run.step, examples, total_loss / len(labels), n_right / len(labels))
        )
