"""Batches, stacks and moments that are seldom met: training goes on exactly, or ends cleanly."""

import random
import threading

import numpy as np
import pytest

from bnstudio.document.experiment import MAX_BATCH_SIZE, MAX_LAYERS
from bnstudio.training.history import History
from bnstudio.training.probes import Prober
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_session import Window, open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

NAMES = frozenset({"model"})
MAX_MODELS = 3


@pytest.mark.parametrize(
    ("batch_size", "n_steps"), [(2, 105), (104, 3), (209, 1), (210, 1), (MAX_BATCH_SIZE, 1)]
)
def test_batches_of_odd_sizes_train_exactly_the_planned_steps(dataset, batch_size, n_steps):
    document = experiment(model("model", DENSE, BATCH_NORM, SIGMOID), batch_size=batch_size, epochs=2)
    trainer = train(Trainer(document, dataset))
    assert trainer.steps_per_epoch == n_steps
    assert trainer.runs[0].step == 2 * n_steps
    assert [e.step for e in trainer.runs[0].history.evaluations if e.examples == "test"] == [
        n_steps,
        2 * n_steps,
    ]


def test_the_deepest_stack_on_the_smallest_batch_is_trained_and_measured(dataset):
    layers = [(DENSE.replaced(units=1), BATCH_NORM, SIGMOID, RELU)[i % 4] for i in range(MAX_LAYERS)]
    trainer = Trainer(experiment(model("model", *layers), batch_size=2, epochs=1), dataset)
    take_steps(trainer, 3)
    for look in (Look(NAMES), Look(NAMES, log_magnitude=True), Look(NAMES, shared_range=False)):
        for every_value in (True, False):
            (readings,) = Prober().measure(trainer.runs, look, every_value).values()
            assert len(readings) == MAX_LAYERS + 1


def test_a_learning_rate_edited_before_the_first_step_trains_as_if_it_had_been_saved_so(dataset):
    edited = experiment(model("model", DENSE, SIGMOID, learning_rate=0.7))
    trainer = Trainer(experiment(), dataset)
    trainer.set_experiment(edited)
    train(trainer)
    assert trainer.runs[0].history.rate_changes == []
    assert losses(trainer) == losses(train(Trainer(edited, dataset)))


def test_extending_and_then_restarting_goes_back_to_the_plan(dataset):
    trainer = train(Trainer(experiment(), dataset))
    trainer.extend_to(trainer.step + 1)
    trainer.restart()
    assert (trainer.step, trainer.target) == (0, 22)


def test_an_edit_while_evaluating_drops_the_evaluation_of_that_run_alone(dataset):
    edited, other = model("edited", DENSE), model("other", DENSE, SIGMOID)
    trainer = Trainer(experiment(edited, other), dataset)
    while not trainer.evaluating:
        trainer.advance()
    (ended,) = trainer.set_experiment(experiment(edited.replaced(layers=(RELU,)), other))
    train(trainer)
    assert ended.history.evaluations == []
    assert [e.step for run in trainer.runs for e in run.history.evaluations] == [11, 22, 11, 22]


def test_a_model_added_in_the_middle_catches_up_with_the_others(dataset):
    first, added = model("first", DENSE), model("added", DENSE, BATCH_NORM)
    trainer = Trainer(experiment(first), dataset)
    take_steps(trainer, 15)
    assert trainer.set_experiment(experiment(first, added)) == []
    train(trainer)
    assert [run.step for run in trainer.runs] == [22, 22]
    assert losses(trainer, 1) == losses(train(Trainer(experiment(added), dataset)))


def test_undoing_an_edit_in_the_middle_of_training_repeats_the_first_losses(open_window):  # noqa: F811
    window = open_window(experiment(epochs=300))
    window.session.train()
    window.wait_until(lambda s: s.step > 20)
    window.session.set_experiment(experiment(model("model", RELU), epochs=300))
    window.wait_until(lambda s: len(window.histories) == 2)
    window.session.set_experiment(experiment(epochs=300))
    window.wait_until(lambda s: s.state is State.FINISHED)
    first, _, last = (window.histories[run_id] for run_id in sorted(window.histories))
    assert last.n_steps == 3300
    assert last.losses[: first.n_steps].tolist() == first.losses.tolist()


def test_runs_that_come_and_go_between_two_polls_are_all_told_of(open_window):  # noqa: F811
    window = open_window()
    for _ in range(4):
        window.session.step()
        window.session.restart()
    window.session.step()
    window.wait_until(lambda s: len(window.histories) == 5 and s.step == 1)
    assert [history.n_steps for history in window.histories.values()] == [1] * 5
    assert len({history.losses[0] for history in window.histories.values()}) == 1


