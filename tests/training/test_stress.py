"""Thousands of commands at random, from one thread: nothing is lost, told twice, or computed otherwise.

`Window.poll` extends a History by each snapshot, which raises unless every loss comes once and in order.
"""

import multiprocessing
import random
import threading
from dataclasses import replace

import numpy as np
import pytest

from bnstudio.data.datasets import load_mnist
from bnstudio.training.activation import ActivationInspection
from bnstudio.training.digits import DigitsInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.run_file import write_run
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from bnstudio.training.weights import WeightsInspection
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_catch_up import MANY
from tests.training.test_session import Window, open_window  # noqa: F401 (a fixture)

STACKS = [(DENSE, SIGMOID), (DENSE, BATCH_NORM, RELU), (BATCH_NORM, DENSE), ()]
RATE = 0.1
"""With which every run takes its first step, so that it can be done again."""
COMMANDS = {
    "poll": 30,
    "step": 20,
    "set_rate": 15,
    "look": 15,
    "begin_step": 8,
    "pause": 8,
    "train": 8,
    "set_pace": 8,
    "save": 3,
    "take_back": 2,
    "set_stack": 2,
    "train_epoch": 1,
    "restart": 1,
    "set_common": 1,
    "open_saved": 1,
}
"""By name, how often among the others."""


