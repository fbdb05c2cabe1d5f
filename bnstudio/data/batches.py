"""Which examples are in which mini-batch, and the reading of them.

The examples are shuffled one by one, anew for each epoch, by a generator that depends on the seed and the
epoch alone; so the batch of any step can be found again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_N_KEPT_EPOCHS = 8
"""So many epochs may be read from in turns, as models do that started at different times."""
_SCALE = np.float32(1 / 255)


def scale_images(images: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Write bytes of 0 to 255 as values of 0 to 1 into `out`, an array of the same shape.

    They are multiplied by float32(1 / 255), which is faster than dividing: 255 gives exactly 1, and what lies
    between differs from the quotient by at most its last bit.
    """
    np.copyto(out, images)  # converting them first takes less time than multiplying bytes
    np.multiply(out, _SCALE, out=out)


class Batches:
    """The seeded mini-batches of all epochs.

    Each example is in exactly one batch of an epoch. The last batch may be smaller; a single example left
    over joins the batch before, as batch normalization has no use for a batch of one.

    Parameters
    ----------
    n_examples : int
        At least 2.
    batch_size : int
        At least 2.
    seed : int
        Not negative.
    """

    def __init__(self, n_examples: int, batch_size: int, seed: int) -> None:
        if n_examples < 2 or batch_size < 2:
            raise ValueError(f"{n_examples} examples in batches of {batch_size}: both must be at least 2")
        self.n_examples = n_examples
        self.batch_size = batch_size
        self.seed = seed
        n_full, remainder = divmod(n_examples, batch_size)
        self.n_steps_per_epoch = n_full + (remainder > 1 or n_full == 0)
        self._orders: dict[int, NDArray[np.int64]] = {}
        self._bytes = np.empty((0, 0), np.uint8)
        self._inputs = np.empty((0, 0), np.float32)

    def indices(self, epoch: int, i: int) -> NDArray[np.int64]:
        """Return which examples batch `i` of an epoch holds, both counted from 0.

        Returns
        -------
        indices : (n,) int64
            A read-only view.

        Raises
        ------
        IndexError
            When there is no such epoch or batch.
        """
        if epoch < 0 or not 0 <= i < self.n_steps_per_epoch:
            raise IndexError(
                f"there is no batch {i} in epoch {epoch}: it has {self.n_steps_per_epoch} batches"
            )
        is_last = i == self.n_steps_per_epoch - 1
        return self._order(epoch)[i * self.batch_size : None if is_last else (i + 1) * self.batch_size]

    def step_indices(self, step: int) -> NDArray[np.int64]:
        """Return which examples the batch of a step holds; steps are counted from 0 through all epochs."""
        return self.indices(*divmod(step, self.n_steps_per_epoch))

    def read(
        self, images: NDArray[np.uint8], labels: NDArray[np.uint8], step: int
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Gather the batch of a step.

        Parameters
        ----------
        images : (n_examples, n_pixels) uint8
        labels : (n_examples,) uint8
        step : int
            Counted from 0 through all epochs.

        Returns
        -------
        inputs : (n, n_pixels) float32
            Pixels from 0 to 1, in a buffer that the next call overwrites.
        labels : (n,) uint8
        """
        if len(images) != self.n_examples or len(labels) != self.n_examples:
            raise ValueError(f"{len(images)} images, {len(labels)} labels: both must be {self.n_examples}")
        indices = self.step_indices(step)
        n = len(indices)
        if n > len(self._bytes) or images.shape[1] != self._bytes.shape[1]:
            self._bytes = np.empty((n, images.shape[1]), np.uint8)
            self._inputs = np.empty((n, images.shape[1]), np.float32)
        # "clip" writes straight into the buffer, "raise" would copy; no index is out of range.
        np.take(images, indices, axis=0, out=self._bytes[:n], mode="clip")
        scale_images(self._bytes[:n], out=self._inputs[:n])
        return self._inputs[:n], labels[indices]

    def _order(self, epoch: int) -> NDArray[np.int64]:
        order = self._orders.pop(epoch, None)
        if order is None:
            sequence = np.random.SeedSequence(self.seed, spawn_key=(0, epoch))
            order = np.random.default_rng(sequence).permutation(self.n_examples)
            order.flags.writeable = False
            if len(self._orders) == _N_KEPT_EPOCHS:
                del self._orders[next(iter(self._orders))]  # the one that was not used for longest
        self._orders[epoch] = order
        return order
