"""The Accuracy panel: the share of images classified right in every mini-batch, smoothed, on the test set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.curves.panel import CurvePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument


class AccuracyPanel(CurvePanel):
    """Shows the accuracy of the visible models in percent."""

    def __init__(
        self, document: ExperimentDocument, histories: RunHistories, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            document, histories, "accuracy", QCoreApplication.translate("AccuracyPanel", "Accuracy"), parent
        )

    def format_value(self, value: float) -> str:
        """Override: percent with two decimals, as 10,000 test images resolve it."""
        return f"{100 * value:.2f} %"
