"""The Loss panel: the loss of every step, smoothed, on the test set, on a linear or a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.curves.panel import CurvePanel
from bnstudio.gui.number_format import format_number

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument


class LossPanel(CurvePanel):
    """Shows the cross-entropy loss of the visible models."""

    def __init__(
        self, document: ExperimentDocument, histories: RunHistories, parent: QWidget | None = None
    ) -> None:
        super().__init__(document, histories, "loss", QCoreApplication.translate("LossPanel", "Loss"), parent)
        self.log_button = QuietButton()
        self.log_button.setCheckable(True)
        self.log_button.setText(self.tr("log"))
        self.log_button.setAccessibleName(self.tr("Logarithmic loss axis"))
        self.log_button.setToolTip(self.tr("Logarithmic axis (L)"))
        self.log_button.toggled.connect(self.view.set_logarithmic)
        self.header.addWidget(self.log_button)
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_L), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.log_button.toggle)

    def format_value(self, value: float) -> str:
        """Override: three decimals, or three significant digits where those say too little or too much."""
        return f"{value:.3f}" if 0.01 <= abs(value) < 100 else format_number(value, digits=3)
