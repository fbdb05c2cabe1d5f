"""Why training cannot go on is told for as long as that is so."""

import pytest

from bnstudio.gui.controls.problem_bar import ProblemBar
from bnstudio.training.snapshot import Snapshot, State

WITHOUT, WITH = Snapshot(State.PAUSED), Snapshot(State.PAUSED, problem="Too little memory.")


@pytest.fixture
def bar(qtbot):
    bar = ProblemBar()
    qtbot.addWidget(bar)
    return bar


def test_it_is_there_while_the_problem_is(bar):
    for snapshot in (WITHOUT, WITH, WITH, WITHOUT):
        bar.show_snapshot(snapshot)
        assert bar.isVisible() == (snapshot is WITH)


def test_put_away_it_comes_back_when_it_shall_remind(bar):
    bar.show_snapshot(WITH)
    bar.hide()
    bar.show_snapshot(WITH)
    assert not bar.isVisible()
    bar.remind()
    bar.show_snapshot(WITH)
    assert bar.isVisible()


def test_a_failure_is_told_also_when_it_is_the_same_again(bar):
    failed = Snapshot(State.FAILED, problem="The training process was ended from outside.")
    for _ in range(2):
        bar.show_snapshot(failed)
        assert bar.isVisible()
        bar.hide()


def test_a_problem_that_is_gone_when_it_shall_remind_is_gone(bar):
    bar.show_snapshot(WITH)
    bar.remind()
    bar.show_snapshot(WITHOUT)
    assert not bar.isVisible()
