import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from bnstudio.gui.curves import annotations
from bnstudio.gui.curves.axes import loss_labels
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.snapshot import Divergence, Evaluation, RateChange
from tests.gui.curve_bench import Bench, news


@pytest.fixture
def bench(qtbot):
    return Bench(qtbot, "S6")


def test_before_the_first_step_it_says_how_to_train(bench):
    assert "F5" in bench.picture.message
    bench.bring(news(1))
    assert bench.picture.message == ""


def test_the_curve_is_painted_in_the_colour_of_the_model(bench):
    without = bench.pixels_of(LIGHT.series[0])
    bench.bring(news(600))
    assert bench.pixels_of(LIGHT.series[0]) > without + 100


def test_the_readout_gives_the_latest_values(bench, qtbot):
    bench.bring(news(700, evaluations=(Evaluation(600, "test", 0.777, 0.8),)))
    qtbot.waitUntil(lambda: "step 700 · epoch 2, batch 100 of 600" in bench.panel.legend.text)
    assert "test 0.777 at 600" in bench.panel.legend.text
    assert f"each step {0.3 + 2.0 / (1 + 700 / 300):.3f}" in bench.panel.legend.text


def test_the_readout_states_how_many_steps_the_smooth_curve_averages(bench, qtbot):
    bench.bring(news(3_000))
    qtbot.waitUntil(lambda: "mean of 128" in bench.panel.legend.text)


def test_the_stated_number_follows_the_zoom(bench, qtbot):
    bench.bring(news(3_000))
    for _ in range(3):
        bench.press(qtbot, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: "mean of 32" in bench.panel.legend.text)


def test_a_zoom_stays_when_the_run_starts_anew(bench, qtbot):
    bench.bring(news(3_000))
    bench.press(qtbot, Qt.Key.Key_Plus)
    zoomed = bench.picture.x_range
    bench.bring(news(20, run_id=2))
    assert bench.picture.x_range == zoomed


def test_a_hidden_panel_does_nothing_and_catches_up_when_shown(bench):
    bench.panel.hide()
    bench.bring(news(50))
    assert list(bench.view.series) == []
    bench.panel.show()
    assert bench.view.series[0].n_steps == 50


def test_the_picture_follows_the_newest_step(bench):
    bench.bring(news(600))
    bench.bring(news(500, first_step=600))
    assert bench.picture.x_range[0] == 0
    assert bench.picture.x_range[1] >= 1_100


def test_the_axis_stands_still_between_its_jumps(bench):
    bench.bring(news(610))
    before = bench.picture.x_range, bench.picture.y_range
    bench.bring(news(15, first_step=610))
    assert (bench.picture.x_range, bench.picture.y_range) == before


def test_a_zoomed_picture_stays_while_training_goes_on(bench, qtbot):
    bench.bring(news(600))
    bench.press(qtbot, Qt.Key.Key_Plus)
    zoomed = bench.picture.x_range, bench.picture.y_range
    bench.bring(news(900, first_step=600))
    assert not bench.view.following
    assert (bench.picture.x_range, bench.picture.y_range) == zoomed


def test_home_returns_to_the_whole(bench, qtbot):
    bench.bring(news(600))
    whole = bench.picture.x_range, bench.picture.y_range
    bench.press(qtbot, Qt.Key.Key_Plus)
    assert bench.picture.x_range != whole[0]
    assert bench.panel.whole_button.isVisible()
    bench.press(qtbot, Qt.Key.Key_Home)
    assert (bench.picture.x_range, bench.picture.y_range) == whole
    assert not bench.panel.whole_button.isVisible()


def test_another_document_is_shown_as_a_whole(bench, qtbot):
    bench.bring(news(600))
    bench.press(qtbot, Qt.Key.Key_Plus)
    assert bench.panel.whole_button.isVisible()
    bench.document.open(bench.document.experiment, None)
    bench.histories.clear()
    bench.bring(news(2_000, run_id=2))
    low, high = bench.picture.x_range
    assert low == 0
    assert high >= 2_000
    assert not bench.panel.whole_button.isVisible()


def test_a_double_click_returns_to_the_whole(bench, qtbot):
    bench.bring(news(600))
    whole = bench.picture.x_range
    bench.press(qtbot, Qt.Key.Key_Plus)
    qtbot.mouseDClick(bench.view, Qt.MouseButton.LeftButton, pos=QPoint(200, 80))
    assert bench.view.following
    assert bench.picture.x_range == whole


def test_the_button_returns_to_the_whole(bench, qtbot):
    bench.bring(news(600))
    bench.press(qtbot, Qt.Key.Key_Plus)
    qtbot.mouseClick(bench.panel.whole_button, Qt.MouseButton.LeftButton)
    assert bench.view.following


