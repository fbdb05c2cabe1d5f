"""The button of the Network panel: a text on a quiet surface, filled while it is checked.

It paints itself, because a style sheet does not follow a change of the palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from bnstudio.gui.card import CORNER_RADIUS
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class QuietButton(QToolButton):
    """A button that the keyboard reaches.

    Parameters
    ----------
    text : str
        What stands on it.
    round_left, round_right : bool
        Whether its corners are round; joined buttons are straight where they meet.
    """

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        round_left: bool = True,
        round_right: bool = True,
    ) -> None:
        super().__init__(parent)
        self._round_left = round_left
        self._round_right = round_right
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Override: the text with room around it."""
        metrics = self.fontMetrics()
        width = max(metrics.horizontalAdvance(self.text()), metrics.height())
        return QSize(width + 2 * SPACING + 2, metrics.height() + SPACING + 4)

    def minimumSizeHint(self) -> QSize:
        """Override: nothing of the text is left out."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: surface, focus and content."""
        theme = theme_of(self)
        fill, line, ink = theme.panel, theme.border, theme.text
        if not self.isEnabled():
            ink = theme.muted
        elif self.isChecked():
            fill, line, ink = theme.accent, theme.accent, theme.panel
        elif self.isDown():
            fill = theme.selection
        elif self.underMouse():
            fill = theme.grid
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(line), 1))
        painter.setBrush(QColor(fill))
        frame = QRectF(self.rect()).adjusted(
            0.5 if self._round_left else -0.5, 0.5, -0.5, -0.5
        )  # shares a line
        painter.drawPath(self._outline(frame))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text if self.isChecked() else theme.accent), 2))
            painter.drawPath(self._outline(frame.adjusted(1, 1, -1, -1)))
        if not self.isEnabled():
            painter.setOpacity(0.5)
        self.paint_content(painter, QColor(ink))

    def paint_content(self, painter: QPainter, ink: QColor) -> None:
        """Paint what stands on the button, in the colour `ink`."""
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())

    def _outline(self, frame: QRectF) -> QPainterPath:
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRoundedRect(frame, CORNER_RADIUS, CORNER_RADIUS)
        side = QRectF(frame)
        if not self._round_left:
            side.setRight(frame.left() + 2 * CORNER_RADIUS)
            path.addRect(side)
        if not self._round_right:
            side = QRectF(frame)
            side.setLeft(frame.right() - 2 * CORNER_RADIUS)
            path.addRect(side)
        return path.simplified()
