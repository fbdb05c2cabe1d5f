"""Tells of a run that diverged or whose loss exploded, and offers to take it back with a smaller rate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.gui.controls.number_fields import short_number
from bnstudio.gui.dialogs.divergence_dialog import DivergenceDialog
from bnstudio.gui.messages import divergence_text, explosion_text, is_of_the_start, suggested_rate
from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from bnstudio.gui.controls.notice_bar import NoticeBar
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import RunSnapshot, Snapshot


class DivergenceNotices(QObject):
    """Shows each such run in `notice_bar` until that is answered, over or the run is gone; oldest first."""

    taking_back_asked = Signal(str)
    """The model with this name has a rate that may do; it should go on from its last good moment."""

    def __init__(
        self, document: ExperimentDocument, notice_bar: NoticeBar, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._notice_bar = notice_bar
        self._in_trouble: dict[tuple[int, int], RunSnapshot] = {}
        self._shown: tuple[int, int] | None = None
        self._told: tuple[str, float] | None = None
        """Name and learning rate of the model that is told of: where they change, it is told of anew."""
        self._answered: set[tuple[int, int]] = set()
        notice_bar.closed.connect(self._on_closed)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Look for runs in trouble, and for the end of those that notices are about."""
        # One that explodes once more, or diverges after it exploded, is told of again.
        self._in_trouble = {
            (run.run_id, trouble.step): run
            for run in snapshot.runs
            if (trouble := run.divergence or run.explosion) is not None and not run.replaced
        }
        self._show_next()

    def _show_next(self) -> None:
        open_ = [key for key in self._in_trouble if key not in self._answered]
        if open_:
            before = self._shown if self._shown in open_ else None
            self._shown = before or open_[0]
            run = self._in_trouble[self._shown]
            told = run.name, run.learning_rate
            if before is None or told != self._told:
                self._told = told
                self._tell(run)
        elif self._shown is not None:
            self._shown = None
            self._notice_bar.hide()

    def _tell(self, run: RunSnapshot) -> None:
        divergence, explosion = run.divergence, run.explosion
        trouble = divergence or explosion
        assert trouble is not None
        rate = min(suggested_rate(trouble.learning_rate), run.learning_rate)  # it may have been lowered since
        if trouble.good_step:
            answer = self.tr("Back to step {step}, rate {rate}")
        else:
            answer = self.tr("Back to the start, rate {rate}")
        self._notice_bar.show_notice(
            _text(run),
            answer.format(step=format_count(trouble.good_step), rate=short_number(rate)),
            None if is_of_the_start(trouble) else partial(self._use, run.name, rate),
            partial(self._explain, run) if divergence else None,
        )

    def _explain(self, run: RunSnapshot) -> None:
        models = {model.name: model for model in self._document.experiment.models}
        if run.name in models and run.divergence is not None:
            DivergenceDialog(models[run.name], run.divergence, self._notice_bar.window()).open()

    def _on_closed(self) -> None:
        if self._shown is not None:
            self._answered.add(self._shown)
            self._show_next()

    def _use(self, name: str, rate: float) -> None:
        experiment = self._document.experiment
        for i, model in enumerate(experiment.models):
            if model.name == name:
                after = experiment.with_model(i, model.replaced(learning_rate=rate))
                self._document.edit(after, self.tr("learning rate {rate}").format(rate=short_number(rate)))
                self.taking_back_asked.emit(name)


def _text(run: RunSnapshot) -> str:
    if run.divergence is not None:
        return divergence_text(run.name, run.divergence)
    assert run.explosion is not None
    return explosion_text(run.name, run.explosion)
