"""After a failure the next thing that a person does begins another session; nothing else does."""

import pytest

from bnstudio.training.lasting_session import LastingSession
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from tests.training.experiments import DENSE, RELU, experiment, model
from tests.training.test_session import Window, paused_at


@pytest.fixture
def window(dataset):
    window = Window(LastingSession(experiment(), lambda document: Session(document, lambda: dataset)))
    window.session.start()
    yield window
    window.session.close()


def fail(window):
    window.session._session.set_pace("no number")
    window.wait_until(lambda s: s.state is State.FAILED)


def ids(snapshot):
    return {run.run_id for run in snapshot.runs if not run.replaced}


def train_and_fail(window):
    window.session.step()
    before = ids(window.wait_until(paused_at(1)))
    fail(window)
    return before


COMMANDS = {
    "step": ((), 1),
    "train": ((), 22),
    "train_epoch": ((), 11),
    "begin_step": ((), 0),
    "restart": ((), 0),
    "take_back": (("model",), 0),
    "start_at_zero": ((), 0),
    "set_experiment": ((experiment(epochs=3),), 0),
    "open": ((experiment(epochs=3),), 0),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_begins_another_session_with_other_runs_and_is_carried_out_by_it(window, command):
    before = train_and_fail(window)
    arguments, step = COMMANDS[command]
    getattr(window.session, command)(*arguments)
    snapshot = window.wait_until(lambda s: s.runs and s.state is not State.TRAINING and s.step == step)
    assert ids(snapshot).isdisjoint(before)
    if arguments and command != "take_back":
        assert snapshot.target == 33


def test_nothing_begins_by_itself_nor_by_what_is_about_what_is_gone(window, tmp_path):
    train_and_fail(window)
    session = window.session._session
    window.session.pause()
    window.session.look(Look(frozenset({"model"})))
    window.session.set_pace(None)
    window.session.save_run(tmp_path / "a.bnrun", 1)
    window.session.use_run(1)
    assert window.session.poll() is None
    assert window.session._session is session


def test_the_next_session_trains_what_the_document_is_by_then_and_shows_what_is_looked_at(window):
    window.session.set_experiment(experiment(model("other", DENSE, RELU)))
    window.session.set_pace(0.01)
    window.session.look(Look(frozenset({"model"})))
    train_and_fail(window)
    window.session.look(Look(frozenset({"other"})))
    window.session.train()
    (run,) = window.wait_until(lambda s: s.state is State.TRAINING and s.step == 1).runs
    assert (run.name, run.readings_step) == ("other", 1)
    window.session.set_pace(None)  # until now the next step would have been in 100 seconds
    window.wait_until(lambda s: s.state is State.FINISHED)


def test_one_session_may_fail_after_the_other(window):
    seen = train_and_fail(window)
    for _ in range(3):
        window.session.step()
        runs = ids(window.wait_until(paused_at(1)))
        assert runs.isdisjoint(seen)
        seen |= runs
        fail(window)


def test_a_process_that_was_killed_is_followed_by_another():
    window = Window(LastingSession(experiment()))
    window.session.start()
    window.session.step()
    before = ids(window.wait_until(paused_at(1)))
    killed = window.session._session._process
    killed.kill()
    window.wait_until(lambda s: s.state is State.FAILED)
    window.session.step()
    assert ids(window.wait_until(paused_at(1))).isdisjoint(before)
    assert not killed.is_alive()
    window.session.close()


def test_a_process_in_which_training_fails_ends_by_itself():
    window = Window(LastingSession(experiment()))
    window.session.start()
    window.wait_until(lambda s: s.state is State.PAUSED)
    fail(window)
    process = window.session._session._process
    process.join(20)
    assert process.exitcode == 0
    window.session.close()
