"""Paints a plot, in pixels, in three layers by how often they change: backdrop, curves, overlay.

A frame of training then draws two lines a run and copies the rest. CurveView says what there is to draw; only
how it looks is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

from bnstudio.gui.curves.annotations import (
    draw_divergence,
    draw_epochs,
    draw_grid,
    draw_outside,
    draw_rate_changes,
)
from bnstudio.gui.curves.marks import (
    SMOOTHED_WIDTH,
    SUBSET_RADIUS,
    TEST_RADIUS,
    blended,
    draw_subset_mark,
    draw_test_mark,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries, EvaluationPoints


class CurveCanvas(QWidget):
    """Shows `picture`; the layers that rarely change are kept as pixels.

    It lies on a GraphicsView, over the ViewBox, and is a widget of its own because a graphics scene asks its
    items for so much that each frame would stop the training thread a dozen times.
    """

    def __init__(self, parent: QWidget, picture: CurvePicture) -> None:
        super().__init__(parent)
        self._picture = picture
        self._backdrop: QPixmap | None = None
        self._overlay: QPixmap | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def place(self, geometry: QRect) -> None:
        """Fill `geometry` of the parent."""
        self.setGeometry(geometry)
        self._picture.rect = QRectF(self.rect())
        self.update_all()

    def update_all(self) -> None:
        """Draw everything anew."""
        self._backdrop = self._overlay = None
        self.update()

    def update_curves(self) -> None:
        """Draw the curves anew, which have gained steps."""
        self.update()

    def update_overlay(self) -> None:
        """Draw evaluations, events and the crosshair anew."""
        self._overlay = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: back to front."""
        picture = self._picture
        if self._backdrop is None:
            self._backdrop = self._paint_layer(QColor(picture.theme.panel), _draw_backdrop)
        if self._overlay is None:
            self._overlay = self._paint_layer(QColor(Qt.GlobalColor.transparent), _draw_overlay)
        with QPainter(self) as painter:
            painter.setFont(picture.font)
            painter.drawPixmap(0, 0, self._backdrop)
            for series in picture.runs:
                _draw_raw(painter, picture, series)
            for series in picture.runs:
                _draw_smoothed(painter, picture, series)
                draw_outside(painter, picture, series)
            painter.drawPixmap(0, 0, self._overlay)

    def _paint_layer(self, ground: QColor, draw: Callable[[QPainter, CurvePicture], None]) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(ground)
        with QPainter(pixmap) as painter:
            painter.setFont(self._picture.font)
            draw(painter, self._picture)
        return pixmap


def _draw_backdrop(painter: QPainter, picture: CurvePicture) -> None:
    """Draw grid, epochs and ghosts: what changes when the axes do."""
    draw_grid(painter, picture)
    draw_epochs(painter, picture)
    for series in picture.ghosts:
        _draw_ghost(painter, picture, series)


def _draw_overlay(painter: QPainter, picture: CurvePicture) -> None:
    """Draw evaluations, events and crosshair: what changes now and then."""
    for series in picture.runs:
        _draw_evaluations(painter, picture, series)
        draw_rate_changes(painter, picture, series)
        draw_divergence(painter, picture, series)
    if picture.crosshair is not None:
        _draw_crosshair(painter, picture, picture.crosshair)
    if picture.message:
        painter.setPen(QColor(picture.theme.muted))
        painter.drawText(
            picture.rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture.message
        )
    _draw_frame(painter, picture)


