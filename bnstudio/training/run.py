"""One model in training: its network, its optimizer, and what has come of it so far."""

from __future__ import annotations

import itertools
import math
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.document.experiment import N_CLASSES
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.optimizers import SGD
from bnstudio.training.build import build_network
from bnstudio.training.checkpoints import Checkpoints
from bnstudio.training.history import History
from bnstudio.training.run_state import RunState
from bnstudio.training.snapshot import Divergence, Explosion, HalfStep, RateChange, RunSnapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.engine.workspace import FloatArray
    from bnstudio.training.snapshot import LayerKind

EXPLODED = 10 * math.log(N_CLASSES)
"""A loss above this has exploded: ten times that of who gives every digit the same probability."""
RECOVERED = 0.9 * math.log(N_CLASSES)
"""An explosion is over once the mean of the last `_N_RECOVERY` losses, all after it, is below this: what only
guesses has more, whatever the batches."""
_N_RECOVERY = 100

_run_ids = itertools.count(secrets.randbits(32) << 32)
"""In each process others, as one may follow another in the same window."""


class Run:
    """A model from step 0 on. Starting again is a new Run, with the same initial weights and a new `run_id`.

    Parameters
    ----------
    model
        What to build.
    seed
        The experiment's seed; the initial weights follow from it.
    """

    def __init__(self, model: ModelSetup, seed: int) -> None:
        self.run_id = next(_run_ids)
        self._seed = seed
        self.model = model
        self.network = build_network(model, seed)
        self.loss = SoftmaxCrossEntropy()
        self.history = History()
        self.divergence: Divergence | None = None
        self.explosion: Explosion | None = None
        self.replaces: int | None = None
        """The `run_id` of its model's run before that has done a step; None where there is none."""
        self.late_by = 0
        """How many steps the others were ahead when this was let off catching up; 0 if it was not."""
        self.half_step: HalfStep | None = None
        """What a step has found that has yet to update the weights; see `begin_step`."""
        self._moved: list[FloatArray] = []
        """Where a half step will move the running statistics with the weights; empty where there is none."""
        self._optimizer = SGD(model.learning_rate)
        self._checkpoints = Checkpoints()
        self.rate_in_use = model.learning_rate

    @property
    def step(self) -> int:
        """Steps done."""
        return self.history.n_steps

    @property
    def latest_step(self) -> int:
        """The step, counted from 1, that the network's outputs and output gradients are of; 0 before any."""
        return self.step + (self.half_step is not None)

    @property
    def holds_values(self) -> bool:
        """Whether the network holds finite outputs and output gradients of its latest step.

        One that was taken back holds none before its next step.
        """
        return bool(self.network.outputs) and self.divergence is None

    @property
    def layer_kinds(self) -> tuple[LayerKind, ...]:
        """What each of `network.layers` is; the head's Dense counts as its own kind."""
        return self.model.kinds

    def starts_like(self, model: ModelSetup) -> bool:
        """Whether `model` would start with this run's very network, so that the run can go on as its run."""
        return self.model.layers == model.layers and self.model.weight_init == model.weight_init

    def go_on_as(self, model: ModelSetup) -> None:
        """Take over another name or learning rate; the next step trains with it."""
        self.model = model

    def train_step(self, inputs: NDArray[np.float32], labels: NDArray[np.integer]) -> None:
        """Train on one mini-batch: forward, loss, backward, update.

        When the loss is not finite the run diverges: nothing is updated or recorded, and it can't go on.

        Parameters
        ----------
        inputs : (n_examples, 784) float32
            Pixels in [0, 1].
        labels : (n_examples,) integers
            Digits 0 to 9.
        """
        if self.half_step is None:
            self._begin(inputs, labels)
        if self.divergence is None:
            self._finish_step()

    def begin_step(self, inputs: NDArray[np.float32], labels: NDArray[np.integer]) -> None:
        """Do all of a step but its update: forward, loss, backward. The next `train_step` only finishes it.

        Parameters
        ----------
        inputs, labels
            As of `train_step`.
        """
        before = [buffer.copy() for buffer in self._buffers]
        self._begin(inputs, labels)
        if self.half_step is not None:
            self._moved = [buffer.copy() for buffer in self._buffers]
            self._set_buffers(before)  # until the update the network is what it was

    def _begin(self, inputs: NDArray[np.float32], labels: NDArray[np.integer]) -> None:
        loss = self.loss.forward(self.network.forward(inputs, training=True), labels)
        if not math.isfinite(loss):
            self.divergence = self._explain_divergence()
            return
        self.network.backward(self.loss.backward())
        self.half_step = HalfStep(self.step + 1, loss, self.loss.accuracy())

    def _finish_step(self) -> None:
        half_step, self.half_step = self.half_step, None
        assert half_step is not None
        self._set_buffers(self._moved)
        self._moved = []
        if self.model.learning_rate != self.rate_in_use:
            if self.step > 0:  # what a run starts with is no change
                change = RateChange(self.step, self.model.learning_rate, before=self.rate_in_use)
                self.history.rate_changes.append(change)
            self.rate_in_use = self._optimizer.learning_rate = self.model.learning_rate
        self._optimizer.step(self.network)
        self.history.record(half_step.loss, half_step.accuracy)
        if half_step.loss > EXPLODED and self.explosion is None:
            good_step = self._good_step(half_step.step)
            self.explosion = Explosion(half_step.step, half_step.loss, self.rate_in_use, good_step)
        elif self._has_recovered():
            self.explosion = None
        if self.explosion is None:
            self._checkpoints.keep(self.network, self.step, self.rate_in_use)

    def taken_back(self) -> Run:
        """Return a run that goes on from the last good moment of this one: at the latest its start.

        That is a little before the loss was not finite or exploded, or before now. Going on from there anew
        reaches back further.
        """
        trouble = self.divergence or self.explosion
        checkpoint = self._checkpoints.before(trouble.step if trouble else self.step)
        run = Run(self.model, self._seed)
        if checkpoint is not None:
            checkpoint.restore(run.network)
            run.history = self.history.until(checkpoint.step)
            run.rate_in_use = run._optimizer.learning_rate = checkpoint.learning_rate
            run._checkpoints = self._checkpoints.older_than(checkpoint)
        return run

    @classmethod
    def restored(cls, model: ModelSetup, seed: int, state: RunState) -> Run:
        """Return a run that goes on where `state` was taken, of the same model and seed.

        It can be taken back no further than to what it has yet to do, or to its start.
        """
        run = cls(model, seed)
        for layer, arrays in zip(run.network.layers, state.layers, strict=True):
            for name, array in (layer.params | layer.buffers).items():
                array[...] = arrays[name]
        news = RunSnapshot(
            run.run_id,
            model.name,
            step=len(state.losses),
            learning_rate=model.learning_rate,
            first_step=0,
            losses=state.losses,
            accuracies=state.accuracies,
            evaluations=state.evaluations,
            rate_changes=state.rate_changes,
        )
        run.history.extend(news)
        run.rate_in_use = run._optimizer.learning_rate = state.rate_in_use
        run.late_by = state.late_by
        run.divergence = replace(state.divergence, good_step=0) if state.divergence else None
        run.explosion = replace(state.explosion, good_step=0) if state.explosion else None
        return run

    def state(self) -> RunState:
        """Return what it takes to go on from here; its arrays are the run's own, until the next step."""
        return RunState(
            self.history.losses,
            self.history.accuracies,
            tuple(layer.params | layer.buffers for layer in self.network.layers),
            self.rate_in_use,
            self.late_by,
            self.divergence,
            self.explosion,
            tuple(self.history.evaluations),
            tuple(self.history.rate_changes),
        )

    @property
    def _buffers(self) -> list[FloatArray]:
        return [buffer for layer in self.network.layers for buffer in layer.buffers.values()]

    def _set_buffers(self, values: list[FloatArray]) -> None:
        for buffer, value in zip(self._buffers, values, strict=False):
            buffer[...] = value

    def _good_step(self, step: int) -> int:
        checkpoint = self._checkpoints.before(step)
        return 0 if checkpoint is None else checkpoint.step

    def _has_recovered(self) -> bool:
        """Whether the loss exploded, and the run has learned again since."""
        if self.explosion is None:
            return False
        since = self.history.losses[self.explosion.step :]
        return len(since) >= _N_RECOVERY and float(since[-_N_RECOVERY:].mean()) < RECOVERED

    def let_go(self) -> None:
        """Give back the memory of the network of a run that has ended; its history stays."""
        del self.network, self.loss, self._optimizer, self._checkpoints

    def _explain_divergence(self) -> Divergence:
        outputs = self.network.outputs
        layer = next((i for i, output in enumerate(outputs) if not np.isfinite(output).all()), None)
        kind = None if layer is None else self.layer_kinds[layer]
        with np.errstate(invalid="ignore"):
            largest = tuple(float(max(output.max(), -output.min())) for output in outputs)
        step = self.step + 1
        return Divergence(
            step, layer, kind, self.rate_in_use, largest=largest, good_step=self._good_step(step)
        )
