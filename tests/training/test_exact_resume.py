"""What was saved and opened goes on bit for bit as if it had not stopped."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bnstudio
from bnstudio.training import checkpoints
from bnstudio.training.run_file import read_run, read_summary
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.resumed import picture, resumed
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)

NORMED = model("normed", DENSE, BATCH_NORM, SIGMOID, DENSE, BATCH_NORM, RELU)
PLAIN = model("plain", DENSE, RELU, learning_rate=0.05)
BARE = model("bare")
WILD = model("wild", DENSE, BATCH_NORM, RELU, DENSE, RELU, DENSE, RELU, learning_rate=1e6)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saved.bnrun"


def go_on(trainer, n_pieces=10**6):
    while n_pieces and not trainer.finished:
        trainer.advance()
        n_pieces -= 1
    return trainer


def check_resume(make, path, edit=lambda trainer: None):
    """Compare what `make` returns, after it was edited and trained to its end, with the same resumed."""
    whole, opened = make(), resumed(make(), path)
    assert picture(opened) == picture_when_evaluated(make())
    for trainer in (whole, opened):
        edit(trainer)
        go_on(trainer)
    assert picture(opened) == picture(whole)
    assert whole.step > 0


def picture_when_evaluated(trainer):
    trainer.state()
    return picture(trainer)


@pytest.mark.parametrize("n_steps", [0, 1, 7, 10, 11, 12, 22, 100, 110])
def test_from_any_step_it_goes_on_as_if_it_had_not_stopped(dataset, path, n_steps):
    def make():
        trainer = Trainer(experiment(NORMED, PLAIN, BARE, epochs=12), dataset)
        while trainer.step < n_steps:
            trainer.advance()
        return trainer

    check_resume(make, path)


@pytest.mark.parametrize("n_pieces", [11, 12, 13])
def test_evaluations_that_are_due_or_under_way_are_done_before(dataset, path, n_pieces, monkeypatch):
    monkeypatch.setattr("bnstudio.training.evaluation.CHUNK", 7)

    def make():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), n_pieces)
        assert trainer.evaluating
        return trainer

    check_resume(make, path)


def test_a_changed_rate_is_noted_where_it_was_changed(dataset, path):
    slower = experiment(NORMED.replaced(learning_rate=0.02), PLAIN)

    def changed_and_trained():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5)
        trainer.set_experiment(slower)
        return go_on(trainer, 4)

    def changed_and_not_yet_trained():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5)
        trainer.set_experiment(slower)
        return trainer

    def changed_before_the_first_step():
        trainer = Trainer(experiment(NORMED, PLAIN), dataset)
        trainer.set_experiment(slower)
        return trainer

    for make, n_changes in (
        (changed_and_trained, 1),
        (changed_and_not_yet_trained, 1),
        (changed_before_the_first_step, 0),
    ):
        check_resume(make, path)
        assert len(go_on(resumed(make(), path)).runs[0].history.rate_changes) == n_changes


def test_a_rate_that_is_changed_after_opening_is_a_change(dataset, path):
    def edit(trainer):
        trainer.set_experiment(experiment(NORMED.replaced(learning_rate=0.3), PLAIN))

    check_resume(lambda: go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5), path, edit)


def test_an_extended_target_is_kept(dataset, path):
    def make():
        trainer = go_on(Trainer(experiment(PLAIN, epochs=1), dataset))
        trainer.extend_to(trainer.step + 1)
        return go_on(trainer, 3)

    check_resume(make, path)
    assert read_run(path).target == 22


def test_a_target_that_was_passed_stays_passed(dataset, path):
    def make():
        trainer = go_on(Trainer(experiment(PLAIN, epochs=2), dataset))
        trainer.set_experiment(experiment(PLAIN, epochs=1))
        return trainer

    opened = resumed(make(), path)
    assert opened.finished
    assert (opened.step, opened.target) == (22, 11)


def test_who_is_catching_up_goes_on_catching_up(dataset, path):
    def make():
        trainer = go_on(Trainer(experiment(PLAIN, epochs=3), dataset), 15)
        trainer.set_experiment(experiment(PLAIN, NORMED, BARE, epochs=3))
        trainer = go_on(trainer, 6)
        assert trainer.catch_up is not None
        return trainer

    opened = resumed(make(), path)
    assert opened.catch_up == make().catch_up
    check_resume(make, path)


def test_who_is_late_stays_late(dataset, path):
    def make():
        trainer = go_on(Trainer(experiment(PLAIN, epochs=3), dataset), 15)
        trainer.set_experiment(experiment(PLAIN, NORMED, epochs=3))
        trainer.start_at_zero()
        return go_on(trainer, 4)

    opened = resumed(make(), path)
    assert opened.runs[1].late_by > 0
    assert opened.catch_up is None
    check_resume(make, path)


def test_who_diverged_stays_so_and_the_others_go_on(dataset, path):
    def make():
        trainer = Trainer(experiment(WILD, PLAIN), dataset)
        while trainer.able == trainer.runs:
            trainer.advance()
        return trainer

    opened = resumed(make(), path)
    assert opened.runs[0].divergence.largest == pytest.approx(make().runs[0].divergence.largest, nan_ok=True)
    check_resume(make, path)


def test_who_diverged_goes_back_to_its_start_after_opening(dataset, path):
    trainer = Trainer(experiment(WILD, PLAIN), dataset)
    while trainer.able == trainer.runs:
        trainer.advance()
    opened = resumed(trainer, path)
    assert opened.runs[0].divergence.good_step == 0
    tame = experiment(WILD.replaced(learning_rate=0.01), PLAIN)
    for each in (opened, whole := Trainer(tame, dataset)):
        each.set_experiment(tame)
        each.take_back("wild")
        go_on(each)
    assert opened.runs[0].history.losses.tolist() == whole.runs[0].history.losses.tolist()


def test_a_loss_that_exploded_is_not_found_to_explode_again(dataset, path, monkeypatch):
    monkeypatch.setattr("bnstudio.training.run.EXPLODED", 2.4)

    def make():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), 9)
        assert trainer.runs[0].explosion is not None
        return trainer

    check_resume(make, path)


def test_a_loss_that_exploded_has_recovered_at_the_same_step(dataset, path, monkeypatch):
    monkeypatch.setattr("bnstudio.training.run.EXPLODED", 2.4)
    monkeypatch.setattr("bnstudio.training.run.RECOVERED", 2.35)
    monkeypatch.setattr("bnstudio.training.run._N_RECOVERY", 6)
    trainer = go_on(Trainer(experiment(NORMED, epochs=9), dataset), 9)
    opened = resumed(trainer, path)
    assert trainer.runs[0].explosion is not None
    while trainer.runs[0].explosion is not None:
        trainer.advance()
        opened.advance()
    assert picture(opened) == picture(trainer)


def test_who_was_taken_back_goes_on_from_there(dataset, path, monkeypatch):
    monkeypatch.setattr(checkpoints, "INTERVAL", 5)
    monkeypatch.setattr(checkpoints, "_MARGIN", 1)

    def make():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN, epochs=3), dataset), 9)
        trainer.take_back("normed")
        assert trainer.runs[0].step == 5
        return go_on(trainer, 2)

    check_resume(make, path)


def test_a_half_step_is_left_out_and_done_again(dataset, path):
    def half_done():
        trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5)
        trainer.begin_step()
        return trainer

    opened, whole = resumed(half_done(), path), go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5)
    assert opened.runs[0].half_step is None
    assert picture(opened) == picture(whole)
    assert picture(go_on(opened)) == picture(go_on(half_done())) == picture(go_on(whole))


def test_saving_a_half_step_does_not_end_it(dataset, path):
    trainer = go_on(Trainer(experiment(NORMED, PLAIN), dataset), 5)
    trainer.begin_step()
    half_step = trainer.runs[0].half_step
    buffers = trainer.runs[0].network.layers[1].buffers["running_mean"].copy()
    resumed(trainer, path)
    assert trainer.runs[0].half_step is half_step
    assert (trainer.runs[0].network.layers[1].buffers["running_mean"] == buffers).all()
    assert picture(go_on(trainer)) == picture(go_on(Trainer(experiment(NORMED, PLAIN), dataset)))


def test_saved_and_opened_at_every_few_pieces_it_is_still_the_same(dataset, path):
    rng = random.Random(3)
    trainer = Trainer(experiment(NORMED, PLAIN, BARE, epochs=10), dataset)
    while not trainer.finished:
        go_on(trainer, rng.randrange(1, 12))
        trainer = resumed(trainer, path)
    assert picture(trainer) == picture(go_on(Trainer(experiment(NORMED, PLAIN, BARE, epochs=10), dataset)))


def test_a_random_life_is_the_same_however_often_it_is_interrupted(dataset, path):
    """Rates, models, targets and lateness change at random; one of two trainings is saved and opened."""
    for seed in range(6):
        rng = random.Random(seed)
        whole = Trainer(experiment(NORMED, PLAIN, WILD, epochs=4), dataset)
        broken = Trainer(whole.experiment, dataset)
        for _ in range(12):
            command, rate, n_pieces = rng.randrange(6), rng.choice([0.01, 0.1, 0.3]), rng.randrange(9)
            for trainer in (whole, broken):
                _live(trainer, command, rate)
                trainer.state()  # evaluations count as pieces, so both have done them
                go_on(trainer, n_pieces)
                trainer.state()
            broken = resumed(broken, path)
            assert picture(broken) == picture(whole)


def _live(trainer, command, rate):
    document = trainer.experiment
    first, *rest = document.models
    match command:
        case 0:
            trainer.set_experiment(document.with_model(0, first.replaced(learning_rate=rate)))
        case 1:
            trainer.extend_to(trainer.step + 1)
        case 2:
            trainer.set_experiment(document.replaced(models=(*rest, first)))
        case 3:
            trainer.set_experiment(
                document.with_model(0, first.replaced(layers=first.layers[:-1] or (DENSE,)))
            )
        case 4:
            trainer.start_at_zero()
        case 5:
            trainer.restart()


def test_what_is_saved_twice_is_the_same_file_but_for_its_date(dataset, path, tmp_path):
    trainer = go_on(Trainer(experiment(NORMED, WILD), dataset), 9)
    again = tmp_path / "again.bnrun"
    resumed(resumed(trainer, path), again)
    assert picture(resumed(trainer, path)) == picture(resumed(trainer, again))
    assert path.stat().st_size == again.stat().st_size


IN_A_NEW_PROCESS = """
import hashlib, json, sys
from pathlib import Path
from bnstudio.data.datasets import load_mnist
from bnstudio.training.run_file import read_run
from bnstudio.training.trainer import Trainer
trainer = Trainer.restored(read_run(Path(sys.argv[1])), load_mnist())
while trainer.step < 130 or trainer.evaluating:
    trainer.advance()
