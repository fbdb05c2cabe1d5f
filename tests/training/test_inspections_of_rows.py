"""A question about a row may come before the edit that it follows from, or after: it has no answer then."""

import pytest

from bnstudio.training.activation import ActivationInspection
from bnstudio.training.batch_norm import BatchNormHistoryInspection, BatchNormInspection
from bnstudio.training.batch_norm_modes import BatchNormModesInspection
from bnstudio.training.inspection import Inspector
from bnstudio.training.trainer import Trainer
from bnstudio.training.weights import WeightImagesInspection, WeightsInspection
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model

ROWS = {"dense": 0, "batch_norm": 1, "sigmoid": 2, "dense without pixels": 3, "head": 4, "none": 5}
ANSWERED = {
    WeightsInspection: {"dense", "dense without pixels", "head"},
    WeightImagesInspection: {"dense"},
    ActivationInspection: {"sigmoid"},
    BatchNormInspection: {"batch_norm"},
    BatchNormHistoryInspection: {"batch_norm"},
    BatchNormModesInspection: {"batch_norm"},
}


@pytest.mark.parametrize("place", ROWS)
@pytest.mark.parametrize("kind", ANSWERED)
def test_only_a_row_that_it_can_be_asked_about_is_measured(dataset, kind, place):
    trainer = Trainer(experiment(model("m", DENSE, BATCH_NORM, SIGMOID, DENSE)), dataset)
    trainer.advance()
    (run,) = trainer.runs
    trainer.recorder.record(run, None, trainer)
    further = (0, 4) if kind is WeightImagesInspection else ()
    question = kind("m", ROWS[place], *further)
    inspector = Inspector()
    inspector.begin(trainer, {question}, at_full_speed=False)
    while inspector.busy:
        inspector.advance()
    answered = question in inspector.findings(run, {question})
    assert answered is (place in ANSWERED[kind])
