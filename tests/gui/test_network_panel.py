from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    LeCunInit,
    ModelSetup,
    ReLUSpec,
    SigmoidSpec,
)
from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.stack_delegate import UnitsSpinBox
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.health import HealthInspection
from bnstudio.training.snapshot import Divergence, Look, Snapshot, State
from tests.gui.model_experiments import add_twin, open_twin, select_twin
from tests.gui.network_panels import PaintRecorder, focused_panel, view_of
from tests.gui.stack_snapshots import snapshot_of


@pytest.fixture
def panel(document, qtbot):
    """Dense 8, BatchNorm, Sigmoid and the head, shown and with the focus on the stack."""
    return focused_panel(document, qtbot)


def names(panel):
    model = view_of(panel).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())][:-1]


def centre_of(panel, row):
    view = view_of(panel)
    return view.visualRect(view.model().index(row, 0)).center()


def current(panel):
    return view_of(panel).currentIndex().row()


def button(panel, name) -> QToolButton:
    return next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == name)


def picture(panel):
    return panel.grab().toImage()


def test_the_title_has_the_name_and_all_parameters(panel, document):
    texts = {label.text() for label in panel.findChildren(QLabel)}
    assert document.model.name in texts
    assert f"{document.model.n_parameters:,} parameters" in texts


def test_the_total_follows_an_edit(panel, document, qtbot):
    before = document.model.n_parameters
    qtbot.mouseClick(button(panel, "Add Dense below"), Qt.MouseButton.LeftButton)
    assert document.model.n_parameters > before
    assert f"{document.model.n_parameters:,} parameters" in {
        label.text() for label in panel.findChildren(QLabel)
    }


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (Qt.Key.Key_1, "Dense 8"),
        (Qt.Key.Key_2, "BatchNorm"),
        (Qt.Key.Key_3, "Sigmoid"),
        (Qt.Key.Key_4, "ReLU"),
    ],
)
def test_a_key_adds_a_layer_below_the_current_row_and_goes_there(panel, qtbot, key, name):
    qtbot.keyClick(view_of(panel), key, Qt.KeyboardModifier.ControlModifier)
    assert names(panel) == ["Dense 8", name, "BatchNorm", "Sigmoid"]
    assert current(panel) == 1


def test_a_layer_added_at_the_head_stands_above_it(panel, qtbot):
    qtbot.mouseClick(view_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=centre_of(panel, 3))
    qtbot.mouseClick(button(panel, "Add ReLU below"), Qt.MouseButton.LeftButton)
    assert names(panel) == ["Dense 8", "BatchNorm", "Sigmoid", "ReLU"]


def test_shift_adds_above_with_the_key(panel, qtbot):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view_of(panel), Qt.Key.Key_4, both)
    assert names(panel)[0] == "ReLU"
    assert current(panel) == 0


def test_delete_takes_the_selected_rows_and_stays_there(panel, qtbot):
    view_of(panel).select_rows(0, 1)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_Delete)
    assert names(panel) == ["Sigmoid"]
    assert current(panel) == 0


def test_the_head_is_not_deleted(panel, qtbot, document):
    view_of(panel).select_rows(3, 3)
    assert not button(panel, "Delete").isEnabled()
    qtbot.keyClick(view_of(panel), Qt.Key.Key_Delete)
    assert document.undo_stack.count() == 0


def test_rows_move_with_alt_and_arrows_and_stay_selected(panel, qtbot):
    view_of(panel).select_rows(2, 2)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(panel) == ["Dense 8", "Sigmoid", "BatchNorm"]
    assert current(panel) == 1
    qtbot.keyClick(view_of(panel), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(panel) == ["Dense 8", "BatchNorm", "Sigmoid"]
    assert current(panel) == 2


def test_a_move_past_an_equal_layer_moves_the_selection(panel, document):
    document.edit_model(document.model.replaced(layers=(SigmoidSpec(), SigmoidSpec())), "two alike")
    view_of(panel).select_rows(0, 0)
    button(panel, "Move down").click()
    assert current(panel) == 1


def test_a_row_and_a_block_are_duplicated_by_key(panel, qtbot):
    view_of(panel).select_rows(1, 1)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert names(panel) == ["Dense 8", "BatchNorm", "BatchNorm", "Sigmoid"]
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view_of(panel), Qt.Key.Key_D, both)
    assert names(panel) == ["Dense 8", "BatchNorm", "BatchNorm", "Sigmoid"] * 2
    assert view_of(panel).selected_rows() == (4, 7)


