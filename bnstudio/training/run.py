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
    from collections.abc import Callable, Iterator

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
        self._seed = seed
        self.model = model
        self.network = build_network(model, seed)
        self.loss = SoftmaxCrossEntropy()
        self.history = History()
        self.divergence: Divergence | None = None
        self.late_by = 0
        """How many steps the others were ahead when this was let off catching up; 0 if it was not."""
        self._rewound = False
        self._optimizer = SGD(model.learning_rate)
        self.rate_in_use = self._first_rate = model.learning_rate

    @property
    def step(self) -> int:
        """Steps done."""
        return self.history.n_steps

    @property
    def holds_values(self) -> bool:
        """Whether the network holds the outputs and output gradients of the latest step done."""
        return self.step > 0 and (self.divergence is None or self._rewound)

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
        if self.model.learning_rate != self.rate_in_use:
            self.rate_in_use = self._optimizer.learning_rate = self.model.learning_rate
            if self.step == 0:  # what a run starts with is no change
                self._first_rate = self.rate_in_use
            else:
                self.history.rate_changes.append(RateChange(self.step, self.rate_in_use))
        self.network.backward(self.loss.backward())
        self._optimizer.step(self.network)
        self.history.record(loss, self.loss.accuracy())

    def rewind(
        self, read: Callable[[int], tuple[NDArray[np.float32], NDArray[np.integer]]]
    ) -> Iterator[None]:
        """Bring the network of a run that diverged back to its last finite step, in pieces of one step.

        The step that diverged has overwritten what the layers put out in the one before, and an update can't
        be undone exactly. So all steps are done again from the start, which gives the same bits.

        Parameters
        ----------
        read
            Gives the inputs and labels of a step, counted from 0.
        """
        again = Run(self.model, self._seed)
        rates = {change.step: change.learning_rate for change in self.history.rate_changes}
        rate = self._first_rate
        for step in range(self.step):
            rate = rates.get(step, rate)
            again.go_on_as(self.model.replaced(learning_rate=rate))
            again.train_step(*read(step))
            yield
        self.network = again.network
        self._rewound = True

    def let_go(self) -> None:
        """Give back the memory of the network of a run that has ended; its history stays."""
        del self.network, self.loss, self._optimizer

    def _explain_divergence(self) -> Divergence:
        outputs = self.network.outputs
        layer = next((i for i, output in enumerate(outputs) if not np.isfinite(output).all()), None)
        kind = None if layer is None else self.layer_kinds[layer]
        return Divergence(self.step + 1, layer, kind, self.rate_in_use)
