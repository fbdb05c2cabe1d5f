"""The Gradient flow panel: how much of the gradient reaches each Dense layer, of all visible models.

It is shown snapshots, and says whose weight gradients have to be measured for it: while it is hidden, none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.curves.series import Look
from bnstudio.gui.instruments.depth_marks import ProfileLegend
from bnstudio.gui.instruments.depth_plot import DepthPlot
from bnstudio.gui.instruments.flow_words import described, explanation, key_help, legend_content, title
from bnstudio.gui.instruments.profiles import DecadesAxis, Profile, Quantity
from bnstudio.gui.model_style import model_style
from bnstudio.gui.theme import SPACING, theme_of, title_font

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import RunSnapshot, Snapshot

_READOUT_INTERVAL_MS = 200
_DESCRIPTION_INTERVAL_MS = 2_000
_HELP_MS = 120_000


class GradientFlowPanel(Card):
    """Shows the latest gradient flow of the visible models.

    Parameters
    ----------
    document : ExperimentDocument
        Its visible models are shown, its selected one stands out.
    """

    look_changed = Signal()
    """`wanted` is another set."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._runs: dict[str, RunSnapshot] = {}
        self._profiles: list[Profile] | None = None
        self._axis = DecadesAxis()
        self._shown = False
        self._wanted: frozenset[str] = frozenset()
        self.plot = DepthPlot()
        self.plot.setAccessibleName(title())
        self.legend = ProfileLegend()
        self._build()
        self._readout_timer = QTimer(self, singleShot=True, interval=_READOUT_INTERVAL_MS)
        self._readout_timer.timeout.connect(self._update_readout)
        self._description_timer = QTimer(self, singleShot=True, interval=_DESCRIPTION_INTERVAL_MS)
        self._description_timer.timeout.connect(self._update_description)
        self.quantity_switch.chosen.connect(self.redraw)
        self.help_button.clicked.connect(self._on_help_clicked)
        self.plot.column_changed.connect(self._on_column_changed)
        self.plot.model_clicked.connect(self._select)
        self.plot.model_hovered.connect(self.legend.show_hovered)
        self.plot.neighbour_asked.connect(self._select_neighbour)
        self.legend.model_clicked.connect(self._select)
        self.legend.model_hovered.connect(self.plot.hover)
        document.opened.connect(self._on_document_opened)
        document.experiment_changed.connect(self._on_models_changed)
        document.selected_changed.connect(self._on_models_changed)
        document.visible_changed.connect(self._on_models_changed)
        self.redraw()

    @property
    def quantity(self) -> Quantity:
        """What is drawn."""
        return Quantity(self.quantity_switch.index)

    @property
    def wanted(self) -> frozenset[str]:
        """Names of the models whose weight gradients have to be measured: none while this is hidden."""
        return self._wanted

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what `snapshot` has; nothing is drawn while this is hidden or nothing is new."""
        self._runs = {run.name: run for run in snapshot.runs if not run.replaced}
        if self._shown:
            self._show_runs()

    def redraw(self) -> None:
        """Draw at once, words too: another model is selected or visible, another quantity or theme."""
        self._profiles = None
        self._show_runs()
        self._update_readout()
        self._update_description()

    # Building

    def _build(self) -> None:
        self.title_label = QLabel(title())
        self.title_label.setFont(title_font(self.font()))
        self.quantity_switch = SegmentedSwitch(
            self.tr("Quantity"),
            (self.tr("Gradient"), self.tr("Update")),
            (
                self.tr("How large the gradient of the loss is in the weights of each Dense layer"),
                self.tr(
                    "By what share of their size one step changes the weights of each Dense layer:\n"
                    "learning rate × RMS(gradient) / RMS(weights)"
                ),
            ),
        )
        self.help_button = QuietButton("?")
        self.help_button.setAccessibleName(self.tr("What Gradient flow shows"))
        self.help_button.setAccessibleDescription(explanation())
        self.help_button.setToolTip(f"{explanation()}\n\n{key_help()}")
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING // 2)
        self.header.addWidget(self.title_label)
        self.header.addStretch()
        self.header.addWidget(self.quantity_switch)
        self.header.addWidget(self.help_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(self.header)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)

    # Runs

    def _visible(self) -> list[int]:
        document = self._document
        return [i for i in range(len(document.experiment.models)) if document.is_visible(i)]

    def _make_profiles(self) -> list[Profile]:
        document, theme = self._document, theme_of(self)
        profiles = []
        for i in self._visible():
            model = document.experiment.models[i]
            style = model_style(model, theme)
            look = Look(style, style.colour, selected=i == document.selected)
            run = self._runs.get(model.name)
            n_hidden = sum(layer.type == "dense" for layer in model.layers)
            if run is None:
                profiles.append(Profile(model.name, look, n_hidden))
                continue
            flow = run.gradient_flow
            if flow is not None:  # of the run's own layers, which those of the model may have left behind
                n_hidden = len(flow.grad_rms) - 1
            profiles.append(Profile(model.name, look, n_hidden, flow, run.divergence, run.run_id))
        return profiles

    def _show_runs(self) -> None:
        profiles = self._make_profiles()
        if profiles == self._profiles:
            return
        self._profiles = profiles
        nothing = all(profile.flow is None and profile.divergence is None for profile in profiles)
        message = self.tr("Press Train (F5)") if nothing else ""
        self.plot.show_profiles(profiles, self.quantity, self._axis.follow(profiles, self.quantity), message)
        for timer in (self._readout_timer, self._description_timer):
            if not timer.isActive():
                timer.start()

    def _update_readout(self) -> None:
        self.legend.show_content(legend_content(self._profiles or (), self.quantity, self.plot.column))

    def _update_description(self) -> None:
        text = described(self._profiles or (), self.quantity, self.plot.column)
        if text != self.plot.accessibleDescription():
            self.plot.setAccessibleDescription(text)

    def _follow_wanted(self) -> None:
        models = self._document.experiment.models
        wanted = frozenset(models[i].name for i in self._visible()) if self._shown else frozenset()
        if wanted != self._wanted:
            self._wanted = wanted
            self.look_changed.emit()

    # Selection

    def _select(self, name: str) -> None:
        names = [model.name for model in self._document.experiment.models]
        if name in names:
            self._document.select(names.index(name))

    def _select_neighbour(self, direction: int) -> None:
        """Select the visible model before or after the selected one; after the last comes the first."""
        visible = self._visible()
        self._document.select(visible[(visible.index(self._document.selected) + direction) % len(visible)])

    # Events

    def _on_document_opened(self) -> None:
        self._runs = {}

    def _on_models_changed(self) -> None:
        if self._shown:
            self.redraw()
        self._follow_wanted()

    def _on_column_changed(self) -> None:
        self._update_readout()
        self._update_description()

    def _on_help_clicked(self) -> None:
        button = self.help_button
        place = button.mapToGlobal(QPoint(0, button.height()))
        QToolTip.showText(place, button.toolTip(), button, button.rect(), _HELP_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """Override: catch up with what came while hidden, and have it measured from now on."""
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self.redraw()
            self._follow_wanted()

    def hideEvent(self, event: QHideEvent) -> None:
        """Override: nothing has to be measured any more."""
        super().hideEvent(event)
        if not event.spontaneous():  # a minimized window is hidden too, but asks for less by itself
            self._shown = False
            self._follow_wanted()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the colours of the models are the theme's, the title is of the type scale."""
        super().changeEvent(event)
        if not hasattr(self, "_description_timer"):
            return  # still being built
        if event.type() == QEvent.Type.PaletteChange:
            self.redraw()
        elif event.type() == QEvent.Type.FontChange:
            self.title_label.setFont(title_font(self.font()))
