"""The activation under the microscope: what is shown of a Sigmoid or a ReLU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.gui.instruments.activation_plot import ActivationPlot, sentence
from bnstudio.gui.instruments.layer_instrument import LayerInstrument
from bnstudio.gui.instruments.plot_legend import Mark, PlotLegend, PlotLegendEntry
from bnstudio.gui.instruments.small_label import SmallLabel
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING
from bnstudio.training.activation import ActivationInspection

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.activation import ActivationFinding, ActivationKind
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot

translate = QCoreApplication.translate


class ActivationView(LayerInstrument):
    """Shows the values that go into an activation, under its curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_explanation(), parent)
        self._inspection: ActivationInspection | None = None
        self._run_id: int | None = None
        self._finding: ActivationFinding | None = None
        self.legend = PlotLegend()
        self.plot = ActivationPlot()
        self.label = SmallLabel(3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.label)

    def turn_to(self, model: ModelSetup, row: int) -> None:
        """Override: the curve of that activation, and no values yet."""
        self._inspection = ActivationInspection(model.name, row)
        self._kind = cast("ActivationKind", model.layers[row].type)
        self._run_id = None
        self.legend.show_entries(_legend(self._kind))
        self._begin()

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: what goes into that row."""
        return frozenset(() if self._inspection is None else (self._inspection,))

    def show_run(self, run: RunSnapshot | None, *, looking_back: bool) -> None:
        """Override: draw what is new."""
        if self._inspection is None:
            return
        run_id = None if run is None else run.run_id
        if run_id != self._run_id:
            self._run_id = run_id
            self._begin()
        finding = self._inspection.found_in(run)
        if finding is None:
            message = _why_nothing(run, looking_back=looking_back)
            if message != self.plot.message or self._finding is not None:
                self._finding = None
                self.plot.show_message(message)
                self.label.setText("")
        elif finding is not self._finding:
            self._finding = finding
            self.plot.show_finding(finding, looking_back=looking_back)
            self.label.setText(sentence(self._kind, finding))

    def _begin(self) -> None:
        self._finding = None
        self.plot.begin(self._kind)
        self.plot.show_message(_why_nothing(None, looking_back=False))
        self.label.setText("")


def _legend(kind: ActivationKind) -> tuple[PlotLegendEntry, ...]:
    if kind == "sigmoid":
        curve, slope = translate("ActivationView", "sigmoid(x)"), translate("ActivationView", "its slope")
    else:
        curve, slope = translate("ActivationView", "ReLU(x)"), translate("ActivationView", "slope, 0 or 1")
    return (
        PlotLegendEntry(Mark.CURVE, curve),
        PlotLegendEntry(Mark.SLOPE, slope),
        PlotLegendEntry(Mark.FILLED, translate("ActivationView", "values that go in")),
    )


def _why_nothing(run: RunSnapshot | None, *, looking_back: bool) -> str:
    if looking_back:
        return translate("ActivationView", "Nothing was recorded of this row at this step.")
    if run is not None and run.divergence is not None:
        return translate(
            "ActivationView",
            "This model diverged at step {n}, where not all values were finite. "
            "The timeline goes back to the steps before, if there are any.",
        ).format(n=format_count(run.divergence.step))
    if run is None or (run.step == 0 and run.half_step is None):
        return translate("ActivationView", "Press Train (F5) to see what goes into this activation.")
    return translate("ActivationView", "Measured with the next step.")


def _explanation() -> str:
    return translate(
        "ActivationView",
        "Bars: the values x of the latest mini-batch that go into this activation, which the row above puts\n"
        "out; in the first row they are the pixels. Over them the curve that they meet, and its slope.\n"
        "On the way back, the gradient of each value is multiplied by the slope at its x.\n"
        "\n"
        "Sigmoid: y = 1 / (1 + e⁻ˣ), slope y (1 − y), at most 0.25. Where the slope is below 0.01 it is\n"
        "hatched: values in there are saturated, and hardly any gradient gets past them.\n"
        "ReLU: max(0, x), slope 1 above 0; elsewhere 0, hatched. The slope is drawn on a scale of its own.\n"
        "Mean slope: by this factor the layer shrinks, on average, what passes back.\n"
        "\n"
        "Bars that slide into the hatched parts: the layers before learn less and less. The heights of bars\n"
        "compare only with each other. Many values are measured by a sample, of whole examples.",
    )
