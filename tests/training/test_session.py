"""The worker thread obeys commands in order and loses nothing. All is real here: thread, queue, training."""

import random
import threading
import time

import numpy as np
import pytest

from bnstudio.training.history import History
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


class Window:
    """Stands where the window would: takes snapshots and keeps the histories they add up to."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.histories: dict[int, History] = {}
        self.snapshots = []

    @property
    def latest(self):
        return self.snapshots[-1]

    def poll(self):
        snapshot = self.session.poll()
        if snapshot is not None:
            self.snapshots.append(snapshot)
            for run in snapshot.runs:
                self.histories.setdefault(run.run_id, History()).extend(run)
        return snapshot

    def wait_until(self, condition, seconds=30.0):
        """Poll until a snapshot fulfils `condition`, and return it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            snapshot = self.poll()
            if snapshot is not None and condition(snapshot):
                return snapshot
            time.sleep(0.001)
        raise AssertionError(f"not reached; the latest snapshot: {self.snapshots[-1:]}")


@pytest.fixture
def open_window(dataset):
    windows = []

    def open_session(document=None, load_dataset=lambda: dataset):
        window = Window(Session(document or experiment(), load_dataset))
        windows.append(window)
        window.session.start()
        return window

    yield open_session
    for window in windows:
        window.session.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "bnstudio training"]


def paused_at(step):
    return lambda snapshot: snapshot.state in {State.PAUSED, State.FINISHED} and snapshot.step == step


def test_it_is_paused_at_step_0_when_the_data_are_there(open_window):
    window = open_window()
    snapshot = window.wait_until(lambda s: s.state is State.PAUSED)
    assert (snapshot.step, snapshot.target, snapshot.steps_per_epoch) == (0, 22, 11)


def test_an_answer_comes_though_another_document_is_shown_by_then(open_window, tmp_path):
    window = open_window()
    window.wait_until(lambda s: s.state is State.PAUSED)
    window.session.save_run(tmp_path / "a.bnrun", 7)
    box = window.session._outbox._box
    while not any(snapshot.answers for _, snapshot in tuple(box)):
        time.sleep(0.001)
    window.session.open(experiment(model("other", DENSE)))
    first = window.wait_until(lambda s: s.answers)
    assert [answer.ticket for answer in first.answers] == [7]
    assert [run.name for run in first.runs] == ["other"]


def test_training_stops_by_itself_after_the_planned_epochs(open_window):
    window = open_window()
    window.session.train()
    snapshot = window.wait_until(lambda s: s.state is State.FINISHED and not s.evaluating)
    assert snapshot.step == 22


def test_snapshots_add_up_to_every_loss_in_order(open_window, dataset):
    document = experiment(epochs=40)
    window = open_window(document)
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED and not s.evaluating)
    trainer = Trainer(document, dataset)
    while not trainer.finished:
        trainer.advance()
    (history,) = window.histories.values()
    expected = trainer.runs[0].history
    assert history.losses.tolist() == expected.losses.tolist()
    assert history.accuracies.tolist() == expected.accuracies.tolist()
    assert history.evaluations == expected.evaluations


def test_nothing_is_lost_when_nobody_polls(open_window):
    window = open_window(experiment(epochs=40))
    window.session.train()
    window.wait_until(lambda s: s.state is State.TRAINING)
    time.sleep(0.2)  # many steps, no poll
    window.wait_until(lambda s: s.state is State.FINISHED)
    assert next(iter(window.histories.values())).n_steps == 440


def test_each_step_command_takes_exactly_one_step(open_window):
    window = open_window()
    for _ in range(7):
        window.session.step()
    window.wait_until(paused_at(7))


def test_a_step_while_training_pauses_after_it(open_window):
    window = open_window(experiment(epochs=10_000))
    window.session.train()
    window.wait_until(lambda s: s.step > 20)
    window.session.step()
    stopped = window.wait_until(lambda s: s.state is State.PAUSED).step
    assert window.session.poll() is None
    window.session.step()
    window.wait_until(paused_at(stopped + 1))


def test_commands_take_effect_in_the_order_given(open_window):
    window = open_window()
    slow = experiment(model("model", DENSE, SIGMOID, learning_rate=0.01))
    window.session.step()
    window.session.set_experiment(slow)
    window.session.step()
    window.session.set_experiment(experiment())
    window.session.step()
    window.wait_until(paused_at(3))
    (history,) = window.histories.values()
    assert [(c.step, c.learning_rate) for c in history.rate_changes] == [(1, 0.01), (2, 0.1)]


def test_one_epoch_stops_at_its_end(open_window):
    window = open_window(experiment(epochs=5))
    for _ in range(3):
        window.session.step()
    window.session.train_epoch()
    window.wait_until(paused_at(11))
    window.session.train_epoch()
    window.wait_until(paused_at(22))


def test_train_after_the_end_offers_as_many_epochs_again(open_window):
    window = open_window()
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.train()
    assert window.wait_until(lambda s: s.state is State.FINISHED and s.step > 22).step == 44


def test_a_step_after_the_end_goes_one_step_further(open_window):
    window = open_window()
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    window.session.step()
    assert window.wait_until(lambda s: s.step == 23).state is State.PAUSED


def test_pausing_and_going_on_changes_no_loss(open_window, dataset):
    document = experiment(epochs=20)
    window = open_window(document)
    for _ in range(20):
        window.session.train()
        window.session.pause()
        window.session.step()
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    trainer = Trainer(document, dataset)
    while not trainer.finished:
        trainer.advance()
    (history,) = window.histories.values()
    assert history.losses.tolist() == trainer.runs[0].history.losses.tolist()


