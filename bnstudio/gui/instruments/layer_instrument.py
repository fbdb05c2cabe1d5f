"""What the Layer panel asks of the instruments in it: one for each kind of row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot


class LayerInstrument(QWidget):
    """Base of what is shown of one row of a stack.

    Parameters
    ----------
    explanation : str
        What it measures, the formula, and how to read it.
    """

    inspections_changed = Signal()
    """Something else has to be measured, as a choice in the instrument was made."""

    def __init__(self, explanation: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.explanation = explanation

    def turn_to(self, model: ModelSetup, row: int) -> None:
        """Be about the layer at `row` of `model`, counted from 0; nothing of another one stays."""
        raise NotImplementedError

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Return what has to be measured of that row while this is in sight."""
        raise NotImplementedError

    def show_run(self, run: RunSnapshot | None, *, looking_back: bool) -> None:
        """Show what `run`, of that model, has found; None where there is no run yet.

        With `looking_back`, what was found lies in the past; an inspection that is not recorded has no
        finding then, which is to be said as "live only". Called with every snapshot: what is not new costs
        nothing.
        """
        raise NotImplementedError