def turn_wheel(view, position, degrees=15):
    """Turn the wheel over a point by so much, away from the person."""
    event = QWheelEvent(
        QPointF(position),
        view.mapToGlobal(QPointF(position)),
        QPoint(),
        QPoint(0, 8 * degrees),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def drag(qtbot, view, begin, by):
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=begin)
    for share in (0.5, 1):
        qtbot.mouseMove(view, begin + by * share)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=begin + by)


def ranges(picture):
    return picture.x_range, picture.y_range


def test_the_wheel_zooms_about_the_pointer(bench):
    bench.bring(news(600))
    at = bench.view.plot_rect.center()
    x, y = at.x() - bench.view.plot_rect.left(), at.y() - bench.view.plot_rect.top()
    before = bench.picture.step_at(x), bench.picture.coordinate_at(y)
    turn_wheel(bench.view, at)
    assert not bench.view.following
    assert 0 < bench.picture.x_range[0] < bench.picture.x_range[1] < 612
    assert (bench.picture.step_at(x), bench.picture.coordinate_at(y)) == pytest.approx(before)
    turn_wheel(bench.view, at, -15)
    assert bench.view.following


@pytest.mark.parametrize("axis", ["steps", "values"])
def test_on_an_axis_wheel_and_drag_are_for_that_axis_alone(bench, qtbot, axis):
    bench.bring(news(600))
    plot = bench.view.plot_rect
    below, beside = QPoint(plot.center().x(), plot.bottom() + 6), QPoint(6, plot.center().y())
    at = below if axis == "steps" else beside
    for act in (turn_wheel, lambda view, at: drag(qtbot, view, at, QPoint(24, 24))):
        steps, values = ranges(bench.picture)
        act(bench.view, at)
        assert (bench.picture.x_range != steps) == (axis == "steps")
        assert (bench.picture.y_range != values) == (axis == "values")


def test_a_drag_takes_the_curves_along(bench, qtbot):
    bench.bring(news(600))
    plot = bench.view.plot_rect
    for _ in range(3):
        turn_wheel(bench.view, plot.center())
    point = bench.picture.point(300, 1.0)
    drag(qtbot, bench.view, plot.center(), QPoint(-30, 20))
    moved = bench.picture.point(300, 1.0) - point
    assert (moved.x(), moved.y()) == pytest.approx((-30, 20))


