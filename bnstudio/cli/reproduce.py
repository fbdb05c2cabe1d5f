"""Runs the whole study without a window: trains what is not yet trained, judges the claims, reports."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import joblib
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bnstudio.cli.sources import InputError
from bnstudio.document.experiment import MAX_SEED
from bnstudio.study.claims import judge
from bnstudio.study.execution import training_all
from bnstudio.study.figures import draw_figures
from bnstudio.study.numbers import collect_numbers
from bnstudio.study.plan import effort
from bnstudio.study.report import compose_report
from bnstudio.study.store import METRICS, training_folder
from bnstudio.training.metrics import metrics_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.study.plan import Plan
    from bnstudio.study.result import Result
    from bnstudio.study.store import Store
    from bnstudio.study.verdicts import Verdict


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read seeds as they are typed, like 0,1,2.

    Raises
    ------
    InputError
        When one is no seed, or stands twice.
    """
    seeds = []
    for word in text.split(","):
        # Not int() alone, which takes signs, underscores and the digits of all scripts.
        if not re.fullmatch(r" *[0-9]{1,10} *", word) or int(word) > MAX_SEED:
            raise InputError(
                f"option --seeds: found {word.strip()!r}; right would be numbers from 0 to {MAX_SEED:,} "
                "with commas between them, as in 0,1,2"
            )
        if int(word) in seeds:
            raise InputError(f"option --seeds: {int(word)} stands twice; right would be each seed once")
        seeds.append(int(word))
    return tuple(seeds)


def train_missing(
    plan: Plan, store: Store, dataset: Dataset, n_jobs: int | None, console: Console
) -> dict[Experiment, Result]:
    """Do all trainings of the plan whose results the store has not, and return the results of all.

    Parameters
    ----------
    plan
        What to train.
    store
        Gets each result as soon as it is there.
    dataset
        What to learn from.
    n_jobs
        How many to train at once; None is as many as there are cores to use.
    console
        Where the progress is shown: a bar on a terminal, a line for each training elsewhere.

    Raises
    ------
    StoreError
        When a result can't be read or written.
    WorkerLostError
        When a training process is ended from outside.
    """
    trainings = plan.trainings()
    stored = {training: store.load(training) for training in trainings}
    results = {training: result for training, result in stored.items() if result is not None}
    missing = [training for training in trainings if training not in results]
    if results:
        console.print(f"{len(results)} of {len(trainings)} trainings were done before and are used again.")
    if missing:
        n_jobs = min(n_jobs or joblib.cpu_count(), len(missing))
        with _progress_on(console, missing) as progress, training_all(missing, dataset, n_jobs) as done:
            for result in done:
                store.save(result)
                results[result.experiment] = result
                progress.note(result.experiment)
    return results


def write_report(plan: Plan, store: Store, results: dict[Experiment, Result]) -> tuple[Verdict, ...]:
    """Write each training's metrics.csv, the figures and the report, and return the verdicts.

    Raises
    ------
    StoreError
        When something can't be written.
    """
    for training, result in results.items():
        lines = metrics_lines(result.history, result.steps_per_epoch)
        store.write(training_folder(training) / METRICS, "".join(f"{line}\n" for line in lines).encode())
    numbers = collect_numbers(plan, results)
    verdicts = judge(numbers)
    first_seed = {name: results[plan.training(name, plan.seeds[0])] for name in plan.model_names}
    for path, content in compose_report(plan, numbers, verdicts, draw_figures(first_seed)).items():
        store.write(path, content)
    return verdicts


class _Progress:
    """Counts the trainings that are done, and estimates the time that is left from the effort that is."""

    def __init__(self, console: Console, trainings: Sequence[Experiment], bar: Progress | None) -> None:
        self._console = console
        self._bar = bar
        self._n_trainings = len(trainings)
        self._n_done = 0
        self._effort = sum(map(effort, trainings))
        self._effort_done = 0
        self._started_at = time.monotonic()
        if bar is not None:
            bar.add_task("", total=self._effort, done=f"0/{self._n_trainings}", left="")

    def note(self, training: Experiment) -> None:
        """Show that a training is done."""
        self._n_done += 1
        self._effort_done += effort(training)
        seconds = time.monotonic() - self._started_at
        left = _duration(seconds * (self._effort / self._effort_done - 1))
        done = f"{self._n_done}/{self._n_trainings}"
        if self._bar is not None:
            task = self._bar.tasks[0].id
            self._bar.update(task, completed=self._effort_done, done=done, left=f"about {left} left")
        else:
            name = training.models[0].name
            self._console.print(
                f"{done} trained: {name}, seed {training.seed}; about {left} left", soft_wrap=True
            )


@contextmanager
def _progress_on(console: Console, trainings: Sequence[Experiment]) -> Iterator[_Progress]:
    if not console.is_terminal:
        yield _Progress(console, trainings, None)
        return
    columns = (
        BarColumn(bar_width=24),
        TextColumn("{task.fields[done]} trainings", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    # The training is done by other processes, so rich's own thread disturbs nobody.
    with Progress(*columns, console=console, refresh_per_second=2) as bar:
        yield _Progress(console, trainings, bar)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"
