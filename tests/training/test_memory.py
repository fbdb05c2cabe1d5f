"""A training that does not fit into the memory does not begin, and begins when it is made smaller."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

import bnstudio
from bnstudio.document.experiment import DenseSpec
from bnstudio.training import memory
from bnstudio.training.memory import NotEnoughMemoryError, TrainingMemory, check_memory
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model
from tests.training.test_session import Window, open_window, paused_at  # noqa: F401 (a fixture)

ROOT = Path(bnstudio.__file__).parents[1]
WIDE = DenseSpec(units=4096)
LARGE = experiment(model("large", WIDE, *[BATCH_NORM, SIGMOID] * 20), batch_size=200)


def set_available(monkeypatch, n_bytes):
    monkeypatch.setattr(memory, "available_memory", lambda: n_bytes)


def needed(document, n_examples=None):
    return TrainingMemory.of(document.models).in_batches(n_examples or document.batch_size)


MEASURE = """
import psutil
from bnstudio.data.datasets import load_mnist
from bnstudio.document.experiment import DenseSpec
from bnstudio.training.memory import TrainingMemory
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model

layers, batch_size = {
    "many rows": ((DenseSpec(units=2048), *[SIGMOID] * 20), 1_000),
    "batch normalization": ((DenseSpec(units=512), *[BATCH_NORM] * 20), 2_000),
    "weights": ([DenseSpec(units=4096), RELU] * 2, 100),
    "two images": ((DenseSpec(units=4096), *[SIGMOID] * 30), 2),
}[NAME]
document = experiment(model("one", *layers), model("two", *layers), batch_size=batch_size)
dataset = load_mnist()
before = psutil.Process().memory_info().rss
trainer = Trainer(document, dataset)
for _ in range(2):
    trainer.advance()
for run in trainer.runs:
    list(trainer._evaluator._evaluate(run, "subset"))
