"""What a row of the list of models says of a run."""

import pytest

from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.models.model_progress import ProgressText
from bnstudio.gui.models.progress_board import ProgressBoard
from bnstudio.training.snapshot import CatchUp, Divergence, Evaluation, RateChange
from tests.gui.model_experiments import experiment_of, run_news, snapshot_of_runs

MODELS = experiment_of("S4", "S6").models


class Board:
    """A board that is fed as the window feeds it: the histories first."""

    def __init__(self):
        self.histories = RunHistories()
        self.board = ProgressBoard(self.histories)

    def show(self, *runs, models=MODELS, **more):
        snapshot = snapshot_of_runs(*runs, **more)
        self.histories.apply(snapshot)
        return self.board.follow(snapshot, models)

    def text(self, index=0, models=MODELS):
        return self.board.text(models[index])

    def said(self, index=0):
        return " ".join(self.board.sentences(MODELS[index]))


@pytest.fixture
def board():
    return Board()


def test_nothing_is_written_before_the_first_step(board):
    assert board.text() == ProgressText()
    board.show(run_news(1, "S4", []))
    assert board.text() == ProgressText()
    assert "Not trained yet" in board.said()


def test_the_loss_is_the_mean_over_the_latest_hundred_steps(board):
    board.show(run_news(1, "S4", [4.0] * 50 + [1.0] * 50 + [2.0] * 50))
    assert board.text().loss == "1.500"
    assert "the latest 100 mini-batches" in board.said()


def test_of_fewer_steps_it_is_the_mean_over_all(board):
    board.show(run_news(1, "S4", [2.0, 1.0]))
    assert board.text().loss == "1.500"
    assert "the latest 2 mini-batches" in board.said()


def test_a_small_loss_keeps_its_digits(board):
    board.show(run_news(1, "S4", [0.00123]))
    assert board.text().loss == "0.0012"


def test_before_an_evaluation_the_accuracy_is_of_the_mini_batches(board):
    board.show(run_news(1, "S4", [2.0, 1.0]))
    assert board.text().accuracy == "62.5 %"
    assert "of the same mini-batches" in board.said()


@pytest.mark.parametrize(
    ("examples", "words"), [("test", "of all test images"), ("subset", "of a fixed tenth")]
)
def test_the_latest_evaluation_is_shown_and_named(board, examples, words):
    old, new = Evaluation(100, "subset", 1.0, 0.3), Evaluation(200, examples, 1.0, 0.9214)
    board.show(run_news(1, "S4", [1.0] * 200, evaluations=(old, new)))
    assert board.text().accuracy == "92.1 %"
    assert "92.14 %" in board.said()
    assert words in board.said()
    assert "at step 200" in board.said()


def test_while_looking_back_the_rate_is_that_of_the_step(board):
    changes = (RateChange(2, 0.1, 0.5), RateChange(4, 0.3, 0.1))
    rates = []
    for step in (1, 2, 3, 4, 5, 6):
        board.show(run_news(1, "S4", [1.0] * 6, rate_changes=changes, rate_in_use=0.3), at_step=step)
        rates.append(board.board.past_rate(MODELS[0]))
        board = Board()
    assert rates == [0.5, 0.5, 0.1, 0.1, 0.3, 0.3]


def test_live_there_is_no_past_rate(board):
    board.show(run_news(1, "S4", [1.0], rate_in_use=0.3))
    assert board.board.past_rate(MODELS[0]) is None


def test_a_diverged_run_says_so_instead_of_numbers(board):
    divergence = Divergence(1_037, 2, "sigmoid", 5.0)
    board.show(run_news(1, "S4", [1.0], divergence=divergence))
    text = board.text()
    assert text.notes == ("diverged at step 1,037", "diverged")
    assert text.warns
    assert text.loss == ""
    assert "the first such value was in Sigmoid (row 3)" in board.said()


def test_a_run_that_catches_up_says_how_far_it_is(board):
    catch_up = CatchUp(("S4",), 0, 5_000)
    board.show(run_news(1, "S4", [1.0] * 1_234), run_news(2, "S6", [1.0] * 5_000), catch_up=catch_up)
    assert board.text(0).notes[0] == "catching up 1,234 / 5,000"
    assert not board.text(0).warns
    assert board.text(1).notes == ()
    assert "5,000 steps that the others are ahead" in board.said(0)


def test_once_it_has_caught_up_its_numbers_are_back(board):
    board.show(run_news(1, "S4", [1.0]), catch_up=CatchUp(("S4",), 1, 2))
    assert board.show(run_news(1, "S4", [], first_step=1)) == [0]
    assert board.text().notes == ()
    assert board.text().loss == "1.000"


def test_a_late_run_says_how_late_it_started_below_its_numbers(board):
    board.show(run_news(1, "S4", [1.0], late_by=1_400))
    assert board.text().late == "started 1,400 steps later"
    assert board.text().loss == "1.000"
    assert "at equal steps" in board.said()


def test_only_what_has_changed_is_told(board):
    assert board.show(run_news(1, "S4", [1.0]), run_news(2, "S6", [2.0])) == [0, 1]
    assert board.show(run_news(1, "S4", [], first_step=1), run_news(2, "S6", [1.0], first_step=1)) == [1]
    assert board.show(run_news(1, "S4", [], first_step=1), run_news(2, "S6", [], first_step=2)) == []


def test_a_run_that_was_replaced_is_no_longer_the_model_s(board):
    board.show(run_news(1, "S4", [1.0]))
    board.show(run_news(2, "S4", []), run_news(1, "S4", [0.5], first_step=1, replaced=True))
    assert board.text() == ProgressText()


def test_a_renamed_model_keeps_its_numbers_while_the_snapshots_still_have_its_old_name(board):
    board.show(run_news(1, "S4", [1.0]))
    models = (MODELS[0].replaced(name="deep"), MODELS[1])
    board.show(run_news(1, "S4", [0.5], first_step=1), models=models)
    assert board.text(0, models).loss == "1.000"
    board.show(run_news(1, "deep", [0.6], first_step=2), models=models)
    assert board.text(0, models).loss == "0.700"


def test_a_model_that_gets_the_colour_of_a_removed_one_begins_with_nothing(board):
    board.show(run_news(1, "S4", [1.0]), run_news(2, "S6", [2.0]))
    board.board.keep(MODELS[:1])
    assert board.text(0).loss == "1.000"
    assert board.text(1) == ProgressText()
