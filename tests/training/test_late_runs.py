"""A run that is let off catching up starts at step 0; each lockstep gives it the batch of its own step."""

import random
from pathlib import Path

import numpy as np
import pytest

from bnstudio.document.experiment import MAX_MODELS
from bnstudio.training import checkpoints
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_catch_up import MANY, A, B, C, alone, steps
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

NOWHERE = Path("no such folder", "no.bnrun")


@pytest.fixture
def trainer(dataset):
    """Run a is at step 15, run b late at 0."""
    trainer = Trainer(experiment(A, epochs=4), dataset)
    take_steps(trainer, 15)
    trainer.set_experiment(experiment(A, B, epochs=4))
    assert trainer.start_at_zero() == []
    return trainer


def test_nobody_catches_up_any_more_and_all_go_on_by_one_step_each(trainer):
    assert trainer.catch_up is None
    assert [run.late_by for run in trainer.runs] == [0, 15]
    trainer.advance()
    assert steps(trainer) == [16, 1]


def test_each_run_stops_at_the_target_itself_and_training_ends_with_the_last(trainer):
    seen = set()
    while not trainer.finished:
        trainer.advance()
        seen.add(tuple(steps(trainer)))
    assert (44, 29) in seen
    assert (44, 30) in seen
    assert steps(trainer) == [44, 44]


def test_a_late_run_has_the_losses_it_would_have_alone(trainer, dataset):
    train(trainer)
    assert losses(trainer, 0) == alone(A, dataset, epochs=4)
    assert losses(trainer, 1) == alone(B, dataset, epochs=4)


def test_once_together_at_the_target_they_go_on_together(trainer):
    train(trainer)
    trainer.extend_to(46)
    trainer.advance()
    assert steps(trainer) == [45, 45]


def test_a_run_let_off_in_the_middle_starts_anew(dataset):
    trainer = Trainer(experiment(A), dataset)
    take_steps(trainer, 9)
    trainer.set_experiment(experiment(A, B))
    take_steps(trainer, 4)
    (ended,) = trainer.start_at_zero()
    assert (ended.model, ended.step) == (B, 4)
    assert (steps(trainer), trainer.runs[1].late_by) == ([9, 0], 9)
    assert losses(train(trainer), 1) == alone(B, dataset)


def test_where_nobody_is_catching_up_nobody_is_let_off(trainer):
    runs = list(trainer.runs)
    trainer.start_at_zero()
    assert trainer.runs == runs
    assert [run.late_by for run in runs] == [0, 15]


def test_a_model_added_beside_a_late_one_catches_up_with_the_front(trainer):
    take_steps(trainer, 3)
    trainer.set_experiment(experiment(A, B, C, epochs=4))
    assert (trainer.catch_up.names, trainer.catch_up.target) == (("c",), 18)
    while trainer.catch_up:
        trainer.advance()
    assert steps(trainer) == [18, 3, 18]


def test_restarting_a_late_model_alone_lets_it_catch_up(trainer):
    trainer.take_back("b")
    assert trainer.catch_up.names == ("b",)
    assert trainer.runs[1].late_by == 0


def test_restarting_all_makes_nobody_late(trainer):
    trainer.restart()
    assert [run.late_by for run in trainer.runs] == [0, 0]


def test_where_all_that_were_ahead_are_gone_being_late_has_no_effect(trainer, dataset):
    take_steps(trainer, 3)
    trainer.set_experiment(experiment(B, epochs=4))
    assert (trainer.catch_up, trainer.step) == (None, 3)
    assert losses(train(trainer)) == alone(B, dataset, epochs=4)


def test_an_epoch_ends_where_that_of_the_furthest_behind_does(open_window):  # noqa: F811
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(15):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    window.session.start_at_zero()
    window.session.step()
    window.wait_until(paused_at(1))
    window.session.train_epoch()
    snapshot = window.wait_until(paused_at(11))
    assert [(run.name, run.step, run.late_by) for run in snapshot.runs] == [("a", 26, 0), ("b", 11, 15)]


def test_cancelling_in_the_middle_of_a_step_leaves_one_step_for_each(open_window):  # noqa: F811
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(9):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    window.session.set_pace(1e-3)
    window.session.step()
    window.wait_until(lambda s: s.catch_up and s.step == 1)
    window.session.start_at_zero()
    window.session.set_pace(None)
    snapshot = window.wait_until(paused_at(1))
    assert [(run.name, run.step) for run in snapshot.runs if not run.replaced] == [("a", 10), ("b", 1)]
    assert sorted(history.n_steps for history in window.histories.values()) == [1, 1, 10]


