"""Shows how far a training without a window is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from bnstudio.training.trainer import Trainer

_BAR_INTERVAL = 0.1
_LINE_INTERVAL = 10.0
"""Seconds between two updates of the bar, and at most between two lines."""
_N_RECENT = 100
"""The loss that is shown is the mean of this many latest steps."""


class TrainingProgress(Protocol):
    """Follows a trainer."""

    def update(self) -> None:
        """Show where the trainer is, if it is time to."""


@contextmanager
def progress_on(console: Console, trainer: Trainer) -> Iterator[TrainingProgress]:
    """Make the progress display that suits the console."""
    if not console.is_terminal:
        yield ProgressLines(console, trainer)
        return
    # Refreshed by hand: rich's own thread would compete with training for the interpreter.
    columns = (
        TextColumn("epoch {task.fields[epoch]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps", markup=False),
        TextColumn("loss {task.fields[loss]}", markup=False),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left", markup=False),
    )
    with Progress(*columns, console=console, auto_refresh=False) as bar:
        progress = ProgressBar(bar, trainer)
        yield progress
        progress.draw()


class ProgressBar:
    """A bar that is redrawn ten times a second."""

    def __init__(self, bar: Progress, trainer: Trainer) -> None:
        self._bar = bar
        self._trainer = trainer
        self._task = bar.add_task("", total=trainer.target, epoch="", loss="", speed="")
        self._due = 0.0

    def update(self) -> None:
        """Redraw the bar, if it is time to."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _BAR_INTERVAL
            self.draw()

    def draw(self) -> None:
        """Redraw the bar."""
        speed = self._bar.tasks[0].speed
        self._bar.update(
            self._task,
            completed=self._trainer.step,
            epoch=_epoch(self._trainer),
            loss=recent_loss(self._trainer),
            speed="" if speed is None else f"{speed:,.0f} steps/s",
        )
        self._bar.refresh()


class ProgressLines:
    """A line at the end of each epoch, and between them now and then."""

    def __init__(self, console: Console, trainer: Trainer) -> None:
        self._console = console
        self._trainer = trainer
        self._shown_step = trainer.step
        self._shown_at = time.monotonic()

    def update(self) -> None:
        """Write a line, if it is time to."""
        trainer = self._trainer
        n_new = trainer.step - self._shown_step
        if n_new <= 0 or trainer.evaluating:
            return
        seconds = time.monotonic() - self._shown_at
        if trainer.step % trainer.steps_per_epoch == 0 or seconds >= _LINE_INTERVAL:
            self._console.print(
                f"epoch {_epoch(trainer)}, step {trainer.step:,}/{trainer.target:,}, "
                f"loss {recent_loss(trainer)}, {n_new / seconds:,.0f} steps/s",
                soft_wrap=True,
            )
            self._shown_step = trainer.step
            self._shown_at += seconds


def _epoch(trainer: Trainer) -> str:
    epoch = -(-trainer.step // trainer.steps_per_epoch)
    return f"{max(epoch, 1)}/{trainer.experiment.epochs}"


def recent_loss(trainer: Trainer) -> str:
    """Mean loss of the last 100 steps; of several models the lowest and the highest."""
    recent = [run.history.losses[-_N_RECENT:] for run in trainer.able or trainer.runs]
    means = sorted(float(losses.mean()) for losses in recent if len(losses))
    if not means:
        return "-"
    return f"{means[0]:.3g}" if len(means) == 1 else f"{means[0]:.3g} to {means[-1]:.3g}"
