"""Which units of a layer are saturated, dead or constant: what a click on a sign opens; it stays live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.health_text import (
    condition_name,
    definition,
    measured_text,
    own_condition,
    unit_text,
    units_text,
)
from bnstudio.gui.network.units_grid import UnitsGrid
from bnstudio.gui.theme import SPACING, small_font
from bnstudio.training.health import conditions_of

if TYPE_CHECKING:
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.gui.network.stack_view import StackView
    from bnstudio.training.health import Condition, LayerHealth

_LEAST_CHARACTERS = 56
"""Across, so that sentences have room."""


class UnitsDialog(QDialog):
    """Shows the units of a row of `model`, until Esc or an edit of the stack closes it.

    It stays open while the network trains and while the window is worked with.
    """

    def __init__(
        self, model: StackModel, row: int, condition: Condition, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Tool)  # of which the window's shortcuts go on working
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model, self._row, self._layer_row = model, row, model.row(row)
        self._conditions = conditions_of(self._layer_row.kind)
        self.setWindowTitle(
            self.tr("Units of {layer}, row {number}").format(layer=self._layer_row.name, number=row + 1)
        )
        self._sentence, self._unit, self._definition = (QLabel() for _ in range(3))
        for label in (self._sentence, self._definition):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._definition.setFont(small_font(self.font()))
        self._definition.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.grid = UnitsGrid(self._layer_row.shape.n_outputs)
        self._switch = SegmentedSwitch(
            self.tr("Units that are"),
            tuple(map(condition_name, self._conditions)),
            ("",) * len(self._conditions),
        )
        self._switch.setVisible(len(self._conditions) > 1)
        self._switch.choose(self._conditions.index(condition))
        self._build_layout()
        self._refresh()
        self.grid.setFocus()

        self._switch.chosen.connect(self._refresh)
        self.grid.unit_read.connect(self._refresh_unit)
        model.health_changed.connect(self._refresh)
        for rows_changed in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.modelReset):
            rows_changed.connect(self.close)
        model.dataChanged.connect(self._on_row_changed)

    def _build_layout(self) -> None:
        metrics = QFontMetricsF(self.font())
        least = round(metrics.averageCharWidth() * _LEAST_CHARACTERS)
        for label, n_lines in ((self._sentence, 2), (self._definition, 0)):
            label.setFixedWidth(max(least, self.grid.width()))
            label.setMinimumHeight(round(n_lines * metrics.height()))  # so that nothing moves while it trains
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, SPACING, 2 * SPACING, SPACING)
        layout.setSpacing(SPACING)
        left = Qt.AlignmentFlag.AlignLeft
        for widget in (self._switch, self._sentence, self.grid, self._unit, self._definition):
            layout.addWidget(widget, alignment=left)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    @property
    def condition(self) -> Condition:
        """The condition whose units are marked."""
        return self._conditions[self._switch.index]

    def _refresh(self) -> None:
        health, layer = self._model.health, self._model.layer_health(self._row)
        if health is None or layer is None:
            self._sentence.setText(self.tr("Nothing has been measured here yet."))
            self._definition.setText("")
            self.grid.mark(self.condition, ())
        else:
            self._sentence.setText(units_text(layer, self.condition))
            texts = definition(self.condition, health.n_images), measured_text(health)
            self._definition.setText("\n\n".join(texts))
            self.grid.mark(self.condition, layer.extent(self.condition).units.tolist())
        self._refresh_unit()

    def _refresh_unit(self) -> None:
        text = unit_text(self._model.layer_health(self._row), self.grid.unit, self._conditions)
        self._unit.setText(text)
        self.grid.setAccessibleDescription(text)

    def _on_row_changed(self) -> None:
        if self._row >= self._model.rowCount() or self._model.row(self._row) != self._layer_row:
            self.close()


def show_units(view: StackView, model: StackModel, row: int, condition: Condition | None = None) -> None:
    """Show which units of `row` are in `condition`, or in what tells most, where that was measured.

    It takes the place of one that is open.
    """
    layer = model.layer_health(row)
    if layer is None:
        return
    for other in view.window().findChildren(UnitsDialog):
        other.close()
    dialog = UnitsDialog(model, row, condition or _telling_condition(layer), view)
    rect = view.visualRect(model.index(row))
    below = view.viewport().mapToGlobal(QPoint(round(view.stack_geometry.handle_width), rect.bottom()))
    size, screen = dialog.sizeHint(), view.screen().availableGeometry()
    left = min(below.x(), screen.right() - size.width())
    top = min(below.y(), screen.bottom() - size.height())
    dialog.move(max(screen.left(), left), max(screen.top(), top))
    dialog.show()
    dialog.activateWindow()  # some window managers give a tool window the keyboard only when asked


def _telling_condition(layer: LayerHealth) -> Condition:
    """Return what only this kind of layer can be in, unless no unit is and some are constant."""
    own = own_condition(layer)
    if own is None or (not layer.extent(own).share and layer.constant.share):
        return "constant"
    return own
