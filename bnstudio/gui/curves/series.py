"""What one run contributes to a plot: its curve step by step, its evaluations and its events, as arrays.

It reads a History and knows nothing of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import Qt

from bnstudio.gui.curves.thinning import ThinnedCurve, trailing_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bnstudio.training.history import History
    from bnstudio.training.snapshot import Divergence, Evaluation

Quantity = Literal["loss", "accuracy"]


@dataclass
class EvaluationPoints:
    """Evaluations on one set of examples, in the order of their steps."""

    steps: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def extend(self, evaluations: Iterable[Evaluation], quantity: Quantity) -> None:
        """Append those that are finite."""
        pairs = [(evaluation.step, getattr(evaluation, quantity)) for evaluation in evaluations]
        new = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        new = new[np.isfinite(new[:, 1])]
        self.steps = np.concatenate((self.steps, new[:, 0]))
        self.values = np.concatenate((self.values, new[:, 1]))

    def nearest(self, step: float) -> tuple[int, float] | None:
        """Return step and value of the evaluation nearest to `step`, or None where there is none."""
        if not len(self.steps):
            return None
        i = int(np.abs(self.steps - step).argmin())
        return int(self.steps[i]), float(self.values[i])


@dataclass
class CurveSeries:
    """One run's curve of one quantity, and how it is told from the others."""

    history: History
    quantity: Quantity
    colour: str
    evaluation_colour: str
    """Of the test and subset evaluations: the text's where one model is shown, else the model's."""
    line_style: Qt.PenStyle = Qt.PenStyle.SolidLine
    """Of the smoothed curve; several models differ in it as well as in colour."""
    ghost: bool = False
    """An earlier run: only its smoothed curve is drawn, faint."""
    divergence: Divergence | None = None
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(n_steps,) the quantity of every step; index 0 is step 1."""
    test: EvaluationPoints = field(default_factory=EvaluationPoints)
    subset: EvaluationPoints = field(default_factory=EvaluationPoints)
    curve: ThinnedCurve = field(default_factory=ThinnedCurve)
    _n_evaluations: int = 0

    def update(self) -> None:
        """Read what the history has gained."""
        values = self.history.losses if self.quantity == "loss" else self.history.accuracies
        if len(values) and not np.isfinite(values[-1]):
            values = values[:-1]  # only the last can be: the run stopped there, and `divergence` says so
        self.values = values
        new = self.history.evaluations[self._n_evaluations :]
        if new:
            self._n_evaluations += len(new)
            self.test.extend((e for e in new if e.examples == "test"), self.quantity)
            self.subset.extend((e for e in new if e.examples == "subset"), self.quantity)

    @property
    def n_events(self) -> tuple[int, int, bool]:
        """How many evaluations and changes of the rate there are, and whether it diverged."""
        return self._n_evaluations, len(self.history.rate_changes), self.divergence is not None

    @property
    def n_steps(self) -> int:
        """Steps that can be drawn."""
        return len(self.values)

    def smoothed_at(self, step: int) -> float:
        """Return the smoothed value at `step`, from 1 to `n_steps`."""
        return trailing_mean(self.values, step, self.curve.window)
