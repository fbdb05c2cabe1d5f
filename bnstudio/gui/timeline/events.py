"""What happened to the runs: at which steps, and in words once somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.gui.curves.run_histories import RecordedRun

translate = QCoreApplication.translate


class Events:
    """The changes of the learning rate and the divergences of some runs, read from these when asked for."""

    def __init__(self, runs: Sequence[RecordedRun] = ()) -> None:
        self._runs = runs

    @property
    def rate_changes(self) -> NDArray[np.float64]:
        """The steps after which a learning rate changed, run by run."""
        return np.concatenate([np.empty(0), *(run.change_steps for run in self._runs)])

    @property
    def divergences(self) -> list[int]:
        """The steps at which runs diverged."""
        return [run.divergence.step for run in self._runs if run.divergence is not None]

    def texts(self, first: float, last: float) -> list[str]:
        """Return what happened from step `first` to `last`: a line for each run and kind, however often."""
        texts = []
        for run in self._runs:
            begin = int(np.searchsorted(run.change_steps, first))
            end = int(np.searchsorted(run.change_steps, last, side="right"))
            if begin < end:
                texts.append(_change_text(run, end - begin, end - 1))
            if run.divergence is not None and first <= run.divergence.step <= last:
                text = translate("Timeline", "{model}: diverged at step {n}")
                texts.append(text.format(model=run.name, n=format_count(run.divergence.step)))
        return texts


def _change_text(run: RecordedRun, n_changes: int, last: int) -> str:
    """Return in words that the rate changed so often, the last time by change `last`."""
    if n_changes == 1:
        text = translate("Timeline", "{model}: learning rate {rate} from step {n} on")
    else:
        text = translate("Timeline", "{model}: {times} changes of the learning rate; {rate} from step {n} on")
    change = run.rate_changes[last]
    return text.format(
        model=run.name,
        times=format_count(n_changes),
        rate=format_number(change.learning_rate, digits=3),
        n=format_count(change.step + 1),
    )