print(json.dumps([
    [run.history.losses.tolist(), [e.loss for e in run.history.evaluations],
     [hashlib.sha256(a.tobytes()).hexdigest()
      for layer in run.network.layers for a in (*layer.params.values(), *layer.buffers.values())]]
    for run in trainer.runs
]))
"""


def test_in_a_new_process_with_the_real_digits_it_is_the_same(path):
    import hashlib

    from bnstudio.data.datasets import load_mnist

    trainer = Trainer(experiment(NORMED, PLAIN, batch_size=100), load_mnist())
    while trainer.step < 95:
        trainer.advance()
    resumed(trainer, path)
    result = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(bnstudio.__file__).parents[1],
    )
    while trainer.step < 130 or trainer.evaluating:
        trainer.advance()
    for run, (losses, evaluations, digests) in zip(trainer.runs, json.loads(result.stdout), strict=True):
        arrays = [
            array
            for layer in run.network.layers
            for array in (*layer.params.values(), *layer.buffers.values())
        ]
        assert run.history.losses.tolist() == losses
        assert [evaluation.loss for evaluation in run.history.evaluations] == evaluations
        assert [hashlib.sha256(array.tobytes()).hexdigest() for array in arrays] == digests


# The session


def answered(ticket):
    return lambda snapshot: any(answer.ticket == ticket for answer in snapshot.answers)


def answer_to(window, ticket):
    snapshot = window.wait_until(answered(ticket))
    return next(answer for answer in snapshot.answers if answer.ticket == ticket)


def test_a_session_saves_in_the_middle_of_training_and_another_goes_on(open_window, dataset, path):  # noqa: F811
    document = experiment(NORMED, PLAIN, epochs=40)
    first = open_window(document)
    first.session.train()
    first.wait_until(lambda s: s.step > 50)
    first.session.save_run(path, 7)
    answer = answer_to(first, 7)
    assert answer.error is None
    assert 50 < answer.step == read_summary(path).step < 440
    first.wait_until(lambda s: s.state is State.FINISHED and not s.evaluating)

    second = open_window(experiment(model("other", DENSE)))
    second.session.read_run(path, 8)
    assert answer_to(second, 8).experiment == document
    second.session.use_run(8)
    second.session.open(document)
    opened = second.wait_until(lambda s: len(s.runs) == 2)
    assert (opened.state, opened.step, opened.target) == (State.PAUSED, answer.step, 440)
    assert [run.first_step for run in opened.runs] == [0, 0]
    second.session.train()
    second.wait_until(lambda s: s.state is State.FINISHED and not s.evaluating)
    for index in (0, 1):
        whole = sorted(first.histories.items())[index][1]
        again = sorted(second.histories.items())[index - 2][1]
        assert whole.losses.tolist() == again.losses.tolist()
        assert whole.accuracies.tolist() == again.accuracies.tolist()
        assert whole.evaluations == again.evaluations


def test_right_after_opening_all_instruments_can_be_looked_at(open_window, dataset, path):  # noqa: F811
    document = experiment(NORMED, PLAIN)
    resumed(go_on(Trainer(document, dataset), 9), path)
    window = open_window(document)
    from bnstudio.training.recorder import recorded_inspections

    inspections = frozenset(i for one in document.models for i in recorded_inspections(one))
    window.session.look(Look(frozenset({"normed", "plain"}), inspections=inspections))
    window.session.read_run(path, 1)
    window.session.use_run(1)
    window.session.open(document)
    opened = window.wait_until(lambda s: s.runs and s.step == 9)
    assert [run.readings for run in opened.runs] == [None, None]
    window.session.step()
    stepped = window.wait_until(paused_at(10))
    assert [run.readings_step for run in stepped.runs] == [10, 10]


def test_a_file_that_cannot_be_read_or_written_is_answered_and_changes_nothing(open_window, tmp_path):  # noqa: F811
    window = open_window()
    window.session.step()
    window.session.read_run(tmp_path / "none.bnrun", 1)
    assert "there is no such file" in answer_to(window, 1).error
    window.session.save_run(tmp_path / "no such folder" / "x.bnrun", 2)
    assert "no such folder" in answer_to(window, 2).error
    window.session.step()
    window.wait_until(paused_at(2))


def test_only_the_training_that_was_read_with_the_ticket_is_used(open_window, dataset, path):  # noqa: F811
    document = experiment(PLAIN)
    resumed(go_on(Trainer(document, dataset), 9), path)
    window = open_window(document)
    window.session.read_run(path, 1)
    window.session.use_run(2)
    window.session.open(document)
    assert window.wait_until(lambda s: s.runs).step == 0
    window.session.read_run(path, 3)
    window.session.open(document)
    assert window.wait_until(lambda s: s.runs).step == 0
    window.session.use_run(3)
    window.session.open(document)
    assert window.wait_until(lambda s: s.runs).step == 0


def test_what_was_opened_once_is_not_opened_again_with_the_next_document(
    open_window,  # noqa: F811
    dataset,
    path,
):
    document = experiment(PLAIN)
    resumed(go_on(Trainer(document, dataset), 9), path)
    window = open_window(document)
    window.session.read_run(path, 1)
    window.session.use_run(1)
    window.session.open(document)
    assert window.wait_until(lambda s: s.runs).step == 9
    window.session.open(document)
    assert window.wait_until(lambda s: s.runs).step == 0


def test_an_answer_waits_for_who_polls_late(dataset, tmp_path):
    session = Session(experiment(PLAIN), lambda: dataset)
    session.start()
    for ticket in range(3):
        session.save_run(tmp_path / f"{ticket}.bnrun", ticket)
    session.step()
    from tests.training.test_session import Window

    window = Window(session)
    try:
        window.wait_until(paused_at(1))
        answers = [answer.ticket for snapshot in window.snapshots for answer in snapshot.answers]
        assert answers == [0, 1, 2]
    finally:
        session.close()


def test_arrays_that_are_not_finite_are_kept_as_they_are(dataset, path):
    trainer = go_on(Trainer(experiment(NORMED), dataset), 5)
    bias = trainer.runs[0].network.layers[0].params["bias"]
    bias[:3] = np.nan, np.inf, -0.0
    opened = resumed(trainer, path)
    assert picture(opened) == picture(trainer)