def test_epochs_shortened_below_the_step_end_training_where_it_is(open_window):  # noqa: F811
    window = open_window(experiment(epochs=5))
    for _ in range(15):
        window.session.step()
    window.session.set_experiment(experiment(epochs=1))
    snapshot = window.wait_until(lambda s: s.state is State.FINISHED)
    assert (snapshot.step, snapshot.target) == (15, 11)


def test_the_readings_of_a_diverged_run_are_of_its_last_finite_step(open_window):  # noqa: F811
    window = open_window(experiment(model("model", DENSE, RELU, DENSE, RELU, learning_rate=1e6)))
    window.session.look(Look(NAMES))
    for _ in range(8):
        window.session.step()
    (run,) = window.wait_until(lambda s: s.state is State.STOPPED).runs
    assert run.readings_step == run.step > 0
    assert run.divergence.step == run.step + 1


def test_restarting_after_a_divergence_with_a_smaller_rate_trains_to_the_end(open_window):  # noqa: F811
    layers = (DENSE, RELU, DENSE, RELU)
    window = open_window(experiment(model("model", *layers, learning_rate=1e6)))
    window.session.train()
    window.wait_until(lambda s: s.state is State.STOPPED)
    window.session.set_experiment(experiment(model("model", *layers, learning_rate=1e-3)))
    window.session.restart()
    window.session.train()
    assert window.wait_until(lambda s: s.state is State.FINISHED).step == 22


@pytest.mark.parametrize("moment", ["loading", "waiting for a slow pace", "evaluating"])
def test_closing_ends_the_thread_at_any_moment(dataset, moment):
    may_load = threading.Event()

    def load():
        may_load.wait()
        return dataset

    session = Session(experiment(), load)
    session.start()
    session.train()
    closing = threading.Thread(target=session.close)
    if moment == "loading":
        closing.start()
        may_load.set()
    else:
        may_load.set()
        if moment == "waiting for a slow pace":
            session.set_pace(1e-3)
            Window(session).wait_until(lambda s: s.step == 1)
        else:
            session.train_epoch()
            Window(session).wait_until(lambda s: s.step == 11)
        closing.start()
    closing.join()
    assert "bnstudio training" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_in_whatever_order_no_loss_is_lost_or_told_twice(open_window, seed):  # noqa: F811
    """`Window` joins the snapshots to histories, which refuse a gap or a repetition."""
    chance = random.Random(seed)
    stacks = [(DENSE, SIGMOID), (DENSE, BATCH_NORM, RELU), (RELU,), (), (BATCH_NORM,)]
    document = experiment(model("a", DENSE), model("b", RELU), epochs=3)
    window = open_window(document)
    session = window.session

    def edited():
        i = chance.randrange(len(document.models))
        changes = chance.choice(
            [
                {"layers": chance.choice(stacks)},
                {"learning_rate": chance.choice([0.1, 0.5, 1e6])},
                {"name": f"renamed {chance.random()}"},
            ]
        )
        return chance.choice(
            [
                document.with_model(i, document.models[i].replaced(**changes)),
                document.replaced(epochs=chance.randint(1, 5)),
                document.replaced(batch_size=chance.choice([2, 19, 209, 10_000])),
                document.replaced(models=document.models[::-1]),
                document.replaced(models=(document.models[i],)),
                document.replaced(models=(*document.models, model(f"added {chance.random()}"))[-MAX_MODELS:]),
            ]
        )

    for _ in range(400):
        command = chance.choice(
            ["step", "train", "epoch", "pause", "restart", "look", "edit", "edit", "poll", "poll"]
        )
        if command == "edit":
            document = edited()
            session.set_experiment(document)
        elif command == "look":
            names = frozenset(model.name for model in document.models)
            session.look(Look(names, chance.random() < 0.5, chance.random() < 0.5))
        elif command == "poll":
            window.poll()
        else:
            {
                "step": session.step,
                "train": session.train,
                "epoch": session.train_epoch,
                "pause": session.pause,
                "restart": session.restart,
            }[command]()
    session.pause()
    session.restart()
    window.wait_until(
        lambda s: (
            s.state is State.PAUSED
            and s.step == 0
            and [run.name for run in s.runs if not run.replaced] == [model.name for model in document.models]
        )
    )
    for history in window.histories.values():
        assert np.isfinite(history.losses).all()


def test_a_history_refuses_a_snapshot_that_leaves_a_gap(open_window):  # noqa: F811
    window = open_window()
    window.session.step()
    window.wait_until(paused_at(1))
    window.session.step()
    (run,) = window.wait_until(paused_at(2)).runs
    with pytest.raises(ValueError, match="ends at step 0"):
        History().extend(run)


def test_histories_grow_beyond_their_first_space_without_changing():
    history = History()
    for step in range(5_000):
        history.record(step, step / 5_000)
    assert history.losses.tolist() == list(range(5_000))
    assert history.accuracies[-1] == 4_999 / 5_000
