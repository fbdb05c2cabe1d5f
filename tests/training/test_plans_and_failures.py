"""Where a plan changes under way, and what the window hears when the worker fails."""

import threading

import numpy as np
import pytest

from bnstudio.engine.gradient_check import check_layer
from bnstudio.engine.layers import Sigmoid
from bnstudio.training import trainer as trainer_module
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import DENSE, RELU, experiment, model
from tests.training.test_probes import LINEAR, LOG, OWN, FixedRun, Prober
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import take_steps, train


def fail(*arguments):
    raise MemoryError("no room")


def test_train_after_epochs_were_shortened_below_the_step_trains_all_of_them(dataset):
    trainer = train(Trainer(experiment(epochs=10), dataset))
    trainer.set_experiment(experiment(epochs=1))
    trainer.extend_to(trainer.step + 1)
    assert (trainer.step, trainer.target) == (110, 121)


def test_extending_after_single_steps_ends_with_an_epoch(dataset):
    trainer = train(Trainer(experiment(), dataset))
    take_steps(trainer, 1)
    trainer.extend_to(trainer.step + 1)
    assert trainer.target == 44


@pytest.mark.parametrize("single", ["step", "begin_step"])
def test_train_goes_on_for_all_epochs_after_a_single_step_beyond_the_end(open_window, single):  # noqa: F811
    window = open_window(experiment(epochs=2))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    getattr(window.session, single)()
    snapshot = window.wait_until(lambda s: s.state is State.PAUSED)
    assert snapshot.target == 44
    window.session.train()
    assert window.wait_until(lambda s: s.state is State.FINISHED).step == 44


def test_epochs_shortened_while_training_take_no_further_step(open_window):  # noqa: F811
    window = open_window(experiment(epochs=10))
    for _ in range(15):
        window.session.step()
    window.session.set_pace(1e-3)
    window.session.train()
    window.wait_until(lambda s: s.state is State.TRAINING and s.step == 16)
    window.session.set_experiment(experiment(epochs=1))
    assert window.wait_until(lambda s: s.target == 11).state is State.FINISHED


def test_a_failure_brings_the_last_losses_of_the_current_run(open_window, monkeypatch):  # noqa: F811
    window = open_window()
    window.session.step()
    window.session.set_experiment(experiment(model("model", DENSE, RELU)))
    for step in (1, 2):
        window.session.step()
        window.wait_until(paused_at(step))
    monkeypatch.setattr(trainer_module, "Run", fail)
    window.session.restart()
    snapshot = window.wait_until(lambda s: s.state is State.FAILED)
    assert "no room" in snapshot.problem
    assert [run.step for run in snapshot.runs] == [2]


def test_a_failure_to_open_another_document_is_told(open_window, monkeypatch):  # noqa: F811
    window = open_window()
    window.wait_until(lambda s: s.state is State.PAUSED)
    monkeypatch.setattr(trainer_module, "Run", fail)
    window.session.open(experiment(model("large")))
    window.wait_until(lambda s: s.state is State.FAILED)


def test_a_failure_to_load_is_told_even_where_another_document_was_opened(open_window):  # noqa: F811
    may_load = threading.Event()

    def load():
        may_load.wait()
        raise OSError("the disk is on fire")

    window = open_window(load_dataset=load)
    window.session.open(experiment(model("other")))
    may_load.set()
    window.wait_until(lambda s: s.state is State.FAILED)


@pytest.mark.parametrize("look", [LINEAR, LOG, OWN])
def test_values_that_are_not_finite_beside_the_sample_give_no_reading(look):
    values = np.random.default_rng(0).standard_normal((100, 300))
    values[0, 1:5] = np.inf
    values[1, 3] = -np.inf
    run = FixedRun(["dense"], [values], [np.ones_like(values)])
    assert Prober().measure([run], look, every_value=False) == {}


def test_a_layer_is_checked_whatever_the_memory_order_of_its_inputs():
    inputs = np.random.default_rng(0).standard_normal((5, 4))
    assert check_layer(Sigmoid(), np.asfortranarray(inputs)).passed
