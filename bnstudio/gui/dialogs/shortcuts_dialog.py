"""The sheet of keyboard shortcuts, read off the actions themselves so that it cannot go stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PySide6.QtWidgets import QMainWindow


class ShortcutGroup(NamedTuple):
    """Shortcuts under one heading."""

    title: str
    rows: list[tuple[str, str]]
    """What it does, and the keys."""


def shortcut_groups(window: QMainWindow, other_title: str) -> list[ShortcutGroup]:
    """Collect the shortcuts of all menus of `window`; those in no menu come last, under `other_title`."""
    in_menus: set[QAction] = set()
    groups = []
    for menu_action in window.menuBar().actions():
        menu = menu_action.menu()
        if not isinstance(menu, QMenu):
            continue
        actions = list(_actions_below(menu.actions()))
        in_menus.update(actions)
        groups.append(ShortcutGroup(_plain(menu_action.text()), _rows(actions)))
    others = [action for action in window.findChildren(QAction) if action not in in_menus]
    groups.append(ShortcutGroup(other_title, _rows(others)))
    return [group for group in groups if group.rows]


def _actions_below(actions: Iterable[QAction]) -> Iterator[QAction]:
    for action in actions:
        yield action
        menu = action.menu()
        if isinstance(menu, QMenu):
            yield from _actions_below(menu.actions())


def _rows(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    rows = []
    for action in actions:
        keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        if keys and action.text():
            rows.append((_plain(action.text()), ", ".join(keys)))
    return rows


def _plain(text: str) -> str:
    return text.replace("&", "").removesuffix("…")


class ShortcutsDialog(QDialog):
    """Shows groups of shortcuts in two columns."""

    def __init__(self, groups: list[ShortcutGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        content = QWidget()
        columns = QHBoxLayout(content)
        columns.setSpacing(5 * SPACING)
        n_rows = sum(len(group.rows) + 2 for group in groups)
        n_before = 0
        halves: tuple[list[ShortcutGroup], list[ShortcutGroup]] = ([], [])
        for group in groups:
            halves[n_before > n_rows / 2 - 3].append(group)
            n_before += len(group.rows) + 2
        for half in halves:
            columns.addLayout(self._column(half))
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(content)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        remove_icons(buttons.buttons())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 2 * SPACING, 2 * SPACING, 2 * SPACING)
        layout.addWidget(area)
        layout.addWidget(buttons)
        wanted = content.sizeHint()
        room = self.screen().availableSize()
        self.resize(
            min(wanted.width() + 7 * SPACING, room.width() - 5 * SPACING),
            min(wanted.height() + 11 * SPACING, room.height() - 10 * SPACING),
        )

    def _column(self, groups: list[ShortcutGroup]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2 * SPACING)
        bold = QFont()
        bold.setBold(True)
        for group in groups:
            grid = QGridLayout()
            grid.setHorizontalSpacing(3 * SPACING)
            grid.setVerticalSpacing(SPACING // 2)
            title = QLabel(group.title)
            title.setFont(bold)
            grid.addWidget(title, 0, 0, 1, 2)
            for i, (what, keys) in enumerate(group.rows, start=1):
                grid.addWidget(QLabel(what), i, 0)
                grid.addWidget(QLabel(keys), i, 1, Qt.AlignmentFlag.AlignRight)
            column.addLayout(grid)
        column.addStretch(1)
        return column
