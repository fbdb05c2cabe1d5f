"""A model whose loss is not finite stops alone, keeps its last finite picture, and can be taken back."""

import math

import numpy as np
import pytest

from bnstudio.training import checkpoints
from bnstudio.training import run as run_module
from bnstudio.training.checkpoints import Checkpoint, Checkpoints
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_session import open_window  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

DEEP = (DENSE, BATCH_NORM, RELU, DENSE, RELU, DENSE, RELU)
WILD = model("wild", *DEEP, learning_rate=1e6)
CALM, NORMED = model("calm", DENSE), model("normed", DENSE, BATCH_NORM, SIGMOID)


@pytest.fixture
def often(monkeypatch):
    """A checkpoint each 5 steps, which may lie right before what went wrong."""
    monkeypatch.setattr(checkpoints, "INTERVAL", 5)
    monkeypatch.setattr(checkpoints, "_MARGIN", 1)


def diverge(trainer):
    while trainer.runs[0].divergence is None:
        trainer.advance()
    return trainer.runs[0]


def tamed(trainer, rate=1e-3, name="wild"):
    """Lower the learning rate of the first model and take it back."""
    models = trainer.experiment.models
    trainer.set_experiment(
        trainer.experiment.replaced(models=(models[0].replaced(learning_rate=rate), *models[1:]))
    )
    trainer.take_back(name)
    return trainer.runs[0]


def test_what_diverges_is_explained_by_the_largest_value_of_each_layer(dataset):
    divergence = diverge(Trainer(experiment(WILD), dataset)).divergence
    assert len(divergence.largest) == len(DEEP) + 1
    finite = [math.isfinite(value) for value in divergence.largest]
    assert finite.index(False) == divergence.layer
    assert divergence.good_step == 0


def test_a_run_is_taken_back_to_the_very_network_of_its_last_checkpoint(dataset, often):
    calm = experiment(model("wild", *DEEP, learning_rate=0.01), epochs=9)
    trainer = Trainer(calm, dataset)
    take_steps(trainer, 17)
    run = tamed(trainer, rate=0.002)
    assert run.step == 15
    at_15 = Trainer(calm, dataset)
    take_steps(at_15, 15)
    for layer, same in zip(run.network.layers, at_15.runs[0].network.layers, strict=True):
        for name in layer.params:
            np.testing.assert_array_equal(layer.params[name], same.params[name])
        for name in layer.buffers:
            np.testing.assert_array_equal(layer.buffers[name], same.buffers[name])
    assert losses(trainer) == losses(at_15)
    train(trainer)
    at_15.set_experiment(trainer.experiment)
    assert losses(trainer) == losses(train(at_15))
    assert run.history.rate_changes == at_15.runs[0].history.rate_changes
    assert run.history.evaluations == at_15.runs[0].history.evaluations


def test_taken_back_again_it_goes_back_further_and_at_last_to_the_start(dataset, often):
    trainer = Trainer(experiment(model("wild", *DEEP), epochs=9), dataset)
    take_steps(trainer, 17)
    assert [tamed(trainer).step for _ in range(4)] == [15, 10, 0, 0]


def test_where_it_diverges_at_once_it_starts_again_with_the_same_weights(dataset):
    trainer = Trainer(experiment(WILD, CALM), dataset)
    diverge(trainer)
    run = tamed(trainer)
    assert run.step == 0
    assert losses(train(trainer)) == losses(
        train(Trainer(experiment(WILD.replaced(learning_rate=1e-3)), dataset))
    )


def test_a_rate_that_was_changed_before_is_the_rate_after_taking_back(dataset, often):
    trainer = Trainer(experiment(model("wild", *DEEP, learning_rate=0.01), epochs=9), dataset)
    take_steps(trainer, 7)
    run = trainer.runs[0]
    trainer.set_experiment(experiment(model("wild", *DEEP, learning_rate=0.02), epochs=9))
    take_steps(trainer, 5)
    assert [change.step for change in run.history.rate_changes] == [7]
    back = tamed(trainer, rate=0.02)
    assert (back.step, back.rate_in_use) == (10, 0.02)
    take_steps(trainer, 1)
    assert [change.step for change in back.history.rate_changes] == [7]


def test_a_network_with_a_value_that_is_not_finite_is_no_checkpoint(dataset):
    network = Trainer(experiment(CALM), dataset).runs[0].network
    assert Checkpoint.of(network, 50, 0.1) is not None
    network.layers[0].params["bias"][3] = np.inf
    assert Checkpoint.of(network, 50, 0.1) is None


