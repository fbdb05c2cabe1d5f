"""The window's own record of every run's curves, built from snapshots.

A run is followed by its id, which a rename keeps. A run that was replaced becomes a ghost: an earlier curve
of the same model, kept for comparison until it is dismissed or newer ghosts push it out. Draws nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from bnstudio.training.history import History

if TYPE_CHECKING:
    from collections.abc import Collection

    from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot

MAX_GHOSTS = 3
"""How many earlier runs of a model are kept."""
MAX_ORPHANS = 8
"""How many runs of removed models are kept, of all of them together."""


class RecordedRun(History):
    """One run's curves, and what else is known of it for good."""

    def __init__(self, run_id: int, name: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.name = name
        """Of its model, as the latest snapshot gives it."""
        self.change_steps = np.empty(0)
        """(n_changes,) the step of each of `rate_changes`, to find some of thousands by."""
        self.divergence: Divergence | None = None
        self.late_by = 0
        """How many steps the others were ahead when it was let start at 0; 0 for ordinary runs."""
        self.rate_in_use: float | None = None
        """The learning rate of the latest update; None before any."""
        self.ended = False
        self.orphaned = False
        """Whether its name is now that of another model, which never ran it."""

    def extend(self, news: RunSnapshot) -> None:
        """Override: take over all that `news` tells of the run, but for its name."""
        super().extend(news)
        if news.rate_changes:
            self.change_steps = np.append(self.change_steps, [change.step for change in news.rate_changes])
        self.divergence = news.divergence or self.divergence
        self.late_by = news.late_by
        self.rate_in_use = news.rate_in_use
        self.ended = self.ended or news.replaced

    def rate_at(self, step: int) -> float | None:
        """Return the learning rate of the update of `step`, counted from 1, which has been done."""
        i = int(np.searchsorted(self.change_steps, step))
        return self.rate_changes[i].before if i < len(self.rate_changes) else self.rate_in_use


class RunHistories(QObject):
    """Holds the current run and the ghosts of each model, by the model's name."""

    ghosts_dismissed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[int, RecordedRun] = {}

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
            run.extend(news)
        if snapshot.runs:  # none are told of before the data are there, nor by a session that was killed
            self._end_others({news.run_id for news in snapshot.runs})
        self._drop_old_ghosts()

    def current(self, name: str) -> RecordedRun | None:
        """Return the model's run that goes on, or None before its first snapshot."""
        return next((run for run in self._runs.values() if run.name == name and not run.ended), None)

    def ghosts(self, name: str) -> list[RecordedRun]:
        """Return the earlier runs of the model that has a current one, oldest first."""
        if self.current(name) is None:
            return []
        return [run for run in self._runs.values() if run.ended and run.name == name and not run.orphaned]

    def orphans(self) -> list[RecordedRun]:
        """Return the runs of models that have been removed, oldest first."""
        current = {run.name for run in self._runs.values() if not run.ended}
        return [run for run in self._runs.values() if run.ended and (run.orphaned or run.name not in current)]

    def dismiss_ghosts(self, ghosts: Collection[RecordedRun]) -> None:
        """Forget these runs, of whatever models they are."""
        for ghost in ghosts:
            self._runs.pop(ghost.run_id, None)
        self.ghosts_dismissed.emit()

    def clear(self) -> None:
        """Forget all runs; what the worker still says about them is ignored."""
        self._runs = {}

    def _begin(self, news: RunSnapshot) -> RecordedRun:
        """Make the run that `news` is the first of; the one before it becomes a ghost."""
        before = self.current(news.name)
        if before is not None and not news.replaced:
            before.ended = True
        run = self._runs[news.run_id] = RecordedRun(news.run_id, news.name)
        return run

    def _end_others(self, told_of: Collection[int]) -> None:
        """End the runs of a session that failed and was followed by another."""
        for run_id, run in self._runs.items():
            run.ended = run.ended or run_id not in told_of

    def _rename(self, snapshot: Snapshot) -> None:
        """Give runs and their ghosts the names of `snapshot`, all at once so that two may swap theirs.

        A model may have been renamed after its run was replaced, and before this is told of either.
        """
        names = {}
        for news in snapshot.runs:
            run = self._runs.get(news.run_id)
            if run is None and news.replaces is not None:
                run = self._runs.get(news.replaces)
            if run is not None and not run.ended and run.name != news.name:
                names[run.name] = news.name
        if not names:
            return
        for run in self._runs.values():
            if run.orphaned:
                continue
            # A name that another model takes was a removed one's before.
            run.orphaned = run.name in names.values() and run.name not in names
            run.name = names.get(run.name, run.name)

    def _drop_old_ghosts(self) -> None:
        """Keep the latest ghosts of each model; one without a step shows nothing and is none."""
        if not any(run.ended for run in self._runs.values()):
            return  # as in nearly every frame
        n_ghosts: Counter[tuple[str, bool]] = Counter()
        for run_id, run in reversed(list(self._runs.items())):
            if run.ended:
                model = (run.name, run.orphaned)
                n_ghosts[model] += run.n_steps > 0
                if run.n_steps == 0 or n_ghosts[model] > MAX_GHOSTS:
                    del self._runs[run_id]
        for run in self.orphans()[:-MAX_ORPHANS]:
            del self._runs[run.run_id]
