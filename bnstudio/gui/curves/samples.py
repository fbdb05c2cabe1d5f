"""The samples of the legend: a short piece of each kind of line, as the plot draws it."""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from bnstudio.gui.curves.marks import (
    OTHER_WIDTH,
    SMOOTHED_WIDTH,
    blended,
    draw_open_test_mark,
    draw_subset_mark,
    draw_test_mark,
)

if TYPE_CHECKING:
    from bnstudio.gui.curves.series import Look
    from bnstudio.gui.theme import Theme

SAMPLE_WIDTH = 22
_MODEL_SAMPLE_WIDTH = 30


class Sample(Enum):
    """The kinds of line."""

    MODEL = "model"
    """The smoothed curve of one of several models."""
    SMOOTHED = "smoothed"
    RAW = "raw"
    TEST = "test"
    SUBSET = "subset"

    @property
    def width(self) -> int:
        """Pixels; a model's is wide enough for its dashes."""
        return _MODEL_SAMPLE_WIDTH if self is Sample.MODEL else SAMPLE_WIDTH


def sample_pixmap(sample: Sample, look: Look, theme: Theme, height: float, ratio: float) -> QPixmap:
    """Return the picture of a sample, `height` device-independent pixels high."""
    pixmap = QPixmap(math.ceil(sample.width * ratio) + 1, math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        _draw_sample(painter, sample, look, theme, QRectF(0, 0, sample.width, height))
    return pixmap


def _draw_sample(painter: QPainter, sample: Sample, look: Look, theme: Theme, rect: QRectF) -> None:
    left, right, centre = rect.left(), rect.right(), rect.center()
    y = round(centre.y())
    colour, panel = look.style.colour, QColor(theme.panel)
    faint = blended(look.evaluation_colour, theme.panel, 0.55)
    if sample is Sample.MODEL or sample is Sample.SMOOTHED:
        single = sample is Sample.SMOOTHED
        width = SMOOTHED_WIDTH if look.selected or single else OTHER_WIDTH
        pen = QPen(QColor(colour), width, look.style.line_style, Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(left, y), QPointF(right, y))
    elif sample is Sample.RAW:
        painter.setPen(QPen(blended(colour, theme.panel, 0.45), 1))
        heights = (0, 3, -2, 1, -4, 2, -1, 4, -3, 1, -2, 0)
        painter.drawPolyline([QPointF(left + 2 * i, y - height) for i, height in enumerate(heights)])
    elif sample is Sample.TEST:
        painter.setPen(QPen(faint, 1))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        ink = QColor(look.evaluation_colour)
        draw = draw_test_mark if look.style.filled else draw_open_test_mark
        draw(painter, QPointF(centre.x(), y), ink, panel)
    else:
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        draw_subset_mark(painter, QPointF(centre.x(), y), faint, panel)
