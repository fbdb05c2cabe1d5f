"""The signs of saturated, dead and constant: each of a shape of its own, told apart without colour.

A sign stands on a layer's row with a number beside it, and alone on each unit that it is true of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath, QPen

from bnstudio.gui.network.health_text import sign_texts
from bnstudio.gui.number_format import format_share

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPainter

    from bnstudio.training.health import Condition, LayerHealth

_GAP = 3.0
_WIDE_SHARE = 0.999
"""Few texts are wider than its, and by little. The form of a text is chosen for it, so that the form stays
while the number changes."""


class PlacedSign(NamedTuple):
    """A sign and the text beside it, as they stand on a row."""

    condition: Condition
    share: float
    """0 to 1."""
    text: str
    rect: QRectF
    """All of it; the shape is a square at its left."""

    def paint(self, painter: QPainter, colour: QColor) -> None:
        """Paint it in `colour`, in the painter's font."""
        metrics = QFontMetricsF(painter.font())
        size = _shape_size(metrics)
        top = self.rect.top() + (self.rect.height() - size) / 2
        paint_sign(painter, self.condition, QRectF(self.rect.left(), top, size, size), colour)
        painter.setPen(colour)
        left = self.rect.left() + size + _GAP
        painter.drawText(QPointF(left, self.rect.top() + metrics.ascent()), self.text)


def sign_width(metrics: QFontMetricsF) -> float:
    """Return how wide a sign with a wide number is."""
    return _width(format_share(_WIDE_SHARE), metrics)


def place_sign(
    condition: Condition, layer: LayerHealth, top_right: QPointF, room: float, metrics: QFontMetricsF
) -> PlacedSign:
    """Place a sign with the longest text that finds room, or the number alone; it ends at `top_right`."""
    share = layer.extent(condition).share
    wide_texts = sign_texts(condition, _WIDE_SHARE)
    fitting = (i for i, text in enumerate(wide_texts) if _width(text, metrics) <= room)
    text = sign_texts(condition, share)[next(fitting, len(wide_texts) - 1)]
    width = _width(text, metrics)
    rect = QRectF(top_right.x() - width, top_right.y(), width, metrics.height())
    return PlacedSign(condition, share, text, rect)


def paint_sign(painter: QPainter, condition: Condition, square: QRectF, colour: QColor) -> None:
    """Paint the shape alone into `square`."""
    side = square.width()
    path = QPainterPath()

    def at(x: float, y: float) -> QPointF:
        return QPointF(square.left() + x * side, square.top() + y * side)

    if condition == "saturated":  # the flat ends of a sigmoid
        path.moveTo(at(0.0, 0.9))
        path.lineTo(at(0.35, 0.9))
        path.lineTo(at(0.65, 0.1))
        path.lineTo(at(1.0, 0.1))
    elif condition == "dead":  # a cross
        path.moveTo(at(0.12, 0.12))
        path.lineTo(at(0.88, 0.88))
        path.moveTo(at(0.88, 0.12))
        path.lineTo(at(0.12, 0.88))
    else:  # two level lines: always equal
        for y in (0.32, 0.68):
            path.moveTo(at(0.05, y))
            path.lineTo(at(0.95, y))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    cap, join = Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(colour, max(1.0, side / 7), Qt.PenStyle.SolidLine, cap, join))
    painter.drawPath(path)


def _shape_size(metrics: QFontMetricsF) -> float:
    return round(0.9 * metrics.ascent())


def _width(text: str, metrics: QFontMetricsF) -> float:
    return _shape_size(metrics) + _GAP + metrics.horizontalAdvance(text)
