"""Edits of one gesture, such as the drag of a slider, are one edit of the document."""

import gc
import weakref

import pytest

from bnstudio.gui.experiment_document import ExperimentDocument
from tests.gui.model_experiments import experiment_of


@pytest.fixture
def document(qapp):
    return ExperimentDocument(experiment_of("a"))


def edit(document, epochs, key):
    document.edit(document.experiment.replaced(epochs=epochs), f"{epochs} epochs", key)


def test_they_are_undone_and_done_again_at_once(document):
    for epochs in (6, 7, 8):
        edit(document, epochs, "drag")
    assert (document.undo_stack.count(), document.experiment.epochs) == (1, 8)
    document.undo_stack.undo()
    assert document.experiment.epochs == 5
    document.undo_stack.redo()
    assert document.experiment.epochs == 8


@pytest.mark.parametrize("keys", [("drag", "another"), ("drag", None), (None, None)])
def test_another_gesture_is_another_edit(document, keys):
    edit(document, 6, keys[0])
    edit(document, 7, keys[1])
    assert document.undo_stack.count() == 2


def test_one_that_comes_back_to_where_it_began_is_none(document):
    edit(document, 6, "drag")
    edit(document, 5, "drag")
    assert (document.undo_stack.count(), document.experiment.epochs) == (0, 5)
    assert document.undo_stack.isClean()
    edit(document, 7, "drag")
    assert (document.undo_stack.count(), document.experiment.epochs) == (1, 7)


def test_what_was_saved_in_between_can_be_undone_to(document):
    edit(document, 6, "drag")
    document.undo_stack.setClean()
    edit(document, 7, "drag")
    document.undo_stack.undo()
    assert (document.experiment.epochs, document.undo_stack.isClean()) == (6, True)


def test_one_that_goes_on_after_undo_is_another_edit(document):
    edit(document, 6, "first")
    edit(document, 7, "drag")
    document.undo_stack.undo()
    edit(document, 8, "first")
    assert (document.undo_stack.count(), document.undo_stack.canRedo()) == (2, False)
    document.undo_stack.undo()
    assert document.experiment.epochs == 6


def test_each_is_told(document, qtbot):
    told = []
    document.experiment_changed.connect(lambda experiment: told.append(experiment.epochs))
    for epochs in (6, 7, 5):
        edit(document, epochs, "drag")
    assert told == [6, 7, 5]


def test_nothing_of_what_lies_between_is_kept(document):
    edit(document, 6, "drag")
    edit(document, 7, "drag")
    between = weakref.ref(document.experiment)
    edit(document, 8, "drag")
    gc.collect()
    assert between() is None


def test_undo_names_what_the_gesture_came_to(document, qtbot):
    undo = document.undo_stack.createUndoAction(document, "&Undo")
    for rate in (0.4, 0.3, 0.2):
        model = document.model.replaced(learning_rate=rate)
        document.edit_model(model, f"learning rate {rate}", "drag")
        assert undo.text() == f"&Undo learning rate {rate}"
