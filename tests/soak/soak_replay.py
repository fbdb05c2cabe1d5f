"""A process that trains what the window has trained, undisturbed, and compares the losses bit for bit.

It knows no window. A run is told by its model, its experiment, the rates that it may have begun with, and the
changes of the rate. A run that was taken back or started late has to agree as well: it goes on from exact
copies, on the batches of its own steps.
"""

from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from bnstudio.data.datasets import load_mnist
from bnstudio.document.experiment import Experiment
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.trainer import Trainer

MOST_STEPS = 100
MOST_WORK = 4e10
"""Multiplications in a replay, about: large models on large batches are followed for fewer steps."""


@dataclass(frozen=True)
class Trained:
    """What the window knows of a run. `experiment` has its model alone."""

    experiment: Experiment
    first_rates: tuple[float, ...]
    changes: tuple[tuple[int, float], ...]
    losses: np.ndarray
    accuracies: np.ndarray
    diverged_at: int | None
    about: str


class Replay:
    """Compares runs in a process of its own, one after another."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="soak replay", daemon=True)
        self._process.start()
        theirs.close()
        self.n_waiting = self.n_compared = self.n_steps = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, trained: Trained) -> None:
        self.n_waiting += 1
        self._ours.send(trained)

    def answers(self, wait: float = 0) -> list[str]:
        """Return what differs in those runs that have been compared since the last call."""
        problems = []
        while self.n_waiting and self._ours.poll(wait):
            n_steps, problem = self._ours.recv()
            self.n_waiting -= 1
            self.n_compared += 1
            self.n_steps += n_steps
            if problem:
                problems.append(problem)
        return problems

    def close(self) -> None:
        self._ours.close()
        self._process.join(60)
        self._process.terminate()
        self._process.join()


def steps_to_compare(experiment: Experiment, n_steps: int) -> int:
    per_step = 6 * experiment.batch_size * experiment.models[0].n_parameters
    return min(n_steps, MOST_STEPS, int(MOST_WORK / per_step))


def compare(trained: Trained, dataset) -> tuple[int, str]:
    """Return how many steps were compared, and what is wrong; "" where all is the same."""
    n_steps = steps_to_compare(trained.experiment, len(trained.losses))
    diverges = trained.diverged_at is not None and trained.diverged_at == n_steps + 1
    found = []
    for rate in trained.first_rates:
        losses, accuracies, diverged_at = replay(trained, rate, n_steps + diverges, dataset)
        same = (
            np.array_equal(losses, trained.losses[:n_steps])
            and np.array_equal(accuracies, trained.accuracies[:n_steps])
            and (not diverges or diverged_at == trained.diverged_at)
        )
        if same:
            return n_steps, ""
        n_same = min(len(losses), n_steps)
        differs = np.flatnonzero(losses[:n_same] != trained.losses[:n_same])
        first = int(differs[0]) if len(differs) else n_same
        found.append(f"rate {rate:g} first differs in step {first + 1}, diverged at {diverged_at}")
    setup = trained.experiment.model_dump_json()
    return n_steps, (
        f"losses of {trained.about} are not those of an undisturbed run: of {n_steps} steps with changes"
        f" {trained.changes}, diverged at {trained.diverged_at}: {'; '.join(found)};"
        f" the first losses are {trained.losses[:3].tolist()}; {setup}"
    )


def replay(trained: Trained, first_rate: float, n_steps: int, dataset):
    experiment = trained.experiment
    model = experiment.models[0].replaced(learning_rate=first_rate)
    trainer = Trainer(experiment.with_model(0, model), dataset)
    trainer.extend_to(n_steps)
    changes = dict(trained.changes)
    (run,) = trainer.runs
    # From where it differs on there is nothing to learn; many rates have to be tried at times.
    while run.divergence is None and run.step < n_steps and same_so_far(run, trained):
        rate = changes.get(trainer.step)
        if rate is not None:
            trainer.set_experiment(experiment.with_model(0, model.replaced(learning_rate=rate)))
            trainer.extend_to(n_steps)
        trainer.advance()
    diverged_at = run.divergence.step if run.divergence else None
    return run.history.losses, run.history.accuracies, diverged_at


def same_so_far(run, trained: Trained) -> bool:
    last = run.step - 1
    return last < 0 or run.step > len(trained.losses) or run.history.losses[last] == trained.losses[last]


@subnormals_as_zero()
def _serve(connection) -> None:
    dataset = load_mnist()
    while True:
        try:
            trained = connection.recv()
        except EOFError:
            return
        connection.send(compare(trained, dataset))