taken = psutil.Process().memory_info().rss - before
print(TrainingMemory.of(document.models).in_batches(batch_size) / taken)
"""


@pytest.mark.parametrize("name", ["many rows", "batch normalization", "weights", "two images"])
def test_what_a_training_takes_is_told_to_a_fifth(name):
    result = subprocess.run(
        [sys.executable, "-c", MEASURE.replace("NAME", repr(name))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert 1 <= float(result.stdout) < 1.2


def test_the_message_says_what_it_takes_what_there_is_and_what_would_fit(dataset, monkeypatch):
    trainer = Trainer(LARGE, dataset)
    check_memory(trainer)
    set_available(monkeypatch, needed(LARGE, 120))
    with pytest.raises(NotEnoughMemoryError) as error:
        check_memory(trainer)
    assert str(error.value) == (
        f"There is not enough memory for this training: it takes about {needed(LARGE) / 1e6:.0f} MB, and "
        f"{needed(LARGE, 120) / 1e6:.0f} MB are available. "
        "Batches of at most 120 would fit; fewer units or fewer rows take less too."
    )
    trainer.set_experiment(LARGE.replaced(batch_size=120))
    check_memory(trainer)


def test_where_no_batch_would_fit_the_advice_is_about_the_models(dataset, monkeypatch):
    set_available(monkeypatch, needed(LARGE, 1))
    with pytest.raises(NotEnoughMemoryError, match=r"available\. Fewer units or fewer rows take less\.$"):
        check_memory(Trainer(LARGE, dataset))


def test_of_a_small_data_set_a_batch_takes_no_more_than_all_images(dataset, monkeypatch):
    set_available(monkeypatch, needed(LARGE, 210))
    check_memory(Trainer(LARGE.replaced(batch_size=10_000), dataset))


def test_a_training_that_has_begun_has_its_memory_until_a_model_starts_anew(dataset, monkeypatch):
    trainer = Trainer(LARGE, dataset)
    trainer.advance()
    set_available(monkeypatch, 0)
    check_memory(trainer)
    trainer.restart()
    with pytest.raises(NotEnoughMemoryError):
        check_memory(trainer)


def test_the_memory_of_a_training_that_was_replaced_is_there_for_the_next():
    taken = np.ones(4 * 10**7)  # counts, as what is freed may stay with the process
    assert memory.available_memory() > psutil.virtual_memory().available + taken.nbytes


ASKED = {
    "train": lambda session: session.train(),
    "train an epoch": lambda session: session.train_epoch(),
    "step": lambda session: session.step(),
    "begin a step": lambda session: session.begin_step(),
}


@pytest.mark.parametrize("asked", ASKED)
def test_it_does_not_begin_until_the_document_asks_for_less(open_window, monkeypatch, asked):  # noqa: F811
    set_available(monkeypatch, needed(LARGE, 100))
    window = open_window(LARGE)
    ASKED[asked](window.session)
    refused = window.wait_until(lambda s: s.problem is not None)
    assert (refused.state, refused.step, refused.runs[0].half_step) == (State.PAUSED, 0, None)
    window.session.set_experiment(LARGE.replaced(batch_size=190))
    assert window.wait_until(lambda s: s.steps_per_epoch == 2).problem is not None
    window.session.set_experiment(LARGE.replaced(batch_size=100))
    assert window.wait_until(lambda s: s.steps_per_epoch == 3).problem is None
    window.session.step()
    window.wait_until(paused_at(1))


def test_an_edit_that_makes_a_model_too_large_pauses_the_others_where_they_are(
    open_window,  # noqa: F811
    monkeypatch,
):
    others = [model("kept", DENSE, SIGMOID), model("edited", DENSE)]
    document = experiment(*others, epochs=10_000)
    window = open_window(document)
    set_available(monkeypatch, needed(document))
    window.session.train()
    before = window.wait_until(lambda s: s.step > 20)
    window.session.set_experiment(document.replaced(models=(others[0], model("edited", *[WIDE] * 2))))
    refused = window.wait_until(lambda s: s.problem is not None)
    assert refused.state is State.PAUSED
    window.session.set_experiment(document)
    window.session.train()
    after = window.wait_until(lambda s: s.catch_up is None and s.step > refused.runs[0].step)
    assert after.problem is None
    assert after.runs[0].run_id == before.runs[0].run_id
    assert window.histories[after.runs[0].run_id].n_steps == after.runs[0].step


def test_another_document_has_another_problem_or_none(open_window, monkeypatch):  # noqa: F811
    set_available(monkeypatch, needed(LARGE, 100))
    window = open_window(LARGE)
    window.session.train()
    window.wait_until(lambda s: s.problem is not None)
    window.session.open(experiment())
    assert window.wait_until(lambda s: True).problem is None
    window.session.step()
    assert window.wait_until(paused_at(1)).problem is None


def test_the_largest_documents_are_refused_by_a_real_process_that_goes_on_with_a_small_one():
    layers = (WIDE, *[BATCH_NORM] * 99)
    largest = experiment(*(model(f"model {i}", *layers) for i in range(8)), batch_size=10_000)
    if needed(largest) < memory.available_memory():
        pytest.skip("this machine could train it")
    window = Window(RemoteSession(largest))
    window.session.start()
    window.session.train()
    refused = window.wait_until(lambda s: s.problem is not None)
    window.session.set_experiment(experiment())
    window.session.step()
    window.wait_until(paused_at(1))
    window.session.close()
    assert "it takes about 39" in refused.problem


REPLACE = {
    "another document": lambda session, small: session.open(small),
    "an edit": lambda session, small: session.set_experiment(small),
}


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process is known to keep what is freed")
@pytest.mark.parametrize("replace", REPLACE)
def test_what_a_large_training_took_goes_back_to_the_system(replace):
    small = experiment(model("small", DenseSpec(units=512)))
    large = experiment(model("large", *[DenseSpec(units=512), BATCH_NORM] * 20), batch_size=1_000)
    window = Window(RemoteSession(small))
    process = window.session._process

    def memory_after_a_step(name):
        window.session.step()
        window.wait_until(lambda s: paused_at(1)(s) and s.runs[0].name == name)
        return psutil.Process(process.pid).memory_info().rss

    window.session.start()
    at_first = memory_after_a_step("small")
    window.session.set_experiment(large)
    taken = memory_after_a_step("large") - at_first
    REPLACE[replace](window.session, small)
    left = memory_after_a_step("small") - at_first
    window.session.close()
    assert taken > 2e8
    assert left < taken / 10
