"""Tells of a run that diverged, and offers a smaller learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.gui.controls.number_fields import short_number
from bnstudio.gui.messages import divergence_text, suggested_rate

if TYPE_CHECKING:
    from bnstudio.gui.controls.notice_bar import NoticeBar
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import RunSnapshot, Snapshot


class DivergenceNotices(QObject):
    """Shows each divergence in `notice_bar` until it is answered or its run replaced; the oldest first."""

    another_try_asked = Signal(str)
    """The learning rate of the model with this name was lowered; it should start again."""

    def __init__(
        self, document: ExperimentDocument, notice_bar: NoticeBar, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._notice_bar = notice_bar
        self._diverged: dict[int, RunSnapshot] = {}
        self._shown_run_id: int | None = None
        self._answered: set[int] = set()
        notice_bar.closed.connect(self._on_closed)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Look for runs that have diverged, and for the end of those that notices are about."""
        self._diverged = {
            run.run_id: run for run in snapshot.runs if run.divergence is not None and not run.replaced
        }
        self._show_next()

    def _show_next(self) -> None:
        open_ = [run for run_id, run in self._diverged.items() if run_id not in self._answered]
        if self._shown_run_id in {run.run_id for run in open_}:
            return
        if open_:
            self._tell(open_[0])
        elif self._shown_run_id is not None:
            self._shown_run_id = None
            self._notice_bar.hide()

    def _tell(self, run: RunSnapshot) -> None:
        assert run.divergence is not None
        rate = suggested_rate(run.divergence.learning_rate)
        self._shown_run_id = run.run_id
        self._notice_bar.show_notice(
            divergence_text(run.name, run.divergence),
            self.tr("Use {rate} and train again").format(rate=short_number(rate)),
            lambda: self._use(run.name, rate),
        )

    def _on_closed(self) -> None:
        if self._shown_run_id is not None:
            self._answered.add(self._shown_run_id)
            self._show_next()

    def _use(self, name: str, rate: float) -> None:
        experiment = self._document.experiment
        for i, model in enumerate(experiment.models):
            if model.name == name:
                after = experiment.with_model(i, model.replaced(learning_rate=rate))
                self._document.edit(after, self.tr("learning rate {rate}").format(rate=short_number(rate)))
                self.another_try_asked.emit(name)
