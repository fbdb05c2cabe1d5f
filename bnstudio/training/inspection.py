"""What an instrument wants to know of a model, and when it is measured: only while somebody asks.

The readings of all layers are the stack's; everything else that is measured of a run is an inspection of its
own, in a module of its own, and comes back as a finding. This module knows none of them.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind, RunSnapshot
    from bnstudio.training.trainer import Trainer

Finding = TypeVar("Finding")

_MOST_TIME = 0.02
"""Share of the worker's time that one inspection takes at full speed, at most."""


@dataclass(frozen=True)
class Inspection(ABC, Generic[Finding]):
    """A question about a model. Equal questions are one.

    A subclass is a frozen dataclass that adds what else it has to know (a row, an example), says how it is
    measured, and is found by its equal in `RunSnapshot.findings`. It crosses to the worker and back, so it is
    small; so does its finding, which is a frozen dataclass whose arrays nobody writes to.
    """

    model: str
    """Name of the model."""

    interval: ClassVar[float] = 0.1
    """Least seconds between two measurements at full speed; when paused, each new step is measured."""

    recorded: ClassVar[bool] = False
    """Whether the timeline keeps it. Otherwise there is no finding while the window looks back."""

    while_looking_back: ClassVar[bool] = False
    """Whether it is measured now even then, as what it finds is of all steps."""

    once: ClassVar[bool] = False
    """Whether a run is measured only once, and not again at each new step."""

    def fits(self, run: Run) -> bool:
        """Whether the model has what is asked about: an edit and the question after it come one by one."""
        return True

    def can_measure(self, run: Run) -> bool:
        """Whether there is something to measure; by default what the latest training step left."""
        return run.holds_values

    @abstractmethod
    def measure(self, run: Run, trainer: Trainer) -> Iterator[Finding | None]:
        """Measure `run` between two steps, in pieces of at most some 20 ms.

        Yields None after each piece but the last, and then the finding; None where it has none, as where
        values are not finite: what was found before stays then. In between it may yield findings that are
        not whole (`is_whole`). Training waits until all is done, and commands are answered between the
        pieces. Nothing that training goes on with may be changed.
        """

    def is_whole(self, finding: Finding) -> bool:
        """Whether `finding` is all there is to find; one that is not is shown while measuring goes on."""
        return True

    def found_in(self, run: RunSnapshot | None) -> Finding | None:
        """Return what a snapshot has found, or None where it has nothing."""
        return None if run is None else cast("Finding | None", run.findings.get(self))


@dataclass(frozen=True)
class RowInspection(Inspection[Finding]):
    """A question about the layer at `row`, counted from 0; the head's is the last."""

    row: int

    kinds: ClassVar[frozenset[LayerKind]]
    """Of layers that it can be asked about."""

    def fits(self, run: Run) -> bool:
        """Override: whether that row is there, and of such a kind."""
        return self.row < len(run.layer_kinds) and run.layer_kinds[self.row] in self.kinds


class Inspector:
    """Measures what is wanted when it is due, and keeps the latest finding of each inspection.

    At full speed an inspection is due after its interval, and later where it is so slow that it would take
    more than a small share of the time; otherwise at each new step. What was not asked for is not measured.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[int, Inspection[Any]], Any] = {}
        self._seen: dict[tuple[int, Inspection[Any]], object] = {}
        self._next_times: dict[Inspection[Any], float] = {}
        self._under_way: deque[_Measuring] = deque()

    @property
    def busy(self) -> bool:
        """Whether a measurement is under way that has to end before the next step."""
        return bool(self._under_way)

    def begin(
        self, trainer: Trainer, inspections: Collection[Inspection[Any]], *, at_full_speed: bool
    ) -> None:
        """Measure what is due; what takes several pieces is under way then."""
        runs = {run.model.name: run for run in trainer.runs}
        self._forget({run.run_id for run in trainer.runs}, inspections)
        now = time.monotonic()
        for inspection in inspections:
            run = runs.get(inspection.model)
            if run is None or not inspection.fits(run) or not inspection.can_measure(run):
                continue
            key = (run.run_id, inspection)
            state = "measured" if inspection.once else (run.step, run.latest_step)
            if self._seen.get(key) == state:
                continue
            if at_full_speed and now < self._next_times.get(inspection, -math.inf):
                continue
            self._seen[key] = state
            measuring = _Measuring(run, inspection, trainer)
            if not self._advance(measuring):
                self._under_way.append(measuring)

    def advance(self) -> None:
        """Do the next piece of what is under way; what is of a run that has ended is left off."""
        measuring = self._under_way[0]
        if measuring.run_has_ended or self._advance(measuring):
            self._under_way.popleft()

    def findings(self, run: Run, inspections: Iterable[Inspection[Any]]) -> dict[Inspection[Any], Any]:
        """Return the latest findings of those of `inspections` that are of `run`."""
        keys = ((inspection, (run.run_id, inspection)) for inspection in inspections)
        return {inspection: self._found[key] for inspection, key in keys if key in self._found}

    def _forget(self, run_ids: set[int], inspections: Collection[Inspection[Any]]) -> None:
        """Let go of what is no longer asked for, and of runs that are gone."""

        def is_wanted(key: tuple[int, Inspection[Any]]) -> bool:
            return key[0] in run_ids and key[1] in inspections

        self._found = {key: found for key, found in self._found.items() if is_wanted(key)}
        self._seen = {key: seen for key, seen in self._seen.items() if is_wanted(key)}
        self._next_times = {key: due for key, due in self._next_times.items() if key in inspections}
        self._under_way = deque(item for item in self._under_way if is_wanted(item.key))

    def _advance(self, measuring: _Measuring) -> bool:
        """Do a piece; return whether it was the last."""
        is_done = measuring.advance()
        if measuring.finding is not None:
            self._found[measuring.key] = measuring.finding
        if is_done:
            pause = max(measuring.inspection.interval, measuring.seconds / _MOST_TIME)
            self._next_times[measuring.inspection] = time.monotonic() + pause
        return is_done


class _Measuring:
    """A measurement under way."""

    def __init__(self, run: Run, inspection: Inspection[Any], trainer: Trainer) -> None:
        self.inspection = inspection
        self.key = (run.run_id, inspection)
        self.finding: Any = None
        """What the latest piece has found."""
        self.seconds = 0.0
        self._run = run
        self._trainer = trainer
        self._pieces = inspection.measure(run, trainer)

    @property
    def run_has_ended(self) -> bool:
        """Whether the run was replaced meanwhile; it has let go of its network then."""
        return self._run not in self._trainer.runs

    def advance(self) -> bool:
        """Do a piece; return whether all is done."""
        since = time.monotonic()
        try:
            self.finding = next(self._pieces)
        except StopIteration:
            return True
        finally:
            self.seconds += time.monotonic() - since
        return self.finding is not None and self.inspection.is_whole(self.finding)