def test_undo_selects_what_came_back(panel, document):
    view_of(panel).select_rows(1, 2)
    button(panel, "Delete").click()
    view_of(panel).select_rows(0, 0)
    document.undo_stack.undo()
    assert view_of(panel).selected_rows() == (1, 2)


def test_another_document_is_shown_from_its_first_row(panel, document, experiment):
    layers = (DenseSpec(units=8), SigmoidSpec(), ReLUSpec(), DenseSpec(units=4), SigmoidSpec())
    document.open(experiment.with_model(0, document.model.replaced(layers=layers)), None)
    assert view_of(panel).selected_rows() == (0, 0)


@pytest.mark.parametrize("key", [Qt.Key.Key_F2, Qt.Key.Key_Return])
def test_units_are_edited_on_the_row(panel, qtbot, document, key):
    qtbot.keyClick(view_of(panel), key)
    editor = panel.findChild(UnitsSpinBox)
    assert (editor.minimum(), editor.maximum(), editor.value()) == (1, 4096, 8)
    editor.selectAll()
    qtbot.keyClicks(editor, "32")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: document.model.layers[0] == DenseSpec(units=32))
    assert document.undo_stack.count() == 1


def test_too_many_units_are_refused_with_words_instead_of_losing_a_digit(panel, qtbot, document):
    qtbot.keyClick(view_of(panel), Qt.Key.Key_F2)
    editor = panel.findChild(UnitsSpinBox)
    editor.selectAll()
    qtbot.keyClicks(editor, "5000")
    with qtbot.waitSignal(panel.message_raised) as raised:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert "from 1 to 4,096" in raised.args[0]
    assert document.model.layers[0] == DenseSpec(units=8)


def test_escape_leaves_the_units(panel, qtbot, document):
    qtbot.mouseDClick(view_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=centre_of(panel, 0))
    editor = panel.findChild(UnitsSpinBox)
    qtbot.keyClicks(editor, "32")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert document.undo_stack.count() == 0


@pytest.mark.parametrize("show_its_twin", [select_twin, open_twin])
def test_units_that_are_being_edited_are_not_those_of_another_model(panel, qtbot, document, show_its_twin):
    add_twin(document)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_F2)
    editor = panel.findChild(UnitsSpinBox)
    editor.selectAll()
    qtbot.keyClicks(editor, "32")
    show_its_twin(document)
    qtbot.waitUntil(lambda: panel.findChild(UnitsSpinBox) is None)
    assert all(model.layers[0] == DenseSpec(units=8) for model in document.experiment.models)
    assert view_of(panel).hasFocus()


def test_a_row_without_units_opens_no_editor(panel, qtbot):
    view_of(panel).select_rows(1, 1)
    qtbot.keyClick(view_of(panel), Qt.Key.Key_Return)
    assert panel.findChild(UnitsSpinBox) is None


def test_the_space_key_is_left_to_the_window(panel):
    space = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
    view_of(panel).keyPressEvent(space)
    assert not space.isAccepted()


