"""The layer stack as a Qt list model: one model's hidden rows, the pinned head, their readings and health.

It follows the document with the smallest changes that do, and every edit of a layer goes through it to the
document. It knows nothing of widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from bnstudio.document.experiment import BatchNormSpec, DenseSpec, ReLUSpec, SigmoidSpec
from bnstudio.document.explanation import explain
from bnstudio.gui.movable_rows_model import MovableRowsModel
from bnstudio.gui.network import stack_edits
from bnstudio.gui.network.layer_text import kind_name, shape_texts
from bnstudio.gui.network.row_text import row_description, row_tip
from bnstudio.gui.network.stack_rows import ShownReadings, StackRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.document.experiment import LayerSpec, ModelSetup
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.network.stack_rows import StackRow
    from bnstudio.training.health import Health, LayerHealth
    from bnstudio.training.readings import Readings
    from bnstudio.training.snapshot import RunSnapshot

    AnyIndex = QModelIndex | QPersistentModelIndex

ADDABLE: tuple[LayerSpec, ...] = (DenseSpec(units=300), BatchNormSpec(), SigmoidSpec(), ReLUSpec())
"""What can be added, in the order of the buttons. A new Dense is as wide as the Dense before it."""


class StackModel(MovableRowsModel):
    """The rows of the document's selected model, or of the other one of the two that are compared.

    Rows are counted from 0; the head is the last and no edit touches it. Edits that the document refuses
    change nothing and are told by `edit_refused`.
    """

    edit_refused = Signal(str)
    """Why an edit was not made, in words."""
    rows_settled = Signal(int, int)
    """First and last row that an edit, undo or redo has put there: what should be selected now."""
    readings_changed = Signal()
    """Other numbers to draw, or none any more."""
    health_changed = Signal()
    """Another health of the layers, or none any more."""

    def __init__(self, document: ExperimentDocument, place: int = 0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._place = place
        self._colour: int | None = self.model.colour
        self._layers = self.model.layers
        self._rows = StackRows.of(self.model)
        self._target: tuple[int, int] | None = None
        self._shown = ShownReadings()
        document.opened.connect(self._on_opened)
        document.experiment_changed.connect(self._on_experiment_changed)
        document.selected_changed.connect(self._on_choice_changed)
        document.compared_changed.connect(self._on_choice_changed)

    # What the rows are

    @property
    def index_in_document(self) -> int:
        """Index of the model whose rows these are: of `document.pair` the one in this place."""
        pair = self._document.pair
        return pair[min(self._place, len(pair) - 1)]

    @property
    def model(self) -> ModelSetup:
        """The model whose rows these are."""
        return self._document.experiment.models[self.index_in_document]

    @property
    def n_hidden(self) -> int:
        """Number of rows above the head."""
        return len(self._layers)

    def row(self, row: int) -> StackRow:
        """Return the row at `row`."""
        return self._rows[row]

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Override: the hidden rows and the head."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Override: the head can be neither dragged nor edited."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if index.row() < self.n_hidden:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
            if self._rows[index.row()].kind == "dense":
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Override: texts, and the units for editing."""
        if not index.isValid():
            return None
        row = index.row()
        shown = self._rows[row]
        texts: dict[int, Callable[[], str | int]] = {
            Qt.ItemDataRole.DisplayRole: lambda: shown.name,
            Qt.ItemDataRole.EditRole: lambda: shown.shape.n_outputs,
            Qt.ItemDataRole.ToolTipRole: lambda: row_tip(shown, has_diverged=self.has_diverged_in(row)),
            Qt.ItemDataRole.AccessibleTextRole: lambda: f"{shown.name}, {shape_texts(shown.shape)[0]}",
            Qt.ItemDataRole.AccessibleDescriptionRole: lambda: row_description(
                self.layer_health(row),
                None if self.readings is None else self.readings[row],
                has_diverged=self.has_diverged_in(row),
            ),
        }
        return texts[role]() if role in texts else None

    # Readings

    @property
    def readings(self) -> Readings | None:
        """What is drawn on the rows, one for each; None where nothing of this stack was measured."""
        return self._shown.readings

    @property
    def readings_step(self) -> int:
        """The step, counted from 1, that `readings` are of."""
        return self._shown.step

    @property
    def health(self) -> Health | None:
        """Which units of the rows are saturated, dead or constant; None where it was not measured."""
        return self._shown.health

    def layer_health(self, row: int) -> LayerHealth | None:
        """Return the health of `row`; None where it was not measured."""
        return None if self._shown.health is None else self._shown.health.layers[row]

    @property
    def has_diverged(self) -> bool:
        """Whether the run has, by the step that is shown."""
        return self._shown.divergence is not None

    def has_diverged_in(self, row: int) -> bool:
        """Whether `row` is the first that had a value that is not finite."""
        divergence = self._shown.divergence
        return divergence is not None and divergence.layer == row

    def show_run(self, run: RunSnapshot, looked_at: int | None = None) -> None:
        """Take over the readings and health of a run of this model, of the step `looked_at` or the latest."""
        if run.name == self.model.name:
            before = self._shown
            self._shown = before.followed_by(run, self._rows, looked_at)
            self._tell_what_changed(before)

    def forget_readings(self) -> None:
        """Show empty rows: what was measured is no longer of this stack."""
        before = self._shown
        self._shown = ShownReadings(before.run_id)
        self._tell_what_changed(before)

    def _tell_what_changed(self, before: ShownReadings) -> None:
        if self._shown.readings is not before.readings:
            self.readings_changed.emit()
        if self._shown.health is not before.health:
            self.health_changed.emit()
        if self._shown.divergence != before.divergence:
            self.dataChanged.emit(self.index(0), self.index(self.n_hidden))

    # Edits

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Override: change the units of a Dense."""
        if role != Qt.ItemDataRole.EditRole or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        row = index.row()
        try:
            spec = DenseSpec(units=value)
        except ValidationError as error:
            self.edit_refused.emit(explain(error))
            return False
        layers = (*self._layers[:row], spec, *self._layers[row + 1 :])
        return self._edit(layers, self.tr("Change units to {units}").format(units=spec.units), row, row)

    def insert(self, row: int, spec: LayerSpec) -> bool:
        """Insert a layer before `row`; a row beyond the last hidden one means above the head."""
        row = min(row, self.n_hidden)
        if spec.type == "dense":
            dense_above = [layer for layer in self._layers[:row] if isinstance(layer, DenseSpec)]
            spec = dense_above[-1] if dense_above else spec
        text = self.tr("Add {layer}").format(layer=kind_name(spec.type))
        return self._edit(stack_edits.inserted(self._layers, row, (spec,)), text, row, row)

    def remove(self, first: int, last: int) -> bool:
        """Delete rows `first` to `last`, the head excepted."""
        last = min(last, self.n_hidden - 1)
        if first > last:
            return False
        text = self.tr("Delete {layer}").format(layer=self._title(first, last))
        return self._edit(stack_edits.removed(self._layers, first, last), text, first, first)

    def move_rows(self, first: int, last: int, before: int) -> bool:
        """Override: the head is excepted, and nothing gets below it."""
        last = min(last, self.n_hidden - 1)
        before = min(max(before, 0), self.n_hidden)
        if first > last:
            return False
        text = self.tr("Move {layer}").format(layer=self._title(first, last))
        layers = stack_edits.moved(self._layers, first, last, before)
        start = stack_edits.row_after_move(first, last, before)
        return self._edit(layers, text, start, start + last - first)

    def duplicate(self, first: int, last: int) -> bool:
        """Repeat rows `first` to `last`, the head excepted, below them."""
        last = min(last, self.n_hidden - 1)
        if first > last:
            return False
        text = self.tr("Duplicate {layer}").format(layer=self._title(first, last))
        layers = stack_edits.inserted(self._layers, last + 1, self._layers[first : last + 1])
        return self._edit(layers, text, last + 1, last + 1 + last - first)

    def block_around(self, row: int) -> tuple[int, int] | None:
        """Return the first and last row of the block of `row`; None for the head."""
        return stack_edits.block_around(self._layers, row) if row < self.n_hidden else None

    def _title(self, first: int, last: int) -> str:
        if first == last:
            return self._rows[first].name
        return self.tr("{count} layers").format(count=last - first + 1)

    def _edit(self, layers: tuple[LayerSpec, ...], text: str, first: int, last: int) -> bool:
        """Make the document hold `layers`; rows `first` to `last` are then the ones to be selected."""
        if layers == self._layers:
            self.rows_settled.emit(first, last)  # a Sigmoid moved past a Sigmoid is to be seen all the same
            return False
        self._target = (first, last)
        try:
            self._document.edit_model(self.model.replaced(layers=layers), text, index=self.index_in_document)
        except ValidationError as error:
            self.edit_refused.emit(explain(error))
            return False
        finally:
            self._target = None
        return True

    # Following the document

    def _on_opened(self) -> None:
        self._colour = None  # whatever its colour, the model is another one

    def _on_choice_changed(self) -> None:
        if self.model.colour != self._colour:
            self._colour = self.model.colour
            self.forget_readings()
            self.beginResetModel()  # also where the rows are the same: what was begun on them ends
            self._layers, self._rows = self.model.layers, StackRows.of(self.model)
            self.endResetModel()
            self.rows_settled.emit(0, 0)  # another stack is read from its top, whatever it shares

    def _on_experiment_changed(self) -> None:
        self._on_choice_changed()
        self._follow_document()

    def _follow_document(self) -> None:
        before, after = self._layers, self.model.layers
        if before == after:
            return
        self.forget_readings()
        change = stack_edits.difference(before, after)
        self._take_over(after, change)
        self.dataChanged.emit(self.index(0), self.index(self.n_hidden))  # shapes below follow those above
        target = self._target
        if target is None and change.n_after and not change.shift:
            target = (change.first, change.first + change.n_after - 1)
        if target is not None:
            self.rows_settled.emit(*target)

    def _take_over(self, layers: tuple[LayerSpec, ...], change: stack_edits.Difference) -> None:
        """Hold `layers`, telling views as little as is true."""
        root, first, n_before, n_after, shift = QModelIndex(), *change
        if shift:
            self.beginMoveRows(root, first, first + shift - 1, root, first + n_after)
            done = self.endMoveRows
        elif n_before == n_after:
            done = None  # the same rows, which now hold other layers
        elif n_before == 0:
            self.beginInsertRows(root, first, first + n_after - 1)
            done = self.endInsertRows
        elif n_after == 0:
            self.beginRemoveRows(root, first, first + n_before - 1)
            done = self.endRemoveRows
        else:
            self.beginResetModel()
            done = self.endResetModel
        self._layers = layers
        self._rows = StackRows.of(self.model)
        if done is not None:
            done()
