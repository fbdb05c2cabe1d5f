from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.document.experiment import DenseSpec, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.gui.instruments.weights_view import WeightsView
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.snapshot import RunSnapshot
from bnstudio.training.weights import (
    N_BINS,
    ZERO_BYTE,
    WeightImages,
    WeightImagesInspection,
    WeightsFinding,
    WeightsInspection,
    WeightsNotFinite,
)

MODEL = ModelSetup(
    name="m",
    learning_rate=0.1,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=300), SigmoidSpec(), DenseSpec(units=20), SigmoidSpec()),
)
HISTOGRAM, IMAGES = 0, 1


def weights(step=7, limit=0.2, distance=0.57):
    counts, start_counts = np.zeros(N_BINS, np.int64), np.zeros(N_BINS, np.int64)
    counts[30:50], start_counts[38:43] = 25, 100
    return WeightsFinding(step, 500, limit, counts, start_counts, 0.05, 0.04, 0.18, distance)


def images(first_unit=0, n=60, n_units=300, byte=ZERO_BYTE, step=7):
    pixels = np.full((n, 28, 28), byte, np.uint8)
    return WeightImages(step, first_unit, n_units, pixels, 0.5, np.linspace(-0.3, 0.3, n, dtype=np.float32))


def run(findings=None, run_id=1):
    return RunSnapshot(run_id, "m", 7, 0.1, 0, [], [], findings=findings or {})


@pytest.fixture
def view(qtbot):
    view = WeightsView()
    view.setPalette(palette_of(LIGHT))
    view.resize(350, 250)
    view.turn_to(MODEL, 0)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def grid(view):
    view.switch.choose(IMAGES)
    return view.pages.grid


def bring(view, found, *, looking_back=False, run_id=1):
    (inspection,) = view.inspections()
    view.show_run(run({inspection: found}, run_id), looking_back=looking_back)


def wanted(view):
    (inspection,) = view.inspections()
    return inspection


def colour_at(widget, place):
    return widget.grab().toImage().pixelColor(place).name()


def centre_of(grid, unit):
    return grid._layout.rect(unit - grid.first_unit).center().toPoint()


# The histogram


def test_it_asks_for_the_histogram_first(view):
    assert wanted(view) == WeightsInspection("m", 0)


def test_the_sentence_has_the_numbers(view):
    bring(view, weights())
    assert view.histogram.label.text() == (
        "‖W − W₀‖ / ‖W₀‖ = 0.57 · standard deviation 0.05, 1.25 times the 0.04 at the start · "
        "largest magnitude 0.18 · 500 weights, step 7"
    )


def test_a_distance_that_is_none_is_a_dash(view):
    bring(view, weights(distance=float("nan")))
    assert "‖W₀‖ = – ·" in view.histogram.label.text()


def test_of_a_single_weight_no_spread_is_told(view):
    bring(view, replace(weights(), n_weights=1))
    assert view.histogram.label.text() == "‖W − W₀‖ / ‖W₀‖ = 0.57 · magnitude 0.18 · the only weight, step 7"


@pytest.mark.parametrize("page", [HISTOGRAM, IMAGES])
def test_weights_that_are_not_finite_are_counted_instead(view, page):
    view.switch.choose(page)
    bring(view, weights() if page == HISTOGRAM else images())
    bring(view, WeightsNotFinite(step=8, n_weights=500, n_not_finite=3))
    shown = view.histogram.plot if page == HISTOGRAM else view.pages.grid
    assert shown.message == "Nothing to draw: after step 8, 3 of 500 weights are not finite."
    bring(view, weights() if page == HISTOGRAM else images())
    assert shown.message == ""


def test_a_place_is_read_now_and_at_the_start(view):
    bring(view, weights())
    assert view.histogram.plot.text_at(0.0).endswith("25 now, 100 at the start, of 500")
    assert view.histogram.plot.text_at(-0.2).endswith("0 now, 0 at the start, of 500")
    assert view.histogram.plot.text_at(0.2).startswith("Weights from 0.195 to 0.2:")


