"""What training computes with: one BLAS thread, and zero for what is all but zero."""

import platform
import sys
import threading

import numpy as np
import pytest
from rich.console import Console

from bnstudio.cli.headless import train_without_window
from bnstudio.document.experiment import DenseSpec, NormalInit, SigmoidSpec
from bnstudio.study.job import train
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State
from tests.training.experiments import experiment, model

SUBNORMAL = np.float32(1e-40)

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="elsewhere nothing is changed"
)


def product(value: np.float32) -> np.float32:
    return (np.full((2, 2), value) @ np.eye(2, dtype=np.float32)).max()


def test_subnormals_are_zero_as_operands_and_as_results_until_the_end():
    assert product(SUBNORMAL) == SUBNORMAL
    with subnormals_as_zero():
        assert product(SUBNORMAL) == 0
        assert np.float32(1e-30) * np.float32(1e-10) == 0
        assert product(np.float32(2e-38)) == np.float32(2e-38)
    assert product(SUBNORMAL) == SUBNORMAL


def test_only_the_thread_that_asked_is_changed():
    inside, done = threading.Event(), threading.Event()

    @subnormals_as_zero()
    def compute():
        inside.set()
        done.wait()

    thread = threading.Thread(target=compute)
    thread.start()
    inside.wait()
    assert product(SUBNORMAL) == SUBNORMAL
    done.set()
    thread.join()


@pytest.fixture
def fading():
    """An experiment whose gradients fade far below what float32 holds with all digits."""
    blocks = (DenseSpec(units=12), SigmoidSpec()) * 30
    fading = model("fading", *blocks).replaced(weight_init=NormalInit(std=0.01))
    return experiment(fading, epochs=1)


@pytest.fixture
def networks(monkeypatch):
    """The networks of all runs that are built."""
    built = []
    from bnstudio.training import run

    build = run.build_network

    def build_and_keep(*arguments):
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(run, "build_network", build_and_keep)
    return built


def train_in_session(document, dataset):
    session = Session(document, lambda: dataset)
    session.start()
    session.train()
    try:
        while (snapshot := session.poll()) is None or snapshot.state is not State.FINISHED:
            pass
    finally:
        session.close()


@pytest.mark.parametrize(
    "drive",
    [
        train_in_session,
        lambda document, dataset: train_without_window(
            document, dataset, Console(quiet=True), threading.Event()
        ),
        train,
    ],
    ids=["window", "command line", "study"],
)
def test_whoever_trains_meets_no_subnormal(fading, dataset, networks, drive):
    drive(fading, dataset)
    (network,) = networks
    smallest = np.finfo(np.float32).smallest_normal
    gradients = np.abs(np.concatenate([grad.ravel() for grad in network.output_grads]))
    assert np.count_nonzero(gradients == 0)  # those of the first layers
    assert np.count_nonzero(gradients)
    assert gradients[gradients > 0].min() >= smallest
