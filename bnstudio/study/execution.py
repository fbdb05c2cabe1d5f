"""Does trainings several at once, each in a process with one BLAS thread, and hands over what is done first.

Whatever happens to this process, its workers end: they are ended with it, and look after themselves should
it be killed.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import joblib

from bnstudio.study.job import train

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.study.result import Result

_WATCH_INTERVAL = 0.5
"""Seconds between two looks of a worker at whether its parent still lives."""


class WorkerLostError(Exception):
    """A worker process ended in the middle of a training; `str()` is the whole message."""


@contextmanager
def training_all(
    trainings: Sequence[Experiment], dataset: Dataset, n_jobs: int
) -> Generator[Iterator[Result]]:
    """Start the trainings in their order, and give their results in the order in which they are done.

    Leaving the block ends what is still under way.

    Parameters
    ----------
    trainings
        Each of one model.
    dataset
        What to learn from; the processes share one copy of it.
    n_jobs
        How many to do at once. One is done in this process.

    Raises
    ------
    WorkerLostError
        When a worker is killed, for want of memory for example.
    """
    parallel = joblib.Parallel(
        n_jobs=n_jobs,
        backend="loky" if n_jobs > 1 else "sequential",
        return_as="generator_unordered",
        batch_size=1,  # A longer one would hold results back.
        **({"initializer": _begin_work, "initargs": (os.getpid(),)} if n_jobs > 1 else {}),
    )
    with ExitStack() as at_the_end:
        with _ctrl_c_ignored():
            results = parallel(joblib.delayed(train)(training, dataset) for training in trainings)
            at_the_end.callback(_end, results)
        try:
            yield results
        except BrokenProcessPool as error:
            raise WorkerLostError(
                "a training process was ended from outside, perhaps because memory ran out; "
                "with fewer at once (--jobs) they need less"
            ) from error


def _end(results: Generator[Result]) -> None:
    """End the workers if they are still at it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib advises not to leave early
        results.close()


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Ignore Ctrl+C for a moment; processes that start meanwhile inherit that, and ignore it for good.

    `_begin_work` would come too late: before it runs, a worker has much to import.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin_work(parent: int) -> None:
    """Leave Ctrl+C, which a terminal sends to every process, to the parent; end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_INTERVAL)
    os._exit(1)
