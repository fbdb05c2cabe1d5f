"""What is written into a plot: value lines and epochs behind the curves, events of a run before them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
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
    """Draw a tick on the axis of steps for each, and the new rate where there is room before the next.

    A rate that is dragged changes in each step: of the changes in one column of pixels the last is drawn.
    """
    rect, steps = picture.rect, series.history.change_steps
    low, high = picture.x_range
    begin, end = np.searchsorted(steps, max(low, 1)), np.searchsorted(steps, high, side="right")
    columns = np.round(picture.x(steps[begin:end]))
    drawn = np.flatnonzero(np.diff(columns, append=np.inf))
    bottom = rect.bottom()
    painter.setPen(QColor(picture.theme.text))
    painter.drawLines([QLineF(x, bottom - 10, x, bottom) for x in columns[drawn].tolist()])
    metrics = QFontMetricsF(picture.font)
    label = QCoreApplication.translate("CurveView", "lr {rate}")
    narrowest = metrics.horizontalAdvance(label.format(rate=1))
    free_until = rect.right()
    for i in drawn[::-1].tolist():
        x = columns[i]
        if min(x + 3 + narrowest, rect.right()) <= free_until:
            change = series.history.rate_changes[begin + i]
            text = label.format(rate=format_number(change.learning_rate, digits=3))
            width = metrics.horizontalAdvance(text)
            left = min(x + 3, rect.right() - width)
            if left + width <= free_until:
                painter.drawText(QPointF(left, bottom - 4), text)
                free_until = left - 4
        free_until = min(free_until, x - 2)


def draw_divergence(
    painter: QPainter, picture: CurvePicture, series: CurveSeries, labels: Labels, named: bool
) -> None:
    """Draw the step at which the run diverged, and say so; `named`, say of which model."""
    divergence = series.history.divergence
    if divergence is None:
        return
    translate = QCoreApplication.translate
    text = translate("CurveView", "diverged at step {n}").format(n=format_count(divergence.step))
    if named:
        text = translate("CurveView", "{model}: {text}").format(
            model=labels.shortened(series.history.name), text=text
        )
    rect, colour = picture.rect, QColor(picture.theme.warning)
    x = picture.x_of(divergence.step)
    width, height = labels.metrics.horizontalAdvance(text), labels.metrics.height()
    left = x + 8 if x + 8 + width <= rect.right() else x - 8 - width
    place = labels.place(QRectF(left, rect.top() + 1.5 * height, width, height))
    y = place.center().y()
    painter.setPen(QPen(colour, 1))
    # Several lines of full height would be a fence: the others' end at what they say.
    painter.drawLine(QLineF(x, rect.top(), x, rect.bottom() if series.selected else y))
    draw_cross(painter, QPointF(x, y), colour)
    labels.add(place, text, colour)


def label_lateness(picture: CurvePicture, series: CurveSeries, labels: Labels) -> None:
    """Say at the end of a run that was let start at 0 how far ahead the others were; cover no curve."""
    if not series.history.late_by or not len(series.curve.smoothed):
        return
    text = QCoreApplication.translate("CurveView", "{model}: started {n} steps after the others").format(
        model=labels.shortened(series.history.name), n=format_count(series.history.late_by)
    )
    end = picture.point(series.n_steps, float(series.curve.smoothed[-1]))
    if not picture.rect.left() <= end.x() <= picture.rect.right():
        return
    width, height = labels.metrics.horizontalAdvance(text), labels.metrics.height()
    bounds = labels.bounds
    left = min(end.x() + 6, bounds.right() - width)
    course = _course(picture, left, left + width)
    beside = end.y() - height / 2
    tops = [] if course.isNull() else [course.top() - height - 2, course.bottom() + 2]
    tops = [top for top in tops if bounds.top() <= top <= bounds.bottom() - height]
    top = min(tops, key=lambda top: abs(top - beside), default=beside)
    place = labels.place(QRectF(left, top, width, height), upwards=top < course.top())
    labels.add(place, text, QColor(picture.theme.text))


def _course(picture: CurvePicture, left: float, right: float) -> QRectF:
    """Return where the curves run between two pixels across."""
    ys = [np.empty(0)]
    for series in picture.runs:
        curve = series.curve
        shown = slice(*np.searchsorted(picture.x(curve.smoothed_steps), (left, right)))
        drawn = (curve.lows, curve.highs) if series.selected else (curve.smoothed,)
        ys += [picture.y(values[shown]) for values in drawn]
    y = np.concatenate(ys)
    return QRectF(left, y.min(), right - left, np.ptp(y)) if len(y) else QRectF()


def label_looked_at(picture: CurvePicture, step: int, labels: Labels) -> None:
    """Say at the bottom, beside its line, which step is looked back at; at the edge that it lies beyond."""
    text = QCoreApplication.translate("CurveView", "step {n}").format(n=format_count(step))
    rect, x = picture.rect, picture.x_of(step)
    if x < rect.left():
        text = QCoreApplication.translate("CurveView", "◀ {text}").format(text=text)
    elif x > rect.right():
        text = QCoreApplication.translate("CurveView", "{text} ▶").format(text=text)
    width, height = labels.metrics.horizontalAdvance(text), labels.metrics.height()
    left = x + 6 if x + 6 + width <= rect.right() else x - 6 - width
    place = labels.place(QRectF(left, rect.bottom() - height - 16, width, height))
    labels.add(place, text, QColor(picture.theme.accent))


def draw_outside(painter: QPainter, picture: CurvePicture, series: CurveSeries, labels: Labels) -> None:
    """Mark where a curve leaves the axis: the steps where all are drawn, counted; else the smoothed curve."""
    if not picture.mark_outside:
        return
    rect, curve = picture.rect, series.curve
    low, high = picture.value_range
    n_below, n_above = series.n_outside(low, high)
    if not n_below and not n_above:
        return
    counted = series.selected
    colour = QColor(picture.theme.warning if counted else series.look.style.colour)
    highs, lows, steps = (
        (curve.highs, curve.lows, curve.steps)
        if counted
        else (curve.smoothed, curve.smoothed, curve.smoothed_steps)
    )
    for columns, edge, up, n in (
        (highs > high, rect.top(), 1, n_above),
        (lows < low, rect.bottom(), -1, n_below),
    ):
        if not columns.any():
            continue
        xs = picture.x(steps[columns])
        draw_outside_marks(painter, xs.tolist(), edge, up, colour)
        if not counted:
            continue
        text = (
            QCoreApplication.translate("CurveView", "▲ {n} above")
            if up > 0
            else QCoreApplication.translate("CurveView", "▼ {n} below")
        ).format(n=format_count(n))
        width, height = labels.metrics.horizontalAdvance(text), labels.metrics.height()
        left = rect.left() + 4 if xs.mean() > rect.center().x() else rect.right() - width - 3
        top = edge + 1.5 * height if up > 0 else edge - 10 - height
        place = labels.place(QRectF(left, top, width, height))
        labels.add(place, text, colour)


def draw_name(
    painter: QPainter, picture: CurvePicture, series: CurveSeries, at: QPointF, labels: Labels
) -> None:
    """Name the run that the mouse points at, beside the point `at` of its curve."""
    text = labels.shortened(series.history.name)
    width, height = labels.metrics.horizontalAdvance(text), labels.metrics.height()
    left = at.x() + 10 if at.x() + 14 + width <= picture.rect.right() else at.x() - 10 - width
    place = labels.place(QRectF(left, at.y() - 1.5 * height, width, height))
    frame = place.adjusted(-4, -1, 4, 1)
    painter.setPen(QPen(QColor(series.look.style.colour), 1))
    painter.setBrush(QColor(picture.theme.panel))
    painter.drawRect(frame)
    painter.setPen(QColor(picture.theme.text))
    painter.drawText(QPointF(place.left(), place.top() + labels.metrics.ascent()), text)


class Labels:
    """Finds each text in a picture a place of its own, and writes it so that it can be read over curves."""

    def __init__(self, picture: CurvePicture) -> None:
        self.metrics = QFontMetricsF(picture.font)
        # In the first line the epochs are written.
        self.bounds = picture.rect.adjusted(2, self.metrics.height() + 1, -2, -3)
        self._ground = QColor(picture.theme.panel)
        self._ground.setAlphaF(0.8)
        self._taken: list[QRectF] = []
        self._texts: list[tuple[QRectF, str, QColor]] = []

    def shortened(self, name: str) -> str:
        """Return the name of a model as far as a label has room for it."""
        return self.metrics.elidedText(
            name, Qt.TextElideMode.ElideRight, 14 * self.metrics.averageCharWidth()
        )

    def place(self, wanted: QRectF, *, upwards: bool = False) -> QRectF:
        """Return the place next to `wanted`, below or above it, that is in the picture and free; take it.

        With `upwards` the places above come before those below.
        """
        bounds = self.bounds
        left = max(bounds.left(), min(wanted.left(), bounds.right() - wanted.width()))
        lowest = max(bounds.top(), bounds.bottom() - wanted.height())
        n_places = 2 * math.ceil(bounds.height() / wanted.height())
        for i in range(n_places):
            # 0, 1 below, 1 above, 2 below, …
            shift = (i + 1) // 2 * (1 if i % 2 != upwards else -1) * wanted.height()
            top = wanted.top() + shift
            place = QRectF(left, min(max(top, bounds.top()), lowest), wanted.width(), wanted.height())
            if not any(place.adjusted(-4, 0.5, 4, -0.5).intersects(taken) for taken in self._taken):
                break
        self._taken.append(place)
        return place

    def add(self, place: QRectF, text: str, colour: QColor) -> None:
        """Have `text` written at its place."""
        self._texts.append((place, text, colour))

    def write(self, painter: QPainter) -> None:
        """Write all texts, over whatever lines there are."""
        for place, _, _ in self._texts:
            painter.fillRect(place.adjusted(-1, 0, 1, 0), self._ground)
        for place, text, colour in self._texts:
            painter.setPen(colour)
            painter.drawText(QPointF(place.left(), place.top() + self.metrics.ascent()), text)
