"""What a person can do to the list of models: one QAction for each, shared by buttons, keys and menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from bnstudio.document.experiment import MAX_MODELS, new_experiment
from bnstudio.document.presets import DESCRIPTIONS, STUDY_PRESET, load_preset, preset_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.gui.models.model_list import ModelList
    from bnstudio.gui.models.model_list_view import ModelListView


class ModelActions(QObject):
    """The edits of `view`'s current row, which is the selected model's unless the keyboard looks at another.

    Those whose keys mean something else elsewhere have them only in the list.
    """

    def __init__(self, model: ModelList, view: ModelListView) -> None:
        super().__init__(view)
        self._model = model
        self._view = view
        self._tips: dict[QAction, str] = {}
        self.add_menu = self._make_add_menu()
        self.compare_menu = QMenu(self.tr("Compare &with"), view)
        self._tips[self.compare_menu.menuAction()] = self.tr("Show another stack beside the selected model's")
        self._others = QActionGroup(self.compare_menu)
        self.compare_menu.aboutToShow.connect(self._fill_compare_menu)
        self._make_actions()
        for changed in (
            view.selectionModel().currentChanged,
            view.selectionModel().selectionChanged,
            model.modelReset,
            model.dataChanged,
        ):
            changed.connect(self.refresh)
        self.refresh()

    def _make_actions(self) -> None:
        self.duplicate = self._action(
            self.tr("&Duplicate model"),
            "Ctrl+Shift+M",
            lambda: self._model.duplicate(self._row),
            self.tr("Copy the model below itself: then change one thing"),
        )
        self.rename = self._action(
            self.tr("Re&name"), "F2", self._on_rename, self.tr("Change the name"), in_list=True
        )
        self.remove = self._action(
            self.tr("&Remove model"),
            QKeySequence(QKeySequence.StandardKey.Delete),
            lambda: self._model.remove(self._row),
            self.tr("Take the model out of the experiment"),
            in_list=True,
        )
        self.move_up = self._action(
            self.tr("Move &up"),
            "Alt+Up",
            lambda: self._model.move(self._row, self._row - 1),
            self.tr("Exchange it with the model above"),
            in_list=True,
        )
        self.move_down = self._action(
            self.tr("Move d&own"),
            "Alt+Down",
            lambda: self._model.move(self._row, self._row + 2),
            self.tr("Exchange it with the model below"),
            in_list=True,
        )
        self.show_curves = self._action(
            self.tr("Show &curves"),
            "Space",
            lambda: self._model.toggle_visible(self._row),
            self.tr("Show the model in the plots of curves"),
            in_list=True,
        )
        self.show_beside = self._action(
            "", None, self._on_show_beside, self.tr("Show both stacks in the Network panel")
        )
        for checkable in (self.show_curves, self.show_beside):
            checkable.setCheckable(True)
        self.previous = self._action(
            self.tr("&Previous model"), "Ctrl+PgUp", partial(self._go, -1), self.tr("Select the model above")
        )
        self.next = self._action(
            self.tr("Ne&xt model"), "Ctrl+PgDown", partial(self._go, 1), self.tr("Select the model below")
        )

    def in_menu_order(self) -> list[QAction | None]:
        """Return all actions in the order of a menu, with None where a separator stands."""
        return [
            self.add_menu.menuAction(),
            self.duplicate,
            self.rename,
            self.remove,
            None,
            self.move_up,
            self.move_down,
            None,
            self.compare_menu.menuAction(),
            self.show_curves,
            None,
            self.previous,
            self.next,
        ]

    def in_context_menu_order(self) -> list[QAction | None]:
        """Return what can be done to the row under the mouse."""
        about_it = [self.rename, self.duplicate, self.remove, None, self.move_up, self.move_down]
        return [self.show_beside, self.show_curves, None, *about_it]

    def refresh(self) -> None:
        """Enable what can be done to the current row, and say why the rest can't."""
        n_models, row = self._model.rowCount(), self._row
        full = (
            self.tr("An experiment has at most {n} models.").format(n=MAX_MODELS)
            if self._model.is_full
            else ""
        )
        alone = self.tr("It is the only model.") if n_models == 1 else ""
        is_selected = row == self._model.selected
        self._allow(self.duplicate, full)
        self._allow(self.add_menu.menuAction(), full)
        self._allow(self.remove, self.tr("An experiment has at least one model.") if alone else "")
        self._allow(self.move_up, self.tr("It is the first model.") if row == 0 else "")
        self._allow(self.move_down, self.tr("It is the last model.") if row == n_models - 1 else "")
        self._allow(
            self.show_curves,
            self.tr("The curves of the selected model are always shown.") if is_selected else "",
        )
        self.show_curves.setChecked(self._model.is_visible(row))
        self._allow(self.show_beside, self.tr("It is the selected model itself.") if is_selected else "")
        selected = _literal(self._model.setup(self._model.selected).name)
        self.show_beside.setText(self.tr("Show &beside {selected}").format(selected=selected))
        self.show_beside.setChecked(row == self._model.compared)
        for action in (self.previous, self.next, self.compare_menu.menuAction()):
            self._allow(action, alone)

    @property
    def _row(self) -> int:
        return self._view.current_row()

    def _action(
        self,
        text: str,
        key: str | QKeySequence | None,
        slot: Callable[[], object],
        tip: str,
        in_list: bool = False,
    ) -> QAction:
        action = QAction(text, self)
        if key is not None:
            action.setShortcut(QKeySequence(key))
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            tip = self.tr("{what} ({keys})").format(what=tip, keys=keys)
        if in_list:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._tips[action] = tip
        action.triggered.connect(lambda _checked=False: slot())
        self._view.addAction(action)
        return action

    def _allow(self, action: QAction, why_not: str) -> None:
        action.setEnabled(not why_not)
        action.setToolTip(why_not or self._tips[action])

    def _on_rename(self) -> None:
        self._view.edit_row(self._row)

    def _on_show_beside(self) -> None:
        self._model.compare(None if self._row == self._model.compared else self._row)

    def _go(self, n_rows: int) -> None:
        self._model.select((self._model.selected + n_rows) % self._model.rowCount())

    # Menus

    def _make_add_menu(self) -> QMenu:
        menu = QMenu(self.tr("&Add model"), self._view)
        menu.setToolTipsVisible(True)
        self._tips[menu.menuAction()] = self.tr("Add a model at the end")
        new = menu.addAction(self.tr("&Empty model – the head alone, at the selected model's learning rate"))
        new.triggered.connect(self._on_new_triggered)
        menu.addSeparator()
        for name in preset_names():
            if name != STUDY_PRESET:  # which is several models
                description = QCoreApplication.translate("presets", DESCRIPTIONS[name])
                action = menu.addAction(f"{name} – {description}")
                action.triggered.connect(partial(self._add_preset, name))
        return menu

    def _on_new_triggered(self) -> None:
        rate = self._model.setup(self._model.selected).learning_rate
        self._model.add(new_experiment().models[0].replaced(learning_rate=rate, layers=()))

    def _add_preset(self, name: str, _checked: bool = False) -> None:
        self._model.add(load_preset(name).models[0])

    def _fill_compare_menu(self) -> None:
        """List the models that can be shown beside the selected one, and none of them."""
        self.compare_menu.clear()
        others = [row for row in range(self._model.rowCount()) if row != self._model.selected]
        for row in (None, *others):
            text = self.tr("&None") if row is None else _literal(self._model.setup(row).name)
            action = self.compare_menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(row == self._model.compared)
            action.triggered.connect(partial(self._on_compare_triggered, row))
            self._others.addAction(action)

    def _on_compare_triggered(self, row: int | None, _checked: bool = False) -> None:
        self._model.compare(row)


def _literal(name: str) -> str:
    """Return a name so that a menu shows it as it is."""
    return name.replace("&", "&&")
