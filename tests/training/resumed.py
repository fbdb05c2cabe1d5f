"""Sets a training beside the same one that was saved and opened on the way."""

from dataclasses import replace

import numpy as np

from bnstudio.training.run_file import read_run, write_run
from bnstudio.training.trainer import Trainer


def resumed(trainer: Trainer, path) -> Trainer:
    """Write the training of `trainer` into a file, and return one that goes on from there."""
    write_run(trainer.state(), path)
    return Trainer.restored(read_run(path), trainer.dataset)


def picture(trainer: Trainer) -> list:
    """Everything that two trainings have in common that are the same bit for bit, as plain values."""
    return [trainer.experiment, trainer.target, *(_picture(run) for run in trainer.runs)]


def _picture(run) -> dict:
    arrays = [run.history.losses, run.history.accuracies]
    for layer in run.network.layers:
        arrays += [*layer.params.values(), *layer.buffers.values()]
    return {
        "model": run.model,
        "step": run.step,
        "rate": (run.rate_in_use, run._optimizer.learning_rate),
        "late by": run.late_by,
        "evaluations": repr(run.history.evaluations),  # what is not a number is unequal to itself
        "rate changes": run.history.rate_changes,
        # How far it could be taken back is not kept.
        "divergence": repr(run.divergence and replace(run.divergence, good_step=0)),
        "explosion": run.explosion and replace(run.explosion, good_step=0),
        "bits": [np.ascontiguousarray(array).tobytes() for array in arrays],
    }