def test_a_drag_whose_end_went_elsewhere_has_ended(bench, qtbot):
    bench.bring(news(600))
    at = bench.view.plot_rect.center()
    turn_wheel(bench.view, at)
    before = ranges(bench.picture)
    qtbot.mousePress(bench.view, Qt.MouseButton.LeftButton, pos=at)
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at + QPoint(60, 20)),
        bench.view.mapToGlobal(QPointF(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bench.view, move)
    assert ranges(bench.picture) == before


def test_a_logarithmic_axis_can_be_zoomed_out_to_all_numbers(bench):
    bench.bring(news(600))
    bench.view.set_logarithmic(True)
    beside = QPoint(6, bench.view.plot_rect.center().y())
    turn_wheel(bench.view, bench.view.plot_rect.center())  # else the whole is shown again
    for _ in range(40):
        turn_wheel(bench.view, beside, -30)
    assert bench.picture.y_range == (-300, 300)
    assert len(bench.view.value_labels) >= 2


def test_nobody_leaves_the_curves(bench, qtbot):
    bench.bring(news(600))
    plot = bench.view.plot_rect
    turn_wheel(bench.view, plot.center())
    span = bench.picture.x_range[1] - bench.picture.x_range[0]
    drag(qtbot, bench.view, plot.center(), QPoint(10_000, -10_000))
    assert bench.picture.x_range == (0, pytest.approx(span))
    assert bench.picture.y_range[0] == 0
    drag(qtbot, bench.view, plot.center(), QPoint(-10_000, 0))
    assert bench.picture.x_range == (pytest.approx(612 - span), 612)
    for _ in range(40):
        turn_wheel(bench.view, plot.center(), 30)
    low, high = bench.picture.x_range
    assert high - low == pytest.approx(8)
    texts = [text for _, text in bench.view.value_labels]
    assert len(set(texts)) == len(texts) >= 2


def test_zooming_out_as_far_as_it_was_follows_again(bench, qtbot):
    bench.bring(news(600))
    bench.press(qtbot, Qt.Key.Key_Plus)
    for _ in range(4):
        bench.press(qtbot, Qt.Key.Key_Minus)
    assert bench.view.following


def test_shift_and_arrows_pan_a_zoomed_picture(bench, qtbot):
    bench.bring(news(600))
    bench.press(qtbot, Qt.Key.Key_Plus)
    low, high = bench.picture.x_range
    bench.press(qtbot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert bench.picture.x_range[0] < low
    assert bench.picture.x_range[1] - bench.picture.x_range[0] == pytest.approx(high - low)


def test_arrows_move_the_crosshair_and_escape_takes_it_away(bench, qtbot):
    bench.bring(news(100))
    bench.press(qtbot, Qt.Key.Key_Left)
    assert bench.view.crosshair == 100
    bench.press(qtbot, Qt.Key.Key_Left)
    assert bench.view.crosshair == 99
    assert bench.panel.legend.text.startswith("step 99 ")
    bench.press(qtbot, Qt.Key.Key_Escape)
    assert bench.view.crosshair is None


def test_the_crosshair_follows_the_mouse(bench, qtbot):
    bench.bring(news(600))
    qtbot.mouseMove(bench.view, QPoint(120, 60))
    qtbot.mouseMove(bench.view, QPoint(220, 60))
    qtbot.waitUntil(lambda: bench.view.crosshair is not None)
    assert abs(bench.picture.x_of(bench.view.crosshair) + bench.view.plot_rect.left() - 220) <= 2


def test_a_restart_takes_the_crosshair_off_steps_that_are_gone(bench, qtbot):
    bench.bring(news(100))
    bench.press(qtbot, Qt.Key.Key_Left)
    bench.bring(news(5, run_id=2))
    assert bench.view.crosshair is None


def test_l_switches_to_a_logarithmic_axis(bench, qtbot):
    bench.bring(news(600))
    bench.view.setFocus()
    qtbot.waitUntil(bench.view.hasFocus)
    bench.press(qtbot, Qt.Key.Key_L)
    assert bench.view.logarithmic
    assert bench.panel.log_button.isChecked()
    assert bench.picture.y_range[0] < 0
    qtbot.mouseClick(bench.panel.log_button, Qt.MouseButton.LeftButton)
    assert bench.picture.y_range[0] == 0


def test_an_earlier_run_stays_as_a_ghost_until_it_is_dismissed(bench, qtbot):
    bench.bring(news(300))
    assert bench.panel.ghosts_button.isHidden()
    bench.bring(news(20, run_id=2))
    assert [series.ghost for series in bench.view.series] == [True, False]
    qtbot.mouseClick(bench.panel.ghosts_button, Qt.MouseButton.LeftButton)
    assert [series.ghost for series in bench.view.series] == [False]
    assert bench.panel.ghosts_button.isHidden()


def test_changes_of_the_rate_and_divergence_are_marked(bench):
    bench.bring(news(600))
    assert bench.pixels_of(LIGHT.warning) == 0
    without = bench.pixels_of(LIGHT.text)
    bench.bring(news(1, first_step=600, rate_changes=(RateChange(200, 0.5, 0.1),)))
    assert bench.pixels_of(LIGHT.text) > without
    bench.bring(news(1, first_step=601, divergence=Divergence(603, 0, "dense", 0.5)))
    assert bench.pixels_of(LIGHT.warning) > 20


def test_of_a_rate_that_was_dragged_as_many_are_written_as_have_room(bench, monkeypatch):
    written = []
    monkeypatch.setattr(annotations, "format_number", lambda rate, digits: written.append(rate) or str(rate))
    rates = [0.1 + step / 10_000 for step in range(5_000)]
    changes = (RateChange(step, rate, 0.1) for step, rate in enumerate(rates, 100))
    bench.bring(news(7_000, rate_changes=tuple(changes)))
    bench.image()
    assert written[0] == rates[-1]
    assert len(written) < 20


def test_a_loss_that_is_not_finite_is_left_out_of_the_curve(bench):
    run = news(50, divergence=Divergence(50, 0, "dense", 0.5))
    run.losses[-1] = np.nan
    bench.bring(run)
    assert bench.view.series[0].n_steps == 49
    assert np.isfinite(bench.picture.y_range).all()


def test_labels_of_huge_losses_are_all_different():
    labels = loss_labels(0, 5e18, 10)
    assert len({text for _, text in labels}) == len(labels) == 11


def test_a_spike_out_of_the_axis_is_marked(bench):
    run = news(600)
    run.losses[300] = 40.0
    bench.bring(run)
    assert bench.picture.y_range[1] < 40
    assert bench.pixels_of(LIGHT.warning) > 10


def test_the_curve_is_described_in_words(bench, qtbot):
    bench.bring(news(1_200))
    qtbot.waitUntil(lambda: "at step 1,200" in bench.view.accessibleDescription(), timeout=5_000)
    assert bench.view.accessibleDescription().startswith("Loss of S6: ")
    assert "falling" in bench.view.accessibleDescription()


def test_it_changes_with_the_theme(bench):
    bench.bring(news(600))
    bench.panel.setPalette(palette_of(DARK))
    assert bench.pixels_of(DARK.series[0]) > 100
    assert bench.pixels_of(LIGHT.panel) == 0


def test_the_axes_grow_with_the_font(bench, qtbot):
    before = bench.view.plot_rect
    font = bench.panel.font()
    font.setPointSizeF(2 * font.pointSizeF())
    bench.panel.setFont(font)
    qtbot.waitUntil(lambda: bench.view.plot_rect.left() > before.left())
    qtbot.waitUntil(lambda: bench.view.plot_rect.bottom() < before.bottom())
