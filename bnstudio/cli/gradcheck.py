"""Checks the gradients of an experiment's models at their initial weights, and prints what came of it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from bnstudio.cli.sources import InputError
from bnstudio.cli.tables import print_whole
from bnstudio.engine.gradient_check import GradientCheck
from bnstudio.training.build import build_network
from bnstudio.training.gradients import (
    ArticleBatchNorm,
    check_gradients,
    count_arrays,
    first_batch,
    with_article_gradient,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.engine.gradient_check import ArrayCheck
    from bnstudio.engine.network import Network


def with_model_alone(experiment: Experiment, name: str | None) -> Experiment:
    """Return the experiment with no other model than the named one, ignoring case; with all if None.

    Raises
    ------
    InputError
        When no model has the name.
    """
    if name is None:
        return experiment
    by_folded_name = {model.name.casefold(): model for model in experiment.models}
    model = by_folded_name.get(name.casefold())
    if model is not None:
        return experiment.replaced(models=(model,))
    near = difflib.get_close_matches(name.casefold(), by_folded_name, n=1)
    if near:
        advice = f"did you mean {by_folded_name[near[0]].name}?"
    else:
        advice = f"right would be {', '.join(model.name for model in experiment.models)}"
    raise InputError(f"option --model: found {name!r}, which is the name of no model; {advice}")


def check_models(
    experiment: Experiment, dataset: Dataset, wrong_batch_norm: bool, output: Console, progress: Console
) -> bool:
    """Check each model of the experiment and print a table and a line on it.

    Parameters
    ----------
    experiment
        Whose models, seed and batch size to check with.
    dataset
        Where the first mini-batch is from.
    wrong_batch_norm
        Whether each BatchNorm has the article's gradient in place of the right one.
    output
        Where the results go.
    progress
        Where a bar is shown, if it is a terminal.

    Returns
    -------
    bool
        Whether all gradients of all models passed.
    """
    inputs, labels = first_batch(experiment, dataset)
    n_batch = min(experiment.batch_size, len(dataset.train_labels))
    output.print(
        f"Initial weights of seed {experiment.seed}; the first {len(labels)} of the {n_batch} training "
        "images of the first mini-batch.",
        soft_wrap=True,
    )
    all_passed = True
    for model in experiment.models:
        network = build_network(model, experiment.seed)
        if wrong_batch_norm:
            network = with_article_gradient(network)
        checks = _check_with_bar(model.name, network, inputs, labels, progress)
        output.print(f"\n{_title(model.name, network, wrong_batch_norm)}", soft_wrap=True)
        print_whole(output, checks_table(checks))
        output.print(conclusion(model.name, checks), soft_wrap=True)
        all_passed = all_passed and all(check.passed for check in checks)
    return all_passed


def checks_table(checks: Sequence[ArrayCheck]) -> Table:
    """Tabulate the checks of one network; rows are counted from 1, as in the window."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header in ("row", "layer", "array", "shape", "checked", "error", "verdict"):
        on_the_right = header in ("row", "shape", "checked", "error")
        table.add_column(header, justify="right" if on_the_right else "left", no_wrap=True)
    for check in checks:
        table.add_row(
            str(check.layer + 1),
            check.kind + (" of the head" if check.layer == checks[-1].layer else ""),
            check.array,
            " x ".join(map(str, check.shape)),
            str(check.n_entries),
            f"{check.error:.1e}",
            check.verdict,
        )
    return table


def conclusion(name: str, checks: Sequence[ArrayCheck]) -> str:
    """Say in one line what came of the checks of the network of that name."""
    wrong = GradientCheck(tuple(check for check in checks if check.verdict == "fail"))
    if wrong.arrays:
        worst = wrong.worst
        return (
            f"{name}: the gradient is wrong in {len(wrong.arrays)} of {len(checks)} arrays, most in row "
            f"{worst.layer + 1} ({worst.array}), error {worst.error:.2g}."
        )
    if any(check.verdict == "not finite" for check in checks):
        return f"{name}: there is nothing to measure, the loss or a slope is not finite at these weights."
    n_small = sum(check.verdict == "too small to check" for check in checks)
    small = f", {n_small} of them too small to check" if n_small else ""
    return f"{name}: no wrong gradient in {len(checks)} arrays{small}."


def _title(name: str, network: Network, wrong_batch_norm: bool) -> str:
    if not wrong_batch_norm:
        return name
    if any(isinstance(layer, ArticleBatchNorm) for layer in network.layers):
        return (
            f"{name}, every BatchNorm with the article's gradient, which lacks the path through the variance"
        )
    return f"{name}, which has no BatchNorm whose gradient could be wrong"


def _check_with_bar(
    name: str,
    network: Network,
    inputs: NDArray[np.float32],
    labels: NDArray[np.uint8],
    console: Console,
) -> list[ArrayCheck]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} arrays", markup=False),
    )
    # Refreshed by hand: rich's own thread would compete for the interpreter.
    with Progress(
        *columns, console=console, auto_refresh=False, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(name, total=count_arrays(network))
        checks = []
        for check in check_gradients(network, inputs, labels):
            if check is not None:
                checks.append(check)
                bar.advance(task)
                bar.refresh()
    return checks
