"""Trains an experiment to its end, or to Ctrl+C, without a window."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from bnstudio.cli.progress import progress_on
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.memory import check_memory
from bnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from rich.console import Console

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment

_STEPS_IN_A_PIECE = 10
"""Of each run before the next run's turn; few enough that Ctrl+C is answered at once."""


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
        while not trainer.finished and not interrupted.is_set():
            trainer.advance(_STEPS_IN_A_PIECE)
            progress.update()
    return trainer


@contextmanager
def interruption() -> Iterator[Event]:
    """Turn the first Ctrl+C into an event, so that no step is torn; a second one interrupts as ever."""
    interrupted = Event()

    def note(signal_number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
