"""Thousands of commands at random, from one thread: nothing is lost, told twice, or computed otherwise.

`Window.poll` extends a History by each snapshot, which raises unless every loss comes once and in order.
"""

import itertools
import multiprocessing
import random
import threading

import pytest

from bnstudio.data.datasets import load_mnist
from bnstudio.training import checkpoints
from bnstudio.training.activation import ActivationInspection
from bnstudio.training.digits import DigitsInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection
from bnstudio.training.history import History
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from bnstudio.training.weights import WeightsInspection
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_catch_up import MANY
from tests.training.test_session import Window, open_window  # noqa: F401 (a fixture)

STACKS = [(DENSE, SIGMOID), (DENSE, BATCH_NORM, RELU), (BATCH_NORM, DENSE), ()]
RATE = 0.1
"""With which every run takes its first step."""


class Hand:
    """Gives random commands, and counts a second time what they should come to.

    Two models race: the stack of one is edited, the other stays. A model's name says all that its run follows
    from. What starts a run anew is followed by one step, with RATE.

    Parameters
    ----------
    window
        Whose session gets the commands.
    chance
        What chooses them.
    path
        Where to save a run.
    steps_per_epoch
        By batch size.
    """

    def __init__(self, window, chance, path, steps_per_epoch):
        self.window, self.chance, self.path = window, chance, path
        self.steps_per_epoch = steps_per_epoch
        self.batch_size, self.seed, self.stack = min(steps_per_epoch), 0, 0
        self.rate = RATE
        self.n_steps = 0
        """That both models have done, or at least: see `free`."""
        self.free = False
        """Whether it trains, or did since the last `settle`: nobody can know the steps then."""
        self.saved = None
        """The document in the file, its steps, and this hand's choices then."""
        self.tickets = itertools.count()
        self.answers = {}
        """By ticket, the error and the steps that have to be answered; None where nobody can know."""

    @property
    def session(self):
        return self.window.session

    @property
    def document(self):
        """The name of each model is its stack, the batch size and the seed."""
        common = f"{self.batch_size} {self.seed}"
        edited = model(f"{self.stack} {common} edited", *STACKS[self.stack], learning_rate=self.rate)
        kept = model(f"0 {common} kept", *STACKS[0], learning_rate=self.rate)
        settings = {"batch_size": self.batch_size, "seed": self.seed, "epochs": MANY}
        return experiment(edited, kept, **settings)

    def edit(self):
        self.session.set_experiment(self.document)

    def count(self, n_steps):
        self.n_steps += n_steps

    def settle(self):
        """Wait until all commands have been carried out, and compare."""
        ticket = next(self.tickets)
        self.session.pause()
        self.session.read_run(self.path.with_name("nowhere"), ticket)
        self.window.wait_until(
            lambda _: any(answer.ticket == ticket for s in self.window.snapshots[-3:] for answer in s.answers)
        )
        if self.window.latest.state is not State.PAUSED or self.window.latest.evaluating:
            self.window.wait_until(lambda s: s.state is State.PAUSED and not s.evaluating)
        self.answers[ticket] = ("nowhere: cannot be opened: there is no such file or folder", 0)
        runs = [run for run in self.window.latest.runs if not run.replaced]
        assert [run.name for run in runs] == [setup.name for setup in self.document.models]
        steps = {run.step for run in runs}
        if self.free:
            assert min(steps) >= self.n_steps
            self.n_steps, self.free = min(steps), False
        assert steps == {self.n_steps}
        assert {self.window.histories[run.run_id].n_steps for run in runs} == steps

    def start_anew(self, command, steps_before=0):
        """Give `command` while paused, and take the first step after it."""
        self.settle()
        self.rate = RATE
        self.edit()
        command()
        self.n_steps = steps_before
        self.session.step()
        self.count(1)
        # What is behind catches up before the step, in which it must not be paused.
        last = self.n_steps
        self.window.wait_until(
            lambda s: s.step == last
            and s.state is State.PAUSED
            and s.catch_up is None
            and [run.name for run in s.runs if not run.replaced] == [m.name for m in self.document.models]
        )

    # The commands.

    def step(self):
        for _ in range(self.chance.randint(1, 3)):
            self.session.step()
            self.count(1)

    def begin_step(self):
        self.session.begin_step()

    def train(self):
        self.session.train()
        self.free = True

    def pause(self):
        self.session.pause()

    def train_epoch(self):
        self.settle()
        self.session.train_epoch()
        length = self.steps_per_epoch[self.batch_size]
        self.n_steps = (self.n_steps // length + 1) * length
        end = self.n_steps
        self.window.wait_until(lambda s: s.state is State.PAUSED and s.step == end)

    def set_pace(self):
        self.session.set_pace(self.chance.choice([None, 500.0, 5_000.0]))

    def set_rate(self):
        self.rate = self.chance.choice([0.05, RATE, 0.2])
        self.edit()

    def look(self):
        names = [setup.name for setup in self.document.models]
        inspections = [
            inspection
            for name in names
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
                frozenset(self.chance.sample(names, self.chance.randint(0, 2))),
                log_magnitude=self.chance.random() < 0.5,
                shared_range=self.chance.random() < 0.5,
                inspections=frozenset(self.chance.sample(inspections, self.chance.randint(0, 3))),
                at_step=self.chance.choice([None, None, self.chance.randint(0, self.n_steps + 5)]),
            )
        )

    def poll(self):
        self.window.poll()

    def restart(self):
        self.start_anew(self.session.restart)

    def take_back(self):
        name = self.chance.choice(self.document.models).name
        self.start_anew(lambda: self.session.take_back(name), self.n_steps_settled())

    def n_steps_settled(self):
        """Both have so many steps once the one that was taken back has caught up with the other."""
        self.settle()
        return self.n_steps

    def set_stack(self):
        before = self.n_steps_settled()
        self.rate = RATE
        self.edit()
        self.stack = self.chance.choice([i for i in range(len(STACKS)) if i != self.stack])
        self.start_anew_edited(before)

    def start_anew_edited(self, steps_before):
        self.edit()
        self.n_steps = steps_before
        self.session.step()
        self.count(1)
        last = self.n_steps
        names = [setup.name for setup in self.document.models]
        self.window.wait_until(
            lambda s: s.step == last
            and s.state is State.PAUSED
            and s.catch_up is None
            and [run.name for run in s.runs if not run.replaced] == names
        )
