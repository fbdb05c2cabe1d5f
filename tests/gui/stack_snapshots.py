"""Real readings of small networks, in the snapshots in which they reach the window."""

from dataclasses import replace

import numpy as np

from bnstudio.data.datasets import Dataset
from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look, RunSnapshot, Snapshot, State
from bnstudio.training.trainer import Trainer


def run_of(experiment, index=0, *, log_magnitude=False, every_value=True, **changes) -> RunSnapshot:
    """Train one step of `experiment` on random images, and return what its model at `index` has to show."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 784), dtype=np.uint8)
    labels = generator.integers(0, 10, 40, dtype=np.uint8)
    trainer = Trainer(experiment, Dataset(images, labels, images, labels))
    trainer.advance()
    run = trainer.runs[index]
    look = Look(frozenset({run.model.name}), log_magnitude=log_magnitude)
    readings = Prober().measure([run], look, every_value)[run.run_id]
    nothing = np.zeros(0)
    snapshot = RunSnapshot(1, run.model.name, 1, 0.1, 1, nothing, nothing, readings=readings, readings_step=1)
    return replace(snapshot, **changes)


def snapshot_of(experiment, index=0, **changes) -> Snapshot:
    return Snapshot(State.TRAINING, runs=(run_of(experiment, index, **changes),))
