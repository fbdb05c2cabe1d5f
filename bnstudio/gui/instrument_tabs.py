"""The instruments behind tabs: what there are, and what all of them together want measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal

from bnstudio.gui.instruments.activation_view import ActivationView
from bnstudio.gui.instruments.batch_norm_view import BatchNormView
from bnstudio.gui.instruments.gradient_flow_panel import GradientFlowPanel
from bnstudio.gui.instruments.layer_panel import LayerPanel
from bnstudio.gui.instruments.weights_view import WeightsView
from bnstudio.gui.tabbed_panels import TabbedPanels
from bnstudio.gui.try_it.try_it_panel import TryItPanel

translate = QCoreApplication.translate

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.curves.accuracy_panel import AccuracyPanel
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import Snapshot


class InstrumentTabs(TabbedPanels):
    """Accuracy first, which every lesson begins with; then what is opened to find out why."""

    look_changed = Signal()
    """`wanted` is another set."""

    def __init__(
        self, document: ExperimentDocument, accuracy_panel: AccuracyPanel, parent: QWidget | None = None
    ) -> None:
        self.gradient_flow_panel = GradientFlowPanel(document)
        activation, weights = ActivationView(), WeightsView()
        self.layer_panel = LayerPanel(
            document,
            {
                "dense": weights,
                "batch_norm": BatchNormView(),
                "sigmoid": activation,
                "relu": activation,
                "head": weights,
            },
        )
        self.try_it_panel = TryItPanel(document)
        super().__init__(
            {
                translate("InstrumentTabs", "Accuracy"): accuracy_panel,
                translate("InstrumentTabs", "Gradient flow"): self.gradient_flow_panel,
                translate("InstrumentTabs", "Layer"): self.layer_panel,
                translate("InstrumentTabs", "Try it"): self.try_it_panel,
            },
            translate("InstrumentTabs", "Instruments"),
            "window/instrument",
            parent,
        )
        self._instruments = (self.gradient_flow_panel, self.layer_panel, self.try_it_panel)
        for titled in (accuracy_panel, self.gradient_flow_panel, self.try_it_panel):
            titled.title_label.hide()  # the tab says it
        for panel in self._instruments:
            panel.look_changed.connect(self.look_changed)

    @property
    def wanted(self) -> frozenset[Inspection[Any]]:
        """What has to be measured for the one that is in sight."""
        return frozenset().union(*(panel.wanted for panel in self._instruments))

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what `snapshot` has; what is hidden draws nothing."""
        for panel in self._instruments:
            panel.refresh(snapshot)

    def look_into_layer(self) -> None:
        """Bring the Layer panel to the front."""
        self.show_panel(self.layer_panel)
