"""A list of models whose rows are moved with the mouse: a row lands between two others, never on one.

What is in a row, and how it looks, is its subclass's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDrag, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPaintEvent

    from bnstudio.gui.models.model_list import ModelList


class MovableRowsView(QListView):
    """Shows `model`, which makes each move one edit."""

    def __init__(self, model: ModelList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._drop_row: int | None = None
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)  # ours is painted over the full width
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)

    def row_borders(self) -> Sequence[int]:
        """Return where in the viewport each row begins, and where the last one ends."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the line where a dragged row would land."""
        super().paintEvent(event)
        if self._drop_row is None:
            return
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            y = min(max(2, self.row_borders()[self._drop_row]), self.viewport().height() - 2)
            accent = QColor(theme_of(self).accent)
            painter.setPen(QPen(accent, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(SPACING, y), QPointF(self.viewport().width() - SPACING, y))

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        """Override: what is dragged looks like the row that it is."""
        index = self._model.index(self._model.selected)
        if not self._model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled:
            return
        rect = self.visualRect(index)
        drag = QDrag(self)
        drag.setMimeData(self._model.mimeData([index]))
        drag.setPixmap(self.viewport().grab(rect.intersected(self.viewport().rect())))
        drag.setHotSpot(QPoint(SPACING, rect.height() // 2))
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Override: only our own rows."""
        if self._model.has_dragged(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Override: shows where the row would land."""
        super().dragMoveEvent(event)  # scrolls at the edges
        if self._model.has_dragged(event.mimeData()):
            self._show_drop_line(self._drop_row_at(event.position().y()))
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Override: it would land nowhere."""
        super().dragLeaveEvent(event)
        self._show_drop_line(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Override: moves the row, as one edit."""
        self._show_drop_line(None)
        self.setState(QAbstractItemView.State.NoState)
        if self._model.has_dragged(event.mimeData()):
            row = self._drop_row_at(event.position().y())
            self._model.dropMimeData(event.mimeData(), Qt.DropAction.MoveAction, row, 0, QModelIndex())
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.ignore()

    def _drop_row_at(self, y: float) -> int:
        borders = self.row_borders()
        return min(range(len(borders)), key=lambda row: abs(borders[row] - y))

    def _show_drop_line(self, row: int | None) -> None:
        if row != self._drop_row:
            self._drop_row = row
            self.viewport().update()
