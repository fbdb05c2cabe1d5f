"""Which models of the document are looked at: selected, compared, visible, also after edits and undo."""

import pytest

from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.models.model_edits import added, duplicated, moved, removed, renamed
from tests.gui.model_experiments import experiment_of, small_model


@pytest.fixture
def three():
    """Models a, b and c; b is selected, c is compared with it, a is hidden."""
    document = ExperimentDocument(experiment_of("a", "b", "c"))
    document.select(1)
    document.compare(2)
    document.set_visible(0, False)
    return document


def looked_at(document):
    """The names of the selected and the compared model, and of those whose curves are shown."""
    models = document.experiment.models
    compared = None if document.compared is None else models[document.compared].name
    visible = "".join(model.name for i, model in enumerate(models) if document.is_visible(i))
    return document.model.name, compared, visible


def test_what_is_looked_at_is_told(three, qtbot):
    with qtbot.waitSignal(three.selected_changed) as selected:
        three.select(0)
    assert selected.args == [0]
    with qtbot.waitSignal(three.compared_changed):
        three.compare(None)
    with qtbot.waitSignal(three.visible_changed):
        three.set_visible(1, False)


def test_what_was_so_already_is_not_told_again(three, qtbot):
    with qtbot.assertNotEmitted(three.selected_changed):
        three.select(1)
    with qtbot.assertNotEmitted(three.compared_changed):
        three.compare(2)
    with qtbot.assertNotEmitted(three.visible_changed):
        three.set_visible(0, False)


def test_a_model_is_not_compared_with_itself(three):
    three.compare(1)
    assert looked_at(three) == ("b", None, "bc")


def test_selecting_the_compared_model_exchanges_the_two(three):
    three.select(2)
    assert looked_at(three) == ("c", "b", "bc")


def test_a_hidden_model_is_shown_while_it_is_selected(three):
    three.select(0)
    assert three.is_visible(0)
    three.select(1)
    assert not three.is_visible(0)


def test_names_and_places_change_nothing_of_it(three):
    three.edit(moved(three.experiment, 1, 0), "move b")
    assert three.selected == 0
    three.edit(renamed(three.experiment, 0, "deep"), "rename")
    assert looked_at(three) == ("deep", "c", "deepc")
    three.undo_stack.undo()
    three.undo_stack.undo()
    assert looked_at(three) == ("b", "c", "bc")
    assert three.selected == 1


def test_when_the_selected_model_goes_the_next_is_selected(three):
    three.compare(0)
    three.edit(removed(three.experiment, 1), "remove b")
    assert looked_at(three) == ("c", "a", "c")


def test_when_the_last_model_goes_the_one_before_is_selected(three):
    three.select(2)
    three.compare(None)
    three.edit(removed(three.experiment, 2), "remove c")
    assert three.model.name == "b"


def test_when_the_compared_model_goes_or_takes_the_selected_one_s_place_none_is_compared(three, qtbot):
    with qtbot.waitSignal(three.compared_changed):
        three.edit(removed(three.experiment, 2), "remove c")
    assert three.compared is None
    three.undo_stack.undo()
    three.compare(2)
    three.edit(removed(three.experiment, 1), "remove b")
    assert looked_at(three) == ("c", None, "c")


def test_a_copy_is_visible_and_leaves_the_rest_as_it_was(three):
    three.edit(duplicated(three.experiment, 0), "duplicate a")
    assert looked_at(three)[:2] == ("b", "c")
    assert three.is_visible(1)
    assert not three.is_visible(0)


def test_a_new_model_is_visible_also_where_it_gets_the_colour_of_a_hidden_one_that_went(three):
    colour = three.experiment.models[0].colour
    three.edit(removed(three.experiment, 0), "remove a")
    three.edit(added(three.experiment, small_model("d")), "add d")
    assert three.experiment.models[2].colour == colour
    assert looked_at(three) == ("b", "c", "bcd")


def test_the_selection_is_told_before_the_edit_and_is_always_valid(three):
    told = []
    three.selected_changed.connect(lambda i: told.append((i, three.experiment.models[i].name)))
    three.experiment_changed.connect(lambda experiment: told.append(len(experiment.models)))
    three.edit(removed(three.experiment, 1), "remove b")
    assert told == [(1, "c"), 2]


def test_another_document_begins_with_its_first_model_alone_and_all_visible(three):
    three.open(experiment_of("x", "y"), None)
    assert looked_at(three) == ("x", None, "xy")