def test_the_axis_does_not_jitter(view):
    ends = []
    for limit in (0.2, 0.3, 0.2):
        bring(view, weights(limit=limit))
        ends.append(view.histogram.plot.x_range[1])
    assert ends == [0.2, 0.3, 0.3]


@pytest.fixture
def read_at_the_start(view, qtbot):
    """The histogram of weights up to 0.3, read at −0.3, the start of the axis."""
    bring(view, weights(limit=0.3))
    qtbot.keyClick(view.histogram.plot, Qt.Key.Key_Home)
    QToolTip.hideText()
    assert view.histogram.plot.place == -0.3
    return view.histogram.plot


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_the_place_that_is_read_stays_within_a_narrower_axis(view, read_at_the_start):
    for _ in range(20):  # until the axis follows
        bring(view, weights(limit=0.2))
    assert read_at_the_start.place == -0.2
    assert read_at_the_start.accessibleDescription() == read_at_the_start.text_at(-0.2)


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_the_place_that_is_read_is_described_by_the_new_values(view, read_at_the_start):
    bring(view, replace(weights(limit=0.3), n_weights=700))
    assert read_at_the_start.place == -0.3
    assert read_at_the_start.accessibleDescription().endswith("of 700")


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_with_a_message_nothing_is_read(view, read_at_the_start):
    view.show_run(run(), looking_back=True)
    assert read_at_the_start.place is None
    assert read_at_the_start.accessibleDescription() == ""


def test_while_looking_back_it_is_live_only(view):
    bring(view, weights())
    view.show_run(run(), looking_back=True)
    message = "Live only: the timeline does not keep weights."
    assert view.histogram.plot.message == view.pages.grid.message == message
    assert view.histogram.label.text() == ""
    bring(view, weights())
    assert view.histogram.plot.message == ""


def test_another_run_begins_without_values(view):
    bring(view, weights())
    view.show_run(run(run_id=2), looking_back=False)
    assert view.histogram.plot.finding is None


def test_what_is_not_new_is_not_drawn_again(view, monkeypatch):
    drawn = []
    monkeypatch.setattr(view.histogram.plot, "update", lambda: drawn.append(1))
    found = weights()
    for _ in range(3):
        bring(view, found)
    assert len(drawn) == 1


# Histogram or images


def test_images_are_offered_only_where_weights_are_of_pixels(view):
    assert view.switch.isVisible()
    for row in (2, 4):
        view.turn_to(MODEL, row)
        assert not view.switch.isVisible()
        assert wanted(view) == WeightsInspection("m", row)


def test_the_head_on_the_pixels_has_images(view):
    view.turn_to(MODEL.replaced(layers=()), 0)
    assert view.switch.isVisible()


def test_the_switch_asks_for_the_images_that_fit(view, qtbot):
    with qtbot.waitSignal(view.inspections_changed):
        view.switch.choose(IMAGES)
    assert wanted(view) == WeightImagesInspection("m", 0, 0, view.pages.grid.capacity)
    assert view.pages.grid.capacity > 40


def test_images_come_back_with_a_row_that_has_them(view, grid):
    view.turn_to(MODEL, 2)
    assert not grid.isVisible()
    view.turn_to(MODEL, 0)
    assert view.shows_images
    assert grid.isVisible()


def test_a_larger_window_asks_for_more_or_larger_images(view, grid, qtbot):
    size, capacity = grid._layout.size, grid.capacity
    with qtbot.waitSignal(view.inspections_changed):
        view.resize(800, 600)
    assert grid._layout.size > size
    assert grid.capacity >= 40
    assert wanted(view).n_units == grid.capacity != capacity


# Pages


def test_it_says_which_units_are_shown(view, grid):
    assert view.pages.label.text() == f"units 1 to {grid.capacity} of 300"
    assert not view.pages.previous_button.isEnabled()


