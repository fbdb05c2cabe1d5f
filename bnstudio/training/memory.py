"""How much memory a training takes, worked out from its models, and whether there is as much.

The layers allocate their arrays in the first step, so that a document of any size can be opened and edited;
a training that does not fit has to be stopped before that step, as the system may end the process after it.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psutil

from bnstudio.document.experiment import MAX_MODELS, N_INPUTS
from bnstudio.training import checkpoints, recorder
from bnstudio.training.evaluation import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.document.experiment import LayerShape, ModelSetup
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer

_FLOAT = np.dtype(np.float32).itemsize
_PIXEL = np.dtype(np.uint8).itemsize
_N_COPIES = 3
"""Measuring may copy the values of one layer so often for a moment."""
_LESS = "Smaller batches, fewer units or fewer rows take less."
_PAST = (checkpoints.MEMORY + recorder.MEMORY) // MAX_MODELS
"""Bytes for what is kept of the past of one model, at most."""


class NotEnoughMemoryError(MemoryError):
    """A training does not fit; `str()` says what it takes, what there is and what takes less."""


class TrainingMemory(NamedTuple):
    """Bytes that models in training take."""

    fixed: int
    per_example: int
    """Of a mini-batch."""

    @classmethod
    def of(cls, models: Sequence[ModelSetup]) -> TrainingMemory:
        """Add up parameters, gradients, what layers keep of training and test images, and measuring."""
        fixed = per_example = widest = 0
        for model in models:
            shapes = model.shapes()
            n_outputs = [shape.n_outputs for shape in shapes]
            fixed += _FLOAT * (2 * model.n_parameters + CHUNK * sum(n_outputs)) + _PAST
            per_example += _FLOAT * sum(map(_n_values, model.kinds, shapes, range(len(shapes))))
            widest = max(widest, *n_outputs)
        batch = (_FLOAT + _PIXEL) * N_INPUTS
        return cls(fixed, per_example + batch + _FLOAT * _N_COPIES * widest)

    def in_batches(self, n_examples: int) -> int:
        """Return the bytes with mini-batches of so many examples."""
        return self.fixed + self.per_example * n_examples

    def largest_batch(self, n_bytes: int) -> int:
        """Return how many examples a mini-batch may have in so many bytes; not positive where none fits."""
        return (n_bytes - self.fixed) // self.per_example


def available_memory() -> int:
    """Return the bytes that training may take without other programs being swapped out or ended.

    What this process has is among them: that of runs that were replaced may not have been given back.
    """
    return int(psutil.virtual_memory().available + psutil.Process().memory_info().rss)


def check_memory(trainer: Trainer) -> None:
    """Make sure, before a run allocates its arrays, that there is memory for all.

    Raises
    ------
    NotEnoughMemoryError
        When there is not.
    """
    if all(run.network.outputs for run in trainer.runs):
        return
    memory = TrainingMemory.of([run.model for run in trainer.runs])
    needed = memory.in_batches(min(trainer.experiment.batch_size, len(trainer.dataset.train_labels)))
    available = available_memory()
    if needed > available:
        raise NotEnoughMemoryError(
            f"There is not enough memory for this training: it takes about {_size_text(needed)}, and"
            f" {_size_text(available)} are available. {_advice(memory.largest_batch(available))}"
        )


def explain_shortage(error: MemoryError) -> str:
    """Say that there was not enough memory, before training or in the middle of it."""
    if isinstance(error, NotEnoughMemoryError):
        return str(error)
    return f"There was not enough memory to go on with training ({str(error) or 'it is used up'}). {_LESS}"


def give_memory_back() -> None:
    """Return to the system what runs took that have ended.

    The GNU C library keeps the memory of arrays below 32 MB for later ones: that of the largest document that
    was trained would stay taken for as long as the program runs. Other libraries have no such function.
    """
    trim = getattr(ctypes.CDLL(None) if os.name == "posix" else None, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _n_values(kind: LayerKind, shape: LayerShape, row: int) -> int:
    """Return how many values a layer keeps of each example: what it puts out and sends back, mostly."""
    if kind == "batch_norm":
        return 3 * shape.n_outputs  # and the centred ones
    return shape.n_outputs + (shape.n_inputs if row > 0 else 0)  # nobody takes what the first would send back


def _advice(most_examples: int) -> str:
    if most_examples < 2:
        return "Fewer units or fewer rows take less."
    most_examples -= most_examples % 10 ** max(0, len(str(most_examples)) - 2)  # two digits, and some room
    return f"Batches of at most {most_examples:,} would fit; fewer units or fewer rows take less too."


def _size_text(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
