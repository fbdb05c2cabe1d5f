"""One model in training: its network, its optimizer, and what has come of it so far."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.optimizers import SGD
from bnstudio.training.build import build_network
from bnstudio.training.history import History
from bnstudio.training.snapshot import Divergence, RateChange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.snapshot import LayerKind

_run_ids = itertools.count(1)


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
        self.model = model
        self.network = build_network(model, seed)
        self.loss = SoftmaxCrossEntropy()
        self.history = History()
        self.divergence: Divergence | None = None
        self._optimizer = SGD(model.learning_rate)
        self._rate_in_use = model.learning_rate

    @property
    def step(self) -> int:
        """Steps done."""
        return self.history.n_steps

    @property
    def layer_kinds(self) -> tuple[LayerKind, ...]:
        """What each of `network.layers` is; the head's Dense counts as its own kind."""
        return (*(spec.type for spec in self.model.layers), "head")

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
        loss = self.loss.forward(self.network.forward(inputs, training=True), labels)
        if not math.isfinite(loss):
            self.divergence = self._explain_divergence()
            return
        if self.model.learning_rate != self._rate_in_use:
            self._rate_in_use = self._optimizer.learning_rate = self.model.learning_rate
            if self.step > 0:  # what a run starts with is no change
                self.history.rate_changes.append(RateChange(self.step, self._rate_in_use))
        self.network.backward(self.loss.backward())
        self._optimizer.step(self.network)
        self.history.record(loss, self.loss.accuracy())

    def _explain_divergence(self) -> Divergence:
        outputs = self.network.outputs
        layer = next((i for i, output in enumerate(outputs) if not np.isfinite(output).all()), None)
        kind = None if layer is None else self.layer_kinds[layer]
        return Divergence(self.step + 1, layer, kind, self._rate_in_use)