class Hand:
    """Gives random commands, and counts a second time what they should come to.

    Two models race: the stack of one is edited, the other stays. What a run follows from stands in its
    model's name. Where one starts anew, both are brought together by a step with RATE.

    Parameters
    ----------
    window
        Whose session gets the commands.
    chance
        What chooses them.
    path
        Where to save a run.
    steps_per_epoch
        By each batch size that is used.
    """

    def __init__(self, window, chance, path, steps_per_epoch):
        self.window, self.chance, self.path = window, chance, path
        self.steps_per_epoch = steps_per_epoch
        self.stack, self.rate, self.common = 0, RATE, (min(steps_per_epoch), 0)
        self.n_steps = 0
        """That both models have done or, where it was training freely, at least."""
        self.was_free = False
        self.saved = None
        """The ticket of the file that was saved last, and the document in it."""
        self.expected = {}
        """By ticket, the error and the steps of its answer; None for steps that nobody can know."""

    @property
    def session(self):
        return self.window.session

    @property
    def document(self):
        batch_size, seed = self.common
        return experiment(
            *(
                model(f"{role} {stack} {batch_size} {seed}", *STACKS[stack], learning_rate=self.rate)
                for role, stack in (("edited", self.stack), ("kept", 0))
            ),
            batch_size=batch_size,
            seed=seed,
            epochs=MANY,
        )

    @property
    def names(self):
        return [setup.name for setup in self.document.models]

    def ask(self, command, path, error, n_steps):
        ticket = len(self.expected)
        command(path, ticket)
        self.expected[ticket] = error, n_steps
        return ticket

    def await_answer(self, ticket):
        snapshot = self.window.wait_until(lambda s: any(answer.ticket == ticket for answer in s.answers))
        return next(answer for answer in snapshot.answers if answer.ticket == ticket)

    def settle(self):
        """Wait until all commands have been carried out, and compare."""
        self.session.pause()
        error = f"{self.path.parent / 'no'}: cannot be opened: there is no such file or folder"
        self.await_answer(self.ask(self.session.read_run, self.path.parent / "no", error, 0))
        if self.window.latest.state is not State.PAUSED or self.window.latest.evaluating:
            self.window.wait_until(lambda s: s.state is State.PAUSED and not s.evaluating)
        runs = [run for run in self.window.latest.runs if not run.replaced]
        assert [run.name for run in runs] == self.names
        if self.was_free:
            assert runs[0].step >= self.n_steps
            self.n_steps, self.was_free = runs[0].step, False
        for run in runs:
            assert run.step == self.window.histories[run.run_id].n_steps == self.n_steps

    def start_anew(self, change, n_kept):
        """Carry out `change` after which a model starts anew, and bring both together with RATE."""
        self.rate = RATE
        self.session.set_experiment(self.document)
        change()
        self.session.step()
        self.n_steps = n_kept + 1
        self.window.wait_until(
            lambda s: (
                (s.state, s.step, s.catch_up) == (State.PAUSED, n_kept + 1, None)
                and [run.name for run in s.runs if not run.replaced] == self.names
            )
        )

    # The commands.

    def poll(self):
        self.window.poll()

    def step(self):
        self.session.step()
        self.n_steps += 1

    def begin_step(self):
        self.session.begin_step()

    def train(self):
        self.session.train()
        self.was_free = True

    def pause(self):
        self.session.pause()

    def train_epoch(self):
        self.settle()
        length = self.steps_per_epoch[self.common[0]]
        self.n_steps = (self.n_steps // length + 1) * length
        self.session.train_epoch()
        self.window.wait_until(lambda s: s.state is State.PAUSED and s.step == self.n_steps)

    def set_pace(self):
        self.session.set_pace(self.chance.choice([None, 500.0, 5_000.0]))

    def set_rate(self):
        self.rate = self.chance.choice([0.05, RATE, 0.2])
        self.session.set_experiment(self.document)

    def look(self):
        inspections = [
            inspection
            for name in self.names
            for inspection in (
                GradientFlowInspection(name),
                HealthInspection(name),
                DigitsInspection(name),
                WeightsInspection(name, 0),
                ActivationInspection(name, 1),
            )
        ]
        self.session.look(
            Look(
                frozenset(self.chance.sample(self.names, self.chance.randint(0, 2))),
                log_magnitude=self.chance.random() < 0.5,
                shared_range=self.chance.random() < 0.5,
                inspections=frozenset(self.chance.sample(inspections, self.chance.choice([0, 1, 3]))),
                at_step=self.chance.choice([None, None, self.chance.randint(0, self.n_steps + 5)]),
            )
        )

    def restart(self):
        self.settle()
        self.start_anew(self.session.restart, 0)

    def take_back(self):
        self.settle()
        name = self.chance.choice(self.names)
        self.start_anew(lambda: self.session.take_back(name), self.n_steps)

    def set_stack(self):
        self.settle()
        self.stack = self.chance.choice([i for i in range(len(STACKS)) if i != self.stack])
        self.start_anew(lambda: None, self.n_steps)

    def set_common(self):
        self.settle()
        batch_size, seed = self.common
        others = [size for size in self.steps_per_epoch if size != batch_size]
        self.common = self.chance.choice([(batch_size, seed + 1), (self.chance.choice(others), seed)])
        self.start_anew(lambda: None, 0)

    def save(self):
        n_steps = None if self.was_free else self.n_steps
        ticket = self.ask(self.session.save_run, self.path, None, n_steps)
        self.saved = ticket, (self.stack, self.rate, self.common)

    def open_saved(self):
        if self.saved is None:
            return
        self.settle()
        of_file, (self.stack, self.rate, self.common) = self.saved
        ticket = self.ask(self.session.read_run, self.path, None, self.expected[of_file][1])
        answer = self.await_answer(ticket)
        assert answer.experiment == self.document
        self.session.use_run(ticket)
        self.session.open(answer.experiment)
        self.n_steps = answer.step
        self.settle()


def give(hand, n_commands):
    hand.session.open(hand.document)
    hand.start_anew(lambda: None, 0)
    names, weights = zip(*COMMANDS.items(), strict=True)
    for name in hand.chance.choices(names, weights, k=n_commands):
        getattr(hand, name)()
    hand.settle()


def check_answers(hand):
    """Each command with a file was answered once, in their order."""
    answers = [answer for snapshot in hand.window.snapshots for answer in snapshot.answers]
    assert [answer.ticket for answer in answers] == list(hand.expected)
    for answer, (error, n_steps) in zip(answers, hand.expected.values(), strict=True):
        assert answer.error == error
        assert n_steps is None or answer.step == n_steps


def check_losses(window, dataset):
    """What every run has learned is what it learns alone with nobody there, bit for bit."""
    names = {run.run_id: run.name for snapshot in window.snapshots for run in snapshot.runs}
    for run_id, history in window.histories.items():
        _, stack, batch_size, seed = names[run_id].split()
        setup = model("alone", *STACKS[int(stack)], learning_rate=RATE)
        common = {"batch_size": int(batch_size), "seed": int(seed), "epochs": MANY}
        trainer = Trainer(experiment(setup, **common), dataset)
        rates = {change.step: change.learning_rate for change in history.rate_changes}
        for step in range(history.n_steps):
            if step in rates:
                changed = setup.replaced(learning_rate=rates[step])
                trainer.set_experiment(experiment(changed, **common))
            while trainer.step == step:
                trainer.advance()
        alone = trainer.runs[0].history
        assert history.losses.tobytes() == alone.losses.tobytes()
        assert history.accuracies.tobytes() == alone.accuracies.tobytes()
        assert history.rate_changes == alone.rate_changes
        # Those of the last step may be under way.
        n_told = len(history.evaluations)
        trainer.state()
        assert history.evaluations == alone.evaluations[:n_told]
        assert all(evaluation.step == history.n_steps for evaluation in alone.evaluations[n_told:])


@pytest.mark.parametrize("seed", range(3))
def test_a_session_loses_nothing_and_computes_the_same_whatever_it_is_told(
    open_window,  # noqa: F811
    dataset,
    tmp_path,
    seed,
):
    window = open_window()
    hand = Hand(window, random.Random(seed), tmp_path / "run.bnrun", {20: 11, 35: 6})
    give(hand, 1_200)
    check_answers(hand)
    check_losses(window, dataset)
    window.session.close()


@pytest.fixture
def remote_window():
    before = set(multiprocessing.active_children())  # joblib keeps its workers for a while
    window = Window(RemoteSession(experiment()))
    window.session.start()
    yield window
    window.session.close()
    assert not set(multiprocessing.active_children()) - before
    assert not [thread for thread in threading.enumerate() if thread.name == "bnstudio commands"]


def test_nor_does_one_in_another_process(remote_window, tmp_path):
    hand = Hand(remote_window, random.Random(5), tmp_path / "run.bnrun", {200: 300, 400: 150})
    give(hand, 200)
    check_answers(hand)
    check_losses(remote_window, load_mnist())


@pytest.mark.parametrize("moment", ["at once", "after commands", "while training", "while evaluating"])
def test_closed_at_any_moment_the_thread_ends(dataset, tmp_path, moment):
    for seed in range(20):
        window = Window(Session(experiment(epochs=MANY), lambda: dataset))
        window.session.start()
        hand = Hand(window, random.Random(seed), tmp_path / "run.bnrun", {20: 11, 35: 6})
        if moment != "at once":
            for name in hand.chance.choices(["step", "train", "look", "save", "begin_step", "poll"], k=30):
                getattr(hand, name)()
        if moment.startswith("while"):
            window.session.train()
            window.wait_until(lambda s, seed=seed: s.step > seed)
        if moment == "while evaluating":
            window.wait_until(lambda s: s.evaluating)
        window.session.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "bnstudio training"]


