"""Steps all runs of an experiment in lockstep on the same mini-batches, and evaluates them on the way.

The trainer works in small pieces (one step, or one chunk of an evaluation) and knows neither threads nor
windows: whoever drives it decides when to do the next piece.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bnstudio.data.batches import Batches
from bnstudio.training.blas import use_one_blas_thread
from bnstudio.training.evaluation import Evaluator
from bnstudio.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment, ModelSetup


class Trainer:
    """All models of `experiment` in training on `dataset`.

    A run that is behind the others, because its model was edited, catches up alone on the very batches that
    the others have had; from then on all go in lockstep.

    Parameters
    ----------
    experiment
        What to train. The same experiment gives the same losses, bit for bit, on the same machine.
    dataset
        What to learn from.
    """

    def __init__(self, experiment: Experiment, dataset: Dataset) -> None:
        use_one_blas_thread()
        self.experiment = experiment
        self._dataset = dataset
        self._evaluator = Evaluator(dataset)
        self._evaluations: deque[tuple[Run, Iterator[None]]] = deque()
        self._batches = self._make_batches()
        self.runs = [Run(model, experiment.seed) for model in experiment.models]
        self.target = self.planned_steps
        """The step at which training is finished: the planned steps, or more once it was extended."""

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches in an epoch."""
        return self._batches.n_steps_per_epoch

    @property
    def planned_steps(self) -> int:
        """Steps in the epochs that the experiment asks for."""
        return self.experiment.epochs * self.steps_per_epoch

    @property
    def able(self) -> list[Run]:
        """The runs that can go on: those that have not diverged."""
        return [run for run in self.runs if run.divergence is None]

    @property
    def step(self) -> int:
        """Steps done by the able run that is furthest behind; where none is able, by the furthest ahead."""
        able = self.able
        return min(run.step for run in able) if able else max(run.step for run in self.runs)

    @property
    def evaluating(self) -> bool:
        """Whether an evaluation is under way; it has to end before the next step."""
        return bool(self._evaluations)

    @property
    def finished(self) -> bool:
        """Whether the target is reached and evaluated, or no run can go on."""
        return not self.evaluating and (not self.able or self.step >= self.target)

    def advance(self) -> None:
        """Do the next piece of work: a chunk of an evaluation that is due, otherwise a step."""
        if self._evaluations:
            self._advance_evaluation()
        else:
            self._take_step()

    def extend(self) -> None:
        """Move the target to as many epochs again as are planned, counted from the last whole one."""
        self.target = self.step // self.steps_per_epoch * self.steps_per_epoch + self.planned_steps

    def extend_to(self, step: int) -> None:
        """Move the target to `step` if that lies beyond it."""
        self.target = max(self.target, step)

    def restart(self) -> list[Run]:
        """Start every run anew, with the same initial weights, and return those that they replace."""
        return self._replace_runs([Run(model, self.experiment.seed) for model in self.experiment.models])

    def set_experiment(self, experiment: Experiment) -> list[Run]:
        """Follow an edit of the document, and return the runs that it ended.

        Another batch size, seed or data set starts every run anew; other layers or another weight
        initialization start that run anew; a name, the order, the epochs or a learning rate start none.
        """
        before, self.experiment = self.experiment, experiment
        common = ("batch_size", "seed", "dataset")
        if any(getattr(before, key) != getattr(experiment, key) for key in common):
            self._batches = self._make_batches()
            return self.restart()
        if before.epochs != experiment.epochs:
            self.target = self.planned_steps
        return self._replace_runs(self._match_runs(experiment.models))

    def _match_runs(self, models: tuple[ModelSetup, ...]) -> list[Run]:
        """Return a run for each model: the one of that name, or the one it was renamed from, or a new one."""
        by_name = {run.model.name: run for run in self.runs}
        names = {model.name for model in models}
        orphans = [run for run in self.runs if run.model.name not in names]
        matched = []
        for model in models:
            run = by_name.get(model.name)
            if run is None:
                run = next((orphan for orphan in orphans if orphan.starts_like(model)), None)
                if run is not None:
                    orphans.remove(run)
            if run is not None and run.starts_like(model):
                run.go_on_as(model)
                matched.append(run)
            else:
                matched.append(Run(model, self.experiment.seed))
        return matched

    def _replace_runs(self, runs: list[Run]) -> list[Run]:
        replaced = [run for run in self.runs if run not in runs]
        self.runs = runs
        if replaced and all(run.step == 0 for run in runs):
            self.target = self.planned_steps
        self._evaluations = deque(item for item in self._evaluations if item[0] in runs)
        return replaced

    def _make_batches(self) -> Batches:
        n_examples = len(self._dataset.train_labels)
        return Batches(n_examples, self.experiment.batch_size, self.experiment.seed)

    def _take_step(self) -> None:
        step = self.step
        inputs, labels = self._batches.read(self._dataset.train_images, self._dataset.train_labels, step)
        for run in self.able:
            if run.step == step:
                run.train_step(inputs, labels)
                if run.divergence is None:
                    for evaluation in self._evaluator.due(run, self.steps_per_epoch):
                        self._evaluations.append((run, evaluation))

    def _advance_evaluation(self) -> None:
        _, evaluation = self._evaluations[0]
        if next(evaluation, self) is self:
            self._evaluations.popleft()
