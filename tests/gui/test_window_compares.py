"""The window with several models: what reaches the session, and what makes room."""

import pytest
from PySide6.QtCore import Qt

from bnstudio.document.experiment import ReLUSpec
from bnstudio.gui.models.model_edits import duplicated
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.snapshot import State
from tests.gui.test_main_window import (  # noqa: F401 (fixtures)
    appearance,
    dataset,
    make_window,
    wait_for,
    window,
)

TOGETHER = {"small": 23, "small 2": 23}


@pytest.fixture
def copy(document):
    """Add a copy of the model, which is then the second one and selected."""

    def add_copy():
        document.edit(duplicated(document.experiment, 0), "duplicate")
        document.select(1)

    return add_copy


def runs_of(window):  # noqa: F811
    return {run.name: run for run in window.snapshots[-1].runs if not run.replaced}


def test_a_copy_made_in_the_middle_catches_up_on_the_same_batches(qtbot, window, document, copy):  # noqa: F811
    window.control_bar.train_button.click()
    wait_for(qtbot, window, State.FINISHED, step=22)
    copy()
    window.control_bar.step_action.trigger()
    qtbot.waitUntil(lambda: {name: run.step for name, run in runs_of(window).items()} == TOGETHER)
    original, its_copy = (window.histories.current(name) for name in ("small", "small 2"))
    assert its_copy.losses.tolist() == original.losses.tolist()


def test_start_at_zero_lets_it_off(qtbot, window, document, copy):  # noqa: F811
    window.control_bar.train_button.click()
    wait_for(qtbot, window, State.FINISHED, step=22)
    copy()
    qtbot.waitUntil(lambda: window.snapshots[-1].catch_up is not None)
    window.catch_up_bar.cancel_button.click()
    qtbot.waitUntil(lambda: window.snapshots[-1].catch_up is None)
    assert runs_of(window)["small 2"].late_by == 22


def test_taking_back_starts_only_the_model_that_diverged(qtbot, window, document, copy):  # noqa: F811
    copy()
    layers = (*document.model.layers[:1], ReLUSpec(), *document.model.layers[:1], ReLUSpec())
    document.edit_model(document.model.replaced(layers=layers, learning_rate=1e6), "let it diverge")
    window.control_bar.train_button.click()
    qtbot.waitUntil(window.notice_bar.isVisible)
    wait_for(qtbot, window, State.FINISHED, step=22)
    before = runs_of(window)
    qtbot.mouseClick(window.notice_bar.answer_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: runs_of(window)["small 2"].run_id != before["small 2"].run_id)
    assert runs_of(window)["small"].run_id == before["small"].run_id
    assert document.model.learning_rate == 1


def test_two_stacks_take_room_from_the_curves_and_give_it_back(window, document, copy):  # noqa: F811
    copy()
    window.showNormal()
    window.resize(1280, 800)
    alone = window.central_area.splitters["main"].sizes()
    document.compare(0)
    beside = window.central_area.splitters["main"].sizes()
    assert beside[1] > alone[1]
    document.compare(None)
    assert window.central_area.splitters["main"].sizes() == alone


def test_the_room_for_two_stacks_is_given_back_to_another_document(window, document, copy, experiment):  # noqa: F811
    copy()
    window.showNormal()
    window.resize(1280, 800)
    alone = window.central_area.splitters["main"].sizes()
    document.compare(0)
    document.open(experiment, None)
    assert window.central_area.splitters["main"].sizes() == alone


def test_the_room_for_two_stacks_is_not_remembered(window, make_window, document, copy, dataset):  # noqa: F811
    copy()
    window.showNormal()
    window.resize(1280, 800)
    alone = window.central_area.splitters["main"].sizes()
    document.compare(0)
    document.undo_stack.setClean()
    window.close()
    again = make_window(document, lambda: dataset)
    again.showNormal()
    again.resize(1280, 800)
    assert again.central_area.splitters["main"].sizes() == alone


def test_what_a_hidden_instrument_would_show_is_not_measured(window, copy):  # noqa: F811
    assert window.instruments.gradient_flow_panel.wanted == frozenset()
    window.central_area.splitters["curves"].widget(1).bar.setCurrentIndex(1)
    assert window.instruments.gradient_flow_panel.wanted == {GradientFlowInspection("small")}
    copy()
    assert window.instruments.gradient_flow_panel.wanted == {
        GradientFlowInspection("small"),
        GradientFlowInspection("small 2"),
    }
    window.central_area.splitters["curves"].widget(1).bar.setCurrentIndex(0)
    assert window.instruments.gradient_flow_panel.wanted == frozenset()
