"""The bar arranges the window for the article's figures."""

import pytest

from bnstudio.document.presets import STUDY_PRESET, load_preset
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.study_bar import StudyBar, arrangements


@pytest.fixture
def document():
    return ExperimentDocument(load_preset(STUDY_PRESET))


@pytest.fixture
def bar(document, qtbot):
    bar = StudyBar(document)
    qtbot.addWidget(bar)
    return bar


def visible(document):
    models = document.experiment.models
    return {model.name for i, model in enumerate(models) if document.is_visible(i)}


@pytest.mark.parametrize("number", range(3))
def test_a_button_shows_what_its_figure_needs(bar, document, number):
    arrangement = arrangements()[number]
    bar.buttons[number].click()
    assert visible(document) == set(arrangement.visible)
    assert document.model.name == arrangement.selected
    names = [document.experiment.models[i].name for i in document.pair]
    assert names == [name for name in (arrangement.selected, arrangement.compared) if name]


def test_the_histograms_are_of_s4_beside_s6_with_batch_norm(bar, document):
    bar.buttons[2].click()
    assert [document.experiment.models[i].name for i in document.pair] == ["S4", "S6_BN_lr"]
    bar.buttons[0].click()
    assert document.compared is None


def test_it_is_there_only_for_the_study(bar, document):
    assert not bar.isHidden()
    document.open(load_preset("S6"), None)
    assert bar.isHidden()
    document.open(load_preset(STUDY_PRESET), None)
    assert not bar.isHidden()


def test_it_leaves_with_a_model_and_comes_back_with_undo(bar, document):
    experiment = document.experiment
    document.edit(experiment.replaced(models=experiment.models[1:]), "remove")
    assert bar.isHidden()
    document.undo_stack.undo()
    assert not bar.isHidden()
