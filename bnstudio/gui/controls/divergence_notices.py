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
    """Shows each divergence once in `notice_bar`, and takes it away when the run has been replaced."""

    another_try_asked = Signal()
    """The learning rate was lowered; training should start again."""

    def __init__(
        self, document: ExperimentDocument, notice_bar: NoticeBar, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._notice_bar = notice_bar
        self._shown_run_id: int | None = None
        self._told: set[int] = set()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Look for runs that have diverged, and for the end of the one that the notice is about."""
        current = [run for run in snapshot.runs if not run.replaced]
        if self._shown_run_id is not None and self._shown_run_id not in {run.run_id for run in current}:
            self._notice_bar.hide()
            self._shown_run_id = None
        for run in current:
            if run.divergence is not None and run.run_id not in self._told:
                self._told.add(run.run_id)
                self._tell(run)

    def _tell(self, run: RunSnapshot) -> None:
        assert run.divergence is not None
        rate = suggested_rate(run.divergence.learning_rate)
        self._shown_run_id = run.run_id
        self._notice_bar.show_notice(
            divergence_text(run.name, run.divergence),
            self.tr("Use {rate} and train again").format(rate=short_number(rate)),
            lambda: self._use(run.name, rate),
        )

    def _use(self, name: str, rate: float) -> None:
        experiment = self._document.experiment
        for i, model in enumerate(experiment.models):
            if model.name == name:
                after = experiment.with_model(i, model.replaced(learning_rate=rate))
                self._document.edit(after, self.tr("learning rate {rate}").format(rate=short_number(rate)))
                self.another_try_asked.emit()
