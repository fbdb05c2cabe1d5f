"""What a person can do to the stack: one QAction for each edit, shared by buttons, keys and menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from bnstudio.gui.network.layer_text import kind_name
from bnstudio.gui.network.stack_model import ADDABLE
from bnstudio.gui.network.units_dialog import show_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnstudio.document.experiment import LayerSpec
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.gui.network.stack_view import StackView


class StackActions(QObject):
    """The edits of the selected rows of one of several `stacks`: of the first, until `turn_to` another.

    Adding, duplicating and showing units work wherever the focus is in the window; the others, whose keys
    mean something else elsewhere, only in a stack.
    """

    def __init__(self, stacks: Sequence[tuple[StackModel, StackView]], parent: QObject) -> None:
        super().__init__(parent)
        self._views = [view for _, view in stacks]
        self._model, self._view = stacks[0]
        self.add_below: list[QAction] = []
        self.add_above: list[QAction] = []
        for i, spec in enumerate(ADDABLE, start=1):
            name = kind_name(spec.type)
            below = self._action(
                self.tr("Add {layer} below").format(layer=name), f"Ctrl+{i}", partial(self._add, spec, 1)
            )
            below.setIconText("+ " + name)
            self.add_below.append(below)
            self.add_above.append(
                self._action(
                    self.tr("Add {layer} above").format(layer=name),
                    f"Ctrl+Shift+{i}",
                    partial(self._add, spec, 0),
                )
            )
        self.duplicate = self._action(self.tr("Duplicate"), "Ctrl+D", self._on_duplicate)
        self.duplicate_block = self._action(
            self.tr("Duplicate block"), "Ctrl+Shift+D", self._on_duplicate_block
        )
        self.duplicate_block.setToolTip(
            self.tr("Repeat the block around the row: a Dense and all that follows up to the next Dense")
        )
        self.move_up = self._action(self.tr("Move up"), "Alt+Up", partial(self._move, -1), in_stack=True)
        self.move_down = self._action(self.tr("Move down"), "Alt+Down", partial(self._move, 1), in_stack=True)
        self.change_units = self._action(self.tr("Change units"), "F2", self._on_change_units, in_stack=True)
        self.show_units = self._action(self.tr("Show units"), "Ctrl+U", self._on_show_units)
        self.show_units.setToolTip(self.tr("Show which units of the layer are saturated, dead or constant"))
        self.delete = self._action(
            self.tr("Delete"), QKeySequence.StandardKey.Delete, self._on_delete, in_stack=True
        )
        for model, view in stacks:
            view.selectionModel().selectionChanged.connect(self.refresh)
            view.selectionModel().currentChanged.connect(self.refresh)
            for rows_changed in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.dataChanged):
                rows_changed.connect(self.refresh)
            model.health_changed.connect(self.refresh)
        self.refresh()

    def turn_to(self, model: StackModel, view: StackView) -> None:
        """Edit this stack from now on."""
        self._model, self._view = model, view
        self.refresh()

    def in_menu_order(self) -> list[QAction | None]:
        """Return all actions in the order of a menu, with None where a separator stands."""
        return [
            *self.add_below,
            None,
            *self.add_above,
            None,
            self.duplicate,
            self.duplicate_block,
            None,
            self.move_up,
            self.move_down,
            self.change_units,
            None,
            self.show_units,
            None,
            self.delete,
        ]

    def refresh(self) -> None:
        """Enable what can be done to the selected rows."""
        first, last = self._view.selected_rows()
        n_hidden = self._model.n_hidden
        has_layer = first < n_hidden
        self.duplicate.setEnabled(has_layer)
        self.duplicate_block.setEnabled(has_layer)
        self.move_up.setEnabled(has_layer and first > 0)
        self.move_down.setEnabled(has_layer and last < n_hidden - 1)
        self.change_units.setEnabled(self._model.row(first).kind == "dense")
        self.delete.setEnabled(has_layer)
        self.show_units.setEnabled(self._model.health is not None)

    def _action(
        self,
        text: str,
        key: str | QKeySequence.StandardKey,
        slot: Callable[[], object],
        in_stack: bool = False,
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text} ({keys})")
        if in_stack:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: slot())
        for view in self._views:
            view.addAction(action)
        return action

    def _add(self, spec: LayerSpec, rows_below: int) -> None:
        first, last = self._view.selected_rows()
        self._model.insert(last + 1 if rows_below else first, spec)

    def _on_duplicate(self) -> None:
        self._model.duplicate(*self._view.selected_rows())

    def _on_duplicate_block(self) -> None:
        block = self._model.block_around(self._view.selected_rows()[0])
        if block is not None:
            self._model.duplicate(*block)

    def _move(self, n_rows: int) -> None:
        first, last = self._view.selected_rows()
        last = min(last, self._model.n_hidden - 1)
        self._model.move_rows(first, last, first - 1 if n_rows < 0 else last + 2)

    def _on_change_units(self) -> None:
        first, _ = self._view.selected_rows()
        self._view.edit_row(first)

    def _on_show_units(self) -> None:
        first, _ = self._view.selected_rows()
        show_units(self._view, self._model, first)

    def _on_delete(self) -> None:
        self._model.remove(*self._view.selected_rows())