STACKS = [(DENSE,), (DENSE, SIGMOID), (DENSE, BATCH_NORM, RELU), (BATCH_NORM,), ()]


class Tally:
    """Gives random commands, and counts a second time what they should come to: by name, the steps done."""

    def __init__(self, session, chance):
        self.session = session
        self.chance = chance
        self.document = experiment(model("0", DENSE), epochs=MANY)
        self.done = {"0": 0}
        self.late = set()
        self.n_added = 0

    @property
    def models(self):
        return self.document.models

    @property
    def front(self):
        return max(self.done.values())

    def choose(self):
        i = self.chance.randrange(len(self.models))
        return i, self.models[i].name

    def edit_to(self, *models):
        self.document = self.document.replaced(models=models)
        self.session.set_experiment(self.document)
        self.done = {model.name: self.done.get(model.name, 0) for model in models}
        self.late &= set(self.done)

    def start_anew(self, name):
        self.done[name] = 0
        self.late.discard(name)

    def go_on(self, n_steps):
        self.done = {name: self.after_catching_up(name) + n_steps for name in self.done}

    def after_catching_up(self, name):
        return self.done[name] if name in self.late else self.front

    def step(self):
        n_steps = self.chance.randint(1, 4)
        for _ in range(n_steps):
            self.session.step()
        self.go_on(n_steps)

    def epoch(self):
        self.session.train_epoch()
        self.go_on(11 - min(map(self.after_catching_up, self.done)) % 11)

    def cancel(self):
        self.session.start_at_zero()
        let_off = {name for name, step in self.done.items() if name not in self.late and step < self.front}
        self.done.update(dict.fromkeys(let_off, 0))
        self.late |= let_off

    def restart(self):
        _, name = self.choose()
        self.session.take_back(name)
        self.start_anew(name)

    def add(self):
        if len(self.models) < MAX_MODELS:
            self.n_added += 1
            self.edit_to(*self.models, model(str(self.n_added), *self.chance.choice(STACKS)))

    def edit(self):
        i, name = self.choose()
        layers = self.chance.choice([stack for stack in STACKS if stack != self.models[i].layers])
        edited = self.models[i].replaced(layers=layers)
        self.edit_to(*self.models[:i], edited, *self.models[i + 1 :])
        self.start_anew(name)

    def remove(self):
        i, _ = self.choose()
        if len(self.models) > 1:
            self.edit_to(*self.models[:i], *self.models[i + 1 :])

    def agrees(self, snapshot):
        found = {run.name: run.step for run in snapshot.runs if not run.replaced}
        return snapshot.state is State.PAUSED and found == self.done


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_commanded_every_model_has_the_steps_and_losses_it_should(
    open_window,  # noqa: F811
    dataset,
    monkeypatch,
    seed,
):
    monkeypatch.setattr(checkpoints, "INTERVAL", MANY)  # so that a run is always taken back to its start
    chance = random.Random(seed)
    window = open_window(experiment(model("0", DENSE), epochs=MANY))
    tally = Tally(window.session, chance)
    stacks = {}  # by run_id
    for ticket in range(150):
        command = chance.choice(["step"] * 3 + ["epoch", "add", "edit", "remove", "restart", "cancel"])
        getattr(tally, command)()
        if command in {"step", "epoch"}:  # else several commands come between two waits
            # An answer tells that a snapshot is of after the commands: the steps may be those of before.
            window.session.read_run(NOWHERE, ticket)
            snapshot = window.wait_until(lambda s, last=ticket: [a.ticket for a in s.answers][-1:] == [last])
            if not tally.agrees(snapshot):
                snapshot = window.wait_until(tally.agrees)
            for run in snapshot.runs:
                if not run.replaced:
                    layers = next(setup.layers for setup in tally.models if setup.name == run.name)
                    assert stacks.setdefault(run.run_id, layers) == layers

    for stack in STACKS:
        found = [window.histories[run_id].losses for run_id, layers in stacks.items() if layers == stack]
        trainer = Trainer(experiment(model("alone", *stack), epochs=MANY), dataset)
        take_steps(trainer, max(map(len, found), default=0))
        for of_run in found:
            np.testing.assert_array_equal(of_run, trainer.runs[0].history.losses[: len(of_run)])
