"""A run that is behind catches up on the batches that the others have had, while they wait."""

import pytest

from bnstudio.training.snapshot import CatchUp, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

A, B, C = model("a", DENSE), model("b", DENSE, SIGMOID), model("c", DENSE, BATCH_NORM, RELU)
MANY = 10_000  # epochs, so that nothing ends by itself


def steps(trainer):
    return [run.step for run in trainer.runs]


def alone(setup, dataset, **common):
    return losses(train(Trainer(experiment(setup, **common), dataset)))


def test_only_the_furthest_behind_are_stepped_until_they_are_together(dataset):
    trainer = Trainer(experiment(A), dataset)
    take_steps(trainer, 5)
    trainer.set_experiment(experiment(A, B))
    trainer.advance()
    trainer.advance()
    trainer.set_experiment(experiment(A, B, C))
    seen = []
    while trainer.catch_up:
        seen.append((steps(trainer), trainer.catch_up))
        trainer.advance()
    assert seen == [
        ([5, 2, 0], CatchUp(("b", "c"), 0, 5)),
        ([5, 2, 1], CatchUp(("b", "c"), 1, 5)),
        ([5, 2, 2], CatchUp(("b", "c"), 2, 5)),
        ([5, 3, 3], CatchUp(("b", "c"), 3, 5)),
        ([5, 4, 4], CatchUp(("b", "c"), 4, 5)),
    ]
    trainer.advance()
    assert steps(trainer) == [6, 6, 6]


def test_a_run_that_caught_up_has_the_losses_and_evaluations_of_one_there_from_the_start(dataset):
    trainer = Trainer(experiment(A, epochs=12), dataset)
    take_steps(trainer, 115)
    trainer.set_experiment(experiment(A, C, epochs=12))
    train(trainer)
    other = train(Trainer(experiment(A, C, epochs=12), dataset))
    for run, expected in zip(trainer.runs, other.runs, strict=True):
        assert run.history.losses.tolist() == expected.history.losses.tolist()
        assert run.history.evaluations == expected.history.evaluations


def test_a_duplicate_catches_up_with_the_very_losses_of_its_original(dataset):
    trainer = Trainer(experiment(B), dataset)
    take_steps(trainer, 9)
    trainer.set_experiment(experiment(B, B.replaced(name="b 2")))
    train(trainer)
    assert losses(trainer, 0) == losses(trainer, 1)


def test_one_model_restarts_from_the_same_weights_and_catches_up(dataset):
    trainer = Trainer(experiment(A, B), dataset)
    take_steps(trainer, 9)
    first = losses(trainer, 1)
    (ended,) = trainer.take_back("b")
    assert ended.model == B
    assert steps(trainer) == [9, 0]
    assert trainer.catch_up == CatchUp(("b",), 0, 9)
    take_steps(trainer, 9)
    assert losses(trainer, 1) == first


def test_the_only_model_restarts_with_nobody_to_catch_up_with(dataset):
    trainer = Trainer(experiment(A), dataset)
    take_steps(trainer, 9)
    trainer.take_back("a")
    assert (steps(trainer), trainer.catch_up) == ([0], None)


def test_restarting_a_model_that_is_gone_does_nothing(dataset):
    trainer = Trainer(experiment(A, B), dataset)
    take_steps(trainer, 3)
    runs = list(trainer.runs)
    assert trainer.take_back("gone") == []
    assert trainer.runs == runs


def test_nobody_catches_up_beyond_the_end_of_the_plan(dataset):
    trainer = Trainer(experiment(A, epochs=2), dataset)
    take_steps(trainer, 15)
    trainer.set_experiment(experiment(A, B, epochs=1))
    assert trainer.catch_up == CatchUp(("b",), 0, 11)
    train(trainer)
    assert steps(trainer) == [15, 11]
    assert trainer.catch_up is None


@pytest.mark.parametrize("gone", ["ahead", "behind"])
def test_removing_a_model_ends_the_catching_up(dataset, gone):
    trainer = Trainer(experiment(A), dataset)
    take_steps(trainer, 9)
    trainer.set_experiment(experiment(A, B))
    trainer.advance()
    trainer.advance()
    trainer.set_experiment(experiment(B) if gone == "ahead" else experiment(A))
    assert trainer.catch_up is None
    train(trainer)
    assert steps(trainer) == [22]


