"""The open document: the current Experiment, its undo stack, its file and which model is selected.

Every edit replaces one immutable Experiment by another, so one undo command class is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.experiment import Experiment, ModelSetup


class _Replace(QUndoCommand):
    """Replaces the experiment before by the one after; edits with the same merge key become one."""

    def __init__(
        self, document: ExperimentDocument, after: Experiment, text: str, merge_key: str | None
    ) -> None:
        super().__init__(text)
        self._document = document
        self._before = document.experiment
        self._after = after
        self._merge_key = merge_key

    def id(self) -> int:
        return -1 if self._merge_key is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Replace) or other._merge_key != self._merge_key:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

    def redo(self) -> None:
        self._document._show(self._after)

    def undo(self) -> None:
        self._document._show(self._before)


class ExperimentDocument(QObject):
    """Owns the experiment on behalf of the window.

    Views read `experiment`, edit through `edit` or `edit_model`, and follow `experiment_changed`, which tells
    of edits, undo, redo and of another document having been opened alike.
    """

    opened = Signal(object)
    """The Experiment of another document; `experiment_changed` follows with the same."""
    experiment_changed = Signal(object)
    """The new Experiment."""
    selected_changed = Signal(int)
    """Index of the model that the Network panel shows."""
    path_changed = Signal()

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiment = experiment
        self.undo_stack = QUndoStack(self)
        self.path: Path | None = None
        self._selected = 0

    @property
    def selected(self) -> int:
        """Index of the selected model, always valid."""
        return self._selected

    @property
    def model(self) -> ModelSetup:
        """The selected model."""
        return self.experiment.models[self._selected]

    def select(self, index: int) -> None:
        """Select the model at `index`."""
        if index != self._selected:
            self._selected = index
            self.selected_changed.emit(index)

    def edit(self, after: Experiment, text: str, merge_key: str | None = None) -> None:
        """Replace the experiment by `after`, undoably; `text` names the edit in the Edit menu.

        Consecutive edits with the same `merge_key` become one; whoever begins a new gesture (a drag, typing)
        gives it a new key. An edit that changes nothing is no edit.
        """
        if after != self.experiment:
            self.undo_stack.push(_Replace(self, after, text, merge_key))

    def edit_model(self, model: ModelSetup, text: str, merge_key: str | None = None) -> None:
        """Replace the selected model, undoably.

        Raises
        ------
        pydantic.ValidationError
            When the experiment would be out of bounds; nothing has changed then.
        """
        self.edit(self.experiment.with_model(self._selected, model), text, merge_key)

    def open(self, experiment: Experiment, path: Path | None) -> None:
        """Show another document: no undo back to the one before."""
        self.undo_stack.clear()
        self.path = path
        self._selected = 0
        self.experiment = experiment
        self.opened.emit(experiment)
        self._show(experiment)
        self.selected_changed.emit(0)
        self.path_changed.emit()

    def mark_saved(self, path: Path) -> None:
        """Note that the experiment as it is now stands in the file at `path`."""
        self.path = path
        self.undo_stack.setClean()
        self.path_changed.emit()

    def _show(self, experiment: Experiment) -> None:
        self.experiment = experiment
        if self._selected >= len(experiment.models):
            self.select(len(experiment.models) - 1)
        self.experiment_changed.emit(experiment)