def test_restarting_while_training_goes_on_from_step_0_with_another_run(open_window):
    window = open_window(experiment(epochs=200))
    window.session.train()
    window.wait_until(lambda s: s.step > 50)
    window.session.restart()
    window.wait_until(lambda s: s.state is State.FINISHED)
    first, second = window.histories.values()
    assert second.n_steps == 2200
    assert first.losses.tolist() == second.losses[: first.n_steps].tolist()


def test_the_last_losses_of_a_replaced_run_arrive(open_window):
    window = open_window(experiment(epochs=500))
    for _ in range(5):
        window.session.step()
    window.session.set_experiment(experiment(model("model", DENSE, BATCH_NORM, SIGMOID)))
    window.wait_until(lambda s: any(run.replaced for run in s.runs))
    assert sorted(history.n_steps for history in window.histories.values())[-1] == 5
    replaced = [run.run_id for s in window.snapshots for run in s.runs if run.replaced]
    assert replaced == [min(window.histories)]


def test_an_edit_while_training_keeps_training_from_step_0(open_window):
    window = open_window(experiment(epochs=100))
    window.session.train()
    window.wait_until(lambda s: s.step > 20)
    window.session.set_experiment(experiment(model("model", DENSE, RELU), epochs=100))
    snapshot = window.wait_until(lambda s: s.state is State.FINISHED)
    assert snapshot.step == 1100
    assert window.histories[max(window.histories)].n_steps == 1100


def test_opening_another_document_starts_it_paused_and_hides_the_old_one(open_window):
    window = open_window(experiment(epochs=10_000))
    window.session.train()
    window.wait_until(lambda s: s.step > 20)
    window.session.open(experiment(model("other", RELU)))
    first_after = window.wait_until(lambda s: True)
    assert [run.name for run in first_after.runs] == ["other"]
    assert (first_after.state, first_after.step) == (State.PAUSED, 0)


def test_what_nobody_looks_at_is_not_measured(open_window):
    window = open_window(experiment(model("seen", DENSE), model("unseen", DENSE)))
    window.session.look(Look(names=frozenset({"seen"})))
    window.session.step()
    seen, unseen = window.wait_until(paused_at(1)).runs
    assert [reading.kind for reading in seen.readings] == ["dense", "head"]
    assert seen.readings_step == 1
    assert unseen.readings is None


def test_a_changed_look_is_answered_while_paused_from_the_kept_arrays(open_window):
    window = open_window()
    names = frozenset({"model"})
    window.session.look(Look(names))
    window.session.step()
    linear = window.wait_until(paused_at(1)).runs[0].readings
    window.session.look(Look(names, log_magnitude=True))
    logarithmic = window.wait_until(paused_at(1)).runs[0].readings
    assert linear[0].forward.mean == logarithmic[0].forward.mean
    assert linear[0].forward.histogram.low != logarithmic[0].forward.histogram.low


def test_every_value_is_counted_when_paused(open_window):
    window = open_window(experiment(model("model", DENSE.replaced(units=1000)), epochs=10_000))
    window.session.look(Look(names=frozenset({"model"})))
    window.session.train()
    running = window.wait_until(lambda s: s.state is State.TRAINING and s.runs[0].readings is not None)
    assert running.runs[0].readings[0].forward.n_counted < 20_000
    window.session.pause()
    paused = window.wait_until(lambda s: s.state is State.PAUSED)
    assert paused.runs[0].readings[0].forward.n_counted == 20_000


def test_a_diverged_run_keeps_its_last_finite_readings(open_window):
    window = open_window(experiment(model("model", DENSE, RELU, DENSE, RELU, learning_rate=1e6)))
    window.session.look(Look(names=frozenset({"model"})))
    window.session.step()
    window.wait_until(paused_at(1))
    for _ in range(5):
        window.session.step()
    run = window.wait_until(lambda s: s.state is State.STOPPED).runs[0]
    assert run.divergence is not None
    assert run.readings_step <= run.step
    assert all(np.isfinite(reading.forward.std) for reading in run.readings)


def test_an_exception_in_the_worker_arrives_as_text_and_the_session_closes(open_window):
    def fail():
        raise OSError("the disk is on fire")

    window = open_window(load_dataset=fail)
    snapshot = window.wait_until(lambda s: s.state is State.FAILED)
    assert "the disk is on fire" in snapshot.error


def test_closing_in_the_middle_of_training_ends_the_thread(open_window):
    window = open_window(experiment(epochs=10_000))
    window.session.train()
    window.wait_until(lambda s: s.step > 5)
    window.session.close()
    assert "bnstudio training" not in [thread.name for thread in threading.enumerate()]


def test_a_slow_pace_still_answers_commands_at_once(open_window):
    window = open_window()
    window.session.set_pace(0.01)
    window.session.train()
    window.wait_until(lambda s: s.step == 1)  # the next step would be in 100 seconds
    window.session.set_pace(None)
    window.wait_until(lambda s: s.state is State.FINISHED)


def test_a_thousand_random_commands_lose_no_step(open_window):
    """Steps are counted exactly, whatever happens between them."""
    chance = random.Random(7)
    window = open_window(experiment(epochs=10_000))
    n_steps = 0
    for _ in range(1_000):
        command = chance.choice(["step", "rate", "look", "poll", "pause"])
        if command == "step":
            window.session.step()
            n_steps += 1
        elif command == "rate":
            changed = model("model", DENSE, SIGMOID, learning_rate=chance.uniform(0.01, 0.2))
            window.session.set_experiment(experiment(changed, epochs=10_000))
        elif command == "look":
            window.session.look(Look(frozenset({"model"}), log_magnitude=chance.random() < 0.5))
        elif command == "pause":
            window.session.pause()
        else:
            window.poll()
    window.wait_until(paused_at(n_steps))
    (history,) = window.histories.values()
    assert history.n_steps == n_steps
