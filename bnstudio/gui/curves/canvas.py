"""Paints a plot, in pixels: the curves into a layer that they grow on, what stands over them into another.

A frame of training then draws what the curves have gained and copies only the columns around it. CurveView
says what there is to draw; only how it looks is decided here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from bnstudio.gui.curves.annotations import (
    Labels,
    draw_divergence,
    draw_epochs,
    draw_grid,
    draw_name,
    draw_outside,
    draw_rate_changes,
    label_lateness,
    label_looked_at,
)
from bnstudio.gui.curves.marks import (
    OTHER_TEST_RADIUS,
    OTHER_WIDTH,
    SMOOTHED_WIDTH,
    SUBSET_RADIUS,
    TEST_RADIUS,
    blended,
    draw_open_test_mark,
    draw_subset_mark,
    draw_test_mark,
)
from bnstudio.gui.curves.strokes import Stroke, draw_ghost, draw_line
from bnstudio.gui.pixel_ratio import draws_pixels, pixel_ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries, EvaluationPoints

_MARGIN = 4
"""Pixels by which a line may reach beyond its points."""


class CurveCanvas(QWidget):
    """Shows `picture`; what stays as it is from frame to frame is kept as pixels."""

    def __init__(self, parent: QWidget, picture: CurvePicture) -> None:
        super().__init__(parent)
        self._picture = picture
        self._ratio = 1.0
        self._curves: QPixmap | None = None
        """Grid, epochs, ghosts, and of the other curves what is complete."""
        self._strokes: list[Stroke] = []
        self._overlay: QPixmap | None = None
        """Evaluations, events and the crosshair."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def place(self, geometry: QRect) -> None:
        """Fill `geometry` of the parent; everything has to be drawn anew after it."""
        self.setGeometry(geometry)
        self._picture.rect = QRectF(self.rect())

    def update_all(self) -> None:
        """Draw everything anew."""
        self._curves = self._overlay = None
        self.update()

    def update_curves(self) -> None:
        """Draw what the curves have gained, and their ends anew."""
        if self._curves is None or not all(stroke.valid for stroke in self._strokes):
            self._curves = None
            self.update()
            return
        ends = [stroke.end for stroke in self._strokes]
        with QPainter(self._curves) as painter:
            self._extend_curves(painter)
        region = QRegion()
        for end in ends:
            if end is not None:
                left = max(0, math.floor(end[0]) - _MARGIN)
                region += QRect(left, 0, min(self.width(), math.ceil(end[1]) + _MARGIN) - left, self.height())
        self.update(region)

    def update_overlay(self) -> None:
        """Draw evaluations, events and the crosshair anew."""
        self._overlay = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: back to front; Qt paints only what was asked for."""
        with QPainter(self) as painter:
            if not draws_pixels(painter):
                self._paint_all(painter)
                return
            self._prepare_layers(pixel_ratio(painter))
            assert self._curves is not None
            assert self._overlay is not None
            painter.drawPixmap(0, 0, self._curves)
            for stroke in self._strokes:
                stroke.draw_last_steps(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            for stroke in self._strokes:
                stroke.draw_last_mean(painter)
            painter.drawPixmap(0, 0, self._overlay)

    def _prepare_layers(self, ratio: float) -> None:
        """Draw the layers that are missing, or all where the last ones are for another ratio."""
        if ratio != self._ratio:
            self._ratio = ratio
            self._curves = self._overlay = None
        if self._curves is None:
            self._curves = self._paint_curves()
        if self._overlay is None:
            self._overlay = self._layer(QColor(Qt.GlobalColor.transparent))
            with QPainter(self._overlay) as painter:
                _draw_overlay(painter, self._picture)

    def _paint_curves(self) -> QPixmap:
        layer = self._layer(QColor(self._picture.theme.panel))
        self._strokes = [Stroke(self._picture, series) for series in self._picture.runs]
        with QPainter(layer) as painter:
            _draw_ground(painter, self._picture)
            self._extend_curves(painter)
        return layer

    def _paint_all(self, painter: QPainter) -> None:
        """Paint into a document: no layers, so that lines are lines and texts texts."""
        picture = self._picture
        strokes = [Stroke(picture, series) for series in picture.runs]
        painter.fillRect(self.rect(), QColor(picture.theme.panel))
        _draw_ground(painter, picture)
        for stroke in strokes:
            stroke.draw_new_steps(painter)
            stroke.draw_last_steps(painter)
        for stroke in strokes:
            stroke.draw_new_mean(painter)
            stroke.draw_last_mean(painter)
        _draw_overlay(painter, picture)

    def _extend_curves(self, painter: QPainter) -> None:
        for stroke in self._strokes:
            stroke.draw_new_steps(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for stroke in self._strokes:
            stroke.draw_new_mean(painter)

    def _layer(self, ground: QColor) -> QPixmap:
        pixmap = QPixmap(self.size() * self._ratio)
        pixmap.setDevicePixelRatio(self._ratio)
        pixmap.fill(ground)
        return pixmap


def _draw_ground(painter: QPainter, picture: CurvePicture) -> None:
    """Draw grid, epochs and ghosts: what changes when the axes do."""
    painter.setFont(picture.font)
    draw_grid(painter, picture)
    draw_epochs(painter, picture)
    for series in picture.ghosts:
        draw_ghost(painter, picture, series)


def _draw_overlay(painter: QPainter, picture: CurvePicture) -> None:
    """Draw evaluations, events and crosshair: what changes now and then."""
    painter.setFont(picture.font)
    labels = Labels(picture)
    runs = picture.runs
    for series in runs:
        if series.selected:
            _draw_evaluations(painter, picture, series)
            draw_rate_changes(painter, picture, series)
        else:
            _draw_test_marks(painter, picture, series)
    if picture.looked_at is not None:
        _fade_future(painter, picture, picture.looked_at)
    for series in reversed(runs):  # the selected one has the first choice of a place
        draw_outside(painter, picture, series, labels)
        draw_divergence(painter, picture, series, labels, named=len(runs) > 1)
        label_lateness(picture, series, labels)
    if picture.looked_at is not None:
        label_looked_at(picture, picture.looked_at, labels)
    labels.write(painter)
    if picture.looked_at is not None:
        _draw_step(painter, picture, picture.looked_at, QPen(QColor(picture.theme.accent), 2))
    if picture.crosshair is not None:
        _draw_step(painter, picture, picture.crosshair, QPen(QColor(picture.theme.muted), 1))
        _name_hovered(painter, picture, picture.crosshair, labels)
    if picture.message:
        painter.setPen(QColor(picture.theme.muted))
        painter.drawText(
            picture.rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture.message
        )
    _draw_frame(painter, picture)


def _draw_evaluations(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the evaluations: lines through them and, where there is room, their marks."""
    panel = QColor(picture.theme.panel)
    faint = blended(series.look.evaluation_colour, picture.theme.panel, 0.55)
    x, y = _visible(picture, series.subset)
    painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
    draw_line(painter, x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if _have_room(x, 4 * SUBSET_RADIUS):
        for centre in zip(x.tolist(), y.tolist(), strict=True):
            draw_subset_mark(painter, QPointF(*centre), faint, panel)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(faint, 1))
    draw_line(painter, *_visible(picture, series.test))
    _draw_test_marks(painter, picture, series)


