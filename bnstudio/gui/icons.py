"""The window's icons, as shapes in a square of 16 by 16 units.

They are painted in the colour of the text beside them, so that they are sharp on every screen and right in
every theme. Only the icon of the application itself has colours of its own.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPainterPathStroker, QPixmap

from bnstudio.gui.theme import LIGHT

IconName = Literal[
    "play",
    "pause",
    "step",
    "epoch",
    "restart",
    "dice",
    "presets",
    "close",
    "warning",
    "up",
    "down",
    "duplicate",
    "menu",
    "eye",
    "hidden",
    "beside",
]
ICON_UNITS = 16.0


@cache  # strokes take far longer to make than to fill
def icon_shape(name: IconName) -> QPainterPath:
    """Return the shape called `name`, to be filled with one colour; it is shared, so nobody may change it."""
    return {
        "play": _play,
        "pause": _pause,
        "step": _step,
        "epoch": _epoch,
        "restart": _restart,
        "dice": _dice,
        "presets": _presets,
        "close": _close,
        "warning": _warning,
        "up": _up,
        "down": _down,
        "duplicate": _duplicate,
        "menu": _menu,
        "eye": _eye,
        "hidden": _hidden,
        "beside": _beside,
    }[name]()


def paint_icon(painter: QPainter, name: IconName, square: QRectF, colour: QColor) -> None:
    """Fill the shape called `name` in `square` with `colour`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(square.topLeft())
    painter.scale(square.width() / ICON_UNITS, square.height() / ICON_UNITS)
    painter.fillPath(icon_shape(name), colour)
    painter.restore()


def application_icon() -> QIcon:
    """Return the icon of the window: a forward histogram above a backward one."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(size / ICON_UNITS, size / ICON_UNITS)
            card = QPainterPath()
            card.addRoundedRect(QRectF(0, 0, 16, 16), 3, 3)
            painter.fillPath(card, QColor(LIGHT.panel))
            for i, (forward, backward) in enumerate(((2, 0.8), (4, 1.6), (5.4, 5.6), (4, 1.6), (2, 0.8))):
                left = 2 + i * 2.5
                painter.fillRect(QRectF(left, 7.5 - forward, 2, forward), QColor(LIGHT.forward))
                painter.fillRect(QRectF(left, 14.5 - backward, 2, backward), QColor(LIGHT.backward))
        icon.addPixmap(pixmap)
    return icon


def _triangle(left: float, right: float, top: float, bottom: float) -> QPainterPath:
    path = QPainterPath(QPointF(left, top))
    path.lineTo(right, (top + bottom) / 2)
    path.lineTo(left, bottom)
    path.closeSubpath()
    return path


def _stroked(line: QPainterPath, width: float) -> QPainterPath:
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return stroker.createStroke(line)


def _play() -> QPainterPath:
    return _triangle(4, 13.5, 2.5, 13.5)


def _pause() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(3.5, 2.5, 3.2, 11), 0.6, 0.6)
    path.addRoundedRect(QRectF(9.3, 2.5, 3.2, 11), 0.6, 0.6)
    return path


def _step() -> QPainterPath:
    path = _triangle(5.5, 13, 3.5, 12.5)
    path.addRect(QRectF(2.5, 3.5, 1.8, 9))
    return path


def _epoch() -> QPainterPath:
    path = _triangle(1.5, 7, 3.5, 12.5)
    path.addPath(_triangle(7, 12.5, 3.5, 12.5))
    path.addRect(QRectF(12.5, 3.5, 1.8, 9))
    return path


def _restart() -> QPainterPath:
    arc = QPainterPath()
    around = QRectF(3, 3.2, 10.4, 10.4)
    arc.arcMoveTo(around, 130)
    arc.arcTo(around, 130, 280)
    path = _stroked(arc, 1.7)
    head = QPainterPath(QPointF(1.4, 7.2))
    head.lineTo(2.2, 1.4)
    head.lineTo(7.2, 4.6)
    head.closeSubpath()
    path.addPath(head)
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def _dice() -> QPainterPath:
    frame = QPainterPath()
    frame.addRoundedRect(QRectF(2.2, 2.2, 11.6, 11.6), 2.4, 2.4)
    path = _stroked(frame, 1.5)
    for x, y in ((5.4, 5.4), (10.6, 5.4), (8, 8), (5.4, 10.6), (10.6, 10.6)):
        path.addEllipse(QPointF(x, y), 1.15, 1.15)
    return path


def _presets() -> QPainterPath:
    path = QPainterPath()
    for y in (2.8, 7.1, 11.4):
        path.addRoundedRect(QRectF(2, y, 1.8, 1.8), 0.5, 0.5)
        path.addRoundedRect(QRectF(5.4, y, 8.6, 1.8), 0.5, 0.5)
    return path


def _close() -> QPainterPath:
    cross = QPainterPath(QPointF(4, 4))
    cross.lineTo(12, 12)
    cross.moveTo(12, 4)
    cross.lineTo(4, 12)
    return _stroked(cross, 1.6)


def _warning() -> QPainterPath:
    outline = QPainterPath(QPointF(8, 2))
    outline.lineTo(14.6, 13.6)
    outline.lineTo(1.4, 13.6)
    outline.closeSubpath()
    path = _stroked(outline, 1.5)
    path.addRoundedRect(QRectF(7.2, 5.8, 1.6, 4), 0.7, 0.7)
    path.addEllipse(QPointF(8, 11.6), 0.95, 0.95)
    return path


def _arrow(tip: float, tail: float, wing: float) -> QPainterPath:
    line = QPainterPath(QPointF(8, tail))
    line.lineTo(8, tip)
    line.moveTo(4, wing)
    line.lineTo(8, tip)
    line.lineTo(12, wing)
    return _stroked(line, 1.6)


def _up() -> QPainterPath:
    return _arrow(3, 13, 7)


def _down() -> QPainterPath:
    return _arrow(13, 3, 9)


def _duplicate() -> QPainterPath:
    lines = QPainterPath()
    lines.addRoundedRect(QRectF(6, 6, 8, 8), 1.5, 1.5)
    lines.moveTo(2.5, 10)
    lines.lineTo(2.5, 3.5)
    lines.quadTo(2.5, 2.5, 3.5, 2.5)
    lines.lineTo(10, 2.5)
    return _stroked(lines, 1.6)


def _menu() -> QPainterPath:
    wedge = QPainterPath(QPointF(4, 6.5))
    wedge.lineTo(8, 10.5)
    wedge.lineTo(12, 6.5)
    return _stroked(wedge, 1.6)


def _eyelids() -> QPainterPath:
    lids = QPainterPath(QPointF(1.2, 8))
    lids.cubicTo(QPointF(4.2, 2.4), QPointF(11.8, 2.4), QPointF(14.8, 8))
    lids.cubicTo(QPointF(11.8, 13.6), QPointF(4.2, 13.6), QPointF(1.2, 8))
    return _stroked(lids, 1.3)


def _eye() -> QPainterPath:
    path = _eyelids()
    path.addEllipse(QPointF(8, 8), 2.5, 2.5)
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def _hidden() -> QPainterPath:
    slash = QPainterPath(QPointF(3, 13.4))
    slash.lineTo(13, 2.6)
    return (_eye() - _stroked(slash, 4)) + _stroked(slash, 1.3)


def _beside() -> QPainterPath:
    lines = QPainterPath()
    lines.addRoundedRect(QRectF(1.8, 3, 12.4, 10), 1.5, 1.5)
    lines.moveTo(8, 3)
    lines.lineTo(8, 13)
    return _stroked(lines, 1.4)
