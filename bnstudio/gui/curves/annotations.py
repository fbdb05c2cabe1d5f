"""What is written into a plot: value lines and epochs behind the curves, events of a run before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from bnstudio.gui.curves.marks import blended, draw_cross, draw_outside_marks
from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from bnstudio.gui.curves.picture import CurvePicture
    from bnstudio.gui.curves.series import CurveSeries


def draw_grid(painter: QPainter, picture: CurvePicture) -> None:
    """Draw a faint line at each labelled value."""
    rect = picture.rect
    painter.setPen(QPen(QColor(picture.theme.grid), 1))
    ys = np.round(picture.y_of_axis(np.array(picture.y_ticks, dtype=np.float64)))
    painter.drawLines([QLineF(rect.left(), y, rect.right(), y) for y in ys.tolist()])


def draw_epochs(painter: QPainter, picture: CurvePicture) -> None:
    """Draw the ends of epochs, as many as there is room for, and which one ends there."""
    rect = picture.rect
    n = picture.steps_per_epoch
    if n <= 0:
        return
    low, high = picture.x_range
    metrics = QFontMetricsF(picture.font)
    room = metrics.horizontalAdvance("00") + 16
    spacing = n * rect.width() / (high - low)
    every = next(e for k in range(12) for f in (1, 2, 5) if (e := f * 10**k) * spacing >= room)
    pen = QPen(blended(picture.theme.muted, picture.theme.panel, 0.35), 1, Qt.PenStyle.DotLine)
    text_colour = QColor(picture.theme.muted)
    first = max(1, int(low / (n * every)) + 1) * every
    label = QCoreApplication.translate("CurveView", "epoch {n}")
    right_of_label, said = rect.left(), False
    for epoch in range(first, int(high / n) + 1, every):
        x = picture.x_of(epoch * n)
        painter.setPen(pen)
        painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
        text = str(epoch) if said else label.format(n=epoch)
        width = metrics.horizontalAdvance(text)
        left = x - width - 3
        if left > right_of_label:
            painter.setPen(text_colour)
            painter.drawText(QPointF(left, rect.top() + metrics.ascent() + 1), text)
            right_of_label = x
            said = True


def draw_rate_changes(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw a tick on the axis of steps for each, and the new rate where there is room before the next."""
    rect = picture.rect
    low, high = picture.x_range
    metrics = QFontMetricsF(picture.font)
    painter.setPen(QColor(picture.theme.text))
    free_until = rect.right()
    bottom = rect.bottom()
    for change in reversed(series.history.rate_changes):
        if change.step == 0 or not low <= change.step <= high:
            continue
        x = picture.x_of(change.step)
        painter.drawLine(QLineF(x, bottom - 10, x, bottom))
        text = QCoreApplication.translate("CurveView", "lr {rate}").format(
            rate=format_number(change.learning_rate, digits=3)
        )
        width = metrics.horizontalAdvance(text)
        left = min(x + 3, rect.right() - width)
        if left + width <= free_until and left > x - width:
            painter.drawText(QPointF(left, bottom - 4), text)
            free_until = left - 4
        free_until = min(free_until, x - 2)


def draw_divergence(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Draw the step at which the run diverged, and say so."""
    if series.divergence is None:
        return
    theme, rect = picture.theme, picture.rect
    step = series.divergence.step
    colour = QColor(theme.warning)
    x = picture.x_of(step)
    painter.setPen(QPen(colour, 1))
    painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    metrics = QFontMetricsF(picture.font)
    y = rect.top() + 2 * metrics.height()
    draw_cross(painter, QPointF(x, y), colour)
    text = QCoreApplication.translate("CurveView", "diverged at step {n}").format(n=format_count(step))
    width = metrics.horizontalAdvance(text)
    left = x + 8 if x + 8 + width <= rect.right() else x - 8 - width
    painter.setPen(colour)
    painter.drawText(QPointF(left, y + metrics.ascent() / 2 - 1), text)


def draw_outside(painter: QPainter, picture: CurvePicture, series: CurveSeries) -> None:
    """Mark the columns with steps above or below the axis, and count the steps."""
    if not picture.mark_outside:
        return
    rect, curve = picture.rect, series.curve
    low, high = picture.y_range
    if picture.logarithmic:
        low, high = 10.0**low, 10.0**high
    metrics = QFontMetricsF(picture.font)
    colour = QColor(picture.theme.warning)
    for columns, edge, up, outside in (
        (curve.highs > high, rect.top(), 1, series.values > high),
        (curve.lows < low, rect.bottom(), -1, series.values < low),
    ):
        if not columns.any():
            continue
        draw_outside_marks(painter, picture.x(curve.steps[columns]).tolist(), edge, up, colour)
        text = (
            QCoreApplication.translate("CurveView", "▲ {n} above")
            if up > 0
            else QCoreApplication.translate("CurveView", "▼ {n} below")
        ).format(n=format_count(int(np.count_nonzero(outside))))
        y = edge + (2.5 + (series.divergence is not None)) * metrics.height() if up > 0 else edge - 10
        painter.setPen(colour)
        middle = float(picture.x(curve.steps[columns]).mean())
        right = rect.right() - metrics.horizontalAdvance(text) - 3
        painter.drawText(QPointF(rect.left() + 4 if middle > rect.center().x() else right, y), text)
