"""A list whose rows are moved with the mouse: they land between two others, never on one.

What is in a row, how it looks and what a drag takes along are the subclass's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QDrag, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QWidget

from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent

    from bnstudio.gui.movable_rows_model import MovableRowsModel


class MovableRowsView(QListView):
    """Shows the rows of a model that can move them."""

    def __init__(self, movable: MovableRowsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._movable = movable
        self._drop_row: int | None = None
        movable.rows_changed.connect(self._hide_drop_line)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)  # ours is painted over the full width
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    def edit_row(self, row: int) -> None:
        """Edit a row, as its keys do; what is being edited already goes on."""
        index = self._movable.index(row)
        if (editor := self.indexWidget(index)) is not None:  # a drop has ended the state, but not the editing
            editor.setFocus()
        elif self.state() != QAbstractItemView.State.EditingState:
            self.edit(index)

    def reset(self) -> None:
        """Override: an editor that ends leaves its focus to the view, not to the next button."""
        focused = QApplication.focusWidget()
        had_focus = focused is not None and self.isAncestorOf(focused)
        super().reset()
        if had_focus:
            self.setFocus()

    def row_borders(self) -> Sequence[int]:
        """Return where in the viewport rows can land: above each and, if allowed, below the last."""
        raise NotImplementedError

    def paint_drop_line(self, painter: QPainter) -> None:
        """Paint the line where dragged rows would land, if there are any."""
        if self._drop_row is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = min(max(2, self.row_borders()[self._drop_row]), self.viewport().height() - 2)
        accent = QColor(theme_of(self).accent)
        painter.setPen(QPen(accent, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(SPACING, y), QPointF(self.viewport().width() - SPACING, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(QPointF(SPACING / 2 + 1, y), SPACING / 2, SPACING / 2)

    def drag(self, indexes: Sequence[QModelIndex], rect: QRect) -> None:
        """Drag rows, which look like what is seen in `rect` of the viewport, until they are dropped."""
        drag = QDrag(self)
        drag.setMimeData(self._movable.mimeData(indexes))
        drag.setPixmap(self.viewport().grab(rect.intersected(self.viewport().rect())))
        drag.setHotSpot(QPoint(SPACING, rect.height() // (2 * len(indexes))))
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Override: only our own rows."""
        if self._movable.has_dragged(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Override: shows where the row would land."""
        super().dragMoveEvent(event)  # scrolls at the edges
        if self._movable.has_dragged(event.mimeData()):
            self._show_drop_line(self._drop_row_at(event.position().y()))
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Override: it would land nowhere."""
        super().dragLeaveEvent(event)
        self._hide_drop_line()

    def dropEvent(self, event: QDropEvent) -> None:
        """Override: moves the row, as one edit."""
        self._hide_drop_line()
        self.setState(QAbstractItemView.State.NoState)
        if self._movable.has_dragged(event.mimeData()):
            row = self._drop_row_at(event.position().y())
            self._movable.dropMimeData(event.mimeData(), Qt.DropAction.MoveAction, row, 0, QModelIndex())
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

    def _hide_drop_line(self) -> None:
        self._show_drop_line(None)
