"""The View menu: theme, text size, and which panels are shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.gui.appearance import Appearance, ThemeChoice


class ViewMenu(QMenu):
    """Acts on the appearance, and shows or hides panels.

    Parameters
    ----------
    appearance
        What theme and text size are chosen of.
    panels
        Title and widget of each panel that can be hidden, by the key that its state is remembered under.
    """

    def __init__(
        self, appearance: Appearance, panels: Mapping[str, tuple[str, QWidget]], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&View"))
        self._appearance = appearance
        self._add_themes()
        self.addSeparator()
        larger = self.addAction(self.tr("&Larger text"), appearance.enlarge_text)
        # The plus sign needs Shift on some keyboards, and not on others.
        larger.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
        smaller = self.addAction(self.tr("S&maller text"), appearance.shrink_text)
        smaller.setShortcut(QKeySequence("Ctrl+-"))
        normal = self.addAction(self.tr("&Normal text"), appearance.restore_text)
        normal.setShortcut(QKeySequence("Ctrl+0"))
        self.addSeparator()
        for key, (title, panel) in panels.items():
            shown = bool(QSettings().value(f"panels/{key}", True, type=bool))
            panel.setVisible(shown)
            action = QAction(title, self, checkable=True, checked=shown)
            action.toggled.connect(panel.setVisible)
            action.toggled.connect(partial(_remember, key))
            self.addAction(action)

    def _add_themes(self) -> None:
        group = QActionGroup(self)
        choices: tuple[tuple[str, ThemeChoice], ...] = (
            (self.tr("Theme of the s&ystem"), "system"),
            (self.tr("L&ight"), "light"),
            (self.tr("&Dark"), "dark"),
        )
        for text, choice in choices:
            action = QAction(text, group, checkable=True, checked=self._appearance.theme_choice == choice)
            action.triggered.connect(
                lambda _checked=False, choice=choice: self._appearance.choose_theme(choice)
            )
            self.addAction(action)


def _remember(key: str, shown: bool) -> None:
    QSettings().setValue(f"panels/{key}", shown)