def test_next_and_previous_turn_the_page(view, grid, qtbot):
    n = grid.capacity
    with qtbot.waitSignal(view.inspections_changed):
        qtbot.mouseClick(view.pages.next_button, Qt.MouseButton.LeftButton)
    assert wanted(view) == WeightImagesInspection("m", 0, n, n)
    assert view.pages.label.text() == f"units {n + 1} to {2 * n} of 300"
    qtbot.mouseClick(view.pages.previous_button, Qt.MouseButton.LeftButton)
    assert wanted(view).first_unit == 0


def test_page_keys_turn_the_page_up_to_the_last_unit(view, grid, qtbot):
    bring(view, images())
    for _ in range(20):
        qtbot.keyClick(grid, Qt.Key.Key_PageDown)
    assert view.pages.first_unit < 300 <= view.pages.first_unit + grid.capacity
    assert view.pages.label.text().endswith("to 300 of 300")
    assert not view.pages.next_button.isEnabled()
    for _ in range(20):
        qtbot.keyClick(grid, Qt.Key.Key_PageUp)
    assert view.pages.first_unit == 0


def test_another_layer_begins_with_its_first_unit(view, grid, qtbot):
    qtbot.mouseClick(view.pages.next_button, Qt.MouseButton.LeftButton)
    view.turn_to(MODEL.replaced(layers=(DenseSpec(units=7),)), 0)
    assert view.pages.label.text() == "units 1 to 7 of 7"


# Images


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("byte", "colour"), [(0, "forward"), (ZERO_BYTE, "panel"), (2 * ZERO_BYTE, "backward")]
)
def test_negative_is_blue_zero_the_panel_and_positive_vermilion(view, grid, theme, byte, colour):
    view.setPalette(palette_of(theme))
    bring(view, images(byte=byte))
    assert colour_at(grid, centre_of(grid, 3)) == getattr(theme, colour)


def test_the_legend_says_the_scale_in_words(view, grid):
    bring(view, images())
    assert view.pages.legend.accessibleName() == (
        "Blue is negative, vermilion positive; the strongest colours are weights of ±0.5."
    )


def test_units_that_have_not_come_yet_stay_empty(view, grid, qtbot):
    bring(view, images(n=5, byte=0))
    assert colour_at(grid, centre_of(grid, 4)) == LIGHT.forward
    assert colour_at(grid, centre_of(grid, 5)) == LIGHT.panel


def test_the_unit_under_the_mouse_is_enlarged_and_named(view, grid, qtbot):
    bring(view, images())
    qtbot.mouseMove(grid, centre_of(grid, 7))
    qtbot.mouseMove(grid, centre_of(grid, 8) + QPoint(1, 1))
    qtbot.waitUntil(lambda: grid.unit == 8)
    assert grid.accessibleDescription() == "Unit 9 · largest weight −0.219"


def test_arrow_keys_go_from_unit_to_unit_and_over_the_page(view, grid, qtbot):
    bring(view, images())
    visited = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
        visited.append(grid.unit)
    assert visited == [0, 1, 0, 0, grid._layout.columns]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    last = grid.unit
    assert last == grid.capacity - 1
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.unit == last + 1 == view.pages.first_unit
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.unit is None


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
    ],
)
def test_keys_that_mean_nothing_here_go_on_to_the_window(view, grid, key, modifier):
    bring(view, images())
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifier)
    QApplication.sendEvent(grid, event)
    assert not event.isAccepted()
    assert grid.unit is None


def test_an_enlarged_unit_follows_what_is_new(view, grid, qtbot):
    bring(view, images())
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    assert "−0.3" in grid.accessibleDescription()
    later = images()
    later.largest[0] = 0.75
    bring(view, later)
    assert grid.accessibleDescription() == "Unit 1 · largest weight 0.75"
