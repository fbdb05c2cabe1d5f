"""The menus of the main window, and the sheet of shortcuts that is read off them.

Every panel says itself what can be done in it; here its actions only find their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from bnstudio.document.presets import STUDY_PRESET
from bnstudio.gui.dialogs.about_dialog import AboutDialog
from bnstudio.gui.dialogs.shortcuts_dialog import ShortcutGroup, ShortcutsDialog, shortcut_groups
from bnstudio.gui.menu_actions import add_actions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtWidgets import QMenu

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.main_window import MainWindow
    from bnstudio.gui.view_menu import ViewMenu


class MainMenus(QObject):
    """Fills the menu bar of `window`."""

    def __init__(self, window: MainWindow, document: ExperimentDocument, view_menu: ViewMenu) -> None:
        super().__init__(window)
        self._window = window
        self._add_file_menu()
        self._add_edit_menu(document)
        self._add_menu(self.tr("&Models"), window.models_panel.actions_in_menu_order())
        self._add_menu(
            self.tr("&Layer"), [window.look_inside_action, None, *window.network_panel.edit_actions]
        )
        self._add_menu(
            self.tr("&Train"),
            [
                *window.control_bar.train_actions(),
                None,
                window.slow_motion.stage_action,
                window.gradient_check_action,
            ],
        )
        window.menuBar().addMenu(view_menu)
        self._add_help_menu()

    def _add_menu(self, title: str, actions: Iterable[QAction | None]) -> QMenu:
        """Add a menu; None stands for a separator."""
        menu = self._window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        add_actions(menu, actions)
        return menu

    def _add_file_menu(self) -> None:
        files = self._window.files
        menu = self._add_menu(self.tr("&File"), [files.new_action, files.open_action])
        menu.addMenu(files.recent_menu)
        menu.addMenu(files.presets_menu)
        menu.addSeparator()
        menu.addActions([files.save_action, files.save_as_action, files.save_run_action])
        menu.addMenu(self._window.exports.menu)
        menu.addSeparator()
        self._connect(menu.addAction(self.tr("&Quit")), "Ctrl+Q", self._window.close)

    def _add_edit_menu(self, document: ExperimentDocument) -> None:
        undo = document.undo_stack.createUndoAction(self, self.tr("&Undo"))
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo = document.undo_stack.createRedoAction(self, self.tr("&Redo"))
        redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        self._add_menu(self.tr("&Edit"), [undo, redo])

    def _add_help_menu(self) -> None:
        menu = self._add_menu(self.tr("&Help"), [])
        study = menu.addAction(self.tr("The &article's study"))
        study.setToolTip(self.tr("Open the eight models of the article, arranged for its figures"))
        study.triggered.connect(lambda: self._window.files.open_preset(STUDY_PRESET))
        menu.addSeparator()
        shortcuts = menu.addAction(self.tr("&Keyboard shortcuts"))
        self._connect(shortcuts, "F1", self._on_shortcuts_triggered)
        menu.addAction(self.tr("&About bnstudio")).triggered.connect(self._on_about_triggered)

    def _connect(self, action: QAction, keys: str, slot: Callable[..., object]) -> None:
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)

    def _on_shortcuts_triggered(self) -> None:
        groups = shortcut_groups(self._window, self.tr("In the panels"))
        space = ShortcutGroup(
            self.tr("Anywhere"),
            [(self.tr("Train or pause, where the focus has no other use for it"), self.tr("Space"))],
        )
        # What `CurveView.keyPressEvent` answers: keys without an action to read them off.
        curves = ShortcutGroup(
            self.tr("On a curve"),
            [
                (self.tr("Move the crosshair"), self.tr("Left, Right")),
                (self.tr("Move it further"), self.tr("Ctrl+Left, Ctrl+Right")),
                (self.tr("Put it away"), self.tr("Esc")),
                (self.tr("Zoom"), self.tr("+, −")),
                (self.tr("Pan"), self.tr("Shift+arrows")),
                (self.tr("Show all and follow the newest step"), self.tr("Home")),
                (self.tr("Select the model of the curve before or after"), self.tr("[, ]")),
                (self.tr("Logarithmic loss axis"), self.tr("L")),
            ],
        )
        timeline = ShortcutGroup(
            self.tr("On the timeline"),
            [
                (self.tr("One recorded step back or on"), self.tr("Left, Right")),
                (self.tr("Ten of them"), self.tr("Page Down, Page Up")),
                (self.tr("The first step"), self.tr("Home")),
                (self.tr("Live again"), self.tr("End, Esc")),
            ],
        )
        ShortcutsDialog([space, *groups, curves, timeline], self._window).open()

    def _on_about_triggered(self) -> None:
        AboutDialog(self._window).open()
