"""Which runs go on when the experiment that they train is edited, and which begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.document.experiment import Experiment


def match_runs(runs: Sequence[Run], experiment: Experiment) -> list[Run]:
    """Return a run for each model: the one of that name, or the one it was renamed from, or a new one.

    A run goes on where the model would start with its very network; it then has the model's name and rate.

    Parameters
    ----------
    runs
        Those that there are, of an experiment with the same seed.
    experiment
        Whose models they are to train.
    """
    by_name = {run.model.name: run for run in runs}
    names = {model.name for model in experiment.models}
    orphans = [run for run in runs if run.model.name not in names]
    matched = []
    for model in experiment.models:
        run = by_name.get(model.name)
        if run is None:
            run = next((orphan for orphan in orphans if orphan.starts_like(model)), None)
            if run is not None:
                orphans.remove(run)
        if run is not None and run.starts_like(model):
            run.go_on_as(model)
            matched.append(run)
        else:
            matched.append(Run(model, experiment.seed))
    return matched
