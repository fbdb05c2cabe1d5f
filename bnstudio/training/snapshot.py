"""What crosses from the worker to the window: frozen, with read-only arrays.

A snapshot carries every step's loss since the one before it, so that no value is lost however rarely one is
taken, and the readings of the latest step for the models that are being looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.document.experiment import Experiment
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.readings import Readings

LayerKind = Literal["dense", "batch_norm", "sigmoid", "relu", "head"]
Examples = Literal["test", "subset"]
"""All test images, or a fixed subset of 1,000 of them."""


class State(Enum):
    """What the worker is doing."""

    LOADING = "loading"
    """The data set is being read; nothing can be stepped yet."""
    PAUSED = "paused"
    TRAINING = "training"
    FINISHED = "finished"
    """Paused because the planned epochs are done."""
    STOPPED = "stopped"
    """Paused because no run can go on: all have diverged."""
    FAILED = "failed"
    """The worker met an exception: one that has a `Snapshot.problem` for an explanation, or an `error` of
    ours. Nothing can be stepped any more."""


@dataclass(frozen=True)
class Evaluation:
    """Loss and accuracy on test images, in inference mode, after `step` steps."""

    step: int
    examples: Examples
    loss: float
    accuracy: float


@dataclass(frozen=True)
class RateChange:
    """From step `step` on (counted from 0, so after that many steps) the run trains with this learning rate.

    The rate that a run starts with is no change; it is the `before` of the first change.
    """

    step: int
    learning_rate: float
    before: float
    """With which it trained until then."""


@dataclass(frozen=True)
class Divergence:
    """The loss of a run was not finite, and the run stopped before the update."""

    step: int
    """The step, counted from 1, whose loss was not finite."""
    layer: int | None
    """Index in `network.layers` of the first layer with a value that is not finite; None where none has."""
    kind: LayerKind | None
    learning_rate: float
    largest: tuple[float, ...] = ()
    """The largest magnitude that each layer put out in that step; not finite where one value was not."""
    earlier: tuple[tuple[int, tuple[float, ...]], ...] = ()
    """The same of recorded steps before it, in order, with their steps."""
    good_step: int = 0
    """Steps done at the last good moment, to which the run can be taken back."""


@dataclass(frozen=True)
class Explosion:
    """The loss of a run is finite, but was so large that what was learned is lost; not yet learned again."""

    step: int
    """The first such step, counted from 1."""
    loss: float
    learning_rate: float
    good_step: int = 0
    """As of `Divergence`."""


class HalfStep(NamedTuple):
    """What a step has found that has yet to update the weights."""

    step: int
    """The step, counted from 1."""
    loss: float
    accuracy: float


@dataclass(frozen=True)
class RunSnapshot:
    """One run's news since the snapshot before, and its latest readings if they were asked for."""

    run_id: int
    """Differs for every start from step 0: a restarted or edited model has a new one."""
    name: str
    step: int
    """Steps done."""
    learning_rate: float
    first_step: int
    """Index, from 0, of the step that `losses[0]` belongs to."""
    losses: NDArray[np.float64]
    """(n_new_steps,) mean loss of each step's mini-batch before its update."""
    accuracies: NDArray[np.float64]
    """(n_new_steps,) accuracy on each step's mini-batch before its update, 0 to 1."""
    evaluations: tuple[Evaluation, ...] = ()
    rate_changes: tuple[RateChange, ...] = ()
    readings: Readings | None = None
    """Of `Network.layers`, in order: the latest measured, the same object as before when nothing new was;
    None when the run has not been looked at."""
    readings_step: int = 0
    """The step, counted from 1, that `readings` are of."""
    findings: Mapping[Inspection[Any], Any] = field(default_factory=dict)
    """What was found last by each inspection that is asked for: the same object as before when nothing new
    was. One that has found nothing yet is missing. Use `Inspection.found_in`."""
    half_step: HalfStep | None = None
    """The step that has yet to update the weights, which `readings` are of then."""
    divergence: Divergence | None = None
    explosion: Explosion | None = None
    late_by: int = 0
    """How many steps the front was ahead when the run was let off catching up with it; 0 if it was not. It is
    no distance of now: with the front gone, or waiting at the target, a late run is no longer behind."""
    rate_in_use: float | None = None
    """The learning rate of the latest update, while `learning_rate` is that of the next; None before any."""
    replaced: bool = False
    """The run has ended because its model was edited, removed or restarted; these are its last losses."""
    replaces: int | None = None
    """The `run_id` of its model's run before, whatever name that had; None where it had none."""


@dataclass(frozen=True)
class CatchUp:
    """Runs that are behind are trained on the batches that the others have had, while those wait."""

    names: tuple[str, ...]
    """Models whose runs are catching up, in the order of the models; late runs are none of them."""
    step: int
    """Steps done by the furthest behind of them."""
    target: int
    """The step at which they have caught up: the front's, or the end of the plan if that lies before."""


@dataclass(frozen=True)
class Answer:
    """What came of a command that writes or reads a file."""

    ticket: int
    """That the command was given with."""
    error: str | None = None
    """What went wrong, in a sentence; None where nothing did."""
    experiment: Experiment | None = None
    """Of the training that was written or read."""
    step: int = 0
    """Steps done by its run that is furthest ahead."""
    seconds: float = 0.0
    """That it took, and training waited."""
    can_go_on: bool = True
    """Whether it has a run that has not diverged."""


@dataclass(frozen=True)
class Snapshot:
    """The state of the session at one moment, between two steps."""

    state: State
    step: int = 0
    """Steps done by the furthest-behind run that can still go on."""
    target: int = 0
    """The step at which the plan ends, and so an epoch; single steps and epochs stop before it."""
    steps_per_epoch: int = 0
    steps_per_second: float = 0.0
    """Measured over the last half second or so of training; 0 when paused."""
    catch_up: CatchUp | None = None
    """The catching up that is under way or, when paused, comes first; None where all able runs are together,
    but for late ones."""
    evaluating: bool = False
    at_step: int | None = None
    """What is shown of the runs was recorded at this step, or before; None where it is the latest."""
    recorded_from: int | None = None
    """The first step that can be looked back at; None where none can: what was before a run was opened is not
    recorded."""
    runs: tuple[RunSnapshot, ...] = field(default=())
    answers: tuple[Answer, ...] = ()
    """To commands since the snapshot before."""
    problem: str | None = None
    """What training cannot go on for, in sentences: where `state` is FAILED, a cause that is known; otherwise
    that there is not enough memory for what the document asks for, until it asks for less."""
    error: str | None = None
    """The formatted traceback, where `state` is FAILED and no cause is known."""


@dataclass(frozen=True)
class Look:
    """What the window is looking at, and so what has to be measured."""

    names: frozenset[str] = frozenset()
    """Models whose layers are measured."""
    log_magnitude: bool = False
    """Histograms of log10 of the magnitude instead of the values."""
    shared_range: bool = True
    """One axis for all layers of a kind, or each layer its own."""
    inspections: frozenset[Inspection[Any]] = frozenset()
    """What else is measured, for the instruments."""
    at_step: int | None = None
    """Show what was recorded at this step, or at the last one recorded before it, instead of the latest. What
    is not recorded is missing then."""
