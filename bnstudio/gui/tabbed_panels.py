"""Panels that share one place: a bar of tabs, and the card of the one that is chosen.

What is behind a tab is hidden, and panels that are hidden measure and draw nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from bnstudio.gui.stored_choices import stored_choice


class TabbedPanels(QWidget):
    """Shows one of `panels`, by their titles; remembers which under `settings_key`."""

    def __init__(
        self,
        panels: dict[str, QWidget],
        accessible_name: str,
        settings_key: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings_key = settings_key
        self._panels = tuple(panels.values())
        self.bar = QTabBar()
        self.bar.setAccessibleName(accessible_name)
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._stack = QStackedWidget()
        for title, panel in panels.items():
            self.bar.addTab(title)
            self._stack.addWidget(panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self.bar.setCurrentIndex(stored_choice(settings_key, range(self.bar.count()), 0))
        self._show(self.bar.currentIndex())
        self.bar.currentChanged.connect(self._on_current_changed)

    def show_panel(self, panel: QWidget) -> None:
        """Bring one of the panels to the front."""
        self.bar.setCurrentIndex(self._stack.indexOf(panel))

    def _show(self, index: int) -> None:
        """Bring a panel to the front, and let no other claim room."""
        for i, panel in enumerate(self._panels):
            policy = QSizePolicy.Policy.Expanding if i == index else QSizePolicy.Policy.Ignored
            panel.setSizePolicy(policy, policy)
        self._stack.setCurrentIndex(index)

    def _on_current_changed(self, index: int) -> None:
        self._show(index)
        QSettings().setValue(self._settings_key, index)
