"""Each row of the stack shows its layer's health; a sign opens the units that it is of."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication

from bnstudio.document.experiment import DenseSpec, ReLUSpec, SigmoidSpec
from bnstudio.gui.network.health_signs import paint_sign
from bnstudio.gui.network.health_text import (
    definition,
    health_description,
    health_tip,
    sign_texts,
    unit_text,
    units_text,
)
from bnstudio.gui.network.stack_model import StackModel
from bnstudio.gui.network.units_dialog import UnitsDialog
from bnstudio.training.health import Health, HealthInspection
from bnstudio.training.snapshot import Divergence, Snapshot, State
from tests.gui.health_findings import HEALTHY, ILL, extent, layer, run_with
from tests.gui.network_panels import PaintRecorder, focused_panel, view_of
from tests.gui.stack_snapshots import run_of

pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)


@pytest.fixture
def model(document):
    """Dense 8, BatchNorm, Sigmoid, head."""
    return StackModel(document)


@pytest.fixture
def panel(document, qtbot):
    return focused_panel(document, qtbot)


def show(panel, experiment, health):
    panel.show_snapshot(Snapshot(State.PAUSED, runs=(run_with(experiment, health),)))


def layout_of(panel, row):
    return view_of(panel).layout_of(row)


def signs(panel, row):
    """Return the condition and the number of each sign on a row."""
    texts = [(sign.condition, sign.text.split(" ")[-1]) for sign in layout_of(panel, row).signs]
    return [(condition, text.replace("\N{NO-BREAK SPACE}", " ")) for condition, text in texts]


def place_of_sign(panel, row):
    view = view_of(panel)
    (sign,) = layout_of(panel, row).signs
    return QPoint(0, view.visualRect(view.model().index(row)).top()) + sign.rect.center().toPoint()


def dialog_of(panel) -> UnitsDialog:
    return view_of(panel).findChild(UnitsDialog)


# What is shown


def test_the_health_of_every_shown_model_is_asked_for(panel, document):
    other = document.model.replaced(name="other", colour=None)
    document.edit(document.experiment.replaced(models=(document.model, other)), "two models")
    assert panel.look.inspections == {HealthInspection("small")}
    document.compare(1)
    assert panel.look.inspections == {HealthInspection("small"), HealthInspection("other")}


def test_health_is_shown_of_a_run_that_has_not_begun(model, experiment):
    model.show_run(run_with(experiment, HEALTHY, readings=None, step=0))
    assert model.health is HEALTHY


@pytest.mark.parametrize(
    "layers",
    [
        HEALTHY.layers[:-1],
        (layer("relu"), *HEALTHY.layers[1:]),
        (layer("dense", n_units=9), *HEALTHY.layers[1:]),
    ],
)
def test_the_health_of_another_stack_is_left_aside(model, experiment, layers):
    model.show_run(run_with(experiment, Health(3, 1_000, layers)))
    assert model.health is None


def test_where_the_past_has_no_health_none_is_shown(model, experiment):
    model.show_run(run_with(experiment, HEALTHY))
    model.show_run(run_of(experiment))
    assert model.health is None


def test_an_edit_forgets_the_health(model, experiment):
    model.show_run(run_with(experiment, HEALTHY))
    model.move_rows(0, 0, 2)
    assert model.health is None


def test_only_another_health_is_told(model, experiment, qtbot):
    run = run_with(experiment, HEALTHY)
    model.show_run(run)
    with qtbot.assertNotEmitted(model.health_changed):
        model.show_run(replace(run, step=2))
    with qtbot.waitSignal(model.health_changed):
        model.show_run(run_with(experiment, ILL))


def test_a_healthy_sigmoid_says_so_and_other_rows_say_nothing(panel, experiment):
    assert signs(panel, 2) == []
    show(panel, experiment, HEALTHY)
    assert [signs(panel, row) for row in range(4)] == [[], [], [("saturated", "0 %")], []]


def test_an_ill_row_has_the_share_of_each_condition(panel, experiment):
    show(panel, experiment, ILL)
    assert signs(panel, 1) == [("constant", "12 %")]
    assert signs(panel, 2) == [("saturated", "31 %")]
    assert [condition for condition, _ in signs(panel, 3)] == ["constant"]


def test_dead_units_are_not_shown_again_as_constant(panel, document):
    document.edit_model(document.model.replaced(layers=(DenseSpec(units=8), ReLUSpec())), "relu")

    def relu_with(constant):
        relu = layer("relu", own=[1, 2], constant=constant)
        show(panel, document.experiment, Health(1, 1_000, (layer("dense"), relu, layer("head", n_units=10))))
        return signs(panel, 1)

    assert relu_with([1, 2]) == [("dead", "25 %")]
    assert relu_with([0, 1, 2]) == [("dead", "25 %"), ("constant", "38 %")]


@pytest.mark.parametrize("width", [330, 480, 700, 1_400])
def test_signs_stand_beside_the_texts_of_the_row(panel, experiment, width):
    panel.resize(width, 500)
    everything = replace(
        ILL, layers=tuple(replace(one, constant=extent(one.n_units, [0])) for one in ILL.layers)
    )
    show(panel, experiment, everything)
    view = view_of(panel)
    for row in range(4):
        layout = layout_of(panel, row)
        assert layout.signs
        name_end = layout.name_at.x() + QFontMetricsF(layout.name_font).horizontalAdvance(layout.name)
        second_end = layout.second_at.x() + QFontMetricsF(layout.second_font).horizontalAdvance(layout.second)
        for sign in layout.signs:
            end = second_end if sign.condition == "constant" else name_end
            assert sign.rect.left() >= end
            assert sign.rect.right() <= view.stack_geometry.layer.right


def test_a_divergence_is_told_before_a_constant_unit(panel, experiment):
    panel.resize(400, 500)
    divergence = Divergence(step=5, layer=1, kind="batch_norm", learning_rate=0.5)
    run = run_with(experiment, ILL, divergence=divergence)
    panel.show_snapshot(Snapshot(State.STOPPED, runs=(run,)))
    assert "not" in layout_of(panel, 1).second


def test_other_health_paints_the_left_part_and_no_histogram(panel, experiment, qtbot):
    show(panel, experiment, HEALTHY)
    view, painted = view_of(panel), []
    view.viewport().repaint()
    view.viewport().installEventFilter(recorder := PaintRecorder(painted))
    readings = panel.shown_readings()[0][2]
    run = run_with(experiment, ILL)
    panel.show_snapshot(Snapshot(State.PAUSED, runs=(replace(run, readings=readings),)))
    qtbot.waitUntil(lambda: bool(painted))
    view.viewport().removeEventFilter(recorder)
    assert max(rect.right() for rect in painted) < view.stack_geometry.forward.left


def test_it_is_told_to_those_who_hear_the_row(model, experiment):
    def spoken(row):
        return model.data(model.index(row), Qt.ItemDataRole.AccessibleDescriptionRole)

    model.show_run(run_with(experiment, ILL))
    assert spoken(2).startswith("saturated 31")
    assert spoken(1).startswith("constant 12")
    assert "constant" not in spoken(0)


def test_the_tip_of_a_sign_has_the_counts_and_the_thresholds(panel, experiment):
    show(panel, experiment, ILL)
    place = place_of_sign(panel, 2)
    tip = view_of(panel).tip_at(place.x(), place.y())
    assert "2,480 of 8,000 outputs are saturated" in tip
    assert "2 of 8 units are saturated on more than half" in tip
    assert all(number in tip for number in ("0.01", "0.25", "0.0101", "0.9899", "first 1,000", "step 4"))
    beside = view_of(panel).tip_at(2, place.y())
    assert "squeezes" in beside


def test_many_sigmoid_rows_have_their_health_in_a_tall_stack(panel, document):
    layers = (SigmoidSpec(),) * 30
    document.edit_model(document.model.replaced(layers=layers), "deep")
    sigmoids = tuple(layer("sigmoid", n_units=784, constant=range(784)) for _ in layers)
    show(panel, document.experiment, Health(1, 1_000, (*sigmoids, layer("head", n_units=10))))
    QApplication.processEvents()
    assert all(len(layout_of(panel, row).signs) == 2 for row in range(30))
    assert not view_of(panel).grab().isNull()


# In words


def test_each_condition_has_its_own_definition():
    texts = {condition: definition(condition, 1_000) for condition in ("saturated", "dead", "constant")}
    assert "puts out 0 for every one of the 1,000" in texts["dead"]
    assert "1\N{NO-BREAK SPACE}% of its root mean square" in texts["constant"]
    assert all(text.lower().startswith(condition) for condition, text in texts.items())


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ([], "None of the 300 units is dead"),
        ([4], "1 of 300 units is dead: 5"),
        ([2, 6], "2 of 300 units are dead: 3, 7"),
        (range(0, 300, 10), "30 of 300 units are dead: 1, 11, 21, 31, 41"),
        (range(300), "300 of 300 units are dead"),
    ],
)
def test_the_units_concerned_are_counted_from_one(units, text):
    sentence = units_text(layer("relu", n_units=300, own=units), "dead")
    assert sentence.startswith(text)
    assert sentence.endswith("…") == (len(units) == 30)
    assert (":" in sentence) == (0 < len(units) < 300)


@pytest.mark.parametrize(
    ("units", "text"), [([], "The only unit is not dead"), ([0], "The only unit is dead")]
)
def test_an_only_unit_is_not_counted(units, text):
    assert units_text(layer("relu", n_units=1, own=units), "dead") == text


def test_a_unit_is_told_with_all_that_it_could_be():
    relu = layer("relu", own=[3], constant=[3, 4])
    assert unit_text(relu, 3, relu.conditions) == "unit 4: dead, constant"
    assert unit_text(relu, 4, relu.conditions) == "unit 5: not dead, constant"
    assert health_description(relu).startswith("dead 12")
    assert "of 8 units" in health_tip(Health(1, 10, (relu,)), 0, "dead")


def test_the_number_alone_is_the_shortest_text():
    for condition in ("saturated", "dead", "constant"):
        assert min(sign_texts(condition, 0.5), key=len) == "50\N{NO-BREAK SPACE}%"


def test_signs_differ_in_shape():
    pictures = []
    for condition in ("saturated", "dead", "constant"):
        image = QImage(12, 12, QImage.Format.Format_ARGB32)
        image.fill(0)
        with QPainter(image) as painter:
            paint_sign(painter, condition, QRectF(0, 0, 12, 12), QColor("black"))
        pictures.append(bytes(image.constBits()))
    assert len(set(pictures)) == 3


# The units


def test_a_click_on_a_sign_shows_its_units(panel, experiment, qtbot):
    show(panel, experiment, ILL)
    qtbot.mouseClick(view_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=place_of_sign(panel, 1))
    dialog = dialog_of(panel)
    assert (dialog.condition, dialog.grid.concerned) == ("constant", [1])
    dialog.close()


def test_a_click_beside_it_does_not(panel, experiment, qtbot):
    show(panel, experiment, ILL)
    place = place_of_sign(panel, 1)
    qtbot.mouseClick(view_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, place.y()))
    assert dialog_of(panel) is None


def test_a_key_shows_the_units_of_the_current_row(panel, experiment, qtbot):
    action = next(
        action for action in panel.edit_actions if action is not None and action.text() == "Show units"
    )
    assert not action.isEnabled()
    show(panel, experiment, ILL)
    assert action.isEnabled()
    view_of(panel).select_rows(2, 2)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    assert (dialog_of(panel).condition, dialog_of(panel).grid.concerned) == ("saturated", [0, 7])
    dialog_of(panel).close()


def test_the_key_shows_constant_units_where_nothing_else_is_wrong(panel, experiment):
    sigmoid = layer("sigmoid", constant=[2])
    show(panel, experiment, replace(HEALTHY, layers=(*HEALTHY.layers[:2], sigmoid, HEALTHY.layers[3])))
    view_of(panel).select_rows(2, 2)
    next(a for a in panel.edit_actions if a is not None and a.text() == "Show units").trigger()
    assert dialog_of(panel).condition == "constant"
    dialog_of(panel).close()


def test_the_cursor_says_that_a_sign_can_be_clicked(panel, experiment, qtbot):
    show(panel, experiment, ILL)
    viewport = view_of(panel).viewport()
    qtbot.mouseMove(viewport, place_of_sign(panel, 2))
    qtbot.waitUntil(lambda: viewport.cursor().shape() == Qt.CursorShape.PointingHandCursor)
    qtbot.mouseMove(viewport, QPoint(30, place_of_sign(panel, 2).y()))
    qtbot.waitUntil(lambda: viewport.cursor().shape() == Qt.CursorShape.ArrowCursor)