@pytest.mark.parametrize("n_commands", [0, 5, 100])
def test_closed_at_any_moment_the_process_ends_by_itself(remote_window, tmp_path, n_commands):
    hand = Hand(remote_window, random.Random(n_commands), tmp_path / "run.bnrun", {20: 3_000})
    if n_commands > 5:
        remote_window.wait_until(lambda s: s.state is State.PAUSED)
    for name in hand.chance.choices(["poll", "step", "train", "look", "save"], k=n_commands):
        getattr(hand, name)()
    remote_window.session.close()
    assert remote_window.session._process.exitcode == 0


@pytest.fixture
def stuck_window(remote_window, tmp_path):
    """A window that takes no snapshot, while one is on its way that does not fit into the pipe."""
    training = Trainer(experiment(), load_mnist()).state()
    values = np.ones(300_000)
    long_run = replace(training.runs[0], losses=values, accuracies=values)
    write_run(replace(training, runs=(long_run,)), tmp_path / "long.bnrun")
    remote_window.session.read_run(tmp_path / "long.bnrun", 1)
    remote_window.wait_until(lambda s: s.answers)
    remote_window.session.use_run(1)
    remote_window.wait_until(lambda s: True)
    remote_window.session.open(training.experiment)
    assert remote_window.session._receiving.poll(30)  # its beginning is there, and nobody takes the rest
    return remote_window


def edit_often(session):
    """Open a document, which waits for the snapshot that is on its way; and more than a pipe takes behind."""
    session.open(experiment())
    for rate in range(1, 2_001):
        session.set_experiment(experiment(model("model", DENSE, SIGMOID, learning_rate=rate)))
    session.step()


def test_while_nobody_takes_a_large_snapshot_commands_do_not_wait(stuck_window):
    giving = threading.Thread(target=edit_often, args=(stuck_window.session,), daemon=True)
    giving.start()
    giving.join(30)
    assert not giving.is_alive()
    run = stuck_window.wait_until(lambda s: s.step == 1).runs[0]
    assert run.learning_rate == 2_000


def test_closed_while_commands_wait_for_a_large_snapshot_the_process_ends_by_itself(stuck_window):
    edit_often(stuck_window.session)
    stuck_window.session.close()
    assert stuck_window.session._process.exitcode == 0


def test_closed_while_it_sends_more_than_fits_into_the_pipe_the_process_ends_by_itself(stuck_window):
    stuck_window.session.close()
    assert stuck_window.session._process.exitcode == 0
