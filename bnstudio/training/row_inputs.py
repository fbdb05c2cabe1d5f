"""What went into a row of a network in the latest step, of all examples of the mini-batch or of some.

What is recorded at many steps has to be cheap, and the shape of a histogram does not take every value: so it is
of some whole examples. They are in random order already; any of them are as good as any others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.data.batches import scale_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

ALL = slice(None)
_FEWEST_EXAMPLES = 16
"""The values of one example depend on each other: so many are taken, however many values that is."""


def some_examples(shape: tuple[int, ...], n_values: int) -> slice:
    """Return every one, or every second, third, … of the examples: at most about `n_values` values of them.

    Parameters
    ----------
    shape : (n_examples, n_units)
        Of the values that there are.
    n_values : int
        How many are wanted at most; of a wide layer they are those of a few examples, even if they are more.
    """
    n_examples, n_units = shape
    return slice(None, None, -(-n_examples // max(_FEWEST_EXAMPLES, n_values // n_units)))


def row_inputs(run: Run, trainer: Trainer, row: int, examples: slice = ALL) -> NDArray[np.float32]:
    """Return what the layer at `row` was given in the latest step: of the first, that is the pixels.

    Parameters
    ----------
    run
        A run that holds the values of its latest step.
    trainer
        Its trainer, which knows the mini-batch.
    row : int
        Index in `run.network.layers`.
    examples : slice
        Of which examples of the mini-batch.

    Returns
    -------
    (n_chosen, n_inputs) float32
        Not to be written to.
    """
    if row:
        values: NDArray[np.float32] = run.network.outputs[row - 1][examples]
        return values
    pixels = trainer.dataset.train_images[trainer.batch_indices(run)[examples]]
    inputs = np.empty(pixels.shape, np.float32)
    scale_images(pixels, out=inputs)
    return inputs
