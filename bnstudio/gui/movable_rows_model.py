"""A list model whose rows can be dragged to another place in it. It knows nothing of widgets."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (Qt's overrides are looked at when they are made)

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

AnyIndex = QModelIndex | QPersistentModelIndex

ROWS_MIME_TYPE = "application/x-bnstudio-rows"


class MovableRowsModel(QAbstractListModel):
    """Says what is dragged, and makes what is dropped one move; which move that is, the subclass says.

    Rows that come, go or move meanwhile end a drag: what is dropped then moves nothing.
    """

    rows_changed = Signal()
    """Rows have come, gone or moved."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._n_changes = 0
        for changed in (self.rowsInserted, self.rowsRemoved, self.rowsMoved, self.modelReset):
            changed.connect(self._on_rows_changed)

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
        words = (id(self), self._n_changes, rows[0], rows[-1])
        data.setData(ROWS_MIME_TYPE, " ".join(map(str, words)).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex
    ) -> bool:
        """Move the dragged rows before `row`. The view does not remove anything: the move is one edit."""
        if not self.has_dragged(data):
            return False
        *_, first, last = self._dragged(data)
        return self.move_rows(first, last, row)

    def has_dragged(self, data: QMimeData) -> bool:
        """Whether `data` are rows of this very model as it is now; another window's mean nothing here."""
        return data.hasFormat(ROWS_MIME_TYPE) and self._dragged(data)[:2] == (id(self), self._n_changes)

    def _dragged(self, data: QMimeData) -> tuple[int, ...]:
        return tuple(int(word) for word in bytes(data.data(ROWS_MIME_TYPE).data()).split())

    def _on_rows_changed(self) -> None:
        self._n_changes += 1
        self.rows_changed.emit()
