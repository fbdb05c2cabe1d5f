"""What the Loss and the Accuracy panel have in common: title, readout, plot, and when to draw anew.

It shows the selected model's current run and its ghosts. Nothing is drawn while it is hidden or without news;
the readout and the description in words follow at a lower rate than the curve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.curves.legend import CurveLegend, LegendEntry, Sample
from bnstudio.gui.curves.series import CurveSeries, Quantity
from bnstudio.gui.curves.thinning import window_at
from bnstudio.gui.curves.view import CurveView
from bnstudio.gui.curves.words import described, step_in_words
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, theme_of, title_font

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.gui.curves.series import EvaluationPoints
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.history import History
    from bnstudio.training.snapshot import Snapshot

_READOUT_INTERVAL_MS = 100
_DESCRIPTION_INTERVAL_MS = 2_000


translate = QCoreApplication.translate


class CurvePanel(Card):
    """Base of the panels; `quantity` says what of a history they show.

    A subclass says how a value is written (`format_value`) and what its plot is called.
    """

    def __init__(
        self,
        document: ExperimentDocument,
        histories: RunHistories,
        quantity: Quantity,
        title: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._histories = histories
        self._quantity = quantity
        self._title = title
        self._steps_per_epoch = 0
        self._shown: object = None
        self._counted: object = None
        self.view = CurveView(percent=quantity == "accuracy")
        self.view.setAccessibleName(title)
        self.view.setToolTip(self.view.key_help())
        self.legend = CurveLegend()
        self._title_label = QLabel(title)
        self._title_label.setFont(title_font(self.font()))
        self.ghosts_button = self._make_button()
        self.ghosts_button.setToolTip(
            translate("CurvePanel", "Dashed: this model's earlier runs. Click to hide them.")
        )
        self.whole_button = self._make_button()
        self.whole_button.setText(translate("CurvePanel", "Show all"))
        self.whole_button.setToolTip(
            translate("CurvePanel", "The curve is zoomed: show all and follow the newest step (Home).")
        )
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING // 2)
        self.header.addWidget(self._title_label)
        self.header.addStretch()
        self.header.addWidget(self.ghosts_button)
        self.header.addWidget(self.whole_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(self.header)
        layout.addWidget(self.legend)
        layout.addWidget(self.view, 1)
        self._readout_timer = self._make_timer(_READOUT_INTERVAL_MS, self._update_readout)
        self._description_timer = self._make_timer(_DESCRIPTION_INTERVAL_MS, self._update_description)
        self.ghosts_button.clicked.connect(self._on_ghosts_clicked)
        self.whole_button.clicked.connect(self.view.show_whole)
        self.view.following_changed.connect(self._on_following_changed)
        self.view.crosshair_moved.connect(self._update_readout)
        self.view.range_changed.connect(self._ask_for_readout)
        document.experiment_changed.connect(self._on_experiment_changed)
        document.selected_changed.connect(self.redraw)
        histories.ghosts_dismissed.connect(self.redraw)
        self._on_following_changed(True)
        self.redraw()

    def format_value(self, value: float) -> str:
        """Return `value` as the readout writes it."""
        raise NotImplementedError

    def refresh(self, snapshot: Snapshot) -> None:
        """Draw what the histories have gained by `snapshot`; nothing when hidden or nothing is new."""
        if snapshot.steps_per_epoch:
            self._steps_per_epoch = snapshot.steps_per_epoch
        if self.isVisible():
            self._show_runs()

    def redraw(self) -> None:
        """Draw everything anew: another model, another theme."""
        self._shown = self._counted = None
        self._show_runs()
        self._update_readout()
        self._update_description()

    # Runs

    def _show_runs(self) -> None:
        name = self._document.model.name
        current = self._histories.current(name)
        ghosts = self._histories.ghosts(name)
        divergence = self._histories.divergence(name)
        runs = [*ghosts, *([current] if current is not None else [])]
        counted = [(run.n_steps, len(run.evaluations), len(run.rate_changes)) for run in runs]
        shown = (name, self._document.selected, runs, divergence)
        if self._shown != shown:
            self._shown = shown
            self._show_series(ghosts, current)
        elif self._counted != (counted, self._steps_per_epoch):
            self.view.follow(self._steps_per_epoch, self._message(bool(ghosts), current))
        else:
            return
        self._counted = (counted, self._steps_per_epoch)
        self._ask_for_readout()
        if not self._description_timer.isActive():
            self._description_timer.start()

    def _show_series(self, ghosts: list[History], current: History | None) -> None:
        theme = theme_of(self)
        self._colour = theme.series[self._document.selected % len(theme.series)]
        series = [
            CurveSeries(ghost, self._quantity, theme.muted, theme.muted, ghost=True) for ghost in ghosts
        ]
        if current is not None:
            divergence = self._histories.divergence(self._document.model.name)
            series.append(
                CurveSeries(current, self._quantity, self._colour, theme.text, divergence=divergence)
            )
        self.view.show_series(series, self._steps_per_epoch, self._message(bool(ghosts), current))
        self.ghosts_button.setVisible(bool(ghosts))
        self.ghosts_button.setText(translate("CurvePanel", "╌╌ {n} earlier ✕").format(n=len(ghosts)))
        self.ghosts_button.setAccessibleName(
            translate("CurvePanel", "Hide earlier runs: {n}").format(n=len(ghosts))
        )

    def _message(self, has_ghosts: bool, current: History | None) -> str:
        return (
            ""
            if has_ghosts or (current is not None and current.n_steps)
            else translate("CurvePanel", "Press Train (F5)")
        )

    @property
    def _current(self) -> CurveSeries | None:
        """The selected model's run, once it has a step to show."""
        return next((s for s in self.view.series if not s.ghost and s.n_steps), None)

    # Words

    def _ask_for_readout(self) -> None:
        if not self._readout_timer.isActive():
            self._readout_timer.start()

    def _update_readout(self) -> None:
        series = self._current
        window = self.view.smoothing_steps
        values: dict[Sample, tuple[str, str]] = {}
        heading = ""
        if series is not None:
            crosshair = self.view.crosshair
            step = min(crosshair or series.n_steps, series.n_steps)
            window = window_at(step, window)
            heading = step_in_words(step, self._steps_per_epoch)
            if crosshair is None:
                heading = translate("CurvePanel", "latest: {step}").format(step=heading)
            values[Sample.SMOOTHED] = self.format_value(series.smoothed_at(step)), ""
            values[Sample.RAW] = self.format_value(float(series.values[step - 1])), ""
            values[Sample.TEST] = self._nearest(series.test, step)
            values[Sample.SUBSET] = self._nearest(series.subset, step)
        names = {
            Sample.SMOOTHED: translate("CurvePanel", "mean of {n}").format(n=format_count(window)),
            Sample.RAW: translate("CurvePanel", "each step"),
            Sample.TEST: translate("CurvePanel", "test"),
            Sample.SUBSET: translate("CurvePanel", "subset"),
        }
        entries = [LegendEntry(sample, name, *values.get(sample, ("", ""))) for sample, name in names.items()]
        self.legend.show_entries(heading, entries, self._colour, theme_of(self).text)
        self.legend.setToolTip(
            translate(
                "CurvePanel",
                "Smooth line: mean of the last {n} steps, about a thirty-second of the visible ones; at the\n"
                "beginning of at most a fourth of the steps so far.\n"
                "Faint line: every step, on its mini-batch before the update; where several share a pixel,\n"
                "the band from the lowest to the highest of them.\n"
                "Disc: all test images at an epoch's end. Diamond: a fixed subset of 1,000 of them.",
            ).format(n=format_count(self.view.smoothing_steps))
        )

    def _nearest(self, points: EvaluationPoints, step: int) -> tuple[str, str]:
        nearest = points.nearest(step)
        if nearest is None:
            return "–", ""
        return self.format_value(nearest[1]), translate("CurvePanel", "at {n}").format(
            n=format_count(nearest[0])
        )

    def _update_description(self) -> None:
        model = self._document.model.name
        text = described(self._current, self._title, model, self.format_value)
        if text != self.view.accessibleDescription():
            self.view.setAccessibleDescription(text)

    # Events

    def _on_experiment_changed(self) -> None:
        if self.isVisible():
            self._show_runs()

    def _on_ghosts_clicked(self) -> None:
        self._histories.dismiss_ghosts(self._document.model.name)

    def _on_following_changed(self, following: bool) -> None:
        self.whole_button.setVisible(not following)

    def showEvent(self, event: QShowEvent) -> None:
        """Override: catch up with what came while hidden."""
        super().showEvent(event)
        self._show_runs()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the colours of the runs are the theme's, the title is of the type scale."""
        super().changeEvent(event)
        if not hasattr(self, "_description_timer"):
            return  # still being built
        if event.type() == QEvent.Type.PaletteChange:
            self.redraw()
        elif event.type() == QEvent.Type.FontChange:
            self._title_label.setFont(title_font(self.font()))

    def _make_button(self) -> QuietButton:
        return QuietButton()

    def _make_timer(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer
