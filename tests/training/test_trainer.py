"""All runs of an experiment go in lockstep, deterministically, and follow edits of the document."""

import numpy as np
import pytest

from bnstudio.training.snapshot import RateChange
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


def train(trainer: Trainer) -> Trainer:
    while not trainer.finished:
        trainer.advance()
    return trainer


def take_steps(trainer: Trainer, n_steps: int) -> None:
    goal = trainer.step + n_steps
    trainer.extend_to(goal)
    while trainer.step < goal or trainer.evaluating:
        trainer.advance()


def losses(trainer: Trainer, index: int = 0) -> list[float]:
    return trainer.runs[index].history.losses.tolist()


def test_the_same_experiment_gives_the_same_losses_bit_for_bit(dataset):
    document = experiment(model("m", DENSE, BATCH_NORM, SIGMOID))
    assert losses(train(Trainer(document, dataset))) == losses(train(Trainer(document, dataset)))


def test_it_takes_exactly_the_planned_steps(dataset):
    trainer = train(Trainer(experiment(epochs=3), dataset))
    assert trainer.steps_per_epoch == 11
    assert trainer.runs[0].step == 33


def test_models_in_lockstep_train_as_they_would_alone(dataset):
    a, b = model("a", DENSE, SIGMOID), model("b", DENSE, BATCH_NORM, RELU, learning_rate=0.5)
    together = train(Trainer(experiment(a, b), dataset))
    assert losses(together, 0) == losses(train(Trainer(experiment(a), dataset)))
    assert losses(together, 1) == losses(train(Trainer(experiment(b), dataset)))


def test_the_test_set_is_evaluated_at_each_end_of_an_epoch_and_the_subset_every_100_steps(dataset):
    history = train(Trainer(experiment(epochs=20), dataset)).runs[0].history
    assert [e.step for e in history.evaluations if e.examples == "test"] == list(range(11, 221, 11))
    assert [e.step for e in history.evaluations if e.examples == "subset"] == [100, 200]


def test_an_evaluation_says_what_inference_on_the_test_images_gives(dataset):
    trainer = train(Trainer(experiment(model("m", DENSE, BATCH_NORM, SIGMOID), epochs=1), dataset))
    evaluation = trainer.runs[0].history.evaluations[-1]
    logits = trainer.runs[0].network.forward(dataset.test_images.astype(np.float32) / 255, training=False)
    assert evaluation.accuracy == np.mean(logits.argmax(axis=1) == dataset.test_labels)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert evaluation.loss == pytest.approx(-log_p[np.arange(30), dataset.test_labels].mean(), rel=1e-5)


def test_evaluating_changes_nothing_in_training(dataset):
    interrupted = Trainer(experiment(model("m", DENSE, BATCH_NORM, SIGMOID), epochs=2), dataset)
    plain = Trainer(interrupted.experiment, dataset)
    plain._evaluator.due = lambda run, steps_per_epoch: iter(())
    assert losses(train(interrupted)) == losses(train(plain))


def test_a_new_learning_rate_takes_effect_at_the_next_step_and_is_noted(dataset):
    trainer = Trainer(experiment(), dataset)
    take_steps(trainer, 3)
    before = {name: array.copy() for name, array in trainer.runs[0].network.layers[0].params.items()}
    trainer.set_experiment(experiment(model("model", DENSE, SIGMOID, learning_rate=1e-30)))
    take_steps(trainer, 1)
    np.testing.assert_array_equal(trainer.runs[0].network.layers[0].params["weight"], before["weight"])
    (change,) = trainer.runs[0].history.rate_changes
    assert change == RateChange(3, 1e-30, before=0.1)


def test_a_learning_rate_that_was_never_trained_with_is_not_noted(dataset):
    trainer = Trainer(experiment(), dataset)
    take_steps(trainer, 1)
    for learning_rate in (0.5, 0.7, 0.1):
        trainer.set_experiment(experiment(model("model", DENSE, SIGMOID, learning_rate=learning_rate)))
    take_steps(trainer, 1)
    assert trainer.runs[0].history.rate_changes == []


@pytest.mark.parametrize("common", [{"batch_size": 30}, {"seed": 1}])
def test_another_batch_size_or_seed_starts_every_run_anew(dataset, common):
    trainer = Trainer(experiment(model("a"), model("b", DENSE)), dataset)
    take_steps(trainer, 2)
    old = list(trainer.runs)
    assert trainer.set_experiment(experiment(model("a"), model("b", DENSE), **common)) == old
    assert [run.step for run in trainer.runs] == [0, 0]
    assert trainer.target == trainer.planned_steps


