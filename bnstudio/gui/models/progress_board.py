"""How far the runs of all models have come, as the rows of the list write it.

It is kept by a model's colour, which a model keeps under any name and in any place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.gui.models.model_progress import (
    Progress,
    ProgressText,
    explained,
    place_of,
    progress_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.training.snapshot import Snapshot

_NOTHING = ProgressText()


class ProgressBoard:
    """Follows snapshots, formatting only what has changed."""

    def __init__(self, histories: RunHistories) -> None:
        self._histories = histories
        self._known: dict[int | None, tuple[Progress, ProgressText]] = {}

    def text(self, model: ModelSetup) -> ProgressText:
        """Return what is written of the run of `model`; nothing before there is a snapshot of it."""
        known = self._known.get(model.colour)
        return _NOTHING if known is None else known[1]

    def past_rate(self, model: ModelSetup) -> float | None:
        """Return the learning rate that `model` had at the step that is looked back at; None while live."""
        known = self._known.get(model.colour)
        return None if known is None else known[0].rate

    def sentences(self, model: ModelSetup) -> list[str]:
        """Return the same as `text` in full sentences."""
        known = self._known.get(model.colour)
        return [] if known is None else explained(model.name, known[0])

    def follow(self, snapshot: Snapshot, models: Sequence[ModelSetup]) -> list[int]:
        """Take over what the histories, which have the snapshot already, and the snapshot say.

        Returns the indices of the models of which something else is written now.
        """
        indices = {model.name: index for index, model in enumerate(models)}
        changed = []
        for run in snapshot.runs:
            index = None if run.replaced else indices.get(run.name)
            history = self._histories.current(run.name)
            if index is None or history is None:
                continue
            colour = models[index].colour
            place = place_of(run, history, snapshot)
            known = self._known.get(colour)
            if known is not None and known[0].place == place:
                continue
            progress = progress_of(place, history)
            self._known[colour] = progress, text_of(progress)
            if known is None or known[1] != self._known[colour][1]:
                changed.append(index)
        return changed

    def keep(self, models: Sequence[ModelSetup]) -> None:
        """Forget all but `models`: another model may get the colour of one that was removed."""
        colours = {model.colour for model in models}
        self._known = {colour: known for colour, known in self._known.items() if colour in colours}

    def clear(self) -> None:
        """Forget all."""
        self._known = {}
