import os

import numpy as np
import pytest

from bnstudio.study import execution
from bnstudio.study.execution import WorkerLostError, training_all
from bnstudio.study.job import train
from tests.study.small_study import small_dataset, small_plan

PLAN = small_plan()
TRAININGS = [PLAN.training(name, 0) for name in ("S3", "S4", "R6")]


@pytest.fixture(scope="module")
def in_turn():
    """The losses of each training, done one after another in this process."""
    with training_all(TRAININGS, small_dataset(), n_jobs=1) as results:
        return {result.experiment: result.history.losses for result in results}


def test_every_training_is_done_once(in_turn):
    assert set(in_turn) == set(TRAININGS)


def test_one_at_a_time_they_are_done_in_their_order(in_turn):
    assert list(in_turn) == TRAININGS


def test_several_at_once_give_the_same_bits_as_one_after_another(in_turn):
    with training_all(TRAININGS, small_dataset(), n_jobs=2) as results:
        at_once = {result.experiment: result.history.losses for result in results}
    assert set(at_once) == set(in_turn)
    for training, losses in at_once.items():
        np.testing.assert_array_equal(losses, in_turn[training])


def test_leaving_early_ends_what_is_under_way():
    long = [PLAN.training(name, 0).replaced(epochs=10_000) for name in ("S3", "S4")]
    with training_all([TRAININGS[0], *long], small_dataset(), n_jobs=2) as results:
        assert next(results).experiment == TRAININGS[0]


def kill_the_worker(experiment, dataset):
    os.kill(os.getpid(), 9)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_is_told_of(monkeypatch):
    monkeypatch.setattr(execution, "train", kill_the_worker)
    with (
        pytest.raises(WorkerLostError, match="ended from outside"),
        training_all(TRAININGS, small_dataset(), n_jobs=2) as results,
    ):
        list(results)


def test_a_training_does_not_depend_on_those_before_it(in_turn):
    result = train(TRAININGS[2], small_dataset())
    np.testing.assert_array_equal(result.history.losses, in_turn[TRAININGS[2]])
