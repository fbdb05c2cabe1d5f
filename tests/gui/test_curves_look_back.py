"""The curves while the window looks back at a step."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from bnstudio.gui.theme import LIGHT
from bnstudio.training.snapshot import Divergence, Evaluation
from tests.gui.curve_bench import Bench, news


def loss_at(step, offset=0.0):
    return 0.3 + offset + 2.0 / (1 + step / 300)


@pytest.fixture
def bench(qtbot):
    return Bench(qtbot, "S6")


@pytest.fixture
def two(qtbot):
    """The selected model has 600 steps, the other 100."""
    bench = Bench(qtbot, "S6", "R6")
    bench.bring(news(600), news(100, run_id=2, name="R6", offset=1.0))
    return bench


def nothing_new(n_steps, **more):
    return news(0, first_step=n_steps, **more)


def test_the_readout_gives_the_values_of_that_step(bench):
    bench.bring(news(700), at_step=37)
    assert bench.panel.legend.text.startswith("looking back: step 37 · epoch 1, batch 37 of 600")
    assert f"each step {loss_at(37):.3f}" in bench.panel.legend.text


def test_back_to_live_the_latest_values_are_there_at_once(bench):
    bench.bring(news(700), at_step=37)
    bench.bring(nothing_new(700))
    assert bench.panel.legend.text.startswith("latest: step 700")
    assert bench.view.looked_at is None


def test_an_evaluation_that_came_later_is_not_shown(bench):
    evaluations = Evaluation(200, "subset", 0.9, 0.7), Evaluation(600, "test", 0.777, 0.8)
    bench.bring(news(700, evaluations=evaluations), at_step=37)
    assert "subset –" in bench.panel.legend.text
    bench.bring(nothing_new(700), at_step=300)
    assert "subset 0.900 at 200" in bench.panel.legend.text
    assert "test –" in bench.panel.legend.text
    bench.bring(nothing_new(700), at_step=600)
    assert "test 0.777 at 600" in bench.panel.legend.text


def test_a_model_without_such_a_step_has_no_value(two):
    two.bring(nothing_new(600), nothing_new(100, run_id=2, name="R6"), at_step=300)
    assert two.panel.legend.entry("R6").value == "–"
    assert two.panel.legend.entry("S6").value != "–"
    two.bring(nothing_new(600), nothing_new(100, run_id=2, name="R6"), at_step=50)
    assert two.panel.legend.entry("R6").value != "–"


def test_a_step_that_no_visible_run_has_is_named_and_has_no_values(bench):
    bench.bring(news(20), at_step=300)
    assert bench.panel.legend.text.startswith("looking back: step 300")
    assert f"{loss_at(20):.3f}" not in bench.panel.legend.text


def test_the_crosshair_reads_another_step_meanwhile(bench, qtbot):
    bench.bring(news(100), at_step=37)
    bench.press(qtbot, Qt.Key.Key_Left)
    assert bench.panel.legend.text.startswith("step 100 ")
    bench.press(qtbot, Qt.Key.Key_Escape)
    assert bench.panel.legend.text.startswith("looking back: step 37 ")


def column(bench, step):
    """The pixels of the column of a step between the axes, (height, 3)."""
    left, inside = bench.view._canvas.x(), slice(bench.view._canvas.y() + 2, bench.view._canvas.height() - 2)
    return bench.image()[inside, bench.picture.x_of(step) + left]


def test_a_line_stands_at_that_step(bench):
    accent = [int(LIGHT.accent[i : i + 2], 16) for i in (1, 3, 5)]
    bench.bring(news(600))
    assert (np.abs(column(bench, 300) - accent).max(axis=1) == 0).sum() < 20
    bench.bring(nothing_new(600), at_step=300)
    assert (np.abs(column(bench, 300) - accent).max(axis=1) == 0).sum() > 100


def test_what_came_later_fades(bench):
    bench.bring(news(600))
    early, late = column(bench, 100), column(bench, 500)
    bench.bring(nothing_new(600), at_step=300)
    assert (column(bench, 100) == early).all()
    faded = column(bench, 500)
    assert (255 - faded).sum() < 0.5 * (255 - late).sum()


def test_the_line_stays_while_training_goes_on(bench):
    bench.bring(news(600), at_step=300)
    bench.bring(news(500, first_step=600), at_step=300)
    assert bench.view.looked_at == 300
    assert bench.panel.legend.text.startswith("looking back: step 300")


def test_a_hidden_panel_catches_up_when_it_is_shown(bench, qtbot):
    bench.panel.hide()
    bench.bring(news(600), at_step=300)
    bench.panel.show()
    assert bench.view.looked_at == 300
    assert bench.panel.legend.text.startswith("looking back: step 300")


@pytest.mark.parametrize("step", [1, 600, 5_000])
def test_a_step_at_or_beyond_the_edge_can_be_painted(bench, qtbot, step):
    bench.bring(news(600), at_step=step)
    for _ in range(3):
        bench.press(qtbot, Qt.Key.Key_Plus)
    assert not bench.view.grab().isNull()


def test_the_description_in_words_is_of_that_step(two):
    divergence = Divergence(101, None, None, 1.0)
    two.bring(nothing_new(600), nothing_new(100, run_id=2, name="R6", divergence=divergence), at_step=300)
    two.panel.redraw()
    words = two.view.accessibleDescription()
    assert "at step 300" in words
    assert "R6: has no step 300" in words
    assert "falling" not in words
