"""What went into a row of a network in the latest step, of all examples of the mini-batch or of some.

What is recorded at many steps has to be cheap, and the shape of a histogram does not take every value: so it
is of some whole examples. They are in random order already; any of them are as good as any others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.data.batches import scale_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

ALL = slice(None)
_ENOUGH_VALUES = 6_000
_ENOUGH_EXAMPLES = 16
"""The values of one example depend on each other: of a wide layer, so many are taken all the same."""


def some_examples(shape: tuple[int, ...]) -> slice:
    """Return all examples, or every second, third, … where that is enough for a histogram.

    Parameters
    ----------
    shape : (n_examples, n_units)
        Of the values that there are.
    """
    n_examples, n_units = shape
    n_enough = max(_ENOUGH_EXAMPLES, math.ceil(_ENOUGH_VALUES / n_units))
    return slice(None, None, max(1, n_examples // n_enough))


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
