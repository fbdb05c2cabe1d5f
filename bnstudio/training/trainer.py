"""Steps all runs of an experiment in lockstep on the same mini-batches, and evaluates them on the way.

The trainer works in small pieces (one step, or one chunk of an evaluation) and knows neither threads nor
windows: whoever drives it decides when to do the next piece, and does so with `subnormals_as_zero`, or
gradients that all but vanish make other bits and slow steps.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.data.batches import Batches, scale_images
from bnstudio.training.arithmetic import use_one_blas_thread
from bnstudio.training.evaluation import Evaluator
from bnstudio.training.matching import match_runs
from bnstudio.training.recorder import Recorder
from bnstudio.training.run import Run
from bnstudio.training.run_state import TrainingState
from bnstudio.training.snapshot import CatchUp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment


class Trainer:
    """All models of `experiment` in training on `dataset`.

    A run that is behind the others, because its model was edited or restarted, catches up on the very batches
    that the others have had, while they wait. From then on all go in lockstep. A run that was let off
    catching up is late: in every lockstep it takes the batch of its own step, so that at equal steps all have
    learned from the same.

    Parameters
    ----------
    experiment
        What to train. The same experiment gives the same losses, bit for bit, on the same machine.
    dataset
        What to learn from.
    runs
        Of the experiment's models, in their order, to go on with; where there are none, all begin.
    """

    def __init__(self, experiment: Experiment, dataset: Dataset, runs: list[Run] | None = None) -> None:
        use_one_blas_thread()
        self.experiment = experiment
        self.dataset = dataset
        self._evaluator = Evaluator(dataset)
        self._errands: deque[tuple[Run, Iterator[None]]] = deque()  # what is done before the next step
        self._batches = self._make_batches()
        self.runs = runs or [Run(model, experiment.seed) for model in experiment.models]
        self.recorder = Recorder()
        """What is kept of the past of the runs, by whoever drives the trainer."""
        self.target = self.planned_steps
        """The step at which training is finished: the planned steps, or more once it was extended."""

    @classmethod
    def restored(cls, state: TrainingState, dataset: Dataset) -> Trainer:
        """Return a trainer that goes on, bit for bit, where `state` was taken on the same data."""
        experiment = state.experiment
        pairs = zip(experiment.models, state.runs, strict=True)
        trainer = cls(
            experiment, dataset, [Run.restored(model, experiment.seed, run) for model, run in pairs]
        )
        trainer.target = state.target
        return trainer

    def state(self) -> TrainingState:
        """End the evaluations under way, and return what it takes to go on from here.

        The arrays in it are the runs' own: they hold until the next step.
        """
        while self._errands:
            self._advance_errand()
        return TrainingState(self.experiment, self.target, tuple(run.state() for run in self.runs))

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
    def catching_up(self) -> list[Run]:
        """The able runs that are behind the furthest ahead, but for those that are late."""
        able = self.able
        end = min(self._front, self.target)
        return [run for run in able if run.step < end and not run.late_by]

    @property
    def catch_up(self) -> CatchUp | None:
        """How far those that are catching up are; None where nobody is."""
        behind = self.catching_up
        if not behind:
            return None
        names = tuple(run.model.name for run in behind)
        return CatchUp(names, min(run.step for run in behind), min(self._front, self.target))

    @property
    def lockstep(self) -> int:
        """What `step` will be once all have caught up: those that are catching up don't count."""
        behind = self.catching_up
        return min((run.step for run in self.able if run not in behind), default=self.step)

    @property
    def evaluating(self) -> bool:
        """Whether an evaluation is under way; it has to end before the next step."""
        return bool(self._errands)

    @property
    def finished(self) -> bool:
        """Whether every able run has reached the target and is evaluated, or no run can go on."""
        return not self.evaluating and (not self.able or self.step >= self.target)

    @property
    def _front(self) -> int:
        return max((run.step for run in self.able), default=0)

    def advance(self, most_steps: int = 1) -> None:
        """Do the next piece of work: a chunk of an evaluation that is due, otherwise a step.

        While runs are catching up, only the furthest behind of them are stepped. Where nobody is, every able
        run that has not reached the target is: that is a lockstep.

        Parameters
        ----------
        most_steps
            Where nobody watches single steps, several in one piece: each run takes that many before the next
            run does, and finds its arrays in the processor's caches. Nobody passes an evaluation, and what
            comes of it is the same bit for bit.
        """
        if self._errands:
            self._advance_errand()
        else:
            self._take_steps(most_steps)

    def extend_to(self, step: int) -> None:
        """Plan as many epochs again, from that of `step` on, where that lies beyond the target."""
        if step > self.target:
            self.target = (step - 1) // self.steps_per_epoch * self.steps_per_epoch + self.planned_steps

    def restart(self) -> list[Run]:
        """Start every run anew, with the same initial weights, and return those that they replace."""
        return self._replace_runs([Run(model, self.experiment.seed) for model in self.experiment.models])

    def take_back(self, name: str) -> list[Run]:
        """Take the run of the model of this name back to its last good moment, and return the one replaced.

        The new one catches up. Where no model has the name, as it may have been removed meanwhile, nothing
        happens.
        """
        runs = []
        for run in self.runs:
            runs.append(run.taken_back() if run.model.name == name else run)
            if runs[-1] is not run:
                self.recorder.go_on(runs[-1], before=run)
        return self._replace_runs(runs)

    def start_at_zero(self) -> list[Run]:
        """Let all runs that are catching up off it: they are late, from step 0 on; return those replaced.

        What one of them has already done is given up, so that it is late by all that the others are ahead.
        """
        behind, late_by = self.catching_up, self._front
        runs = []
        for run in self.runs:
            let_off = Run(run.model, self.experiment.seed) if run in behind and run.step > 0 else run
            if run in behind:
                let_off.late_by = late_by
            runs.append(let_off)
        return self._replace_runs(runs)

    def begin_step(self) -> None:
        """Do all of a lockstep but the updates, of which the next `advance` does no more than those.

        Nothing happens while runs are catching up, an evaluation is under way or the target is reached.
        """
        runs = [run for run in self.able if run.step < self.target]
        if self.evaluating or self.catching_up:
            return
        for run in runs:
            if run.half_step is None:
                run.begin_step(*self._read(run.step))

    def batch_indices(self, run: Run) -> NDArray[np.int64]:
        """Return which training images the mini-batch of the run's latest step holds, half steps included.

        Raises
        ------
        IndexError
            Before its first step.
        """
        return self._batches.step_indices(run.step - (run.half_step is None))

    def latest_batch(self, run: Run) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return a copy of the run's latest mini-batch: (n, 784) pixels from 0 to 1, (n,) labels."""
        indices = self.batch_indices(run)
        inputs = np.empty((len(indices), self.dataset.train_images.shape[1]), np.float32)
        scale_images(self.dataset.train_images[indices], out=inputs)
        return inputs, self.dataset.train_labels[indices]

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
        return self._replace_runs(match_runs(self.runs, experiment))

    def _replace_runs(self, runs: list[Run]) -> list[Run]:
        replaced = [run for run in self.runs if run not in runs]
        by_name = {run.model.name: run for run in replaced}
        for run in runs:
            if run not in self.runs and (before := by_name.get(run.model.name)) is not None:
                run.replaces = before.run_id if before.step else before.replaces
        self.runs = runs
        self.recorder.forget_others(runs)
        if replaced and all(run.step == 0 for run in runs):
            self.target = self.planned_steps
        self._errands = deque(item for item in self._errands if item[0] in runs)
        return replaced

    def _make_batches(self) -> Batches:
        n_examples = len(self.dataset.train_labels)
        return Batches(n_examples, self.experiment.batch_size, self.experiment.seed)

    def _read(self, step: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        return self._batches.read(self.dataset.train_images, self.dataset.train_labels, step)

    def _take_steps(self, most_steps: int) -> None:
        runs, n_steps = self._next_runs()
        n_steps = min(
            most_steps, n_steps, *(self._evaluator.steps_until_due(run, self.steps_per_epoch) for run in runs)
        )
        # By step, because one batch serves all runs that are there.
        for step in dict.fromkeys(run.step for run in runs):
            runs_here = [run for run in runs if run.step == step]
            if n_steps == 1:
                inputs, labels = self._read(step)
                for run in runs_here:
                    self._train(run, inputs, labels)
            else:
                for run in runs_here:
                    for next_step in range(step, step + n_steps):
                        self._train(run, *self._read(next_step))

    def _next_runs(self) -> tuple[list[Run], int]:
        """Return the runs that have to be stepped next, and how often before that may be others."""
        behind = self.catching_up
        if not behind:
            runs = [run for run in self.able if run.step < self.target]
            return runs, min((self.target - run.step for run in runs), default=0)
        steps = sorted({run.step for run in behind} | {min(self._front, self.target)})
        return [run for run in behind if run.step == steps[0]], steps[1] - steps[0]

    def _train(self, run: Run, inputs: NDArray[np.float32], labels: NDArray[np.uint8]) -> None:
        if run.divergence is not None:
            return
        run.train_step(inputs, labels)
        if run.divergence is None:
            for evaluation in self._evaluator.due(run, self.steps_per_epoch):
                self._errands.append((run, evaluation))

    def _advance_errand(self) -> None:
        _, errand = self._errands[0]
        if next(errand, self) is self:
            self._errands.popleft()
