"""What one run contributes to a plot: its curve step by step, its evaluations and its events, as arrays.

It reads a RecordedRun and knows nothing of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from bnstudio.gui.curves.thinning import ThinnedCurve, trailing_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bnstudio.gui.curves.run_histories import RecordedRun
    from bnstudio.gui.model_style import ModelStyle
    from bnstudio.training.snapshot import Evaluation

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

    def latest_at(self, step: int) -> tuple[int, float] | None:
        """Return step and value of the latest evaluation up to `step`, or None where there is none."""
        i = int(np.searchsorted(self.steps, step, side="right")) - 1
        return None if i < 0 else (int(self.steps[i]), float(self.values[i]))

    def nearest(self, step: float) -> tuple[int, float] | None:
        """Return step and value of the evaluation nearest to `step`, or None where there is none."""
        if not len(self.steps):
            return None
        i = int(np.abs(self.steps - step).argmin())
        return int(self.steps[i]), float(self.values[i])


@dataclass(frozen=True)
class Look:
    """How a run is told from the others in its plot."""

    style: ModelStyle
    evaluation_colour: str
    """Of the test and subset evaluations: the text's where one model is shown, else the model's."""
    selected: bool = False
    """Drawn in full: every step behind the smoothed curve, and the evaluations on the subset."""
    ghost: bool = False
    """An earlier run: only its smoothed curve is drawn, faint."""


@dataclass(eq=False)
class CurveSeries:
    """One run's curve of one quantity, and how it is told from the others."""

    history: RecordedRun
    quantity: Quantity
    look: Look
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(n_steps,) the quantity of every step; index 0 is step 1."""
    test: EvaluationPoints = field(default_factory=EvaluationPoints)
    subset: EvaluationPoints = field(default_factory=EvaluationPoints)
    curve: ThinnedCurve = field(default_factory=ThinnedCurve)
    _n_evaluations: int = 0
    _range: tuple[float, float] | None = None
    _n_compared: int = 0
    _n_outside: tuple[int, int] = (0, 0)

    @property
    def ghost(self) -> bool:
        """Whether this is an earlier run."""
        return self.look.ghost

    @property
    def selected(self) -> bool:
        """Whether this is the run of the selected model."""
        return self.look.selected

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
    def n_events(self) -> tuple[int, ...]:
        """How many events there are of each kind that is marked in the plot."""
        marked = (len(self.test.steps), self.history.divergence is not None, self.history.late_by)
        if not self.selected:
            return marked
        return (*marked, len(self.subset.steps), len(self.history.rate_changes))

    @property
    def n_steps(self) -> int:
        """Steps that can be drawn."""
        return len(self.values)

    def smoothed_at(self, step: int) -> float:
        """Return the smoothed value at `step`, from 1 to `n_steps`."""
        return trailing_mean(self.values, step, self.curve.window)

    def n_outside(self, low: float, high: float) -> tuple[int, int]:
        """Return how many steps lie below `low` and above `high`; asked again, only the new are compared."""
        if self._range != (low, high) or self._n_compared > self.n_steps:
            self._range, self._n_compared, self._n_outside = (low, high), 0, (0, 0)
        new = self.values[self._n_compared :]
        if len(new):
            self._n_compared = self.n_steps
            below, above = self._n_outside
            self._n_outside = (
                below + int(np.count_nonzero(new < low)),
                above + int(np.count_nonzero(new > high)),
            )
        return self._n_outside