def test_checkpoints_are_two_at_most_and_none_where_memory_does_not_reach(dataset, monkeypatch):
    network = Trainer(experiment(CALM), dataset).runs[0].network
    kept = Checkpoints()
    for step in range(1, 201):
        kept.keep(network, step, 0.1)
    assert [kept.before(step).step for step in (1000, 209, 205, 160)] == [200, 150, 150, 150]
    assert kept.before(159) is None
    monkeypatch.setattr(checkpoints, "MEMORY", 8 * 1000)
    small = Checkpoints()
    small.keep(network, 50, 0.1)
    assert small.before(1000) is None


def test_an_explosion_is_the_first_loss_above_ten_times_that_of_guessing(dataset, monkeypatch):
    assert pytest.approx(23.03, abs=0.01) == run_module.EXPLODED
    calm = Trainer(experiment(CALM), dataset)
    assert train(calm).runs[0].explosion is None
    monkeypatch.setattr(run_module, "EXPLODED", 2.0)
    trainer = Trainer(experiment(CALM), dataset)
    explosion = train(trainer).runs[0].explosion
    history = losses(trainer)
    assert history[explosion.step - 1] == explosion.loss > 2.0
    assert all(loss <= 2.0 for loss in history[: explosion.step - 1])


def explode(trainer):
    """Take a step with weights that are wrong and far too large, and go back to those from before."""
    network = trainer.runs[0].network
    before = Checkpoint.of(network, trainer.step, 0.1)
    network.layers[-1].params["weight"] *= -1e4
    take_steps(trainer, 1)
    before.restore(network)


def test_an_explosion_is_over_once_the_run_learns_again_and_the_next_one_is_another(dataset):
    trainer = Trainer(experiment(NORMED.replaced(learning_rate=1.0), epochs=9), dataset)
    run = trainer.runs[0]
    take_steps(trainer, 60)
    explode(trainer)
    assert run.explosion.step == 61
    take_steps(trainer, 99)
    assert run.explosion.step == 61
    take_steps(trainer, 1)
    assert run.explosion is None
    explode(trainer)
    assert run.explosion.step == 162


def test_a_run_that_only_guesses_after_an_explosion_has_not_recovered(dataset):
    trainer = Trainer(experiment(CALM.replaced(learning_rate=1e-6)), dataset)
    explode(trainer)
    take_steps(trainer, 300)
    assert losses(trainer)[-1] == pytest.approx(math.log(10), abs=0.5)
    assert trainer.runs[0].explosion.step == 1


def test_taking_one_back_changes_nothing_for_the_others(dataset):
    trainer = Trainer(experiment(WILD, NORMED), dataset)
    diverge(trainer)
    tamed(trainer)
    assert losses(train(trainer), 1) == losses(train(Trainer(experiment(NORMED), dataset)))


def test_a_diverged_model_that_is_looked_at_only_afterwards_shows_its_last_finite_step(
    open_window,  # noqa: F811
):
    window = open_window(experiment(WILD, CALM, NORMED))
    window.session.train()
    finished = window.wait_until(lambda s: s.state is State.FINISHED)
    assert [run.readings for run in finished.runs] == [None] * 3
    window.session.look(Look(frozenset({"wild"})))
    run = window.wait_until(lambda s: s.runs[0].readings).runs[0]
    assert run.readings_step == run.step == run.divergence.step - 1
    steps = [step for step, _ in run.divergence.earlier]
    assert steps == list(range(max(1, run.step - 2), run.step + 1))
    assert all(math.isfinite(value) for _, values in run.divergence.earlier for value in values)


def test_training_is_stopped_only_when_all_have_diverged(open_window):  # noqa: F811
    window = open_window(experiment(WILD, CALM))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.set_experiment(experiment(WILD, WILD.replaced(name="wilder")))
    window.session.train()
    window.wait_until(lambda s: s.state is State.STOPPED)


def test_where_all_have_diverged_train_starts_anew(open_window):  # noqa: F811
    window = open_window(experiment(WILD))
    window.session.train()
    window.wait_until(lambda s: s.state is State.STOPPED)
    window.session.train()
    snapshot = window.wait_until(lambda s: any(run.replaced for run in s.runs))
    assert sum(not run.replaced and run.divergence is None for run in snapshot.runs) == 1
    window.wait_until(lambda s: s.state is State.STOPPED)


def test_a_smaller_rate_and_training_again_catches_up_with_the_others(open_window, dataset):  # noqa: F811
    window = open_window(experiment(WILD, CALM))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    calmed = WILD.replaced(learning_rate=1e-3)
    window.session.set_experiment(experiment(calmed, CALM))
    window.session.take_back("wild")
    window.session.train()
    window.wait_until(lambda s: [run.step for run in s.runs if not run.replaced] == [22, 22])
    expected = losses(train(Trainer(experiment(calmed), dataset)))
    assert window.histories[max(window.histories)].losses.tolist() == expected
