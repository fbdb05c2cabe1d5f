"""What a training needs to go on bit for bit as if it had not stopped, wherever it is kept meanwhile.

Of randomness nothing is kept: the initial weights follow from the seed, and so does the batch of any step
(see build.py and data/batches.py), so that the seed and the steps done are enough. Nor is anything that only
looks back: the record for the timeline, and the checkpoints for taking a run back, begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.document.experiment import Experiment
    from bnstudio.engine.workspace import FloatArray
    from bnstudio.training.snapshot import Divergence, Evaluation, Explosion, RateChange


@dataclass(frozen=True)
class RunState:
    """One run between two steps. A step that has yet to update the weights counts as not begun."""

    losses: NDArray[np.float64]
    """(n_steps,) of every step done."""
    accuracies: NDArray[np.float64]
    """(n_steps,) of every step done, 0 to 1."""
    layers: tuple[Mapping[str, FloatArray], ...]
    """Parameters and running statistics of each layer, the head last, by their names."""
    rate_in_use: float
    """The learning rate of the last update, which tells the next one whether it has changed."""
    late_by: int = 0
    divergence: Divergence | None = None
    explosion: Explosion | None = None
    evaluations: tuple[Evaluation, ...] = ()
    rate_changes: tuple[RateChange, ...] = ()


@dataclass(frozen=True)
class TrainingState:
    """All runs of an experiment, with no evaluation under way."""

    experiment: Experiment
    target: int
    """The step at which training is finished."""
    runs: tuple[RunState, ...]
    """In the order of the experiment's models."""

    @property
    def step(self) -> int:
        """Steps done by the run that is furthest ahead."""
        return max(len(run.losses) for run in self.runs)

    @property
    def can_go_on(self) -> bool:
        """Whether there is a run that has not diverged."""
        return any(run.divergence is None for run in self.runs)
