"""What a training without a window came to, in words and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from bnstudio.training.metrics import epoch_losses

if TYPE_CHECKING:
    from bnstudio.training.run import Run
    from bnstudio.training.trainer import Trainer

_MAX_EPOCH_COLUMNS = 6
_KIND_NAMES = {
    "dense": "Dense",
    "batch_norm": "BatchNorm",
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "head": "Dense of the head",
}


def summary_table(trainer: Trainer) -> Table:
    """Tabulate each model's loss by epoch and its latest accuracy on the test images.

    Of many epochs only some are shown, the first and the last among them.
    """
    losses = [epoch_losses(run.history, trainer.steps_per_epoch) for run in trainer.runs]
    n_epochs = max(len(of_run) for of_run in losses)
    shown = sorted(
        {round(index) for index in np.linspace(0, n_epochs - 1, min(n_epochs, _MAX_EPOCH_COLUMNS))}
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    for index in shown:
        table.add_column(f"epoch {index + 1}", justify="right", no_wrap=True)
    table.add_column("test accuracy", justify="right", no_wrap=True)
    for run, of_run in zip(trainer.runs, losses, strict=True):
        cells = [f"{of_run[index]:.4g}" if index < len(of_run) else "-" for index in shown]
        table.add_row(run.model.name, *cells, _test_accuracy(run))
    return table


def _test_accuracy(run: Run) -> str:
    accuracies = [item.accuracy for item in run.history.evaluations if item.examples == "test"]
    return f"{accuracies[-1]:.4f}" if accuracies else "-"


def divergence_message(run: Run) -> str:
    """Say where a run's loss ceased to be finite, and what may help.

    Raises
    ------
    ValueError
        When the run has not diverged.
    """
    found = run.divergence
    if found is None:
        raise ValueError(f"{run.model.name} has not diverged")
    where = ""
    if found.layer is not None and found.kind is not None:
        where = f", first in layer {found.layer + 1} ({_KIND_NAMES[found.kind]})"
    return (
        f"{run.model.name} diverged: the loss of step {found.step:,} is not finite{where}. "
        f"Try a learning rate smaller than {found.learning_rate:g}."
    )
