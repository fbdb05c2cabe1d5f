"""The window's own record of every run's curves, built from snapshots.

A run is followed by its id, which a rename keeps. A run that was replaced becomes a ghost: an earlier curve
of the same model, kept for comparison until it is dismissed or newer ghosts push it out. Draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.training.history import History

if TYPE_CHECKING:
    from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot

MAX_GHOSTS = 3
"""How many earlier runs of a model are kept."""


@dataclass
class _RecordedRun:
    name: str
    """As the latest snapshot gives it."""
    history: History = field(default_factory=History)
    divergence: Divergence | None = None
    ended: bool = False


class RunHistories(QObject):
    """Holds the current run and the ghosts of each model, by the model's name."""

    ghosts_dismissed = Signal(str)
    """Name of the model whose ghosts are gone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[int, _RecordedRun] = {}

    def apply(self, snapshot: Snapshot) -> None:
        """Take over what `snapshot` brings: new runs, new steps, new names, ends.

        Raises
        ------
        ValueError
            When a snapshot of a known run does not begin where its history ends.
        """
        self._rename(snapshot)
        for news in snapshot.runs:
            run = self._runs.get(news.run_id)
            if run is None:
                if news.first_step > 0:
                    continue  # the rest of a run that was forgotten by clear()
                run = self._begin(news)
            run.history.extend(news)
            run.divergence = news.divergence or run.divergence
            if news.replaced:
                run.ended = True
        self._drop_old_ghosts()

    def current(self, name: str) -> History | None:
        """Return the curves of the model's run that goes on, or None before its first snapshot."""
        run = self._current(name)
        return None if run is None else run.history

    def ghosts(self, name: str) -> list[History]:
        """Return the curves of the model's earlier runs, oldest first."""
        return [run.history for run in self._runs.values() if run.ended and run.name == name]

    def divergence(self, name: str) -> Divergence | None:
        """Return how the model's current run diverged, or None when it has not."""
        run = self._current(name)
        return None if run is None else run.divergence

    def dismiss_ghosts(self, name: str) -> None:
        """Forget the model's earlier runs."""
        self._runs = {
            run_id: run for run_id, run in self._runs.items() if not (run.ended and run.name == name)
        }
        self.ghosts_dismissed.emit(name)

    def clear(self) -> None:
        """Forget all runs; what the worker still says about them is ignored."""
        self._runs = {}

    def _current(self, name: str) -> _RecordedRun | None:
        return next((run for run in self._runs.values() if run.name == name and not run.ended), None)

    def _begin(self, news: RunSnapshot) -> _RecordedRun:
        """Make the run that `news` is the first of; the one before it becomes a ghost."""
        before = self._current(news.name)
        if before is not None and not news.replaced:
            before.ended = True
        run = self._runs[news.run_id] = _RecordedRun(news.name)
        return run

    def _rename(self, snapshot: Snapshot) -> None:
        """Give runs and their ghosts the names of `snapshot`, all at once so that two may swap theirs."""
        names = {}
        for news in snapshot.runs:
            run = self._runs.get(news.run_id)
            if run is not None and not run.ended and run.name != news.name:
                names[run.name] = news.name
        if names:
            for run in self._runs.values():
                run.name = names.get(run.name, run.name)

    def _drop_old_ghosts(self) -> None:
        """Keep the latest ghosts of each name; one without a step shows nothing and is none."""
        n_ghosts: dict[str, int] = {}
        for run_id, run in reversed(list(self._runs.items())):
            if run.ended:
                n_ghosts[run.name] = n_ghosts.get(run.name, 0) + (run.history.n_steps > 0)
                if run.history.n_steps == 0 or n_ghosts[run.name] > MAX_GHOSTS:
                    del self._runs[run_id]
