"""The open document: the current Experiment, its undo stack, its file, and which models are looked at.

Every edit replaces one immutable Experiment by another, so one undo command class is enough. A model keeps
its colour for life, under any name and in any place, so what is looked at is remembered by colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.experiment import Experiment, ModelSetup
    from bnstudio.document.storage import ExperimentFile


class _Replace(QUndoCommand):
    """Replaces the experiment before by the one after."""

    def __init__(
        self, document: ExperimentDocument, after: Experiment, text: str, merge_key: str | None
    ) -> None:
        super().__init__(text)
        self._document = document
        self.before = document.experiment
        self.after = after
        self.merge_key = merge_key

    def redo(self) -> None:
        self._document._show(self.after)

    def undo(self) -> None:
        self._document._show(self.before)


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
    """Index of the model that the Network panel shows: another one, or the same in another place."""
    compared_changed = Signal()
    """Another model is shown beside the selected one, or none any more."""
    visible_changed = Signal()
    """The curves of other models are to be shown."""
    file_changed = Signal()

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiment = experiment.coloured()
        self.undo_stack = QUndoStack(self)
        self.file: ExperimentFile | None = None
        """The file of the experiment at the undo stack's clean mark; None for what has none yet."""
        self._selected = 0
        self._compared: int | None = None
        self._hidden: frozenset[int | None] = frozenset()

    @property
    def path(self) -> Path | None:
        """Of the file, if there is one."""
        return None if self.file is None else self.file.path

    @property
    def selected(self) -> int:
        """Index of the selected model, always valid."""
        return self._selected

    @property
    def model(self) -> ModelSetup:
        """The selected model."""
        return self.experiment.models[self._selected]

    @property
    def compared(self) -> int | None:
        """Index of the model that is shown beside the selected one; None where there is none."""
        return self._index_of(self._compared)

    @property
    def pair(self) -> tuple[int, ...]:
        """Indices of the selected model and the one beside it, in the experiment's order; or of it alone."""
        return (self._selected,) if self.compared is None else tuple(sorted((self._selected, self.compared)))

    def is_visible(self, index: int) -> bool:
        """Whether the curves of the model at `index` are shown; the selected one's always are."""
        return index == self._selected or self.experiment.models[index].colour not in self._hidden

    def select(self, index: int) -> None:
        """Select the model at `index`; if it was the one beside the selected, the two change places."""
        if index == self._selected:
            return
        if index == self.compared:
            self._compared = self.model.colour
        self._selected = index
        self.selected_changed.emit(index)

    def compare(self, index: int | None) -> None:
        """Show the model at `index` beside the selected one; None, or that one itself, shows it alone."""
        colour = None if index in (None, self._selected) else self.experiment.models[index].colour
        if colour != self._compared:
            self._compared = colour
            self.compared_changed.emit()

    def set_visible(self, index: int, visible: bool) -> None:
        """Show or hide the curves of the model at `index`."""
        colour = {self.experiment.models[index].colour}
        hidden = self._hidden - colour if visible else self._hidden | colour
        if hidden != self._hidden:
            self._hidden = hidden
            self.visible_changed.emit()

    def edit(self, after: Experiment, text: str, merge_key: str | None = None) -> None:
        """Replace the experiment by `after`, undoably; `text` names the edit in the Edit menu.

        Consecutive edits with the same `merge_key` become one; whoever begins a new gesture (a drag, typing)
        gives it a new key. An edit that changes nothing is no edit.
        """
        after = after.coloured()
        if after == self.experiment:
            return
        gesture = self._gesture(merge_key)
        if gesture is None:
            self.undo_stack.push(_Replace(self, after, text, merge_key))
            return
        gesture.after = after
        gesture.setText(text)
        self.undo_stack.undoTextChanged.emit(text)  # a command's own text is not watched
        self._show(after)
        if after == gesture.before:
            gesture.setObsolete(True)
            self.undo_stack.undo()  # does nothing but take it off the stack

    def edit_model(
        self, model: ModelSetup, text: str, merge_key: str | None = None, *, index: int | None = None
    ) -> None:
        """Replace the selected model, or the one at `index`, undoably.

        Raises
        ------
        pydantic.ValidationError
            When the experiment would be out of bounds; nothing has changed then.
        """
        index = self._selected if index is None else index
        self.edit(self.experiment.with_model(index, model), text, merge_key)

    def open(self, experiment: Experiment, file: ExperimentFile | None) -> None:
        """Show another document: no undo back to the one before."""
        self.compare(None)
        self.undo_stack.clear()
        self.undo_stack.setClean()  # a stack without commands would keep that it was not
        self.file = file
        self._selected, self._hidden = 0, frozenset()
        self.experiment = experiment.coloured()
        self.opened.emit(self.experiment)
        self._show(self.experiment)
        self.selected_changed.emit(0)
        self.file_changed.emit()

    def set_file(self, file: ExperimentFile) -> None:
        """Note that the experiment at the undo stack's clean mark stands in `file` now."""
        self.file = file
        self.file_changed.emit()

    def _gesture(self, merge_key: str | None) -> _Replace | None:
        """Return the latest edit if one with this key goes on with it; None where it is another, or saved."""
        # Qt would merge commands too, but what PySide holds of a merged one is never given back.
        stack = self.undo_stack
        latest = stack.command(stack.index() - 1) if stack.index() == stack.count() > 0 else None
        if stack.isClean() or merge_key is None or not isinstance(latest, _Replace):
            return None
        return latest if latest.merge_key == merge_key else None

    def _show(self, experiment: Experiment) -> None:
        selected_colour, compared = self.model.colour, self.compared
        self.experiment = experiment
        selected = self._index_of(selected_colour)
        if selected is None:  # it was removed: the one that took its place is next
            selected = min(self._selected, len(experiment.models) - 1)
        moved = selected != self._selected
        replaced = experiment.models[selected].colour != selected_colour
        self._selected = selected
        if self.compared in (None, selected):
            self._compared = None
        self._hidden &= {model.colour for model in experiment.models}  # its colour may become another's
        if moved or replaced:
            self.selected_changed.emit(selected)
        if self.compared != compared:
            self.compared_changed.emit()
        self.experiment_changed.emit(experiment)

    def _index_of(self, colour: int | None) -> int | None:
        if colour is None:
            return None
        return next((i for i, model in enumerate(self.experiment.models) if model.colour == colour), None)
