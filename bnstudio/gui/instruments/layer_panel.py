"""The Layer panel: the row of the stack that is selected, looked into.

Which instrument is for which kind of row is said here; what an instrument measures and shows is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QStackedWidget, QWidget

from bnstudio.gui.instruments.instrument_panel import InstrumentPanel
from bnstudio.gui.network.layer_text import row_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.instruments.layer_instrument import LayerInstrument
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import LayerKind, Snapshot


class LayerPanel(InstrumentPanel):
    """Shows the current row of the selected model.

    Parameters
    ----------
    document : ExperimentDocument
    instruments : mapping
        What is shown of a row of each kind.
    """

    def __init__(
        self,
        document: ExperimentDocument,
        instruments: Mapping[LayerKind, LayerInstrument],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, "", parent)
        self._instruments = instruments
        self._row = 0
        self._turned_to: object = None
        self._looking_back = False
        self._stack = QStackedWidget()
        for instrument in dict.fromkeys(instruments.values()):
            self._stack.addWidget(instrument)
            instrument.inspections_changed.connect(self.follow_wanted)
        self.body.addWidget(self._stack, 1)
        self._turn()

    @property
    def row(self) -> int:
        """The row that is looked into, counted from 0."""
        return min(self._row, len(self._document.model.layers))

    @property
    def instrument(self) -> LayerInstrument:
        """What is shown."""
        return self._instruments[self._kind()]

    def turn_to_row(self, row: int) -> None:
        """Look into another row of the selected model."""
        self._row = row
        self._on_models_changed()

    def _kind(self) -> LayerKind:
        layers = self._document.model.layers
        return "head" if self.row == len(layers) else layers[self.row].type

    def _turn(self) -> None:
        model, row = self._document.model, self.row
        turned_to = (model.name, model.colour, model.layers, row)
        if turned_to == self._turned_to:
            return
        self._turned_to = turned_to
        instrument = self.instrument
        self._stack.setCurrentWidget(instrument)
        instrument.turn_to(model, row)
        name = row_name(self._kind(), model.shapes()[row])
        title = QCoreApplication.translate("LayerPanel", "{layer} · row {row} of {model}")
        self.title_label.setText(title.format(layer=name, row=row + 1, model=model.name))
        self.help_button.explain(
            QCoreApplication.translate("LayerPanel", "What is shown of this layer"), instrument.explanation
        )

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: of the instrument that is shown."""
        return self.instrument.inspections()

    def refresh(self, snapshot: Snapshot) -> None:
        """Override: note whether it lies in the past."""
        self._looking_back = snapshot.at_step is not None
        super().refresh(snapshot)

    def show_runs(self) -> None:
        """Override: let the instrument show the selected model's run."""
        run = self.runs.get(self._document.model.name)
        self.instrument.show_run(run, looking_back=self._looking_back)

    def redraw(self) -> None:
        """Override: it may be about another row now."""
        self._turn()
        super().redraw()
