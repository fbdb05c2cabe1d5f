"""A model whose loss is not finite stops alone, keeps its last finite picture, and can start anew."""

import numpy as np

from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import REWIND_LIMIT, Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_session import open_window  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

DEEP = (DENSE, BATCH_NORM, RELU, DENSE, RELU, DENSE, RELU)
WILD = model("wild", *DEEP, learning_rate=1e6)
CALM, NORMED = model("calm", DENSE), model("normed", DENSE, BATCH_NORM, SIGMOID)


def diverge(trainer):
    while trainer.runs[0].divergence is None:
        trainer.advance()
    return trainer.runs[0]


def rewind(trainer, run):
    trainer.rewind(run)
    while trainer.evaluating:
        trainer.advance()


def test_a_diverged_run_is_brought_back_to_the_very_values_of_its_last_finite_step(dataset):
    trainer = Trainer(experiment(WILD), dataset)
    run = diverge(trainer)
    assert not run.holds_values
    rewind(trainer, run)
    assert run.holds_values
    before = Trainer(experiment(WILD), dataset)
    take_steps(before, run.step)
    expected = before.runs[0].network
    for arrays, found in (
        (expected.outputs, run.network.outputs),
        (expected.output_grads, run.network.output_grads),
    ):
        for array, same in zip(arrays, found, strict=True):
            np.testing.assert_array_equal(array, same)


def test_it_is_brought_back_through_the_learning_rates_that_it_was_trained_with(dataset):
    def at(rate):
        return experiment(WILD.replaced(learning_rate=rate))

    def trained(trainer, n_steps):
        for rate in (0.1, 0.3, 0.05):
            trainer.set_experiment(at(rate))
            take_steps(trainer, n_steps)
        trainer.set_experiment(at(1e6))
        return trainer

    trainer = trained(Trainer(at(0.7), dataset), 3)
    run = diverge(trainer)
    rewind(trainer, run)
    before = trained(Trainer(at(0.7), dataset), 3)
    take_steps(before, run.step - before.step)
    np.testing.assert_array_equal(run.network.outputs[-1], before.runs[0].network.outputs[-1])


def test_a_run_that_diverges_late_is_not_trained_all_over_again(dataset):
    trainer = Trainer(experiment(WILD.replaced(learning_rate=1e-3), epochs=100), dataset)
    take_steps(trainer, REWIND_LIMIT + 1)
    trainer.set_experiment(experiment(WILD, epochs=100))
    run = diverge(trainer)
    trainer.rewind(run)
    assert not trainer.evaluating


def test_what_trains_or_was_brought_back_is_not_brought_back_again(dataset):
    trainer = Trainer(experiment(WILD, CALM), dataset)
    run = diverge(trainer)
    for other in (trainer.runs[1], run, run):
        trainer.rewind(other)
    assert len(trainer._errands) == 1
    rewind(trainer, run)
    trainer.rewind(run)
    assert not trainer.evaluating


def test_bringing_one_back_changes_nothing_for_the_others(dataset):
    trainer = Trainer(experiment(WILD, NORMED), dataset)
    rewind(trainer, diverge(trainer))
    assert losses(train(trainer), 1) == losses(train(Trainer(experiment(NORMED), dataset)))


def test_a_diverged_model_that_is_looked_at_only_afterwards_shows_its_last_finite_step(
    open_window,  # noqa: F811
    dataset,
):
    window = open_window(experiment(WILD, CALM, NORMED))
    window.session.train()
    finished = window.wait_until(lambda s: s.state is State.FINISHED)
    assert [run.readings for run in finished.runs] == [None] * 3
    look = Look(frozenset({"wild"}))
    window.session.look(look)
    run = window.wait_until(lambda s: s.runs[0].readings).runs[0]
    assert run.readings_step == run.step == run.divergence.step - 1
    before = Trainer(experiment(WILD), dataset)
    take_steps(before, run.step)
    (expected,) = Prober().measure(before.runs, look, every_value=True).values()
    for found, reading in zip(run.readings, expected, strict=True):
        assert found.forward.std == reading.forward.std
        assert found.backward.std == reading.backward.std


def test_training_is_stopped_only_when_all_have_diverged(open_window):  # noqa: F811
    window = open_window(experiment(WILD, CALM))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.set_experiment(experiment(WILD, WILD.replaced(name="wilder")))
    window.session.train()
    window.wait_until(lambda s: s.state is State.STOPPED)


def test_a_smaller_rate_and_training_again_catches_up_with_the_others(open_window, dataset):  # noqa: F811
    window = open_window(experiment(WILD, CALM))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    tamed = WILD.replaced(learning_rate=1e-3)
    window.session.set_experiment(experiment(tamed, CALM))
    window.session.restart_model("wild")
    window.session.train()
    snapshot = window.wait_until(lambda s: s.state is State.FINISHED)
    assert [run.step for run in snapshot.runs if not run.replaced] == [22, 22]
    expected = losses(train(Trainer(experiment(tamed), dataset)))
    assert window.histories[max(window.histories)].losses.tolist() == expected
