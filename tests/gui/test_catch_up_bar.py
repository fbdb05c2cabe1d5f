"""The bar that tells of models that catch up with the others."""

import pytest

from bnstudio.gui.controls.catch_up_bar import DELAY_MS, CatchUpBar
from bnstudio.training.snapshot import CatchUp


@pytest.fixture
def bar(qtbot):
    bar = CatchUpBar()
    qtbot.addWidget(bar)
    return bar


def test_it_names_the_models_and_how_far_they_are(bar, qtbot):
    bar.show_catch_up(CatchUp(("S6", "R6"), 1_234, 5_000))
    qtbot.waitUntil(bar.isVisible, timeout=20 * DELAY_MS)
    assert bar.text == "S6, R6: catching up on the same mini-batches, step 1,234 of 5,000"


def test_it_leaves_when_all_are_together(bar, qtbot):
    bar.show_catch_up(CatchUp(("S6",), 1, 2))
    qtbot.waitUntil(bar.isVisible, timeout=20 * DELAY_MS)
    bar.show_catch_up(None)
    assert not bar.isVisible()


def test_what_is_over_at_once_moves_no_panel(bar):
    bar.show_catch_up(CatchUp(("S6",), 1, 2))
    assert not bar.isVisible()
    bar.show_catch_up(None)
    assert not bar._delay.isActive()


def test_the_button_asks_to_start_at_zero(bar, qtbot):
    with qtbot.waitSignal(bar.start_at_zero_asked):
        bar.cancel_button.click()
