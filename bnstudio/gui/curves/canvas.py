"""Paints a plot, in pixels, in three layers by how often they change: backdrop, curves, overlay.

A frame of training then draws two lines a run and copies the rest. CurveView says what there is to draw; only
how it looks is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem
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
    from numpy.typing import NDArray
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries, EvaluationPoints


class _CurveLayer(QGraphicsItem):
    """One layer of the picture, filling its parent, a ViewBox."""

    def __init__(self, parent: QGraphicsItem, picture: CurvePicture) -> None:
        super().__init__(parent)
        self.picture = picture

    def boundingRect(self) -> QRectF:
        """Override: all of the parent."""
        return self.picture.rect


class _Backdrop(_CurveLayer):
    """Grid, epochs and ghosts: what changes when the axes do."""

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Override: back to front."""
        painter.setFont(self.picture.font)
        draw_grid(painter, self.picture)
        draw_epochs(painter, self.picture)
        for series in self.picture.ghosts:
            _draw_ghost(painter, self.picture, series)


class _Curves(_CurveLayer):
    """Raw and smoothed curves: what changes with every frame."""

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Override: back to front."""
        painter.setFont(self.picture.font)
        for series in self.picture.runs:
            _draw_raw(painter, self.picture, series)
        for series in self.picture.runs:
            _draw_smoothed(painter, self.picture, series)
            draw_outside(painter, self.picture, series)


class _Overlay(_CurveLayer):
    """Evaluations, events and crosshair: what changes now and then."""

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Override: back to front."""
        picture = self.picture
        painter.setFont(picture.font)
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


class CurveCanvas:
    """The layers that show `picture` in a ViewBox; those that rarely change are kept as pixels."""

    def __init__(self, parent: QGraphicsItem, picture: CurvePicture) -> None:
        self._picture = picture
        self._backdrop = _Backdrop(parent, picture)
        self._curves = _Curves(parent, picture)
        self._overlay = _Overlay(parent, picture)
        for layer in (self._backdrop, self._overlay):
            layer.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def resize(self, rect: QRectF) -> None:
        """Fill `rect` of the parent."""
        for layer in (self._backdrop, self._curves, self._overlay):
            layer.prepareGeometryChange()
        self._picture.rect = rect
        self.update_all()

    def update_all(self) -> None:
        """Draw everything anew."""
        self._backdrop.update()
        self._curves.update()
        self._overlay.update()

    def update_curves(self) -> None:
        """Draw the curves anew, which have gained steps."""
        self._curves.update()

    def update_overlay(self) -> None:
        """Draw evaluations, events and the crosshair anew."""
        self._overlay.update()


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
