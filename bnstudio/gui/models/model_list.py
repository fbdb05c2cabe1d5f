"""The experiment's models as a Qt list model, each with how far its run has come.

It follows the document, and every edit of the list goes through it to the document. It knows nothing of
widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from bnstudio.document.experiment import MAX_MODELS
from bnstudio.document.explanation import explain
from bnstudio.gui.controls.number_fields import short_number
from bnstudio.gui.models import model_edits
from bnstudio.gui.models.progress_board import ProgressBoard
from bnstudio.gui.movable_rows_model import MovableRowsModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.document.experiment import Experiment, ModelSetup
    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.models.model_progress import ProgressText
    from bnstudio.training.snapshot import Snapshot

    AnyIndex = QModelIndex | QPersistentModelIndex


class ModelList(MovableRowsModel):
    """The models of `document`, in its order.

    Edits that the document refuses change nothing and are told by `edit_refused`.
    """

    edit_refused = Signal(str)
    """Why an edit was not made, in words."""
    selection_settled = Signal(int)
    """The row of the selected model, when that is another one or stands in another place."""
    numbers_changed = Signal(list)
    """Rows whose numbers, and nothing else, are others."""

    def __init__(
        self, document: ExperimentDocument, histories: RunHistories, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._models = document.experiment.models
        self._board = ProgressBoard(histories)
        document.opened.connect(self._on_opened)
        document.experiment_changed.connect(self._follow_document)
        document.selected_changed.connect(self._on_selected_changed)
        document.compared_changed.connect(self._on_marks_changed)
        document.visible_changed.connect(self._on_marks_changed)

    # What the rows are

    @property
    def selected(self) -> int:
        """Row of the selected model."""
        return self._document.selected

    @property
    def compared(self) -> int | None:
        """Row of the model that is shown beside the selected one."""
        return self._document.compared

    @property
    def is_full(self) -> bool:
        """Whether no further model can be added."""
        return len(self._models) >= MAX_MODELS

    def setup(self, row: int) -> ModelSetup:
        """Return the model at `row`."""
        return self._models[row]

    def text(self, row: int) -> ProgressText:
        """Return what is written of the run of the model at `row`."""
        return self._board.text(self._models[row])

    def rate(self, row: int) -> str:
        """Return the learning rate of the model at `row`, or of its step that is looked back at."""
        model = self._models[row]
        past = self._board.past_rate(model)
        return short_number(model.learning_rate if past is None else past)

    def is_visible(self, row: int) -> bool:
        """Whether the curves of the model at `row` are shown."""
        return self._document.is_visible(row)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Override: one row for each model."""
        return 0 if parent is not None and parent.isValid() else len(self._models)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Override: the curves of all models but the selected one can be hidden."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        flags = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable | flag.ItemNeverHasChildren
        if len(self._models) > 1:
            flags |= flag.ItemIsDragEnabled
        if index.row() != self.selected:
            flags |= flag.ItemIsUserCheckable
        return flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Override: the name, whether the curves are shown, and everything in words."""
        if not index.isValid():
            return None
        row = index.row()
        name = self._models[row].name
        values: dict[int, Callable[[], str | Qt.CheckState]] = {
            Qt.ItemDataRole.DisplayRole: lambda: name,
            Qt.ItemDataRole.EditRole: lambda: name,
            Qt.ItemDataRole.CheckStateRole: lambda: self._check_state(row),
            Qt.ItemDataRole.ToolTipRole: lambda: "\n".join((name, *self._sentences(row))),
            Qt.ItemDataRole.AccessibleTextRole: lambda: name,
            Qt.ItemDataRole.AccessibleDescriptionRole: lambda: " ".join(self._sentences(row)),
        }
        return values[role]() if role in values else None

    def _check_state(self, row: int) -> Qt.CheckState:
        return Qt.CheckState.Checked if self.is_visible(row) else Qt.CheckState.Unchecked

    def _sentences(self, row: int) -> list[str]:
        model = self._models[row]
        sentences = self._board.sentences(model)
        sentences.append(self.tr("Learning rate {rate}.").format(rate=self.rate(row)))
        if row == self.compared:
            selected = self._models[self.selected].name
            sentences.append(self.tr("Shown beside {selected}.").format(selected=selected))
        if not self.is_visible(row):
            sentences.append(self.tr("Its curves are hidden."))
        return sentences

    # How far the runs have come

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take over how far the runs have come, after the histories have taken over the same snapshot."""
        before = self._sizes()
        changed = self._board.follow(snapshot, self._models)
        for row, (size, size_before) in enumerate(zip(self._sizes(), before, strict=True)):
            if size != size_before:
                self._tell_of_row(row)
        if changed:
            self.numbers_changed.emit(changed)

    def _sizes(self) -> list[tuple[bool, float | None]]:
        """Return what changes the size of each row and its columns."""
        return [(bool(self._board.text(model).late), self._board.past_rate(model)) for model in self._models]

    # Edits

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Override: rename a model, or show or hide its curves."""
        row = index.row()
        if role == Qt.ItemDataRole.CheckStateRole:
            if not self.flags(index) & Qt.ItemFlag.ItemIsUserCheckable:
                return False
            self._document.set_visible(row, Qt.CheckState(value) is not Qt.CheckState.Unchecked)
            return True
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or name == self._models[row].name:
            return False
        text = self.tr("rename to {name}").format(name=name)
        return self._edit(lambda experiment: model_edits.renamed(experiment, row, name), text)

    def select(self, row: int) -> None:
        """Select the model at `row`."""
        self._document.select(row)

    def compare(self, row: int | None) -> None:
        """Show the model at `row` beside the selected one, or none."""
        self._document.compare(row)

    def toggle_visible(self, row: int) -> None:
        """Show the curves of the model at `row`, or hide them."""
        self._document.set_visible(row, not self._document.is_visible(row))

    def add(self, model: ModelSetup) -> bool:
        """Add a model like `model` at the end, and select it."""
        text = self.tr("add {name}").format(name=model.name)
        return self._edit(
            lambda experiment: model_edits.added(experiment, model), text, then_select=len(self._models)
        )

    def duplicate(self, row: int) -> bool:
        """Add a copy of the model at `row` below it, and select the copy."""
        text = self.tr("duplicate {name}").format(name=self._models[row].name)
        return self._edit(
            lambda experiment: model_edits.duplicated(experiment, row), text, then_select=row + 1
        )

    def remove(self, row: int) -> bool:
        """Remove the model at `row`."""
        text = self.tr("remove {name}").format(name=self._models[row].name)
        return self._edit(lambda experiment: model_edits.removed(experiment, row), text)

    def move(self, row: int, before: int) -> bool:
        """Move the model at `row` to where row `before` begins now, and select it."""
        text = self.tr("move {name}").format(name=self._models[row].name)
        self.select(row)
        return self._edit(lambda experiment: model_edits.moved(experiment, row, before), text)

    def _edit(
        self, change: Callable[[Experiment], Experiment], text: str, then_select: int | None = None
    ) -> bool:
        try:
            self._document.edit(change(self._document.experiment), text)
        except ValidationError as error:
            self.edit_refused.emit(explain(error))
            return False
        if then_select is not None:
            self._document.select(then_select)
        return True

    def move_rows(self, first: int, last: int, before: int) -> bool:
        """Override: one row is dragged at a time."""
        return self.move(first, before)

    # Following the document

    def _on_opened(self) -> None:
        self._board.clear()
        self._replace_all()  # also where the colours are the same: what was begun on the rows ends

    def _on_selected_changed(self) -> None:
        self._follow_document()  # which tells of the selection before it tells of the edit
        self._on_marks_changed()
        self.selection_settled.emit(self.selected)

    def _on_marks_changed(self) -> None:
        self._follow_document()
        self.dataChanged.emit(self.index(0), self.index(len(self._models) - 1))

    def _follow_document(self) -> None:
        before, after = self._models, self._document.experiment.models
        if before == after:
            return
        if [model.colour for model in before] == [model.colour for model in after]:
            self._models = after
            for row, model in enumerate(after):
                if model != before[row]:
                    self._tell_of_row(row)
            return
        self._replace_all()

    def _replace_all(self) -> None:
        self.beginResetModel()
        self._models = self._document.experiment.models
        self._board.keep(self._models)
        self.endResetModel()
        self.selection_settled.emit(self.selected)

    def _tell_of_row(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))
