"""Two stacks beside each other: aligned, both live, one of them edited."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton

from bnstudio.document.experiment import BatchNormSpec, DenseSpec, ReLUSpec, SigmoidSpec
from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.stack_view import StackView
from bnstudio.training.snapshot import Divergence, Snapshot, State
from tests.gui.network_panels import shown_panel
from tests.gui.stack_snapshots import run_of

DENSE, NORM, SIGMOID = DenseSpec(units=8), BatchNormSpec(), SigmoidSpec()


@pytest.fixture
def document(document):
    """`plain` (Dense, Sigmoid) selected, and beside it `normed` (Dense, BatchNorm, Sigmoid)."""
    plain = document.model.replaced(name="plain", colour=0, layers=(DENSE, SIGMOID))
    normed = plain.replaced(name="normed", colour=1, layers=(DENSE, NORM, SIGMOID))
    third = plain.replaced(name="third", colour=2, layers=(ReLUSpec(),))
    document.open(document.experiment.replaced(models=(plain, normed, third)), None)
    document.compare(1)
    return document


@pytest.fixture
def panel(document, qtbot):
    return shown_panel(document, qtbot, 900, 400)


def views(panel):
    return [view for view in panel.findChildren(StackView) if view.isVisible()]


def top_of(view, row):
    rect = view.visualRect(view.model().index(row, 0))
    return rect.bottom() + 1 - view.stack_geometry.row_height


def click(qtbot, view, row):
    rect = view.visualRect(view.model().index(row, 0))
    at = rect.bottomLeft()
    at.setX(30)
    at.setY(at.y() - view.stack_geometry.row_height // 2)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def texts(panel):
    return {label.text() for label in panel.findChildren(QLabel) if label.isVisible()}


def both_runs(document):
    return [replace(run_of(document.experiment, i), run_id=i + 1) for i in (0, 1)]


def test_rows_that_match_stand_at_the_same_height(panel):
    left, right = views(panel)
    assert left.stack_geometry.row_height == right.stack_geometry.row_height
    assert top_of(left, 0) == top_of(right, 0)
    assert top_of(left, 1) == top_of(right, 2)
    assert top_of(left, 2) == top_of(right, 3)
    assert top_of(left, 1) - top_of(left, 0) == 2 * left.stack_geometry.row_height


def test_the_gap_is_no_row(panel):
    left, _ = views(panel)
    middle_of_gap = top_of(left, 0) + 1.5 * left.stack_geometry.row_height
    assert left.places.row_at(middle_of_gap) is None
    assert left.tip_at(10, middle_of_gap) == ""


def test_what_differs_is_said_in_words(panel):
    assert "normed = plain + BatchNorm" in texts(panel)


def test_what_is_measured_is_both(panel, document):
    assert panel.look.names == {"plain", "normed"}
    document.compare(None)
    assert panel.look.names == {"plain"}


def test_both_show_their_readings(panel, document):
    before = [view.viewport().grab().toImage() for view in views(panel)]
    panel.show_snapshot(Snapshot(State.TRAINING, runs=tuple(both_runs(document))))
    after = [view.viewport().grab().toImage() for view in views(panel)]
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_histograms_of_matching_rows_stand_at_the_same_height(panel, document):
    panel.show_snapshot(Snapshot(State.TRAINING, runs=tuple(both_runs(document))))
    left, _ = views(panel)
    geometry = left.stack_geometry
    picture = left.viewport().grab().toImage()
    gap, plot = top_of(left, 0) + geometry.row_height, geometry.forward
    columns = range(int(plot.left), int(plot.right))
    inks = [
        {picture.pixel(x, int(top + geometry.baseline) - 2) for x in columns}
        for top in (gap, top_of(left, 1))
    ]
    assert len(inks[0]) == 1  # nothing is drawn where there is no layer
    assert len(inks[1]) > 1


def test_a_click_into_the_other_stack_selects_its_model_and_moves_nothing(panel, document, qtbot):
    _, right = views(panel)
    click(qtbot, right, 1)
    assert document.model.name == "normed"
    assert [view.model().model.name for view in views(panel)] == ["plain", "normed"]
    assert right.currentIndex().row() == 1


def test_buttons_edit_the_selected_of_the_two(panel, document, qtbot):
    add = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Add BatchNorm below")
    _, right = views(panel)
    click(qtbot, right, 2)
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    plain, normed, _ = document.experiment.models
    assert plain.layers == (DENSE, SIGMOID)
    assert normed.layers == (DENSE, NORM, SIGMOID, NORM)


def test_keys_edit_the_stack_that_has_the_focus(panel, document, qtbot):
    left, right = views(panel)
    click(qtbot, right, 1)
    qtbot.keyClick(right, Qt.Key.Key_Delete)
    assert document.experiment.models[1].layers == (DENSE, SIGMOID)
    assert top_of(left, 1) == top_of(right, 1)  # no gap is left
    click(qtbot, left, 1)
    qtbot.keyClick(left, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert document.experiment.models[0].layers == (SIGMOID, DENSE)


def test_the_focus_stays_with_the_selected_model(panel, document, qtbot):
    left, right = views(panel)
    click(qtbot, left, 1)
    document.select(1)
    assert right.hasFocus()
    document.compare(None)  # now it stands in the first place
    assert left.hasFocus()
    document.compare(0)
    assert right.hasFocus()
    document.select(0)
    assert left.hasFocus()
    click(qtbot, right, 1)
    assert document.selected == 1


def test_the_focus_elsewhere_stays_there(panel, document):
    button = panel.findChild(QToolButton)
    button.setFocus()
    document.select(1)
    assert button.hasFocus()


def test_undo_of_an_edit_in_the_other_stack_is_seen_there(panel, document, qtbot):
    _, right = views(panel)
    click(qtbot, right, 1)
    qtbot.keyClick(right, Qt.Key.Key_Delete)
    document.undo_stack.undo()
    assert right.model().rowCount() == 4


def test_the_other_model_leaves_when_it_is_removed(panel, document):
    models = document.experiment.models
    document.edit(document.experiment.replaced(models=(models[0], models[2])), "remove")
    assert len(views(panel)) == 1
    assert "plain" in texts(panel)


def test_a_third_model_takes_the_place_of_the_selected_one(panel, document):
    document.select(2)
    assert [view.model().model.name for view in views(panel)] == ["normed", "third"]


def test_stacks_scroll_together(panel, document, qtbot):
    layers = (DENSE, NORM, SIGMOID) * 8
    document.edit_model(document.model.replaced(layers=layers), "deep")
    left, right = views(panel)
    qtbot.waitUntil(lambda: left.verticalScrollBar().maximum() > 100)
    qtbot.waitUntil(lambda: right.verticalScrollBar().maximum() == left.verticalScrollBar().maximum())
    left.verticalScrollBar().setValue(80)
    assert right.verticalOffset() == left.verticalOffset() == 80


def test_a_late_run_is_not_said_to_be_at_the_same_step(panel, document):
    runs = both_runs(document)
    panel.show_snapshot(Snapshot(State.TRAINING, runs=tuple(runs)))
    assert any("the same mini-batches" in text for text in texts(panel))
    late = replace(runs[1], late_by=5)
    at_the_end = Snapshot(State.FINISHED, runs=(runs[0], late))
    behind = Snapshot(State.TRAINING, runs=(replace(runs[0], step=late.step + 5), late))
    for snapshot, apart in (
        (behind, True),
        (replace(behind, at_step=1), False),
        (behind, True),
        (at_the_end, False),
    ):
        panel.show_snapshot(snapshot)
        assert any("not at the same step" in text for text in texts(panel)) == apart
        assert any("the same mini-batches" in text for text in texts(panel)) != apart


def test_the_axes_of_the_past_cannot_be_chosen(panel, document):
    runs = tuple(both_runs(document))
    switches = panel.findChildren(SegmentedSwitch)
    for at_step in (None, 1, None):
        panel.show_snapshot(Snapshot(State.PAUSED, at_step=at_step, runs=runs))
        assert [switch.isEnabled() for switch in switches] == [at_step is None] * 2


def test_of_a_model_that_has_diverged_the_head_says_of_which_step_its_histograms_are(panel, document):
    runs = both_runs(document)
    panel.show_snapshot(Snapshot(State.TRAINING, runs=tuple(runs)))
    assert not any("diverged" in text for text in texts(panel))
    diverged = replace(runs[1], step=7, divergence=Divergence(8, None, None, 0.1))
    snapshot = Snapshot(State.TRAINING, runs=(replace(runs[0], step=8), diverged))
    panel.show_snapshot(snapshot)
    assert any("normed has diverged, its histograms are of step 1" in text for text in texts(panel))
    panel.show_snapshot(replace(snapshot, at_step=1))
    assert not any("has diverged" in text for text in texts(panel))
    panel.show_snapshot(snapshot)
    document.compare(2)
    assert not any("has diverged" in text for text in texts(panel))
