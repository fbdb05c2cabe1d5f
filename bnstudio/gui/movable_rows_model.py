"""A list model whose rows can be dragged to another place in it. It knows nothing of widgets."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (Qt's overrides are looked at when they are made)

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt

AnyIndex = QModelIndex | QPersistentModelIndex

ROWS_MIME_TYPE = "application/x-bnstudio-rows"


class MovableRowsModel(QAbstractListModel):
    """Says what is dragged, and makes what is dropped one move; which move that is, the subclass says."""

    def move_rows(self, first: int, last: int, before: int) -> bool:
        """Move rows `first` to `last` to where row `before` begins now; return whether something moved."""
        raise NotImplementedError

    def supportedDropActions(self) -> Qt.DropAction:
        """Override: rows are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Override: rows of this model."""
        return [ROWS_MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Override: which rows are dragged."""
        rows = sorted(index.row() for index in indexes)
        data = QMimeData()
        data.setData(ROWS_MIME_TYPE, f"{id(self)} {rows[0]} {rows[-1]}".encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex
    ) -> bool:
        """Move the dragged rows before `row`. The view does not remove anything: the move is one edit."""
        if not self.has_dragged(data):
            return False
        _, first, last = self._dragged(data)
        return self.move_rows(first, last, row)

    def has_dragged(self, data: QMimeData) -> bool:
        """Whether `data` are rows of this very model; another window's mean nothing here."""
        return data.hasFormat(ROWS_MIME_TYPE) and self._dragged(data)[0] == id(self)

    def _dragged(self, data: QMimeData) -> tuple[int, ...]:
        return tuple(int(word) for word in bytes(data.data(ROWS_MIME_TYPE).data()).split())
