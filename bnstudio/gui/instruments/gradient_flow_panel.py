"""The Gradient flow panel: how much of the gradient reaches each Dense layer, of all visible models.

The picture is DepthPlot's, the words are flow_words'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.curves.series import Look
from bnstudio.gui.instruments.depth_marks import ProfileLegend
from bnstudio.gui.instruments.depth_plot import DepthPlot
from bnstudio.gui.instruments.flow_words import described, explanation, key_help, legend_content, title
from bnstudio.gui.instruments.instrument_panel import InstrumentPanel
from bnstudio.gui.instruments.profiles import DecadesAxis, Profile, Quantity
from bnstudio.gui.model_style import model_style
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import theme_of
from bnstudio.training.gradient_flow import GradientFlowInspection

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.inspection import Inspection

_READOUT_INTERVAL_MS = 200
_DESCRIPTION_INTERVAL_MS = 2_000


class GradientFlowPanel(InstrumentPanel):
    """Shows the latest gradient flow of the visible models.

    Parameters
    ----------
    document : ExperimentDocument
        Its visible models are shown, its selected one stands out.
    """

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(document, title(), parent)
        self._profiles: list[Profile] | None = None
        self._axis = DecadesAxis()
        self.plot = DepthPlot()
        self.plot.setAccessibleName(title())
        self.legend = ProfileLegend()
        self._build()
        self._readout_timer = QTimer(self, singleShot=True, interval=_READOUT_INTERVAL_MS)
        self._readout_timer.timeout.connect(self._update_readout)
        self._description_timer = QTimer(self, singleShot=True, interval=_DESCRIPTION_INTERVAL_MS)
        self._description_timer.timeout.connect(self._update_description)
        self.quantity_switch.chosen.connect(self.redraw)
        self.plot.column_changed.connect(self._on_column_changed)
        self.plot.model_clicked.connect(self._select)
        self.plot.model_hovered.connect(self.legend.show_hovered)
        self.plot.neighbour_asked.connect(self._select_neighbour)
        self.legend.model_clicked.connect(self._select)
        self.legend.model_hovered.connect(self.plot.hover)
        self.redraw()

    @property
    def quantity(self) -> Quantity:
        """What is drawn."""
        return Quantity(self.quantity_switch.index)

    def redraw(self) -> None:
        """Override: words too."""
        self._profiles = None
        self.show_runs()
        self._update_readout()
        self._update_description()

    # Building

    def _build(self) -> None:
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
        self.header.insertWidget(self.header.count() - 1, self.quantity_switch)
        self.help_button.explain(self.tr("What Gradient flow shows"), explanation(), key_help())
        self.body.addWidget(self.legend)
        self.body.addWidget(self.plot, 1)

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
            run = self.runs.get(model.name)
            n_hidden = sum(layer.type == "dense" for layer in model.layers)
            if run is None:
                profiles.append(Profile(model.name, look, n_hidden))
                continue
            flow = GradientFlowInspection(model.name).found_in(run)
            if flow is not None:  # of the run's own layers, which those of the model may have left behind
                n_hidden = len(flow.grad_rms) - 1
            profiles.append(Profile(model.name, look, n_hidden, flow, run.divergence, run.run_id))
        return profiles

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: of the visible models."""
        models = self._document.experiment.models
        return frozenset(GradientFlowInspection(models[i].name) for i in self._visible())

    def show_runs(self) -> None:
        """Override: nothing is drawn where nothing is new."""
        profiles = self._make_profiles()
        if profiles == self._profiles:
            return
        self._profiles = profiles
        decades, message = self._axis.follow(profiles, self.quantity), self._why_nothing(profiles)
        self.plot.show_profiles(profiles, self.quantity, decades, message)
        for timer in (self._readout_timer, self._description_timer):
            if not timer.isActive():
                timer.start()

    def _why_nothing(self, profiles: list[Profile]) -> str:
        """Return why there is nothing to draw; nothing where there is something."""
        if any(profile.flow is not None for profile in profiles):
            return ""
        for profile in profiles:
            if profile.divergence is not None:
                text = self.tr("No finite gradients: {model} diverged at step {n}.")
                return text.format(model=profile.name, n=format_count(profile.divergence.step))
        runs = [self.runs[profile.name] for profile in profiles if profile.name in self.runs]
        if any(run.step > 0 or run.half_step is not None for run in runs):
            return self.tr("Gradients come with the next step.")
        return self.tr("Press Train (F5)")

    def _update_readout(self) -> None:
        self.legend.show_content(legend_content(self._profiles or (), self.quantity, self.plot.column))

    def _update_description(self) -> None:
        text = described(self._profiles or (), self.quantity, self.plot.column)
        if text != self.plot.accessibleDescription():
            self.plot.setAccessibleDescription(text)

    # Selection

    def _select(self, name: str) -> None:
        names = [model.name for model in self._document.experiment.models]
        if name in names:
            self._document.select(names.index(name))

    def _select_neighbour(self, direction: int) -> None:
        """Select the visible model before or after the selected one; after the last comes the first."""
        visible = self._visible()
        self._document.select(visible[(visible.index(self._document.selected) + direction) % len(visible)])

    def _on_column_changed(self) -> None:
        self._update_readout()
        self._update_description()
