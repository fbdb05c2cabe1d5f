"""The way from the worker to the window: a box that holds at most one snapshot.

Taking a snapshot asks for the next, so nothing queues up however slow the window is. What was put and not
taken is withdrawn and told again by the next snapshot, so no loss is lost. No lock is needed: the deque's
append and pop are atomic, and if the other thread acts between two of them the worst is one snapshot more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from bnstudio.training.snapshot import Answer, RunSnapshot, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bnstudio.training.inspection import Inspection
    from bnstudio.training.readings import Readings
    from bnstudio.training.run import Run


class Measured(NamedTuple):
    """The latest readings of a run, and the step that they are of."""

    step: int
    readings: Readings


class _Told(NamedTuple):
    """How much of a run's history has been told."""

    n_steps: int = 0
    n_evaluations: int = 0
    n_rate_changes: int = 0


class Asked(Protocol):
    """Whether the window has asked for a snapshot: set by its `take`, cleared by the worker's `put`."""

    value: bool


class Sieve:
    """Holds back snapshots of documents that are no longer shown, but not the answers in them."""

    def __init__(self) -> None:
        self._answers: tuple[Answer, ...] = ()

    def pass_on(self, snapshot: Snapshot, *, is_current: bool) -> Snapshot | None:
        """Return `snapshot` if it is of the current document or a failure, with the answers that are due."""
        answers = (*self._answers, *snapshot.answers)
        if not is_current and snapshot.state is not State.FAILED:
            self._answers = answers
            return None
        self._answers = ()
        return snapshot if answers == snapshot.answers else replace(snapshot, answers=answers)


class Outbox:
    """Holds the snapshot that waits, and knows what of each run the window has been told.

    Parameters
    ----------
    on_put
        Called by the worker whenever a snapshot waits, with whether it had been asked for.
    asked
        The credit itself, where it has to be in memory that two processes share.
    """

    def __init__(self, on_put: Callable[[bool], None] = lambda _: None, asked: Asked | None = None) -> None:
        self._on_put = on_put
        self.asked: Asked = SimpleNamespace(value=False) if asked is None else asked
        self._box: deque[tuple[int, Snapshot]] = deque()
        self._document_shown = 0
        self._sieve = Sieve()
        self._document_trained = 0
        self._told: dict[int, _Told] = {}
        self._offered: dict[int, _Told] = {}
        self._ended: list[Run] = []
        self._ended_offered: list[Run] = []
        self._answers: list[Answer] = []
        self._answers_offered: list[Answer] = []
        self._unsure = False
        """Whether a snapshot failed on its way, so that nobody knows what of the runs has been told."""

    # The window's side.

    def take(self) -> Snapshot | None:
        """Take the snapshot that waits, if it is of the current document or a failure; ask for the next."""
        try:
            return self.collect()
        finally:
            self.asked.value = True

    def collect(self) -> Snapshot | None:
        """Take the snapshot that waits without asking for the next."""
        try:
            document, snapshot = self._box.pop()
        except IndexError:
            return None
        return self._sieve.pass_on(snapshot, is_current=document == self._document_shown)

    def begin_document(self) -> int:
        """From now on hand out only snapshots of another document, and return its number."""
        self._document_shown += 1
        return self._document_shown

    # The worker's side.

    def turn_to(self, document: int) -> None:
        """Note that the snapshots to come are of the document with this number."""
        self._document_trained = document
        self._ended, self._ended_offered = [], []

    def end(self, runs: Iterable[Run]) -> None:
        """Tell the last losses of runs that have been replaced, once; they let go of their networks."""
        for run in runs:
            run.let_go()
            self._ended.append(run)

    def answer(self, answer: Answer) -> None:
        """Tell `answer` with the next snapshot."""
        self._answers.append(answer)

    def put(
        self,
        runs: Iterable[Run],
        measured: Mapping[int, Measured],
        findings: Mapping[int, Mapping[Inspection[Any], Any]] | None = None,
        **state: Any,
    ) -> None:
        """Put a snapshot into the box, in place of one that still waits there.

        Parameters
        ----------
        runs
            The current runs.
        measured
            By `run_id`, the latest readings of runs that have any.
        findings
            By `run_id`, what the inspections that are asked for have found.
        **state
            The other fields of `Snapshot`.
        """
        try:
            self._box.pop()
        except IndexError:  # it was taken, so what it told has been told
            self._told = self._offered
            self._ended = [run for run in self._ended if run not in self._ended_offered]
            self._answers = [answer for answer in self._answers if answer not in self._answers_offered]
        if self._unsure:  # better nothing than losses with a gap before them
            runs, self._ended = (), []
        self._unsure = True
        self._offered = {}
        found = findings or {}
        news = [
            self._news(run, measured.get(run.run_id), found.get(run.run_id, {}), replaced=False)
            for run in runs
        ]
        news += [self._news(run, None, {}, replaced=True) for run in self._ended]
        self._ended_offered = list(self._ended)
        self._answers_offered = list(self._answers)
        was_asked = self.asked.value
        self.asked.value = False  # before the window can take it and ask anew
        self._box.append(
            (self._document_trained, Snapshot(runs=tuple(news), answers=tuple(self._answers), **state))
        )
        self._on_put(was_asked)
        self._unsure = False

    def _news(
        self, run: Run, measured: Measured | None, findings: Mapping[Inspection[Any], Any], replaced: bool
    ) -> RunSnapshot:
        history = run.history
        told = self._told.get(run.run_id, _Told())
        self._offered[run.run_id] = _Told(
            history.n_steps, len(history.evaluations), len(history.rate_changes)
        )
        losses = history.losses[told.n_steps :].copy()
        accuracies = history.accuracies[told.n_steps :].copy()
        losses.flags.writeable = accuracies.flags.writeable = False
        return RunSnapshot(
            run_id=run.run_id,
            name=run.model.name,
            step=run.step,
            learning_rate=run.model.learning_rate,
            first_step=told.n_steps,
            losses=losses,
            accuracies=accuracies,
            evaluations=tuple(history.evaluations[told.n_evaluations :]),
            rate_changes=tuple(history.rate_changes[told.n_rate_changes :]),
            readings=measured.readings if measured else None,
            readings_step=measured.step if measured else 0,
            findings=findings,
            half_step=run.half_step,
            divergence=run.divergence,
            explosion=run.explosion,
            late_by=run.late_by,
            rate_in_use=run.rate_in_use if run.step else None,
            replaced=replaced,
            replaces=run.replaces,
        )
