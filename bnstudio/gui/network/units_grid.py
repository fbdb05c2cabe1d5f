"""All units of a layer as little squares, signs on those in a condition; one is read by mouse or keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from bnstudio.gui.network.health_signs import paint_sign
from bnstudio.gui.number_format import format_count
from bnstudio.gui.pixel_ratio import pixel_ratio
from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from bnstudio.training.health import Condition

_COLUMNS = ((10, 50), (20, 400), (40, 1_600), (64, 4_096))
"""So many columns for up to so many units: round, so that a unit's number is found by its place."""
_N_PIXELS, _PIXEL_COLUMNS = 784, 28
"""So many units are as many as an image has pixels, and stand as these do."""
_WIDTH = 448
_LARGEST_SQUARE = 18
_LABEL_GAP = 6


class UnitsGrid(QWidget):
    """The units from left to right and top to bottom, like text, with the number of each row's first."""

    unit_read = Signal(int)
    """Another unit, an index from 0, is being read."""

    def __init__(self, n_units: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_units = n_units
        self._n_columns = _columns_for(n_units)
        self._square = min(_LARGEST_SQUARE, _WIDTH // self._n_columns)
        self._condition: Condition = "constant"
        self._concerned: Collection[int] = ()
        self.unit = 0
        """The one that is being read."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Units"))
        self._lay_out()

    def _lay_out(self) -> None:
        self._squares = [self._square_of(unit) for unit in range(self._n_units)]
        self.setFixedSize(self.sizeHint())

    def changeEvent(self, event: QEvent) -> None:
        """Override: the numbers before the squares follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()

    @property
    def concerned(self) -> Collection[int]:
        """The units, indices from 0, that are marked."""
        return self._concerned

    def mark(self, condition: Condition, concerned: Collection[int]) -> None:
        """Mark these units, indices from 0, with the sign of `condition`."""
        self._condition, self._concerned = condition, concerned
        self.update()

    def rect_of(self, unit: int) -> QRect:
        """Return the square of a unit."""
        return self._squares[unit]

    def _square_of(self, unit: int) -> QRect:
        row, column = divmod(unit, self._n_columns)
        return QRect(self._left() + column * self._square, row * self._square, self._square, self._square)

    def unit_at(self, place: QPoint) -> int | None:
        """Return the unit at a place; None where none is."""
        column, row = (place.x() - self._left()) // self._square, place.y() // self._square
        unit = row * self._n_columns + column
        return unit if 0 <= column < self._n_columns and 0 <= unit < self._n_units else None

    def sizeHint(self) -> QSize:
        """Override: all squares, and the numbers before them."""
        n_rows = -(-self._n_units // self._n_columns)
        return QSize(
            self._left() + min(self._n_columns, self._n_units) * self._square + 1, n_rows * self._square + 1
        )

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(small_font(self.font()))

    def _left(self) -> int:
        return round(self._metrics().horizontalAdvance(format_count(self._n_units))) + _LABEL_GAP

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: squares, signs, numbers, and a frame around the unit that is read."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            self._paint_numbers(painter, QColor(theme.muted))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.window))
            painter.drawRects(self._squares)
            sign = self._sign(QColor(theme.text), pixel_ratio(painter))
            for unit in self._concerned:
                square = self._squares[unit]
                painter.drawPixmap(square.x(), square.y(), sign)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect_of(self.unit)).adjusted(0.5, 0.5, 0.5, 0.5))

    def _paint_numbers(self, painter: QPainter, colour: QColor) -> None:
        metrics = self._metrics()
        each = -(-round(metrics.height()) // self._square)
        painter.setFont(small_font(self.font()))
        painter.setPen(colour)
        for first in range(0, self._n_units, each * self._n_columns):
            text, square = format_count(first + 1), self.rect_of(first)
            baseline = square.center().y() + (metrics.ascent() - metrics.descent()) / 2
            left = square.left() - _LABEL_GAP - metrics.horizontalAdvance(text)
            painter.drawText(round(left), round(min(max(baseline, metrics.ascent()), self.height())), text)

    def _sign(self, colour: QColor, ratio: float) -> QPixmap:
        """Return the picture of a square with the sign: there may be thousands."""
        side = self._square
        margin = max(1.0, side / 5)
        sign = QPixmap(round((side + 1) * ratio), round((side + 1) * ratio))
        sign.setDevicePixelRatio(ratio)
        sign.fill(Qt.GlobalColor.transparent)
        with QPainter(sign) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            square = QRectF(0.5, 0.5, side, side)
            paint_sign(painter, self._condition, square.adjusted(margin, margin, -margin, -margin), colour)
        return sign

    # Reading

    def read(self, unit: int) -> None:
        """Read a unit, an index from 0."""
        if unit != self.unit:
            self.unit = unit
            self.update()
            self.unit_read.emit(unit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the unit under the mouse is read."""
        unit = self.unit_at(event.position().toPoint())
        if unit is not None:
            self.read(unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: arrows go from unit to unit, Home and End to the first and last."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._n_columns,
            Qt.Key.Key_Down: self._n_columns,
            Qt.Key.Key_Home: -self.unit,
            Qt.Key.Key_End: self._n_units - 1 - self.unit,
        }
        key = Qt.Key(event.key())
        if key not in steps:
            event.ignore()
        elif 0 <= self.unit + steps[key] < self._n_units:
            self.read(self.unit + steps[key])


def _columns_for(n_units: int) -> int:
    if n_units == _N_PIXELS:
        return _PIXEL_COLUMNS
    return next((columns for columns, most in _COLUMNS if n_units <= most), _COLUMNS[-1][0])
