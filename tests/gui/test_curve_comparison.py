import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication

from bnstudio.gui.curves.marks import blended
from bnstudio.gui.theme import LIGHT
from bnstudio.training.snapshot import Divergence, Evaluation
from tests.gui.curve_bench import Bench, news

NAMES = ("S3", "S4", "R6", "R6_lr", "S6_BN_lr", "S6_BN", "R6_BN", "S6")


@pytest.fixture
def bench(qtbot):
    """Two models with 600 steps, their curves 1.5 apart; the first is selected."""
    bench = Bench(qtbot, "S6", "R6")
    bench.bring(news(600, ripple=0.1), news(600, run_id=2, name="R6", offset=1.5, ripple=0.1))
    return bench


@pytest.fixture
def eight(qtbot):
    bench = Bench(qtbot, *NAMES)
    bench.bring(*eight_news(600))
    return bench


def eight_news(n_steps, first_step=0, **more):
    return [news(n_steps, i + 1, first_step, name, 0.25 * i, **more) for i, name in enumerate(NAMES)]


def click(qtbot, bench, point):
    qtbot.mouseClick(bench.view, Qt.MouseButton.LeftButton, pos=point)


def point_at(qtbot, bench, point):
    viewport = bench.view
    qtbot.mouseMove(viewport, point - QPoint(40, 0))
    qtbot.mouseMove(viewport, point)


def test_all_models_are_drawn_in_their_colours(eight):
    for colour in LIGHT.series:
        assert eight.pixels_of(colour, tolerance=40) > 30


def test_a_model_that_is_not_visible_is_not_drawn(eight):
    eight.document.set_visible(1, False)
    assert eight.pixels_of(LIGHT.series[1], tolerance=40) == 0
    assert "S4" not in eight.panel.legend.text
    eight.document.set_visible(1, True)
    assert eight.pixels_of(LIGHT.series[1], tolerance=40) > 30


def test_every_step_is_drawn_of_the_selected_model_alone(bench):
    bands = [blended(colour, LIGHT.panel, 0.27).name() for colour in LIGHT.series[:2]]
    assert bench.pixels_of(bands[0]) > 50
    assert bench.pixels_of(bands[1]) < 10
    bench.document.select(1)
    assert bench.pixels_of(bands[0]) < 10
    assert bench.pixels_of(bands[1]) > 50


def test_the_selected_curve_lies_on_top(bench):
    bench.document.select(0)
    assert [series.history.name for series in bench.picture.runs] == ["R6", "S6"]
    bench.document.select(1)
    assert [series.history.name for series in bench.picture.runs] == ["S6", "R6"]


def test_with_one_visible_model_the_legend_is_that_of_one(bench, qtbot):
    assert "each step" not in bench.panel.legend.text
    height = bench.panel.legend.height()
    bench.document.set_visible(1, False)
    assert "each step" in bench.panel.legend.text
    assert "R6" not in bench.panel.legend.text
    bench.document.set_visible(1, True)
    assert bench.panel.legend.height() == height


def test_eight_models_have_four_rows_in_a_narrow_panel(eight, qtbot):
    eight.panel.resize(370, 400)
    legend = eight.panel.legend
    qtbot.waitUntil(lambda: legend.width() < 360)
    rects = [legend.entry_rect(name) for name in NAMES]
    assert len({rect.top() for rect in rects}) == 4
    assert all(legend.rect().contains(rect.toAlignedRect()) for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])


def test_the_readout_gives_every_models_value(bench, qtbot):
    for _ in range(60):
        bench.press(qtbot, Qt.Key.Key_Left)
    step = bench.view.crosshair
    assert step < 550
    for name, offset in (("S6", 0.0), ("R6", 1.5)):
        steps = np.arange(step - 15, step + 1)  # the mean of 16, over which the ripple is none
        assert f"{name} {(0.3 + offset + 2.0 / (1 + steps / 300)).mean():.3f}" in bench.panel.legend.text


def test_a_run_that_is_shorter_than_the_crosshair_has_no_value_there(qtbot):
    bench = Bench(qtbot, "S6", "R6")
    bench.bring(news(600), news(200, run_id=2, name="R6"))
    assert bench.series("R6").n_steps == 200
    qtbot.waitUntil(lambda: "at 200" in bench.panel.legend.text)
    bench.press(qtbot, Qt.Key.Key_Left)
    assert "R6 –" in bench.panel.legend.text
    assert "S6 –" not in bench.panel.legend.text


