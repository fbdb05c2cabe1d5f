"""The confusion of a network as a table: digits that images show by digits that it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.document.experiment import N_CLASSES
from bnstudio.gui.number_format import format_count, format_share
from bnstudio.gui.theme import bold_font, small_font, theme_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from bnstudio.gui.theme import Theme

Cell = tuple[int, int]
"""The digit that images show, and the one that the network says."""

_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_STRONGEST = 0.75
"""Opacity of the colour behind the largest of the wrong ones."""


class ConfusionView(QWidget):
    """A table of 10 x 10 counts; the mouse or the arrow keys read a cell, a click or Enter opens it."""

    cell_read = Signal()
    """Another cell is read, or none."""
    cell_opened = Signal(int, int)
    """The images in a cell are asked for: the digit that they show, the digit that the network says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] | None = None
        self.cell: Cell | None = None
        """The cell that is read."""
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_counts(self, counts: NDArray[np.int64] | None) -> None:
        """Show counts, (10, 10): rows are the true digits, columns what the network says; or nothing."""
        self._counts = counts
        self._describe()
        self.update()

    @property
    def cell_text(self) -> str:
        """What is in the cell that is read, in words."""
        if self.cell is None or self._counts is None:
            return ""
        true, said = self.cell
        count = int(self._counts[true, said])
        text = self.tr("true {true}, said {said}: {count} of {total} ({share})")
        total = int(self._counts[true].sum())
        share = format_share(count / total) if total else "–"
        return text.format(
            true=true, said=said, count=format_count(count), total=format_count(total), share=share
        )

    def _describe(self) -> None:
        text = self.cell_text or self.tr("Arrow keys read a cell, Enter shows its images.")
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    def _read(self, cell: Cell | None) -> None:
        if cell != self.cell:
            self.cell = cell
            self._describe()
            self.update()
            self.cell_read.emit()

    # Layout and painting

    def sizeHint(self) -> QSize:
        """Override: eleven lines of text."""
        metrics = QFontMetricsF(small_font(self.font()))
        return QSize(330, math.ceil(11 * 1.4 * metrics.height()))

    def minimumSizeHint(self) -> QSize:
        """Override: numbers that can be read."""
        metrics = QFontMetricsF(small_font(self.font()))
        width = (N_CLASSES + 1) * metrics.horizontalAdvance("0000")
        return QSize(math.ceil(width), math.ceil(11 * metrics.height()))

    def cell_rect(self, cell: Cell) -> QRectF:
        """Return where a cell stands."""
        table = self._table()
        width, height = table.width() / N_CLASSES, table.height() / N_CLASSES
        return QRectF(table.left() + cell[1] * width, table.top() + cell[0] * height, width, height)

    def _table(self) -> QRectF:
        metrics = QFontMetricsF(small_font(self.font()))
        left = max(2 * metrics.height(), metrics.horizontalAdvance(self.tr("said")) + 8)
        return QRectF(self.rect()).adjusted(left, metrics.height() + 1, -1, -1)

    def _cell_at(self, x: float, y: float) -> Cell | None:
        table = self._table()
        if self._counts is None or not table.contains(x, y):
            return None
        row = int((y - table.top()) / table.height() * N_CLASSES)
        column = int((x - table.left()) / table.width() * N_CLASSES)
        return min(row, N_CLASSES - 1), min(column, N_CLASSES - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: headers and counts."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            if self._counts is not None:
                self._paint_headers(painter, theme)
                self._paint_counts(painter, theme, self._counts.tolist())
                if self.cell is not None:
                    painter.setPen(QPen(QColor(theme.text), 2))
                    painter.drawRect(self.cell_rect(self.cell).adjusted(1, 1, -1, -1))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1))
                painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_headers(self, painter: QPainter, theme: Theme) -> None:
        table = self._table()
        centred = Qt.AlignmentFlag.AlignCenter
        painter.setFont(small_font(self.font()))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(0, 0, table.left(), table.top()), centred, self.tr("said"))
        painter.save()  # the word for the rows stands upright beside them
        painter.translate(0, table.bottom())
        painter.rotate(-90)
        beside = QRectF(0, 0, table.height(), table.left() / 2)
        painter.drawText(beside, centred, self.tr("true"))
        painter.restore()
        for digit in range(N_CLASSES):
            row, column = self.cell_rect((digit, 0)), self.cell_rect((0, digit))
            left = QRectF(table.left() / 2, row.top(), table.left() / 2, row.height())
            painter.drawText(left, centred, str(digit))
            painter.drawText(QRectF(column.left(), 0, column.width(), table.top()), centred, str(digit))

    def _paint_counts(self, painter: QPainter, theme: Theme, counts: list[list[int]]) -> None:
        """Paint the numbers: those that are right bold on grey, the others on the warning's colour."""
        small, bold = small_font(self.font()), bold_font(small_font(self.font()))
        cells = [(true, said) for true in range(N_CLASSES) for said in range(N_CLASSES)]
        most_wrong = max((counts[true][said] for true, said in cells if true != said), default=0)
        for cell in cells:
            true, said = cell
            count, rect = counts[true][said], self.cell_rect(cell)
            inside = rect.adjusted(0.5, 0.5, -0.5, -0.5)
            if true == said:
                painter.fillRect(inside, QColor(theme.grid))
            elif count:
                colour = QColor(theme.warning)
                colour.setAlphaF(_STRONGEST * math.sqrt(count / most_wrong))
                painter.fillRect(inside, colour)
            if count or true == said:
                painter.setFont(bold if true == said else small)
                painter.setPen(QColor(theme.text))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(count))

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the cell under the mouse is read."""
        self._read(self._cell_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        """Override: none is read."""
        super().leaveEvent(event)
        self._read(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: open the cell."""
        cell = self._cell_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.cell_opened.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: arrows read a cell, Enter opens it, Esc reads none."""
        key = event.key()
        if self._counts is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
        elif key in _MOVES:
            move = _MOVES[Qt.Key(key)]
            true, said = (0, 0) if self.cell is None else (self.cell[0] + move[0], self.cell[1] + move[1])
            self._read((min(max(true, 0), N_CLASSES - 1), min(max(said, 0), N_CLASSES - 1)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.cell is not None:
            self.cell_opened.emit(*self.cell)
        elif key == Qt.Key.Key_Escape and self.cell is not None:
            self._read(None)
        else:
            event.ignore()
