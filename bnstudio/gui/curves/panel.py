"""What the Loss and the Accuracy panel have in common: title, readout, plot, and when to draw anew.

It shows the current runs of all visible models, and their ghosts. Nothing is drawn while it is hidden or
without news; the readout and the description in words follow at a lower rate than the curves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.curves.legend import CurveLegend
from bnstudio.gui.curves.readout import Readout, ShownModel
from bnstudio.gui.curves.run_histories import MAX_GHOSTS
from bnstudio.gui.curves.series import CurveSeries, Look, Quantity
from bnstudio.gui.curves.view import CurveView
from bnstudio.gui.curves.words import described, key_help, smoothing_explained
from bnstudio.gui.model_style import ModelStyle, model_style
from bnstudio.gui.theme import SPACING, theme_of, title_font

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.gui.curves.run_histories import RecordedRun, RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import Snapshot

_READOUT_INTERVAL_MS = 190
"""Between two changes of the numbers: five a second are as many as can be read."""
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
        self._looked_at: int | None = None
        self._arrangement: list[tuple[RecordedRun, Look]] | None = None
        self._counted: object = None
        self.view = CurveView(percent=quantity == "accuracy")
        self.view.setAccessibleName(title)
        self.view.setToolTip(key_help())
        self.legend = CurveLegend()
        self.title_label = QLabel(title)
        self.title_label.setFont(title_font(self.font()))
        self.ghosts_button = QuietButton()
        self.ghosts_button.setToolTip(
            translate(
                "CurvePanel",
                "Dotted: earlier runs, at most the last {n} of each model, in its colour; those of removed\n"
                "models are grey. Click to forget them.",
            ).format(n=MAX_GHOSTS)
        )
        self.whole_button = QuietButton()
        self.whole_button.setText(translate("CurvePanel", "Show all"))
        self.whole_button.setToolTip(
            translate("CurvePanel", "The curve is zoomed: show all and follow the newest step (Home).")
        )
        self._lay_out()
        self._readout_timer = QTimer(self, singleShot=True, interval=_READOUT_INTERVAL_MS)
        self._readout_timer.timeout.connect(self._update_readout)
        self._since_readout = QElapsedTimer()
        self._since_readout.start()
        self._description_timer = QTimer(self, singleShot=True, interval=_DESCRIPTION_INTERVAL_MS)
        self._description_timer.timeout.connect(self._update_description)
        self.ghosts_button.clicked.connect(self._on_ghosts_clicked)
        self.whole_button.clicked.connect(self.view.show_whole)
        self.view.following_changed.connect(self._on_following_changed)
        self.view.crosshair_moved.connect(self._update_readout)
        self.view.range_changed.connect(self._ask_for_words)
        self.view.curve_clicked.connect(lambda series: self._select(series.history.name))
        self.view.neighbour_asked.connect(self._select_neighbour)
        self.view.hovered_changed.connect(self._on_hovered_changed)
        self.legend.model_clicked.connect(self._select)
        self.legend.model_hovered.connect(self._on_model_hovered)
        document.opened.connect(self.view.show_whole)
        document.experiment_changed.connect(self._on_experiment_changed)
        document.selected_changed.connect(self.redraw)
        document.visible_changed.connect(self.redraw)
        histories.ghosts_dismissed.connect(self.redraw)
        self._on_following_changed(True)
        self.redraw()

    def _lay_out(self) -> None:
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING // 2)
        self.header.addWidget(self.title_label)
        self.header.addStretch()
        self.header.addWidget(self.ghosts_button)
        self.header.addWidget(self.whole_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(self.header)
        layout.addWidget(self.legend)
        layout.addWidget(self.view, 1)

    def format_value(self, value: float) -> str:
        """Return `value` as the readout writes it."""
        raise NotImplementedError

    def refresh(self, snapshot: Snapshot) -> None:
        """Draw what the histories have gained by `snapshot`; nothing when hidden or nothing is new.

        Where it looks back, that step is marked and read.
        """
        if snapshot.steps_per_epoch:
            self._steps_per_epoch = snapshot.steps_per_epoch
        self._looked_at = snapshot.at_step
        if self.isVisible():
            self._catch_up()

    def redraw(self) -> None:
        """Draw what is new at once, words too: another model is selected or visible, another theme."""
        self._show_runs()
        self._update_readout()
        self._update_description()

    # Runs

    def _visible_models(self) -> list[tuple[str, Look]]:
        """Return name and look of the visible models, in their order."""
        document, theme = self._document, theme_of(self)
        models = [(i, model) for i, model in enumerate(document.experiment.models) if document.is_visible(i)]
        visible = []
        for i, model in models:
            style = model_style(model, theme)
            if len(models) == 1:
                # Nothing to be told apart from: the marks stand out from the curve instead.
                style, evaluation_colour = style._replace(filled=True), theme.text
            else:
                evaluation_colour = style.colour
            visible.append((model.name, Look(style, evaluation_colour, selected=i == document.selected)))
        return visible

    def _arrange(self) -> list[tuple[RecordedRun, Look]]:
        """Return the runs to be shown, back to front: ghosts, the models in their order, the selected one."""
        histories, muted = self._histories, theme_of(self).muted
        grey = Look(ModelStyle(muted, Qt.PenStyle.SolidLine, filled=True), muted, ghost=True)
        arranged = [(run, grey) for run in histories.orphans()]
        visible = self._visible_models()
        for name, look in visible:
            ghost_look = Look(look.style, look.evaluation_colour, ghost=True)
            arranged += [(ghost, ghost_look) for ghost in histories.ghosts(name)]
        for name, look in sorted(visible, key=lambda model: model[1].selected):
            current = histories.current(name)
            if current is not None:
                arranged.append((current, look))
        return arranged

    def _catch_up(self) -> None:
        self._show_runs()
        if self._looked_at != self.view.looked_at:
            self.view.look_back(self._looked_at)
            self._update_readout()
            self._ask_for_words()

    def _show_runs(self) -> None:
        arrangement = self._arrange()
        counted = (
            self._steps_per_epoch,
            [
                (run.n_steps, len(run.evaluations), len(run.rate_changes), run.divergence, run.late_by)
                for run, _ in arrangement
            ],
        )
        if arrangement != self._arrangement:
            self._arrangement = arrangement
            self._show_arrangement(arrangement)
        elif counted != self._counted:
            self.view.follow(self._steps_per_epoch, self._message())
        else:
            return
        self._counted = counted
        self._ask_for_words()

    def _show_arrangement(self, arrangement: list[tuple[RecordedRun, Look]]) -> None:
        known = {series.history.run_id: series for series in self.view.series}
        shown = []
        for run, look in arrangement:
            series = known.get(run.run_id) or CurveSeries(run, self._quantity, look)
            series.look = look
            shown.append(series)
        self.view.show_series(shown, self._steps_per_epoch, self._message())
        n_ghosts = len(self._ghosts)
        self.ghosts_button.setVisible(n_ghosts > 0)
        self.ghosts_button.setText(translate("CurvePanel", "┈┈ {n} earlier ✕").format(n=n_ghosts))
        self.ghosts_button.setAccessibleName(
            translate("CurvePanel", "Forget earlier runs: {n}").format(n=n_ghosts)
        )

    @property
    def _ghosts(self) -> list[RecordedRun]:
        return [run for run, look in self._arrangement or () if look.ghost]

    def _message(self) -> str:
        if any(run.n_steps for run, _ in self._arrangement or ()):
            return ""
        return translate("CurvePanel", "Press Train (F5)")

    # Words

    def _ask_for_words(self) -> None:
        """Bring the words up to the curves: at once where that is due, which saves a paint of its own."""
        if self._since_readout.hasExpired(_READOUT_INTERVAL_MS):
            self._update_readout()
        elif not self._readout_timer.isActive():
            self._readout_timer.start()
        if not self._description_timer.isActive():
            self._description_timer.start()

    def _shown_models(self) -> list[ShownModel]:
        series = {s.history.name: s for s in self.view.series if not s.ghost and s.n_steps}
        return [ShownModel(name, look, series.get(name)) for name, look in self._visible_models()]

    def _update_readout(self) -> None:
        self._readout_timer.stop()
        self._since_readout.start()
        view = self.view
        view.count_outside()
        readout = Readout(
            self.format_value,
            self._steps_per_epoch,
            view.smoothing_steps,
            view.crosshair,
            view.looked_at,
            view.value_range if view.following else None,
        )
        models = self._shown_models()
        self.legend.show_content(readout.content(models))
        text = smoothing_explained(view.smoothing_steps, several=len(models) > 1)
        if text != self.legend.toolTip():
            self.legend.setToolTip(text)

    def _update_description(self) -> None:
        text = described(self._shown_models(), self._title, self.format_value, self.view.looked_at)
        if text != self.view.accessibleDescription():
            self.view.setAccessibleDescription(text)

    # Selection

    def _select(self, name: str) -> None:
        names = [model.name for model in self._document.experiment.models]
        if name in names:
            self._document.select(names.index(name))

    def _select_neighbour(self, direction: int) -> None:
        """Select the visible model before or after the selected one; after the last comes the first."""
        document = self._document
        visible = [i for i in range(len(document.experiment.models)) if document.is_visible(i)]
        document.select(visible[(visible.index(document.selected) + direction) % len(visible)])

    # Events

    def _on_experiment_changed(self) -> None:
        if self.isVisible():
            self._show_runs()
            self._ask_for_words()  # a name may be another

    def _on_ghosts_clicked(self) -> None:
        self._histories.dismiss_ghosts(self._ghosts)

    def _on_hovered_changed(self) -> None:
        hovered = self.view.hovered
        self.legend.show_hovered(None if hovered is None else hovered.history.name)

    def _on_model_hovered(self, name: str | None) -> None:
        runs = (series for series in self.view.series if not series.ghost)
        self.view.hover(next((series for series in runs if series.history.name == name), None))

    def _on_following_changed(self, following: bool) -> None:
        self.whole_button.setVisible(not following)

    def showEvent(self, event: QShowEvent) -> None:
        """Override: catch up with what came while hidden."""
        super().showEvent(event)
        self._catch_up()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the colours of the runs are the theme's, the title is of the type scale."""
        super().changeEvent(event)
        if not hasattr(self, "_description_timer"):
            return  # still being built
        if event.type() == QEvent.Type.PaletteChange:
            self.redraw()
        elif event.type() == QEvent.Type.FontChange:
            self.title_label.setFont(title_font(self.font()))