def test_a_click_on_an_entry_of_the_legend_selects_its_model(bench, qtbot):
    legend = bench.panel.legend
    point = legend.entry_rect("R6").center().toPoint()
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=point)
    assert bench.document.selected == 1


def test_a_click_near_a_curve_selects_its_model(bench, qtbot):
    click(qtbot, bench, bench.point_on("R6", 300) + QPoint(0, 5))
    assert bench.document.selected == 1
    click(qtbot, bench, bench.point_on("S6", 300) - QPoint(0, 5))
    assert bench.document.selected == 0


def test_a_click_far_from_all_curves_selects_nothing(bench, qtbot):
    click(qtbot, bench, bench.point_on("R6", 300) - QPoint(0, 25))
    assert bench.document.selected == 0


def test_a_drag_that_begins_on_a_curve_selects_nothing(bench, qtbot):
    viewport, point = bench.view, bench.point_on("R6", 300)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseMove(viewport, point + QPoint(40, 0))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=point + QPoint(40, 0))
    assert bench.document.selected == 0


def test_near_another_curve_the_pointer_is_a_hand_and_the_curve_is_named(bench, qtbot):
    viewport = bench.view
    point_at(qtbot, bench, bench.point_on("R6", 300))
    qtbot.waitUntil(lambda: bench.view.hovered is bench.series("R6"))
    assert viewport.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert bench.pixels_of(blended(LIGHT.series[1], LIGHT.panel, 0.27).name()) > 50
    point_at(qtbot, bench, bench.point_on("R6", 300) - QPoint(0, 30))
    qtbot.waitUntil(lambda: bench.view.hovered is None)
    assert viewport.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_curve_is_pointed_out_from_the_legend(bench, qtbot):
    legend = bench.panel.legend
    qtbot.mouseMove(legend, legend.entry_rect("S6").center().toPoint())
    qtbot.mouseMove(legend, legend.entry_rect("R6").center().toPoint())
    qtbot.waitUntil(lambda: bench.view.hovered is bench.series("R6"))
    QApplication.sendEvent(legend, QEvent(QEvent.Type.Leave))
    assert bench.view.hovered is None


@pytest.mark.parametrize(("before", "after"), [("[", "]"), (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)])
def test_keys_select_the_neighbours_that_are_visible(qtbot, before, after):
    bench = Bench(qtbot, "a", "b", "c")
    bench.document.set_visible(1, False)
    bench.press(qtbot, after)
    assert bench.document.selected == 2
    bench.press(qtbot, after)
    assert bench.document.selected == 0
    bench.press(qtbot, before)
    assert bench.document.selected == 2


def test_earlier_runs_of_all_models_stay_until_they_are_dismissed(bench, qtbot):
    bench.bring(news(20, run_id=3), news(20, run_id=4, name="R6"))
    ghosts = [series for series in bench.view.series if series.ghost]
    assert [series.look.style.colour for series in ghosts] == list(LIGHT.series[:2])
    assert "2" in bench.panel.ghosts_button.text()
    qtbot.mouseClick(bench.panel.ghosts_button, Qt.MouseButton.LeftButton)
    assert not any(series.ghost for series in bench.view.series)
    assert bench.histories.ghosts("S6") == bench.histories.ghosts("R6") == []


def test_the_run_of_a_removed_model_stays_in_grey(bench, qtbot):
    before = bench.document.experiment
    bench.document.edit(before.replaced(models=before.models[:1]), "Remove")
    bench.bring(news(0, run_id=2, first_step=600, name="R6", replaced=True), news(5, first_step=600))
    ghost = next(series for series in bench.view.series if series.ghost)
    assert ghost.look.style.colour == LIGHT.muted
    assert ghost.n_steps == 600
    qtbot.mouseClick(bench.panel.ghosts_button, Qt.MouseButton.LeftButton)
    assert [series.history.name for series in bench.view.series] == ["S6"]


def test_a_removed_model_that_comes_back_has_its_run_before_as_a_ghost(bench):
    before = bench.document.experiment
    bench.document.edit(before.replaced(models=before.models[:1]), "Remove")
    bench.bring(news(0, 1, 600), news(0, run_id=2, first_step=600, name="R6", replaced=True))
    bench.document.undo_stack.undo()
    bench.bring(news(0, 1, 600), news(30, run_id=3, name="R6"))
    ghost = next(series for series in bench.view.series if series.ghost)
    assert ghost.look.style.colour == LIGHT.series[1]
    assert bench.series("R6").n_steps == 30


def test_models_that_swap_names_keep_their_curves_and_colours(bench):
    first, second = bench.document.experiment.models
    swapped = (first.replaced(name="R6"), second.replaced(name="S6"))
    bench.document.edit(bench.document.experiment.replaced(models=swapped), "Rename")
    bench.bring(news(1, 1, 600, name="R6"), news(1, 2, 600, name="S6", offset=1.5))
    assert bench.series("R6").look.style.colour == LIGHT.series[0]
    assert bench.series("S6").look.style.colour == LIGHT.series[1]
    assert bench.series("R6").n_steps == bench.series("S6").n_steps == 601
    assert bench.series("R6").selected


def test_a_late_run_says_so_in_plot_and_tooltip(bench):
    ink = bench.pixels_of(LIGHT.text, tolerance=80)
    bench.bring(news(1, 2, 600, "R6", 1.5, late_by=1_200), news(1, 1, 600))
    assert bench.pixels_of(LIGHT.text, tolerance=80) > ink + 50
    bench.panel.redraw()
    assert "at step 601, started 1,200 steps after the others" in bench.view.accessibleDescription()
    assert "started 1,200 steps after the others" in bench.panel.legend.entry("R6").tooltip
    assert "started" not in bench.panel.legend.entry("S6").tooltip


@pytest.mark.parametrize("selected", [0, 1])
def test_that_a_run_is_late_is_not_written_over_a_curve(qtbot, selected):
    def curves(late_by):
        bench = Bench(qtbot, "S6", "R6")
        bench.document.select(selected)
        bench.bring(news(600), news(580, 2, name="R6", offset=0.2, ripple=0.1, late_by=late_by))
        return [bench.pixels_of(colour, tolerance=60) for colour in LIGHT.series[:2]]

    assert curves(late_by=20) == curves(late_by=0)


def test_each_divergence_is_marked(qtbot):
    bench = Bench(qtbot, "S6", "R6")
    bench.bring(news(600, divergence=Divergence(601, 0, "dense", 0.5)), news(300, 2, name="R6"))
    one = bench.pixels_of(LIGHT.warning)
    bench.bring(news(0, 1, 600), news(0, 2, 300, "R6", divergence=Divergence(301, 0, "dense", 0.5)))
    assert bench.pixels_of(LIGHT.warning) > one + 20 > 40


def test_marks_of_the_other_models_are_evaluations_on_all_test_images(bench):
    before = bench.image()
    bench.bring(news(0, 2, 600, "R6", evaluations=(Evaluation(300, "subset", 3.5, 0.5),)), news(0, 1, 600))
    assert (bench.image() == before).all()
    bench.bring(news(0, 2, 600, "R6", evaluations=(Evaluation(300, "test", 3.5, 0.5),)), news(0, 1, 600))
    assert (bench.image() != before).any()


def test_all_models_are_described_in_words_the_selected_one_first(bench):
    bench.document.select(1)
    assert bench.view.accessibleDescription() == (
        "Loss of 2 models. Selected: R6: 2.472 at step 600, falling; S6: 0.972 at step 600"
    )


def test_the_description_of_eight_long_names_is_bounded(qtbot):
    names = [f"{i} {'x' * 58}" for i in range(8)]
    bench = Bench(qtbot, *names)
    bench.bring(*(news(9, i + 1, name=name) for i, name in enumerate(names)))
    bench.panel.redraw()
    assert 200 < len(bench.view.accessibleDescription()) < 500


def test_a_plot_that_grew_looks_as_one_drawn_at_once(eight):
    for first_step in range(600, 700, 10):
        eight.bring(*eight_news(10, first_step))
        eight.image()
    grown = eight.image()
    eight.view._canvas.update_all()
    difference = np.abs(grown - eight.image())
    assert difference.mean() < 0.2
    assert (difference > 100).mean() < 0.001


class PaintedWidths(QObject):
    """Notes how wide the painted part of a widget is, each time."""

    def __init__(self, widget):
        super().__init__(widget)
        self.widths = []
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.widths.append(event.region().boundingRect().width())
        return False


def test_a_frame_paints_only_the_ends_of_the_curves(eight, qtbot):
    eight.bring(*eight_news(5, 600))
    qtbot.waitUntil(lambda: not eight.panel._readout_timer.isActive())
    QApplication.processEvents()
    painted = PaintedWidths(eight.view._canvas)
    eight.bring(*eight_news(5, 605))
    qtbot.waitUntil(lambda: bool(painted.widths))
    assert painted.widths[0] < 30 < eight.view._canvas.width()