def _draw_line(painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    if len(x) > 1:
        painter.drawPolyline(arrayToQPolygonF(x, y))


def _draw_ghost(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the smoothed curve of an earlier run, thin, grey and dashed."""
    theme = picture.theme
    painter.setPen(QPen(blended(theme.muted, theme.panel, 0.6), 1, Qt.PenStyle.DashLine))
    curve = series.curve
    _draw_line(painter, picture.x(curve.smoothed_steps), picture.y(curve.smoothed))


def _draw_raw(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw every step, or, where several share a column, the band that they fill."""
    curve = series.curve
    if curve.bucket == 1:
        painter.setPen(QPen(blended(series.colour, picture.theme.panel, 0.4), 1))
        _draw_line(painter, picture.x(curve.steps), picture.y(curve.highs))
    elif len(curve.steps):
        edges = picture.x(np.append(curve.smoothed_steps[:1] - curve.bucket, curve.smoothed_steps) + 0.5)
        top = picture.y(curve.highs)
        bars = np.column_stack((edges[:-1], top, np.diff(edges), np.maximum(picture.y(curve.lows) - top, 1)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(blended(series.colour, picture.theme.panel, 0.27))
        # The array as Qt's own rectangles: a list of them would cost more than drawing it.
        first = cast("QRectF", Shiboken.wrapInstance(bars.ctypes.data, QRectF))
        painter.drawRects(first, len(bars))


def _draw_smoothed(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    curve = series.curve
    colour = QColor(series.colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if len(curve.smoothed) == 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(picture.point(curve.smoothed_steps[0], curve.smoothed[0]), 1.5, 1.5)
    pen = QPen(colour, SMOOTHED_WIDTH, series.line_style, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.BevelJoin)
    painter.setPen(pen)
    # A point every other pixel or third is enough for a smooth line, which costs by the point.
    x, y = picture.x(curve.smoothed_steps), picture.y(curve.smoothed)
    every = int(max(1.0, 3 * len(x) / max(1.0, float(x[-1] - x[0])))) if len(x) else 1
    _draw_line(painter, np.append(x[:-1:every], x[-1:]), np.append(y[:-1:every], y[-1:]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_evaluations(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the evaluations: lines through them and, where there is room, their marks."""
    theme = picture.theme
    colour, panel = QColor(series.evaluation_colour), QColor(theme.panel)
    faint = blended(series.evaluation_colour, theme.panel, 0.55)
    x, y = _visible(picture, series.subset)
    painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
    _draw_line(painter, x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if _have_room(x, 4 * SUBSET_RADIUS):
        for centre in zip(x.tolist(), y.tolist(), strict=True):
            draw_subset_mark(painter, QPointF(*centre), faint, panel)
    x, y = _visible(picture, series.test)
    painter.setPen(QPen(faint, 1))
    _draw_line(painter, x, y)
    if not _have_room(x, 2.5 * TEST_RADIUS):
        x, y = x[-1:], y[-1:]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for centre in zip(x.tolist(), y.tolist(), strict=True):
        draw_test_mark(painter, QPointF(*centre), colour, panel)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_crosshair(painter: QPainter, picture: CurvePicture, step: int) -> None:
    rect = picture.rect
    x = picture.x_of(step)
    painter.setPen(QPen(QColor(picture.theme.muted), 1))
    painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    panel = QColor(picture.theme.panel)
    for series in picture.runs:
        if 1 <= step <= series.n_steps:
            painter.setPen(QPen(QColor(series.colour), SMOOTHED_WIDTH))
            painter.setBrush(panel)
            painter.drawEllipse(picture.point(step, series.smoothed_at(step)), 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_frame(painter: QPainter, picture: CurvePicture) -> None:
    """Draw the two axis lines, or the frame of keyboard focus."""
    theme, rect = picture.theme, picture.rect
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if picture.focused:
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawRect(rect.adjusted(0.5, 0.5, -1.5, -1.5))
    else:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QLineF(rect.left(), rect.bottom() - 1, rect.right(), rect.bottom() - 1))


def _visible(
    picture: CurvePicture, points: EvaluationPoints
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels of the visible points and of one more on either side."""
    low, high = picture.x_range
    first, last = np.searchsorted(points.steps, (low, high))
    shown = slice(max(0, first - 1), last + 1)
    return picture.x(points.steps[shown]), picture.y(points.values[shown])


def _have_room(x: NDArray[np.float64], spacing: float) -> bool:
    return len(x) < 3 or float(x[-1] - x[0]) >= spacing * (len(x) - 1)
