"""A session in another process does what one in a thread does, and says so when it dies. All is real."""

import multiprocessing
import os
import signal

import pytest

from bnstudio.data.datasets import load_mnist
from bnstudio.training import remote_session
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.snapshot import CatchUp, Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model
from tests.training.test_session import Window, paused_at

DOCUMENT = experiment(model("model", DENSE, BATCH_NORM, SIGMOID), batch_size=100)


@pytest.fixture
def window():
    before = set(multiprocessing.active_children())  # joblib keeps its workers for a while
    window = Window(RemoteSession(DOCUMENT))
    window.session.start()
    yield window
    window.session.close()
    assert not set(multiprocessing.active_children()) - before


def test_it_gives_the_losses_that_training_here_gives(window):
    for _ in range(30):
        window.session.step()
    window.wait_until(paused_at(30))
    trainer = Trainer(DOCUMENT, load_mnist())
    while trainer.step < 30:
        trainer.advance()
    (history,) = window.histories.values()
    assert history.losses.tolist() == trainer.runs[0].history.losses.tolist()


def test_no_loss_is_lost_at_full_speed(window):
    window.session.train()
    window.wait_until(lambda s: s.step > 300)
    window.session.pause()
    snapshot = window.wait_until(lambda s: s.state is State.PAUSED and not s.evaluating)
    (history,) = window.histories.values()
    assert history.n_steps == snapshot.step


def test_commands_take_effect_in_order_and_a_look_is_answered_when_paused(window):
    window.session.step()
    window.wait_until(paused_at(1))
    window.session.look(Look(frozenset({"model"})))
    run = window.wait_until(lambda s: s.runs[0].readings is not None).runs[0]
    assert [reading.kind for reading in run.readings] == ["dense", "batch_norm", "sigmoid", "head"]
    assert not run.readings[0].forward.histogram.log_magnitude


def test_it_passes_on_what_starts_a_model_anew_and_what_lets_it_off_catching_up(window):
    normed, plain = DOCUMENT.models[0], model("plain", DENSE)
    window.session.set_experiment(DOCUMENT.replaced(models=(normed, plain)))
    for _ in range(5):
        window.session.step()
    window.wait_until(paused_at(5))
    window.session.take_back("plain")
    assert window.wait_until(lambda s: s.catch_up).catch_up == CatchUp(("plain",), 0, 5)
    window.session.start_at_zero()
    window.session.step()
    runs = window.wait_until(paused_at(1)).runs
    assert [(run.name, run.step, run.late_by) for run in runs if not run.replaced] == [
        ("model", 6, 0),
        ("plain", 1, 5),
    ]


def test_after_opening_another_document_nothing_is_told_of_the_one_before(window):
    window.session.train()
    window.wait_until(lambda s: s.step > 5)
    window.session.open(experiment(model("other", DENSE)))
    first = window.wait_until(lambda s: True)
    assert [run.name for run in first.runs] == ["other"]
    assert first.step == 0


def test_after_opening_another_document_answers_to_what_was_asked_before_still_come(window, tmp_path):
    window.wait_until(lambda s: s.state is State.PAUSED)
    window.session.save_run(tmp_path / "a.bnrun", 7)
    assert window.session._receiving.poll(30)  # a snapshot is on its way
    window.session.open(experiment(model("other", DENSE)))
    first = window.wait_until(lambda s: s.answers)
    assert [answer.ticket for answer in first.answers] == [7]
    assert [run.name for run in first.runs] == ["other"]


def test_a_process_that_dies_is_told_of_once_and_can_still_be_closed(window):
    window.wait_until(lambda s: s.state is State.PAUSED)
    window.session._process.kill()
    snapshot = window.wait_until(lambda s: s.state is State.FAILED)
    assert "(SIGKILL, exit code -9)" in snapshot.problem
    assert snapshot.error is None
    for _ in range(3):
        window.session.train()
    assert window.session._commands.qsize() <= 1  # nobody will take them
    assert window.session.poll() is None


def test_one_that_dies_while_the_past_is_shown_leaves_that(window):
    for _ in range(3):
        window.session.step()
    window.session.look(Look(frozenset({"model"}), at_step=2))
    window.wait_until(lambda s: s.at_step == 2)
    window.session._process.kill()
    assert window.wait_until(lambda s: s.state is State.FAILED).at_step == 2


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system stops no process")
def test_a_process_that_was_stopped_can_be_closed(window, monkeypatch):
    monkeypatch.setattr(remote_session, "_PATIENCE", 0.5)
    window.wait_until(lambda s: s.state is State.PAUSED)
    os.kill(window.session._process.pid, signal.SIGSTOP)
    window.session.close()
    assert window.session._process.exitcode == -signal.SIGKILL


def test_closing_in_the_middle_of_training_ends_the_process(window):
    window.session.train()
    window.wait_until(lambda s: s.step > 5)
    window.session.close()
    assert window.session._process.exitcode == 0
