"""The button of the control bar: an icon, a text, and one look for both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from bnstudio.gui.card import CORNER_RADIUS
from bnstudio.gui.icons import IconName, paint_icon
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QPaintEvent


class BarButton(QToolButton):
    """Shows `action` (its icon text, tool tip and state) beside an icon; flat, or filled when it is primary.

    Parameters
    ----------
    icon_name : IconName
        What is painted before the text.
    action : QAction or None
        What it does; without one the text is set with `setText`.
    primary : bool
        Whether it is the one button of the window that stands out.
    """

    def __init__(
        self,
        icon_name: IconName,
        action: QAction | None = None,
        primary: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._primary = primary
        self._text_shown = True
        self._reserved_texts: tuple[str, ...] = ()
        if action is not None:
            self.setDefaultAction(action)
            action.changed.connect(self._on_action_changed)
            self._on_action_changed()

    def set_icon_name(self, icon_name: IconName) -> None:
        """Paint another icon."""
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self.update()

    def set_text_shown(self, shown: bool) -> None:
        """Show the text beside the icon, or the icon alone where there is no room."""
        if shown != self._text_shown:
            self._text_shown = shown
            self.updateGeometry()
            self.update()

    def reserve(self, *texts: str) -> None:
        """Keep the width that each of `texts` needs, so that a button whose text changes does not jump."""
        self._reserved_texts = texts
        self.updateGeometry()

    def text_width(self) -> int:
        """Return how much wider the button is with its text than without."""
        return self._width(text_shown=True) - self._width(text_shown=False)

    def sizeHint(self) -> QSize:
        """Override: icon and text, with air around them."""
        return QSize(self._width(self._text_shown), self.fontMetrics().height() + 2 * SPACING)

    def minimumSizeHint(self) -> QSize:
        """Override: never smaller than what it shows."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: frame, focus ring, icon and text."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            fill, line, ink = QColor(theme.panel), QColor(theme.border), QColor(theme.text)
            if self._primary:
                fill, line, ink = QColor(theme.accent), QColor(theme.accent), QColor(theme.panel)
            if not self.isEnabled():
                fill, line = QColor(theme.window), QColor(theme.border)
                ink = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
            elif self.isDown():
                fill = fill.darker(115) if self._primary else QColor(theme.selection)
            elif self.underMouse():
                fill = fill.lighter(112) if self._primary else QColor(theme.grid)
            painter.setPen(QPen(line, 1))
            painter.setBrush(fill)
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, CORNER_RADIUS, CORNER_RADIUS)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.panel if self._primary else theme.accent), 2))
                ring = frame.adjusted(2, 2, -2, -2) if self._primary else frame.adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(ring, CORNER_RADIUS, CORNER_RADIUS)
            self._paint_content(painter, ink)

    def _paint_content(self, painter: QPainter, ink: QColor) -> None:
        size = self._icon_size()
        text = self.text() if self._text_shown else ""
        text_width = self.fontMetrics().horizontalAdvance(text)
        width = size + (SPACING * 3 / 4 + text_width if text else 0)
        left = (self.width() - width) / 2
        paint_icon(painter, self._icon_name, QRectF(left, (self.height() - size) / 2, size, size), ink)
        if text:
            painter.setPen(ink)
            beside = QRectF(left + size + SPACING * 3 / 4, 0, text_width + 2, self.height())
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _icon_size(self) -> float:
        return round(self.fontMetrics().height() * 0.85)

    def _width(self, text_shown: bool) -> int:
        width = 2.0 * SPACING + self._icon_size()
        if text_shown:
            metrics = self.fontMetrics()
            texts = (self.text(), *self._reserved_texts)
            width += SPACING * 3 / 4 + max(metrics.horizontalAdvance(text) for text in texts)
        return round(width + SPACING / 2)

    def _on_action_changed(self) -> None:
        self.setAccessibleName(self.text())
        self.updateGeometry()
