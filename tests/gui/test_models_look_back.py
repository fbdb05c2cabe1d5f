"""What the list of models says while the window looks back at a step."""

import pytest

from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.models.model_progress import ProgressText
from bnstudio.gui.models.models_panel import ModelsPanel
from bnstudio.gui.models.progress_board import ProgressBoard
from bnstudio.training.snapshot import CatchUp, Divergence, Evaluation
from tests.gui.model_experiments import experiment_of, run_news, snapshot_of_runs

MODELS = experiment_of("S4", "S6").models


class Board:
    """A board that is fed as the window feeds it: the histories first."""

    def __init__(self):
        self.histories = RunHistories()
        self.board = ProgressBoard(self.histories)

    def show(self, *runs, **more):
        snapshot = snapshot_of_runs(*runs, **more)
        self.histories.apply(snapshot)
        return self.board.follow(snapshot, MODELS)

    def text(self, index=0):
        return self.board.text(MODELS[index])

    def said(self, index=0):
        return " ".join(self.board.sentences(MODELS[index]))


@pytest.fixture
def board():
    return Board()


def test_the_loss_is_the_mean_over_the_hundred_steps_up_to_that_one(board):
    board.show(run_news(1, "S4", [4.0] * 50 + [1.0] * 50 + [2.0] * 50), at_step=100)
    assert board.text().loss == "2.500"
    assert "Looking back at step 100." in board.said()


def test_the_accuracy_is_of_the_latest_evaluation_up_to_that_step(board):
    evaluations = Evaluation(100, "subset", 1.0, 0.3), Evaluation(200, "test", 1.0, 0.9)
    board.show(run_news(1, "S4", [1.0] * 200, evaluations=evaluations), at_step=199)
    assert board.text().accuracy == "30.0 %"
    assert "at step 100" in board.said()


def test_before_the_first_evaluation_it_is_of_the_mini_batches_up_to_that_step(board):
    board.show(run_news(1, "S4", [2.0] * 10 + [0.0] * 10, evaluations=(Evaluation(20, "test", 1.0, 0.9),)))
    board.show(run_news(1, "S4", [], first_step=20), at_step=10)
    assert board.text().accuracy == "50.0 %"


def test_back_to_live_the_latest_numbers_are_back(board):
    board.show(run_news(1, "S4", [2.0, 1.0]))
    live = board.text()
    assert board.show(run_news(1, "S4", [], first_step=2), at_step=1) == [0]
    assert board.text().loss == "2.000"
    assert board.show(run_news(1, "S4", [], first_step=2)) == [0]
    assert board.text() == live
    assert "Looking back" not in board.said()


def test_training_that_goes_on_changes_nothing_of_the_past(board):
    board.show(run_news(1, "S4", [2.0] * 50), at_step=20)
    assert board.show(run_news(1, "S4", [1.0] * 50, first_step=50), at_step=20) == []


def test_a_run_that_has_no_such_step_yet_shows_nothing(board):
    board.show(run_news(1, "S4", [2.0] * 10), run_news(2, "S6", [2.0] * 50), at_step=37)
    assert board.text(0) == ProgressText()
    assert "This model has no such step." in board.said(0)
    assert board.text(1).loss == "2.000"


def test_a_run_that_catches_up_says_so_until_it_has_that_step(board):
    board.show(run_news(1, "S4", [2.0] * 10), at_step=37, catch_up=CatchUp(("S4",), 10, 50))
    assert board.text().notes[0] == "catching up 10 / 50"
    board.show(run_news(1, "S4", [2.0] * 30, first_step=10), at_step=37, catch_up=CatchUp(("S4",), 40, 50))
    assert board.text().loss == "2.000"


def test_a_run_that_diverged_later_shows_its_numbers_of_then(board):
    divergence = Divergence(21, 2, "sigmoid", 5.0)
    board.show(run_news(1, "S4", [2.0] * 20, divergence=divergence), at_step=20)
    assert board.text().loss == "2.000"
    assert not board.text().warns


def test_a_run_that_had_diverged_before_has_no_numbers(board):
    divergence = Divergence(21, 2, "sigmoid", 5.0)
    board.show(run_news(1, "S4", [2.0] * 20, divergence=divergence), at_step=21)
    assert board.text().loss == ""
    assert board.text().notes[0] == "diverged at step 21"
    assert "mini-batches" not in board.said()


def test_the_panel_s_title_says_what_step_its_numbers_are_of(qtbot):
    histories = RunHistories()
    panel = ModelsPanel(ExperimentDocument(experiment_of("S4", "S6")), histories)
    qtbot.addWidget(panel)
    panel.show()
    for at_step, title in ((None, "Models"), (1_000, "Models at step 1,000"), (None, "Models")):
        panel.refresh(snapshot_of_runs(at_step=at_step))
        assert panel._heading.text() == title
