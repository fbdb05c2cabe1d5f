"""Steps done in one piece, run after run, are the steps done one by one."""

import pytest

from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_trainer import losses, take_steps

A, B = model("a", DENSE), model("b", DENSE, BATCH_NORM, SIGMOID)
DIVERGES = model("c", DENSE, RELU, DENSE, RELU, learning_rate=1e6)


def train_in_pieces(trainer, most_steps):
    while not trainer.finished:
        trainer.advance(most_steps)
    return trainer


def outcome(trainer):
    return [(losses(trainer, i), run.history.evaluations) for i, run in enumerate(trainer.runs)]


@pytest.mark.parametrize("most_steps", [2, 7, 1_000])
def test_pieces_change_no_loss_and_no_evaluation(dataset, most_steps):
    setup = experiment(A, B, DIVERGES, epochs=12)
    in_pieces = train_in_pieces(Trainer(setup, dataset), most_steps)
    one_by_one = train_in_pieces(Trainer(setup, dataset), 1)
    assert outcome(in_pieces) == outcome(one_by_one)
    assert in_pieces.runs[2].divergence == one_by_one.runs[2].divergence is not None


def test_runs_are_together_after_every_piece(dataset):
    trainer = Trainer(experiment(A, B, epochs=12), dataset)
    seen = []
    while not trainer.finished:
        trainer.advance(7)
        assert len({run.step for run in trainer.runs}) == 1
        seen.append(trainer.step)
    assert {7, 11, 100} <= set(seen)


def test_a_piece_ends_where_those_that_wait_come_in(dataset):
    trainer = Trainer(experiment(A, epochs=12), dataset)
    take_steps(trainer, 5)
    trainer.set_experiment(experiment(A, B, epochs=12))
    trainer.advance(1_000)
    assert [run.step for run in trainer.runs] == [5, 5]
    assert losses(trainer, 1) == losses(train_in_pieces(Trainer(experiment(B, epochs=12), dataset), 1))[:5]
