"""A step whose update is put off changes nothing but when the update is made."""

import time

import numpy as np
import pytest

from bnstudio.training.run import Run
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from bnstudio.training.try_it import ExampleInspection
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model

MODELS = (
    model("first", DENSE, BATCH_NORM, SIGMOID, DENSE, SIGMOID),
    model("second", DENSE, RELU, learning_rate=0.05),
)


@pytest.fixture
def trainer(dataset):
    return Trainer(experiment(*MODELS), dataset)


def train_to(trainer, step):
    while trainer.able and (trainer.step < step or trainer.catching_up):
        trainer.advance()


def losses_of(trainer):
    return [run.history.losses.tolist() for run in trainer.runs]


def arrays_of(run):
    layers = run.network.layers
    return [array.copy() for layer in layers for array in (*layer.params.values(), *layer.buffers.values())]


def same(left, right):
    return all((a == b).all() for a, b in zip(left, right, strict=True))


# The trainer


def test_losses_and_weights_are_those_of_plain_training_bit_for_bit(trainer, dataset):
    plain = Trainer(experiment(*MODELS), dataset)
    train_to(plain, 14)
    for step in range(14):
        if step in (0, 3, 4, 10, 13):
            trainer.begin_step()
        train_to(trainer, step + 1)
    assert losses_of(trainer) == losses_of(plain)
    for halved, whole in zip(trainer.runs, plain.runs, strict=True):
        assert same(arrays_of(halved), arrays_of(whole))


def test_it_has_the_loss_that_the_step_will_have(trainer):
    train_to(trainer, 2)
    trainer.begin_step()
    half_steps = [run.half_step for run in trainer.runs]
    assert [half.step for half in half_steps] == [3, 3]
    assert trainer.step == 2
    trainer.advance()
    assert [run.half_step for run in trainer.runs] == [None, None]
    for run, half in zip(trainer.runs, half_steps, strict=True):
        assert (run.history.losses[2], run.history.accuracies[2]) == (half.loss, half.accuracy)


def test_it_moves_no_weight_and_the_rest_does(trainer):
    (run, _) = trainer.runs
    weight = run.network.layers[0].params["weight"]
    before = weight.copy()
    trainer.begin_step()
    assert (weight == before).all()
    trainer.advance()
    expected = before - np.float32(run.rate_in_use) * run.network.layers[0].grads["weight"]
    assert weight == pytest.approx(expected, abs=1e-7)


def test_running_statistics_are_updated_once_and_with_the_weights(trainer):
    (run, _) = trainer.runs
    running_mean = run.network.layers[1].buffers["running_mean"]
    trainer.begin_step()
    assert (running_mean == 0).all()
    mean = run.network.outputs[0].mean(axis=0)
    trainer.begin_step()
    trainer.advance()
    # PyTorch's convention: 0.9 of what it was, and 0.1 of the batch's mean
    assert running_mean == pytest.approx(0.1 * mean, abs=1e-6)


def test_until_the_update_the_network_answers_as_after_the_step_before(trainer):
    train_to(trainer, 3)
    (run, _) = trainer.runs

    def answer():
        *_, found = ExampleInspection("first", 0).measure(run, trainer)
        return found.step, found.probabilities.tolist()

    before = answer()
    trainer.begin_step()
    assert answer() == before


def test_begun_twice_it_is_still_the_same_step(trainer):
    trainer.begin_step()
    half_step = trainer.runs[0].half_step
    trainer.begin_step()
    assert trainer.runs[0].half_step is half_step


def test_a_rate_that_is_changed_before_the_update_is_what_it_is_made_with(trainer):
    train_to(trainer, 1)
    (run, _) = trainer.runs
    weight = run.network.layers[0].params["weight"]
    before = weight.copy()
    trainer.begin_step()
    faster = MODELS[0].replaced(learning_rate=0.9)
    assert trainer.set_experiment(experiment(faster, MODELS[1])) == []
    trainer.advance()
    assert weight == pytest.approx(before - np.float32(0.9) * run.network.layers[0].grads["weight"], abs=1e-6)
    assert [(change.step, change.learning_rate) for change in run.history.rate_changes] == [(1, 0.9)]


