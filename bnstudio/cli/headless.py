"""Trains an experiment to its end, or until that is asked for, without a window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bnstudio.cli.progress import progress_on
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.memory import check_memory
from bnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from threading import Event

    from rich.console import Console

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment

_MOST_STEPS = 10
"""Of each run before the next run's turn."""
_PIECE_SECONDS = 0.1
"""So short is a piece of work, unless a single step takes longer, that Ctrl+C is answered at once."""


@subnormals_as_zero()
def train_without_window(
    experiment: Experiment, dataset: Dataset, console: Console, interrupted: Event
) -> Trainer:
    """Train all models of the experiment in lockstep, until the planned epochs are done or none can go on.

    Parameters
    ----------
    experiment
        What to train.
    dataset
        What to learn from.
    console
        Where the progress is shown: a bar on a terminal, now and then a line elsewhere.
    interrupted
        Once it is set, training ends after the piece of work under way.

    Returns
    -------
    Trainer
        With the runs and all that has come of them.

    Raises
    ------
    NotEnoughMemoryError
        When it does not fit into the memory that is available.
    """
    trainer = Trainer(experiment, dataset)
    check_memory(trainer)
    with progress_on(console, trainer) as progress:
        n_steps = 1
        while not trainer.finished and not interrupted.is_set():
            since = time.monotonic()
            trainer.advance(n_steps)
            possible = n_steps * _PIECE_SECONDS / max(time.monotonic() - since, 1e-9)
            n_steps = max(1, min(_MOST_STEPS, int(possible)))
            progress.update()
    return trainer