def test_the_wheel_does_not_change_units(panel, qtbot):
    qtbot.keyClick(view_of(panel), Qt.Key.Key_F2)
    editor = panel.findChild(UnitsSpinBox)
    centre = QPointF(editor.rect().center())
    wheel = QWheelEvent(
        centre,
        editor.mapToGlobal(centre),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(editor, wheel)
    assert editor.value() == 8


def test_a_refused_edit_is_told(panel, qtbot, document):
    wide = (DenseSpec(units=4096),) * 3
    document.edit_model(document.model.replaced(layers=wide), "wide")
    view_of(panel).select_rows(2, 2)
    with qtbot.waitSignal(panel.message_raised) as message:
        button(panel, "Duplicate").click()
    assert "parameters" in message.args[0]
    assert document.model.layers == wide


def drop(panel, data, y, kind):
    view = view_of(panel)
    position = QPointF(50, y)
    arguments = (Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event = (
        QDropEvent(position, *arguments)
        if kind is QDropEvent
        else QDragMoveEvent(position.toPoint(), *arguments)
    )
    (view.dropEvent if kind is QDropEvent else view.dragMoveEvent)(event)
    return event


def test_rows_dropped_below_the_head_land_above_it(panel):
    data = view_of(panel).model().mimeData([view_of(panel).model().index(0)])
    assert drop(panel, data, 5_000, QDropEvent).isAccepted()
    assert names(panel) == ["BatchNorm", "Sigmoid", "Dense 8"]
    assert current(panel) == 2


def test_a_line_shows_where_dragged_rows_would_land(panel, qtbot):
    before = picture(panel)
    data = view_of(panel).model().mimeData([view_of(panel).model().index(0)])
    assert drop(panel, data, centre_of(panel, 2).y() + 10, QDragMoveEvent).isAccepted()
    assert picture(panel) != before


def test_rows_that_change_meanwhile_end_a_drag(panel, document):
    data = view_of(panel).model().mimeData([view_of(panel).model().index(0)])
    assert drop(panel, data, 5_000, QDragMoveEvent).isAccepted()
    document.edit_model(document.model.replaced(layers=document.model.layers[1:]), "fewer")
    after = picture(panel)
    assert not drop(panel, data, 5_000, QDragMoveEvent).isAccepted()
    assert not drop(panel, data, 5_000, QDropEvent).isAccepted()
    assert names(panel) == ["BatchNorm", "Sigmoid"]
    assert picture(panel) == after


def test_what_is_no_row_is_not_taken(panel):
    data = QMimeData()
    data.setText("a text")
    assert not drop(panel, data, 10, QDropEvent).isAccepted()


def test_the_switches_say_what_has_to_be_measured(panel, qtbot, document):
    name = document.model.name
    assert panel.look == Look(frozenset({name}), inspections=frozenset({HealthInspection(name)}))
    assert (panel.look.log_magnitude, panel.look.shared_range) == (False, True)
    with qtbot.waitSignal(panel.look_changed) as changed:
        qtbot.mouseClick(button(panel, "Axes: Log magnitude"), Qt.MouseButton.LeftButton)
    assert changed.args[0].log_magnitude
    with qtbot.waitSignal(panel.look_changed) as changed:
        qtbot.keyClick(button(panel, "Range: Own range"), Qt.Key.Key_Space)
    assert changed.args[0] == panel.look
    assert not panel.look.shared_range


def test_arrow_keys_go_from_choice_to_choice(panel, qtbot):
    button(panel, "Axes: Linear").setFocus()
    qtbot.keyClick(button(panel, "Axes: Linear"), Qt.Key.Key_Right)
    assert panel.look.log_magnitude


def test_tab_reaches_the_switches_and_then_the_stack(panel, qtbot):
    switches = panel.findChildren(SegmentedSwitch)
    first = next(b for b in switches[0].findChildren(QToolButton) if b.isChecked())
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Backtab)
    before = panel.focusWidget()
    reached = []
    for _ in range(3):
        qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
        reached.append(panel.focusWidget().accessibleName())
    assert before is not first
    assert reached == ["Axes: Linear", "Range: Shared", "Layer stack"]


def test_buttons_follow_a_change_of_the_theme(panel, qapp, qtbot):
    def brightness():
        return button(panel, "Add Dense below").grab().toImage().pixelColor(6, 10).lightness()

    qapp.setPalette(palette_of(LIGHT))
    qtbot.waitUntil(lambda: brightness() > 200)
    qapp.setPalette(palette_of(DARK))
    qtbot.waitUntil(lambda: brightness() < 100)


def test_it_shows_the_selected_model_where_there_are_several(panel, qtbot, document):
    other = ModelSetup(name="other", learning_rate=0.1, weight_init=LeCunInit(), layers=(ReLUSpec(),))
    document.edit(document.experiment.replaced(models=(document.model, other)), "two models")
    with qtbot.waitSignal(panel.look_changed) as changed:
        document.select(1)
    assert changed.args[0].names == {"other"}
    assert names(panel) == ["ReLU"]


def test_a_snapshot_changes_the_picture_and_forgetting_takes_it_back(panel, experiment):
    empty = picture(panel)
    panel.show_snapshot(snapshot_of(experiment))
    assert picture(panel) != empty
    panel.forget_readings()
    assert picture(panel) == empty


def test_a_frame_paints_no_layer_names(panel, experiment, qtbot):
    view = view_of(panel)
    painted = []
    view.viewport().installEventFilter(recorder := PaintRecorder(painted))
    panel.show_snapshot(snapshot_of(experiment))
    qtbot.waitUntil(lambda: bool(painted))
    assert min(rect.left() for rect in painted) > view.stack_geometry.layer.right
    view.viewport().removeEventFilter(recorder)


def test_hovering_a_bar_tells_its_interval_and_what_signal_means(panel, experiment):
    view = view_of(panel)
    panel.show_snapshot(snapshot_of(experiment))
    y = centre_of(panel, 0).y()
    middle = view.stack_geometry.forward.left + view.stack_geometry.forward.width / 2
    tip = view.tip_at(middle, y)
    assert "Dense 8" in tip
    assert "values here" in tip
    assert "signal" in tip
    assert "counted in the histogram" not in tip
    assert "gradient" in view.tip_at(view.stack_geometry.backward.left + 1, y)
    assert view.tip_at(10, 5_000) == ""


def test_a_sample_is_said_to_be_one(panel, document):
    document.edit_model(document.model.replaced(layers=(DenseSpec(units=300), BatchNormSpec())), "wide")
    panel.show_snapshot(snapshot_of(document.experiment, every_value=False))
    view = view_of(panel)
    tip = view.tip_at(view.stack_geometry.forward_text.left, centre_of(panel, 0).y())
    assert "of 6,000, a sample" in tip


def test_the_tip_says_of_which_step_the_values_are_when_a_run_has_diverged_since(panel, document):
    snapshot = snapshot_of(document.experiment)
    panel.show_snapshot(snapshot)
    diverged = replace(snapshot.runs[0], readings=None, divergence=Divergence(8, None, None, 0.1))
    panel.show_snapshot(replace(snapshot, step=7, runs=(diverged,)))
    view = view_of(panel)
    tip = view.tip_at(view.stack_geometry.forward.left + 5, centre_of(panel, 0).y())
    assert tip.startswith("Dense 8, at step 1\n")


def test_before_anything_is_measured_the_tip_says_so(panel):
    view = view_of(panel)
    assert "Nothing has been measured yet" in view.tip_at(
        view.stack_geometry.forward.left + 5, centre_of(panel, 0).y()
    )


def test_rows_share_the_height_until_they_would_be_too_small_to_read(panel, document, qtbot):
    view = view_of(panel)
    assert view.verticalScrollBar().maximum() == 0
    document.edit_model(document.model.replaced(layers=(SigmoidSpec(),) * 30), "deep")
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() > 0)
    assert view.stack_geometry.row_height >= 38


