import numpy as np
import pytest

from bnstudio.document.experiment import Experiment, LeCunInit, ModelSetup
from bnstudio.gui.curves.accuracy_panel import AccuracyPanel
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.training.snapshot import Evaluation, RunSnapshot, Snapshot, State


@pytest.fixture
def panel(qtbot):
    model = ModelSetup(name="S6", learning_rate=0.1, weight_init=LeCunInit(), layers=())
    histories = RunHistories()
    panel = AccuracyPanel(ExperimentDocument(Experiment(models=(model,))), histories)
    qtbot.addWidget(panel)
    panel.resize(390, 300)
    panel.show()
    evaluations = (Evaluation(100, "subset", 1.0, 0.612), Evaluation(600, "test", 0.9, 0.8765))
    accuracies = np.linspace(0.1, 0.9, 600)
    run = RunSnapshot(1, "S6", 600, 0.1, 0, np.ones(600), accuracies, evaluations)
    snapshot = Snapshot(State.PAUSED, steps_per_epoch=600, runs=(run,))
    histories.apply(snapshot)
    panel.refresh(snapshot)
    return panel


def test_it_shows_accuracies_and_not_losses(panel):
    (series,) = panel.view.series
    assert series.values[-1] == 0.9
    assert series.test.values.tolist() == [0.8765]
    assert series.subset.values.tolist() == [0.612]


def test_the_readout_is_in_percent(panel, qtbot):
    qtbot.waitUntil(lambda: "test 87.65 % at 600" in panel.legend.text)
    assert "subset 61.20 % at 100" in panel.legend.text


def test_the_axis_reaches_from_nothing_to_all(panel):
    labels = [text for _, text in panel.view.value_labels]
    assert labels[0] == "0"
    assert labels[-1] == "100 %"