def _draw_test_marks(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the marks of the evaluations on all test images, or the last one where they would touch."""
    radius = TEST_RADIUS if series.selected else OTHER_TEST_RADIUS
    colour, panel = QColor(series.look.evaluation_colour), QColor(picture.theme.panel)
    draw = draw_test_mark if series.look.style.filled else draw_open_test_mark
    x, y = _visible(picture, series.test)
    if not _have_room(x, 2.5 * radius):
        x, y = x[-1:], y[-1:]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for centre in zip(x.tolist(), y.tolist(), strict=True):
        draw(painter, QPointF(*centre), colour, panel, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _fade_future(painter: QPainter, picture: CurvePicture, step: int) -> None:
    """Let what came after `step` fade: it is not what the other panels show."""
    future = QRectF(picture.rect)
    future.setLeft(max(picture.rect.left(), picture.x_of(step)))
    veil = QColor(picture.theme.panel)
    veil.setAlphaF(0.6)
    painter.fillRect(future, veil)


def _draw_step(painter: QPainter, picture: CurvePicture, step: int, pen: QPen) -> None:
    """Draw a line at `step`, and a ring where it meets a curve."""
    rect = picture.rect
    x = picture.x_of(step)
    painter.setPen(pen)
    painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for series in picture.runs:
        if not 1 <= step <= series.n_steps:
            continue
        in_full = picture.in_full(series)
        point, radius = picture.point(step, series.smoothed_at(step)), 4 if in_full else 3
        painter.setPen(QPen(QColor(series.look.style.colour), SMOOTHED_WIDTH if in_full else OTHER_WIDTH))
        painter.setBrush(QColor(picture.theme.panel))
        painter.drawEllipse(point, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _name_hovered(painter: QPainter, picture: CurvePicture, step: int, labels: Labels) -> None:
    series = picture.hovered
    if series is not None and not series.ghost and 1 <= step <= series.n_steps:
        draw_name(painter, picture, series, picture.point(step, series.smoothed_at(step)), labels)


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
        painter.drawLine(QLineF(rect.left(), rect.top(), rect.left(), rect.bottom() - 1))


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