def test_rows_grow_with_the_text(panel, qtbot):
    view = view_of(panel)
    panel.resize(700, 300)
    qtbot.waitUntil(lambda: view.stack_geometry.row_height < 60)
    before = view.stack_geometry
    font = panel.font()
    font.setPointSizeF(2 * font.pointSizeF())
    panel.setFont(font)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    assert view.stack_geometry.row_height > 1.3 * before.row_height
    assert view.stack_geometry.line_height > 1.5 * before.line_height


@pytest.mark.parametrize("width", [560, 700, 1100])
def test_columns_follow_each_other_and_fit(panel, width, qtbot):
    panel.resize(width, 500)
    view = view_of(panel)
    qtbot.waitUntil(lambda: view.viewport().width() >= width - 30)
    geometry = view.stack_geometry
    spans = [
        geometry.layer,
        geometry.forward,
        geometry.forward_text,
        geometry.backward,
        geometry.backward_text,
    ]
    for before, after in pairwise(spans):
        assert before.right < after.left
    assert geometry.backward_text.right <= view.viewport().width()
    assert geometry.forward.width >= 90


def test_the_menu_has_every_edit_with_a_key_but_one_of_each(panel):
    actions = [action for action in panel.edit_actions if action is not None]
    keys = [action.shortcut().toString() for action in actions]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_of_a_past_step_and_after_a_failure_the_axes_stay_as_they_are(panel):
    switch = button(panel, "Axes: Linear")
    for snapshot, why in (
        (Snapshot(State.PAUSED, at_step=3), "A past step"),
        (Snapshot(State.FAILED), "Training has ended"),
        (Snapshot(State.PAUSED), "The values as they are"),
    ):
        panel.show_snapshot(snapshot)
        assert switch.toolTip().startswith(why)
        assert switch.isEnabled() == (why == "The values as they are")
