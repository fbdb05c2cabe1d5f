"""How the values of a network grew until they were not finite: the largest of each layer, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.messages import divergence_text, is_of_the_start
from bnstudio.gui.network.layer_text import row_name
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.snapshot import Divergence, LayerKind


class DivergenceDialog(QDialog):
    """Explains `divergence` of a run of `model`."""

    def __init__(self, model: ModelSetup, divergence: Divergence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Why {model} diverged").format(model=model.name))
        self.what = QLabel(divergence_text(model.name, divergence))
        self.how = QLabel(self._how(divergence))
        self.table = self._make_table(model, divergence)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        remove_icons(buttons.buttons())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 2 * SPACING, 2 * SPACING, 2 * SPACING)
        layout.setSpacing(SPACING)
        for text in (self.what, self.how):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(text)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)
        self.resize(80 * SPACING, 60 * SPACING)

    def _how(self, divergence: Divergence) -> str:
        if is_of_the_start(divergence):
            return self.tr(
                "Below is the largest magnitude that each layer put out. The weights are still as they were"
                " drawn: they are so large that the values grow with each layer, until a number is larger"
                " than 3.4 × 10³⁸: then it is infinite, and infinite less infinite is no number at all (NaN)."
            )
        return self.tr(
            "Below is the largest magnitude that each layer put out, step after step. A step that is too"
            " long makes weights too large; the values that they give are larger still, with each layer"
            " more, and so are the gradients of the next step, until a number is larger than 3.4 × 10³⁸:"
            " then it is infinite, and infinite less infinite is no number at all (NaN). Of the steps"
            " before the last, these are the values that were recorded, a sample of all."
        )

    def _make_table(self, model: ModelSetup, divergence: Divergence) -> QTableWidget:
        columns = [*divergence.earlier, (divergence.step, divergence.largest)]
        kinds: tuple[LayerKind, ...] = (*(layer.type for layer in model.layers), "head")
        names = [row_name(kind, shape) for kind, shape in zip(kinds, model.shapes(), strict=True)]
        table = QTableWidget(len(names), len(columns))
        table.setAccessibleName(self.tr("Largest magnitude of each layer by step"))
        table.setVerticalHeaderLabels([f"{row + 1}  {name}" for row, name in enumerate(names)])
        table.setHorizontalHeaderLabels(
            [self.tr("step {step}").format(step=format_count(step)) for step, _ in columns]
        )
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column, (_, largest) in enumerate(columns):
            for row, value in enumerate(largest):
                item = QTableWidgetItem(_text(value))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column == len(columns) - 1 and row == divergence.layer:
                    bold = QFont(table.font())
                    bold.setBold(True)
                    item.setFont(bold)
                    item.setText(self.tr("{value} ← first").format(value=item.text()))
                table.setItem(row, column, item)
        return table


def _text(value: float) -> str:
    return format_number(value, 3) if math.isfinite(value) else format_number(value)
