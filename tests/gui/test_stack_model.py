from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from bnstudio.document.experiment import MAX_LAYERS, BatchNormSpec, DenseSpec, ReLUSpec, SigmoidSpec
from bnstudio.gui.network.stack_model import StackModel
from bnstudio.training.snapshot import Divergence
from tests.gui.model_experiments import add_twin, open_twin, select_twin
from tests.gui.stack_snapshots import run_of


@pytest.fixture
def model(document):
    """Dense 8, BatchNorm, Sigmoid, head; Qt's own tester watches every change."""
    model = StackModel(document)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield model
    del tester


def names(model):
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def test_the_rows_are_the_hidden_layers_and_the_head(model):
    assert names(model) == ["Dense 8", "BatchNorm", "Sigmoid", "Dense 10 + softmax"]


def test_the_head_can_be_neither_dragged_nor_edited_nor_deleted(model, document):
    head = model.index(3)
    assert not model.flags(head) & Qt.ItemFlag.ItemIsDragEnabled
    assert not model.flags(head) & Qt.ItemFlag.ItemIsEditable
    assert not model.remove(3, 3)
    assert "cannot be moved, changed or deleted" in model.data(head, Qt.ItemDataRole.ToolTipRole)
    assert document.undo_stack.isClean()


def test_a_layer_is_inserted_above_the_head_at_the_latest(model):
    model.insert(4, ReLUSpec())
    assert names(model)[-2:] == ["ReLU", "Dense 10 + softmax"]


def test_a_new_dense_is_as_wide_as_the_one_before_it(model):
    model.insert(3, DenseSpec(units=300))
    assert names(model)[3] == "Dense 8"


def test_units_are_edited_in_the_document(model, document):
    assert model.setData(model.index(0), 16)
    assert document.model.layers[0] == DenseSpec(units=16)
    assert names(model)[0] == "Dense 16"


def test_units_out_of_bounds_are_refused_with_words(model, document, qtbot):
    with qtbot.waitSignal(model.edit_refused) as refusal:
        assert not model.setData(model.index(0), 0)
    assert "units" in refusal.args[0]
    assert document.undo_stack.isClean()


def test_a_stack_that_would_be_too_tall_is_refused_with_words(model, document, qtbot):
    layers = (SigmoidSpec(),) * MAX_LAYERS
    document.edit_model(document.model.replaced(layers=layers), "fill")
    with qtbot.waitSignal(model.edit_refused) as refusal:
        assert not model.insert(0, ReLUSpec())
    assert str(MAX_LAYERS) in refusal.args[0]
    assert document.model.layers == layers


def test_undo_and_redo_are_followed(model, document):
    model.remove(1, 1)
    assert names(model) == ["Dense 8", "Sigmoid", "Dense 10 + softmax"]
    document.undo_stack.undo()
    assert names(model) == ["Dense 8", "BatchNorm", "Sigmoid", "Dense 10 + softmax"]
    document.undo_stack.redo()
    assert names(model) == ["Dense 8", "Sigmoid", "Dense 10 + softmax"]


def test_a_move_keeps_what_points_to_the_row(model):
    from PySide6.QtCore import QPersistentModelIndex

    batch_norm = QPersistentModelIndex(model.index(1))
    model.move_rows(1, 1, 3)
    assert names(model)[:3] == ["Dense 8", "Sigmoid", "BatchNorm"]
    assert batch_norm.row() == 2


def test_shapes_below_follow_a_change_of_units(model):
    model.setData(model.index(0), 16)
    assert model.row(2).shape.n_outputs == 16
    assert model.row(3).shape.n_inputs == 16


def test_a_block_is_repeated_below_itself(model):
    assert model.duplicate(*model.block_around(1))
    assert names(model)[:-1] == ["Dense 8", "BatchNorm", "Sigmoid"] * 2


def test_an_edit_says_which_rows_to_select_and_so_does_undo(model, document, qtbot):
    with qtbot.waitSignal(model.rows_settled) as settled:
        model.duplicate(0, 1)
    assert settled.args == [2, 3]
    with qtbot.waitSignal(model.rows_settled):
        model.remove(4, 4)
    with qtbot.waitSignal(model.rows_settled) as settled:
        document.undo_stack.undo()
    assert settled.args == [4, 4]


def test_dragged_rows_are_dropped_as_one_edit(model, document, qtbot):
    data = model.mimeData([model.index(0), model.index(1)])
    with qtbot.waitSignal(model.rows_settled) as settled:
        assert model.dropMimeData(data, Qt.DropAction.MoveAction, 4, 0, QModelIndex())
    assert settled.args == [1, 2]
    assert names(model) == ["Sigmoid", "Dense 8", "BatchNorm", "Dense 10 + softmax"]
    assert document.undo_stack.count() == 1


def test_rows_dragged_from_another_window_are_not_taken(model, document):
    other = StackModel(document)
    assert not model.has_dragged(other.mimeData([other.index(0)]))
    assert model.has_dragged(model.mimeData([model.index(0)]))


@pytest.mark.parametrize("show_its_twin", [select_twin, open_twin])
def test_another_model_with_the_same_layers_is_told_as_a_reset_and_ends_a_drag(
    model, document, qtbot, show_its_twin
):
    add_twin(document)
    data = model.mimeData([model.index(0)])
    with qtbot.waitSignal(model.modelReset):
        show_its_twin(document)
    assert not model.has_dragged(data)
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, 3, 0, QModelIndex())


def test_readings_of_the_selected_model_are_shown(model, experiment):
    run = run_of(experiment)
    model.show_run(run)
    assert model.readings is run.readings
    description = model.data(model.index(0), Qt.ItemDataRole.AccessibleDescriptionRole)
    assert "signal" in description
    assert "backward mean" in description


@pytest.mark.parametrize("changes", [{"name": "another"}, {"replaced": True}, {"readings": None}])
def test_readings_of_other_or_ended_runs_are_left_aside(model, experiment, changes):
    model.show_run(run_of(experiment, **changes))
    assert model.readings is None


def test_readings_of_another_stack_are_left_aside(model, experiment, document):
    run = run_of(experiment)
    model.insert(3, BatchNormSpec())
    model.show_run(run)
    assert model.readings is None
    document.undo_stack.undo()
    model.setData(model.index(0), 7)
    model.show_run(run)
    assert model.readings is None


def test_an_edit_forgets_the_readings(model, experiment):
    model.show_run(run_of(experiment))
    model.move_rows(0, 0, 2)
    assert model.readings is None


def test_a_change_of_the_learning_rate_keeps_the_readings(model, experiment, document):
    model.show_run(run_of(experiment))
    document.edit_model(document.model.replaced(learning_rate=0.25), "rate")
    assert model.readings is not None


def test_a_run_that_starts_anew_forgets_the_readings_of_the_one_before(model, experiment):
    run = run_of(experiment)
    model.show_run(run)
    model.show_run(replace(run, run_id=2, readings=None))
    assert model.readings is None


def test_a_diverged_run_keeps_its_last_picture_and_marks_the_layer(model, experiment):
    run = run_of(experiment)
    model.show_run(run)
    divergence = Divergence(step=2, layer=1, kind="batch_norm", learning_rate=0.5)
    model.show_run(replace(run, divergence=divergence, readings=None))
    assert model.readings is run.readings
    assert model.has_diverged_in(1)
    assert not model.has_diverged_in(0)
    assert "not finite" in model.data(model.index(1), Qt.ItemDataRole.ToolTipRole)
    model.forget_readings()
    assert not model.has_diverged_in(1)
