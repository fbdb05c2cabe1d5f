"""The instruments in the window: what is in sight is measured, and all of them look back together."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bnstudio.document.experiment import ReLUSpec
from bnstudio.gui.dialogs.divergence_dialog import DivergenceDialog
from bnstudio.training.batch_norm import BatchNormInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection
from bnstudio.training.snapshot import State
from tests.gui.test_main_window import (  # noqa: F401 (fixtures)
    appearance,
    dataset,
    make_window,
    wait_for,
    window,
)

ACCURACY, GRADIENT_FLOW, LAYER, TRY_IT = range(4)


@pytest.fixture
def looks(window, monkeypatch):  # noqa: F811
    """What the window asked for, in order."""
    asked = []
    look = window._session.look
    monkeypatch.setattr(window._session, "look", lambda wanted: (asked.append(wanted), look(wanted)))
    return asked


@pytest.fixture
def trained(qtbot, window):  # noqa: F811
    """The window after its model was trained to the end of the plan, at step 22."""
    window.control_bar.train_button.click()
    wait_for(qtbot, window, State.FINISHED, step=22)
    return window


def show(window, tab):  # noqa: F811
    window.instruments.bar.setCurrentIndex(tab)


def run_of(snapshot):
    return next(run for run in snapshot.runs if not run.replaced)


def look_back(qtbot, window, n_moments):  # noqa: F811
    for _ in range(n_moments):
        QTest.keyClick(window.timeline_bar.slider, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.snapshots[-1].at_step == window.timeline_bar.step)
    return window.snapshots[-1]


def test_at_the_start_only_the_health_of_the_rows_is_asked_for(window):  # noqa: F811
    assert window.network_panel.look.inspections == {HealthInspection("small")}
    assert window.instruments.wanted == frozenset()
    assert window.timeline_bar.isHidden()
    assert window.slow_motion_bar.isHidden()


def test_the_layer_panel_follows_the_selected_row(window, looks):  # noqa: F811
    show(window, LAYER)
    window.network_panel._columns[0].view.select_rows(1, 1)
    assert looks[-1].inspections == {HealthInspection("small"), BatchNormInspection("small", 1)}
    assert "BatchNorm" in window.instruments.layer_panel.title_label.text()
    show(window, GRADIENT_FLOW)
    assert looks[-1].inspections == {HealthInspection("small"), GradientFlowInspection("small")}


def test_looking_inside_brings_the_layer_to_the_front(window):  # noqa: F811
    window.look_inside_action.trigger()
    assert window.instruments.bar.currentIndex() == LAYER
    assert window.instruments.layer_panel.isVisible()


def test_all_panels_look_back_together(qtbot, trained):
    show(trained, GRADIENT_FLOW)
    snapshot = look_back(qtbot, trained, 5)
    assert snapshot.at_step == 17
    run = run_of(snapshot)
    assert run.readings_step == 17
    assert run.step == 22  # the run itself is where it was
    assert trained.network_panel._columns[0].model.readings_step == 17
    flow = GradientFlowInspection("small").found_in(run)
    assert flow.step == 17
    assert "17" in trained.status_line.text
    assert "17" in trained.models_panel._heading.text()


def test_live_shows_the_latest_step_again(qtbot, trained):
    look_back(qtbot, trained, 5)
    qtbot.mouseClick(trained.timeline_bar.live_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: trained.snapshots[-1].at_step is None)
    assert run_of(trained.snapshots[-1]).readings_step == 22
    assert trained.network_panel._columns[0].model.readings_step == 22


def test_a_restart_is_live(qtbot, trained):
    look_back(qtbot, trained, 5)
    trained.control_bar.restart_action.trigger()
    assert trained.timeline_bar.step is None
    qtbot.waitUntil(lambda: trained.snapshots[-1].step == 0)
    assert trained.snapshots[-1].at_step is None


def test_another_document_is_live(qtbot, trained, document, experiment):
    look_back(qtbot, trained, 5)
    document.undo_stack.setClean()
    document.open(experiment.replaced(seed=3), None)
    assert trained.timeline_bar.step is None
    qtbot.waitUntil(lambda: trained.snapshots[-1].step == 0)


def test_what_is_not_recorded_is_live_only(qtbot, trained):
    show(trained, LAYER)
    trained.network_panel._columns[0].view.select_rows(0, 0)
    qtbot.waitUntil(lambda: len(run_of(trained.snapshots[-1]).findings) == 2)
    snapshot = look_back(qtbot, trained, 3)
    assert set(run_of(snapshot).findings) <= {HealthInspection("small")}


def test_a_step_by_stages_ends_with_the_step_done(qtbot, window):  # noqa: F811
    for _ in range(2):
        window.control_bar.step_action.trigger()
    wait_for(qtbot, window, State.PAUSED, step=2)
    window.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: run_of(window.snapshots[-1]).half_step is not None)
    assert window.slow_motion_bar.isVisible()
    assert run_of(window.snapshots[-1]).step == 2
    window.slow_motion.finish()
    wait_for(qtbot, window, State.PAUSED, step=3)
    assert run_of(window.snapshots[-1]).half_step is None


def test_training_ends_the_slow_motion(qtbot, window):  # noqa: F811
    window.slow_motion.stage_action.trigger()
    window.control_bar.train_button.click()
    wait_for(qtbot, window, State.FINISHED, step=22)
    assert window.slow_motion_bar.isHidden()


def test_a_test_image_is_marked_on_the_rows(qtbot, trained):
    show(trained, TRY_IT)
    trained.instruments.try_it_panel.try_test_image(3)
    view = trained.network_panel._columns[0].view
    qtbot.waitUntil(lambda: view._painting.example is not None)
    assert [len(values) for values in view._painting.example] == [8, 8, 8, 10]
    show(trained, ACCURACY)
    qtbot.waitUntil(lambda: view._painting.example is None)


def test_a_model_that_diverged_is_explained_and_taken_back(qtbot, window, document):  # noqa: F811
    layers = (*document.model.layers[:1], ReLUSpec()) * 2
    document.edit_model(document.model.replaced(layers=layers, learning_rate=1e6), "let it diverge")
    window.control_bar.train_button.click()
    qtbot.waitUntil(window.notice_bar.isVisible)
    divergence = run_of(window.snapshots[-1]).divergence
    qtbot.mouseClick(window.notice_bar.details_button, Qt.MouseButton.LeftButton)
    dialog = window.findChild(DivergenceDialog)
    table = dialog.table
    assert table.rowCount() == len(divergence.largest) == 5
    marked = [row for row in range(5) if "first" in table.item(row, table.columnCount() - 1).text()]
    assert marked == [divergence.layer]
    dialog.close()
    assert window.notice_bar.isVisible()  # to explain is not to answer
    qtbot.mouseClick(window.notice_bar.answer_button, Qt.MouseButton.LeftButton)
    assert document.model.learning_rate == 1
    wait_for(qtbot, window, State.FINISHED, step=22)