def test_a_model_that_is_edited_before_the_update_starts_anew_and_catches_up(trainer, dataset):
    train_to(trainer, 3)
    trainer.begin_step()
    edited = experiment(MODELS[0], model("second", DENSE, SIGMOID))
    (gone,) = trainer.set_experiment(edited)
    assert gone.model.name == "second"
    assert trainer.runs[1].half_step is None
    trainer.begin_step()  # nothing happens, as one is catching up
    assert trainer.runs[1].half_step is None
    train_to(trainer, 5)
    plain = Trainer(edited, dataset)
    train_to(plain, 5)
    assert losses_of(trainer) == losses_of(plain)


def test_nothing_begins_beyond_the_target(trainer):
    trainer.target = 2
    train_to(trainer, 2)
    trainer.begin_step()
    assert trainer.runs[0].half_step is None


def test_a_loss_that_is_not_finite_ends_the_run_without_a_half_step(dataset):
    trainer = Trainer(experiment(MODELS[0]), dataset)
    (run,) = trainer.runs
    run.network.layers[-1].params["weight"][0, 0] = np.inf
    trainer.begin_step()
    assert run.half_step is None
    assert run.divergence.step == 1
    assert run.step == 0


def test_a_run_without_a_trainer_can_put_off_its_update(dataset):
    halved, whole = Run(MODELS[1], 0), Run(MODELS[1], 0)
    inputs = dataset.train_images[:20] / np.float32(255)
    labels = dataset.train_labels[:20]
    halved.begin_step(inputs, labels)
    halved.train_step(inputs, labels)
    whole.train_step(inputs, labels)
    assert same(arrays_of(halved), arrays_of(whole))


# The session


@pytest.fixture
def session(dataset):
    session = Session(experiment(*MODELS), lambda: dataset)
    session.look(Look(names=frozenset({"first"})))
    session.start()
    yield session
    session.close()


def wait_until(session, condition):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        snapshot = session.poll()
        if snapshot is not None and condition(snapshot):
            return snapshot
        time.sleep(0.001)
    raise AssertionError("not reached")


def has_begun(snapshot):
    return bool(snapshot.runs) and snapshot.runs[0].half_step is not None


def test_a_begun_step_is_told_with_readings_of_that_very_step(session):
    session.step()
    session.begin_step()
    snapshot = wait_until(session, has_begun)
    run = snapshot.runs[0]
    assert (snapshot.state, snapshot.step, run.half_step.step) == (State.PAUSED, 1, 2)
    assert run.readings_step == 2


def test_a_step_after_it_does_exactly_the_update(session):
    session.begin_step()
    half_step = wait_until(session, has_begun).runs[0].half_step
    session.step()
    snapshot = wait_until(session, lambda s: s.step == 1)
    assert snapshot.state is State.PAUSED
    assert snapshot.runs[0].half_step is None
    assert snapshot.runs[0].losses.tolist() == [half_step.loss]


def test_training_after_it_finishes_it_first(session, dataset):
    session.begin_step()
    session.train()
    losses = {"first": [], "second": []}

    def is_finished(snapshot):
        for run in snapshot.runs:
            losses[run.name] += run.losses.tolist()
        return snapshot.state is State.FINISHED

    wait_until(session, is_finished)
    plain = Trainer(experiment(*MODELS), dataset)
    train_to(plain, plain.target)
    assert list(losses.values()) == losses_of(plain)


def test_while_training_it_pauses(session):
    session.train()
    session.begin_step()
    snapshot = wait_until(session, has_begun)
    assert snapshot.state is State.PAUSED
    assert snapshot.runs[0].half_step.step == snapshot.step + 1


def test_after_the_plan_it_goes_one_step_further(session):
    session.train()
    end = wait_until(session, lambda s: s.state is State.FINISHED and not s.evaluating).step
    session.begin_step()
    assert wait_until(session, has_begun).runs[0].half_step.step == end + 1


def test_while_a_model_catches_up_nothing_begins(session, tmp_path):
    for _ in range(3):
        session.step()
    session.set_experiment(experiment(MODELS[0], model("second", DENSE, SIGMOID)))
    session.begin_step()
    session.read_run(tmp_path / "none.bnrun", 1)  # its answer comes after what was asked before
    snapshot = wait_until(session, lambda s: s.answers)
    assert not has_begun(snapshot)
    assert snapshot.catch_up.names == ("second",)


def test_asked_for_while_a_model_catches_up_it_lengthens_no_plan(session):
    session.train()
    end = wait_until(session, lambda s: s.state is State.FINISHED and not s.evaluating).step
    session.take_back("second")
    session.begin_step()
    wait_until(session, lambda s: s.catch_up is not None)
    session.train()
    assert wait_until(session, lambda s: s.state is State.FINISHED).step == end
