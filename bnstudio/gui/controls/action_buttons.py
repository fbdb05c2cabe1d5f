"""Buttons of actions, which follow what can be done: small ones with an icon, and one that opens a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtWidgets import QToolButton

from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.icons import paint_icon
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QColor, QPainter
    from PySide6.QtWidgets import QMenu, QWidget

    from bnstudio.gui.icons import IconName


class ActionButton(QuietButton):
    """Triggers `action`, shows `icon_name` for it, and says what it says, also why it can't be done."""

    def __init__(self, action: QAction, icon_name: IconName, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._action = action
        self._icon_name: IconName = icon_name
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow_action)
        self._follow_action()

    def _follow_action(self) -> None:
        self.setAccessibleName(self._action.text().replace("&", ""))
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())

    def paint_content(self, painter: QPainter, ink: QColor) -> None:
        """Override: the icon."""
        size = self.fontMetrics().height()
        square = QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size)
        paint_icon(painter, self._icon_name, square, ink)


class MenuButton(QuietButton):
    """Opens `menu`; `text` and a wedge stand on it."""

    def __init__(self, text: str, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._action = menu.menuAction()
        self._action.changed.connect(self._follow_action)
        self._follow_action()

    def _follow_action(self) -> None:
        self.setAccessibleName(self._action.text().replace("&", ""))
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())

    def sizeHint(self) -> QSize:
        """Override: room for the wedge."""
        return super().sizeHint() + QSize(self._wedge_size(), 0)

    def paint_content(self, painter: QPainter, ink: QColor) -> None:
        """Override: the text, and the wedge behind it."""
        size = self._wedge_size()
        painter.setPen(ink)
        words = self.rect().adjusted(0, 0, -size, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
        left = words.center().x() + self.fontMetrics().horizontalAdvance(self.text()) / 2 + SPACING / 4
        paint_icon(painter, "menu", QRectF(left, (self.height() - size) / 2, size, size), ink)

    def _wedge_size(self) -> int:
        return round(0.85 * self.fontMetrics().height())
