"""Experiments of several small models, and snapshots of runs that were made up for them."""

import numpy as np

from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup
from bnstudio.gui.models.model_edits import duplicated
from bnstudio.training.snapshot import RunSnapshot, Snapshot, State


def small_model(name, units=8, **changes):
    layers = (DenseSpec(units=units),)
    return ModelSetup(name=name, learning_rate=0.1, weight_init=LeCunInit(), layers=layers).replaced(
        **changes
    )


def experiment_of(*names):
    return Experiment(models=tuple(small_model(name) for name in names)).coloured()


def add_twin(document):
    """Add a model that is like the first."""
    document.edit(duplicated(document.experiment, 0), "twin")


def select_twin(document):
    document.select(1)


def open_twin(document):
    """Open a document whose model has the colour and the layers of the first."""
    document.open(document.experiment.replaced(models=document.experiment.models[:1]), None)


def run_news(run_id, name, losses, first_step=0, **more):
    losses = np.array(losses, dtype=np.float64)
    return RunSnapshot(
        run_id, name, first_step + len(losses), 0.1, first_step, losses, 1 - losses / 4, **more
    )


def snapshot_of_runs(*runs, **more):
    return Snapshot(State.TRAINING, steps_per_epoch=600, runs=runs, **more)
