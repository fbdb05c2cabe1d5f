"""How a model's line against depth looks: its line style and its marker, in the plot and in the legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from bnstudio.gui.curves.legend import CurveLegend
from bnstudio.gui.curves.marks import OTHER_WIDTH, SMOOTHED_WIDTH, draw_open_test_mark, draw_test_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.curves.legend import LegendEntry
    from bnstudio.gui.curves.series import Look
    from bnstudio.gui.theme import Theme

MARKER_RADIUS = 4.5
"""Of the selected model; a rim of background is part of it."""
OTHER_MARKER_RADIUS = 3.8


def draw_profile(
    painter: QPainter, pieces: Sequence[Sequence[QPointF]], look: Look, theme: Theme, in_full: bool
) -> None:
    """Draw the pieces of a model's line with their markers; `in_full`, as the selected model's."""
    width = SMOOTHED_WIDTH if in_full else OTHER_WIDTH
    painter.setPen(QPen(QColor(look.style.colour), width, look.style.line_style, Qt.PenCapStyle.FlatCap))
    for piece in pieces:
        painter.drawPolyline(piece)
    for piece in pieces:
        for point in piece:
            draw_marker(painter, point, look, theme, in_full)


def draw_marker(painter: QPainter, centre: QPointF, look: Look, theme: Theme, in_full: bool) -> None:
    """Draw the marker of one value: a disc, or a ring for models whose markers are not filled."""
    draw = draw_test_mark if look.style.filled else draw_open_test_mark
    radius = MARKER_RADIUS if in_full else OTHER_MARKER_RADIUS
    draw(painter, centre, QColor(look.style.colour), QColor(theme.panel), radius)


class ProfileLegend(CurveLegend):
    """The legend of lines with markers: a heading and the models, in two columns."""

    @property
    def _n_rows(self) -> int:
        return max(1, math.ceil(len(self._content.models) / 2))

    def _sample(self, entry: LegendEntry, height: float, theme: Theme, ratio: float) -> QPixmap:
        key = (entry.look, theme, height, ratio)
        pixmap = self._samples.get(key)
        if pixmap is None:
            pixmap = self._samples[key] = _sample_pixmap(*key, entry.sample.width)
        return pixmap


def _sample_pixmap(look: Look, theme: Theme, height: float, ratio: float, width: int) -> QPixmap:
    pixmap = QPixmap(math.ceil(width * ratio) + 1, math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    y = height / 2
    marker = QPointF(width - MARKER_RADIUS, y)  # at the end, so that the dashes can be told apart
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(look.style.colour), SMOOTHED_WIDTH, look.style.line_style, Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawPolyline([QPointF(0, y), marker])
        draw_marker(painter, marker, look, theme, in_full=True)
    return pixmap