def test_catching_up_is_told_while_paused_and_a_step_does_it_and_one_step_more(open_window):  # noqa: F811
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(9):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    waiting = window.wait_until(lambda s: s.catch_up is not None)
    assert (waiting.state, waiting.catch_up) == (State.PAUSED, CatchUp(("b",), 0, 9))
    window.session.step()
    done = window.wait_until(paused_at(10))
    assert done.catch_up is None
    assert [run.step for run in done.runs] == [10, 10]


def test_each_step_asked_for_while_catching_up_is_one_after_it(open_window):  # noqa: F811
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(30):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    for _ in range(5):
        window.session.step()
    assert [run.step for run in window.wait_until(paused_at(35)).runs] == [35, 35]


def test_a_step_at_the_end_of_the_plan_catches_up_and_goes_one_step_beyond(open_window):  # noqa: F811
    window = open_window(experiment(A, B))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.take_back("a")
    window.session.step()
    assert [run.step for run in window.wait_until(paused_at(23)).runs if not run.replaced] == [23, 23]


def test_an_epoch_at_the_end_of_the_plan_catches_up_and_goes_one_epoch_beyond(open_window):  # noqa: F811
    window = open_window(experiment(A, B))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.take_back("a")
    window.session.train_epoch()
    assert [run.step for run in window.wait_until(paused_at(33)).runs if not run.replaced] == [33, 33]


def test_an_epoch_begins_once_all_have_caught_up(open_window):  # noqa: F811
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(15):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    window.session.train_epoch()
    assert [run.step for run in window.wait_until(paused_at(22)).runs] == [22, 22]


def test_training_goes_on_when_a_model_is_restarted_in_the_middle(open_window, dataset):  # noqa: F811
    document = experiment(A, B, epochs=100)
    window = open_window(document)
    window.session.train()
    window.wait_until(lambda s: s.step > 50)
    window.session.take_back("b")
    window.wait_until(lambda s: s.state is State.FINISHED)
    first_a, first_b, again = (window.histories[run_id] for run_id in sorted(window.histories))
    assert first_a.losses.tolist() == alone(A, dataset, epochs=100)
    assert again.losses.tolist() == alone(B, dataset, epochs=100)
    assert first_b.losses.tolist() == again.losses[: first_b.n_steps].tolist()


@pytest.fixture
def catching_up(open_window):  # noqa: F811
    """A session so slow that it catches up for ever: one run at 9, the other at 1."""
    window = open_window(experiment(A, epochs=MANY))
    for _ in range(9):
        window.session.step()
    window.session.set_experiment(experiment(A, B, epochs=MANY))
    window.session.set_pace(1e-3)
    window.session.step()
    window.wait_until(lambda s: s.state is State.TRAINING and s.catch_up == CatchUp(("b",), 1, 9))
    return window


def test_catching_up_can_be_paused_and_gone_on_with(catching_up):
    catching_up.session.pause()
    snapshot = catching_up.wait_until(lambda s: s.state is State.PAUSED)
    assert snapshot.catch_up == CatchUp(("b",), 1, 9)
    catching_up.session.set_pace(None)
    catching_up.session.step()
    catching_up.wait_until(paused_at(10))


def test_the_session_closes_in_the_middle_of_catching_up(catching_up):
    catching_up.session.close()
    assert not catching_up.session._thread.is_alive()


def test_a_model_removed_while_it_catches_up_leaves_the_step_to_the_others(catching_up):
    catching_up.session.set_experiment(experiment(A, epochs=MANY))
    catching_up.session.set_pace(None)
    catching_up.wait_until(paused_at(10))


def test_the_front_removed_meanwhile_leaves_the_step_to_the_one_behind(catching_up):
    catching_up.session.set_experiment(experiment(B, epochs=MANY))
    catching_up.session.set_pace(None)
    catching_up.wait_until(paused_at(2))


def test_opening_a_document_while_catching_up_takes_no_step_in_it(catching_up):
    catching_up.session.open(experiment(C))
    snapshot = catching_up.wait_until(lambda s: True)
    assert (snapshot.state, snapshot.step, snapshot.catch_up) == (State.PAUSED, 0, None)
