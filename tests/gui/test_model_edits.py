import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnstudio.document.experiment import DenseSpec, Experiment
from bnstudio.gui.models.model_edits import added, duplicated, free_name, moved, removed, renamed
from tests.gui.model_experiments import experiment_of, small_model


def names(experiment):
    return [model.name for model in experiment.models]


@pytest.mark.parametrize(
    ("there", "wanted", "free"),
    [
        (["S6"], "R6", "R6"),
        (["S6"], "S6", "S6 2"),
        (["S6", "S6 2"], "S6", "S6 3"),
        (["S6", "S6 2"], "S6 2", "S6 3"),
        (["S6", "s6 2"], "S6", "S6 3"),
        (["Model 1", "Model 3"], "Model 1", "Model 2"),
        (["7"], "7", "7 2"),
    ],
)
def test_a_name_that_is_taken_gets_the_next_free_number(there, wanted, free):
    assert free_name(experiment_of(*there), wanted) == free


def test_a_long_name_is_shortened_to_make_room_for_its_number():
    longest = "a" * 57 + " bc"
    copy = duplicated(experiment_of(longest), 0).models[1].name
    assert copy == "a" * 57 + " 2"


legal_names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters='/\\:*?"<>|'),
    min_size=1,
    max_size=60,
).filter(lambda name: name == name.strip() and not name.endswith("."))


@given(legal_names)
def test_copies_of_copies_have_legal_names(name):
    try:
        experiment = experiment_of(name)
    except ValidationError:  # reserved on some systems
        return
    for _ in range(7):
        experiment = duplicated(experiment, len(experiment.models) - 1)
    assert len(experiment.models) == 8


def test_a_copy_stands_below_its_original_and_waits_for_a_colour():
    experiment = duplicated(experiment_of("S4", "S6"), 0)
    assert names(experiment) == ["S4", "S4 2", "S6"]
    assert experiment.models[1] == experiment.models[0].replaced(name="S4 2", colour=None)
    assert experiment.coloured().models[1].colour == 2


def test_an_added_model_comes_last_with_a_name_and_a_colour_of_its_own():
    experiment = added(experiment_of("S4", "S6"), small_model("s4", colour=0))
    assert names(experiment) == ["S4", "S6", "s4 2"]
    assert experiment.models[2].colour is None


def test_a_ninth_model_and_too_many_parameters_are_refused():
    full = experiment_of(*"abcdefgh")
    with pytest.raises(ValidationError):
        duplicated(full, 0)
    wide = Experiment(models=(small_model("wide", layers=(DenseSpec(units=4096),) * 2),))
    wider = duplicated(wide, 0)
    with pytest.raises(ValidationError, match="parameters together"):
        duplicated(wider, 0)


@pytest.mark.parametrize(
    ("index", "before", "order"),
    [(0, 2, "bac"), (0, 3, "bca"), (2, 0, "cab"), (1, 1, "abc"), (1, 2, "abc")],
)
def test_a_model_moves_to_before_the_one_that_was_named(index, before, order):
    assert names(moved(experiment_of(*"abc"), index, before)) == list(order)


def test_a_moved_model_keeps_its_colour():
    assert [model.colour for model in moved(experiment_of(*"abc"), 0, 3).models] == [1, 2, 0]


def test_the_last_model_is_not_removed():
    assert names(removed(experiment_of("a", "b"), 0)) == ["b"]
    with pytest.raises(ValidationError):
        removed(experiment_of("a"), 0)


def test_a_name_of_another_model_is_refused_ignoring_case():
    assert names(renamed(experiment_of("a", "b"), 0, "A")) == ["A", "b"]
    with pytest.raises(ValidationError, match="names must differ"):
        renamed(experiment_of("a", "b"), 0, "B")
