"""Whatever fails in the worker, the window hears of it and no curve gets a gap; the clock may jump."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bnstudio
from bnstudio.training.outbox import Outbox
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import experiment
from tests.training.test_session import Window, open_window, paused_at  # noqa: F401 (a fixture)

ROOT = Path(bnstudio.__file__).parents[1]


class LostOnce:
    """Takes a snapshot and loses it, as a pipe may: once, when told so."""

    def __init__(self):
        self.due = False
        self.session = None

    def __call__(self, was_asked):
        if self.due:
            self.due = False
            self.session.collect()
            raise MemoryError("no room for the parcel")


def test_after_a_snapshot_was_lost_on_its_way_the_failure_comes_without_a_gap(dataset):
    lost = LostOnce()
    lost.session = Session(experiment(), lambda: dataset, on_snapshot=lost)
    window = Window(lost.session)
    window.session.start()
    window.session.step()
    window.wait_until(paused_at(1))
    lost.due = True
    window.session.step()
    failure = window.wait_until(lambda s: s.state is State.FAILED)
    window.session.close()
    assert "not enough memory to go on with training (no room for the parcel)" in failure.problem
    assert failure.runs == ()
    (history,) = window.histories.values()
    assert history.n_steps == 1


def test_where_the_runs_cannot_be_told_the_failure_comes_without_them(open_window, monkeypatch):  # noqa: F811
    window = open_window()
    window.session.step()
    window.wait_until(paused_at(1))

    def fail(*arguments, **named):
        raise MemoryError("no room for the losses")

    monkeypatch.setattr(Outbox, "_news", fail)
    window.session.set_pace("no number")  # fails while the runs can't be told either
    failure = window.wait_until(lambda s: s.state is State.FAILED)
    assert "TypeError" in failure.error
    assert failure.runs == ()


TOO_LARGE = """
import resource
from bnstudio.data.datasets import load_mnist
from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State

layers = (DenseSpec(units=4096), *[SigmoidSpec()] * 97)
model = ModelSetup(name="huge", learning_rate=0.1, weight_init=LeCunInit(), layers=layers)
session = Session(Experiment(batch_size=300, models=(model,)))

def wait_for(state):
    while True:
        snapshot = session.poll()
        if snapshot is not None and snapshot.state is state:
            return snapshot

session.start()
wait_for(State.PAUSED)
n_pages = int(open("/proc/self/statm").read().split()[0])
most = n_pages * resource.getpagesize() + 3 * 10**8
resource.setrlimit(resource.RLIMIT_AS, (most, most))
session.train()
failure = wait_for(State.FAILED)
assert failure.error is None
print(failure.problem)
session.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process takes what it wants")
def test_where_the_system_refuses_memory_training_fails_with_a_message_and_the_session_closes():
    result = subprocess.run(
        [sys.executable, "-c", TOO_LARGE], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    start, end = (
        "There was not enough memory to go on with training (Unable to allocate ",
        "rows take less.\n",
    )
    assert result.stdout.startswith(start)
    assert result.stdout.endswith(end)


def test_a_clock_that_jumps_to_and_fro_changes_nothing(open_window, dataset, monkeypatch):  # noqa: F811
    chance, real = random.Random(3), time.time
    monkeypatch.setattr(time, "time", lambda: real() + chance.uniform(-1e9, 1e9))
    document = experiment(epochs=20)
    window = open_window(document)
    window.session.set_pace(2_000)
    window.session.train()
    snapshot = window.wait_until(lambda s: s.state is State.FINISHED and not s.evaluating)
    assert snapshot.step == 220
    trainer = Trainer(document, dataset)
    while not trainer.finished:
        trainer.advance()
    (history,) = window.histories.values()
    assert history.losses.tobytes() == trainer.runs[0].history.losses.tobytes()
