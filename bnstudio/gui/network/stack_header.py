"""The titles above the stack's columns, with a small legend of what is drawn in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from bnstudio.gui.network.reading_text import backward_explanation, forward_explanation
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.network.stack_view import StackView

_SWATCH = 10.0


class StackHeader(QWidget):
    """Follows the columns of `view`."""

    def __init__(self, view: StackView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.setAccessibleName(self.tr("Columns of the layer stack"))
        self.setAccessibleDescription(forward_explanation() + "\n" + backward_explanation())
        view.geometry_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Override: a title and a legend high."""
        small = QFontMetricsF(small_font(self.font()))
        return QSize(0, round(self.fontMetrics().height() + small.height() + SPACING / 2))

    def minimumSizeHint(self) -> QSize:
        """Override: nothing is left out."""
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        """Override: tells what the column under the mouse shows."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            geometry = self._view.stack_geometry
            if event.x() < geometry.forward.left:
                text = self.tr("Values run down the stack, gradients run up. Rows can be dragged.")
            elif event.x() < geometry.backward.left:
                text = forward_explanation()
            else:
                text = backward_explanation()
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: titles and legends."""
        theme = theme_of(self)
        geometry = self._view.stack_geometry
        with QPainter(self) as painter:
            forward_room = geometry.forward_text.right - geometry.forward.left
            backward_room = geometry.backward_text.right - geometry.backward.left
            self._paint_title(
                painter,
                geometry.forward.left,
                forward_room,
                theme.forward,
                (self.tr("Forward: output values"), self.tr("Forward: outputs"), self.tr("Forward")),
            )
            self._paint_title(
                painter,
                geometry.backward.left,
                backward_room,
                theme.backward,
                (self.tr("Backward: ∂L/∂output"), self.tr("Backward")),
            )
            small = small_font(self.font())
            metrics = QFontMetricsF(small)
            painter.setFont(small)
            y = self.fontMetrics().height() + metrics.ascent()
            swatch_top = y - metrics.xHeight() / 2 - _SWATCH / 2
            x = geometry.forward.left
            painter.fillRect(QRectF(x, swatch_top + 2, _SWATCH, _SWATCH - 2), QColor(theme.forward_pale))
            x = self._paint_legend(painter, x + _SWATCH, y, self.tr("values"), theme.muted)
            painter.fillRect(
                QRectF(x, round(swatch_top + _SWATCH / 2), _SWATCH + 4, 2), QColor(theme.forward)
            )
            self._paint_legend(painter, x + _SWATCH + 4, y, self.tr("signal"), theme.muted)
            x = geometry.backward.left
            painter.fillRect(QRectF(x, swatch_top + 2, _SWATCH, _SWATCH - 2), QColor(theme.backward))
            self._paint_legend(painter, x + _SWATCH, y, self.tr("gradient"), theme.muted)

    def _paint_title(
        self, painter: QPainter, left: float, room: float, colour: str, texts: tuple[str, ...]
    ) -> None:
        """Paint the longest of `texts` that finds room."""
        font = bold_font(self.font())
        metrics = QFontMetricsF(font)
        text = next((text for text in texts if metrics.horizontalAdvance(text) <= room), texts[-1])
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(QPointF(left, metrics.ascent()), text)

    def _paint_legend(self, painter: QPainter, x: float, y: float, text: str, colour: str) -> float:
        """Paint the text beside a swatch, and return where the next swatch can begin."""
        painter.setPen(QColor(colour))
        painter.drawText(QPointF(x + SPACING / 2, y), text)
        return x + SPACING / 2 + QFontMetricsF(painter.font()).horizontalAdvance(text) + 1.5 * SPACING