def test_name_order_epochs_and_learning_rate_start_no_run_anew(dataset):
    a, b = model("a", DENSE), model("b", DENSE, SIGMOID)
    trainer = Trainer(experiment(a, b), dataset)
    take_steps(trainer, 2)
    run_a, run_b = trainer.runs
    edited = experiment(b.replaced(name="renamed", learning_rate=0.7), a, epochs=7)
    assert trainer.set_experiment(edited) == []
    assert trainer.runs == [run_b, run_a]
    assert trainer.target == 77


def test_editing_one_model_starts_its_run_anew_and_it_catches_up_on_the_same_batches(dataset):
    a, b = model("a", DENSE), model("b", DENSE, SIGMOID)
    trainer = Trainer(experiment(a, b), dataset)
    take_steps(trainer, 5)
    edited = b.replaced(layers=(DENSE, BATCH_NORM, SIGMOID))
    (ended,) = trainer.set_experiment(experiment(a, edited))
    assert ended.model == b
    assert [run.step for run in trainer.runs] == [5, 0]
    take_steps(trainer, 5)
    assert [run.step for run in trainer.runs] == [5, 5]
    train(trainer)
    assert losses(trainer, 0) == losses(train(Trainer(experiment(a), dataset)))
    assert losses(trainer, 1) == losses(train(Trainer(experiment(edited), dataset)))


def test_a_new_run_knows_the_one_that_it_replaces_through_edits_and_a_new_name(dataset):
    b = model("b", DENSE, SIGMOID)
    trainer = Trainer(experiment(model("a"), b), dataset)
    take_steps(trainer, 2)
    first = trainer.runs[1]
    for layers in ((DENSE,), (DENSE, BATCH_NORM, SIGMOID)):
        b = b.replaced(layers=layers)
        trainer.set_experiment(experiment(model("a"), b))
    trainer.set_experiment(experiment(model("a"), b.replaced(name="deep")))
    assert [run.replaces for run in trainer.runs] == [None, first.run_id]


def test_restarting_repeats_the_same_losses(dataset):
    trainer = train(Trainer(experiment(), dataset))
    first = losses(trainer)
    trainer.restart()
    assert trainer.step == 0
    assert losses(train(trainer)) == first


def test_a_finished_experiment_goes_on_when_extended(dataset):
    trainer = train(Trainer(experiment(epochs=2), dataset))
    trainer.extend_to(trainer.step + 1)
    assert not trainer.finished
    assert losses(train(trainer)) == losses(train(Trainer(experiment(epochs=4), dataset)))


def test_a_run_whose_loss_is_not_finite_stops_alone_and_says_where(dataset):
    wild = model("wild", DENSE, RELU, DENSE, RELU, learning_rate=1e6)
    calm = model("calm", DENSE)
    trainer = train(Trainer(experiment(wild, calm), dataset))
    wild_run, calm_run = trainer.runs
    assert calm_run.step == 22
    assert wild_run.divergence is not None
    assert wild_run.divergence.step == wild_run.step + 1
    assert np.isfinite(wild_run.history.losses).all()
    layer = wild_run.divergence.layer
    finite = [bool(np.isfinite(output).all()) for output in wild_run.network.outputs]
    assert finite.index(False) == layer
    assert wild_run.divergence.kind == ("dense", "relu", "dense", "relu", "head")[layer]


def test_of_three_models_the_one_that_diverges_stops_alone(dataset):
    wild = model("wild", DENSE, RELU, DENSE, RELU, learning_rate=1e6)
    calm, normed = model("calm", DENSE), model("normed", DENSE, BATCH_NORM)
    trainer = train(Trainer(experiment(calm, wild, normed), dataset))
    assert [run.divergence is not None for run in trainer.runs] == [False, True, False]
    assert losses(trainer, 0) == losses(train(Trainer(experiment(calm), dataset)))
    assert losses(trainer, 2) == losses(train(Trainer(experiment(normed), dataset)))


def test_where_no_run_can_go_on_training_is_finished(dataset):
    trainer = train(Trainer(experiment(model("wild", DENSE, RELU, DENSE, RELU, learning_rate=1e6)), dataset))
    assert trainer.finished
    assert trainer.step < trainer.target


def test_any_stack_can_be_trained(dataset):
    for layers in [
        (),
        (BATCH_NORM,),
        (SIGMOID, SIGMOID),
        (RELU, BATCH_NORM, RELU),
        (DENSE.replaced(units=1),),
    ]:
        trainer = train(Trainer(experiment(model("m", *layers)), dataset))
        assert trainer.runs[0].step == 22
