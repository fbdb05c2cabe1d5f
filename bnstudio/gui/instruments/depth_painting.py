"""Paints a DepthPicture, back to front; only how it looks is decided here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from bnstudio.gui.curves.marks import blended, draw_outside_marks
from bnstudio.gui.instruments.depth_marks import MARKER_RADIUS, draw_profile
from bnstudio.gui.instruments.depth_picture import GAP
from bnstudio.gui.instruments.flow_words import layer_name
from bnstudio.gui.instruments.profiles import GUIDE, Quantity
from bnstudio.gui.number_format import format_count, format_power

if TYPE_CHECKING:
    from bnstudio.gui.instruments.depth_picture import DepthPicture
    from bnstudio.gui.instruments.profiles import Profile
    from bnstudio.gui.theme import Theme

translate = QCoreApplication.translate


def paint_picture(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    """Draw everything."""
    painter.setFont(picture.font)
    painter.fillRect(QRectF(0, 0, picture.width, picture.height), QColor(theme.panel))
    _paint_decades(painter, picture, theme)
    if picture.has_zeros:
        _paint_zero_row(painter, picture, theme)
    _paint_columns(painter, picture, theme)
    if picture.message:
        painter.setPen(QColor(theme.muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(picture.rect, flags, picture.message)
    else:
        if picture.quantity is Quantity.UPDATE:
            _paint_guide(painter, picture, theme)
        in_front = sorted(picture.profiles, key=lambda p: (p.look.selected, p.name == picture.hovered))
        for profile in in_front:
            _paint_profile(painter, picture, theme, profile)
    _paint_frame(painter, picture, theme)


def _paint_decades(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    """Draw a faint line at each power of ten that is labelled: at multiples, so that they stand still."""
    low, high = (round(end) for end in picture.decades)
    n_labels = max(1.0, picture.scale.height() / (2.0 * picture.metrics.height()))
    every = max(1, math.ceil((high - low) / n_labels))
    for power in range(math.ceil(low / every) * every, high + 1, every):
        y = round(picture.y_of_power(power))
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QLineF(picture.rect.left(), y, picture.rect.right(), y))
        _write_left(painter, picture, theme, format_power(power), y)


def _paint_zero_row(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    y = picture.zero_row.center().y()
    painter.fillRect(picture.zero_row, QColor(theme.grid))
    _write_left(painter, picture, theme, "0", y)
    text = translate("GradientFlow", "no gradient at all")
    width = picture.metrics.horizontalAdvance(text)
    x, free = picture.roomiest(y, width)
    if free > width / 2 + MARKER_RADIUS:  # else the markers and the legend have to do
        painter.drawText(QPointF(x - width / 2, _baseline(picture, y)), text)


def _paint_guide(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    rect, metrics, y = picture.rect, picture.metrics, round(picture.y(GUIDE))
    painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
    text = translate("GradientFlow", "log10 = −3")
    width = metrics.horizontalAdvance(text)
    x, _ = picture.roomiest(y - metrics.height() / 2, width)
    painter.drawText(QPointF(x - width / 2, y - metrics.descent() - 1), text)


def _paint_columns(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    """Name the ends and of the other layers as many as there is room for, and mark the one that is read."""
    rect, metrics, last = picture.rect, picture.metrics, picture.n_columns - 1
    baseline = rect.bottom() + metrics.ascent() + GAP / 2
    ends = {0: layer_name(0, last + 1), last: layer_name(last, last + 1)}
    room = metrics.horizontalAdvance(format_count(last)) + 2 * GAP
    every = next(
        n for n in (1, 2, 5, 10, 20, 50, 100) if n * (picture.x(1) - picture.x(0)) >= room or n == 100
    )
    free = [
        picture.x(0) + metrics.horizontalAdvance(ends[0]) / 2,
        picture.x(last) - metrics.horizontalAdvance(ends[last]) / 2,
    ]
    for column in range(last + 1):
        x, text = picture.x(column), ends.get(column, format_count(column + 1))
        half = metrics.horizontalAdvance(text) / 2
        read = column == picture.column
        if read:
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawLine(QLineF(round(x), rect.top(), round(x), rect.bottom()))
        fits = (column + 1) % every == 0 and free[0] + GAP < x - half and x + half < free[1] - GAP
        if column not in ends and not fits:
            continue
        painter.setPen(QPen(blended(theme.muted, theme.panel, 0.35), 1))
        painter.drawLine(QLineF(round(x), rect.bottom() - 3, round(x), rect.bottom()))
        painter.setPen(QColor(theme.text if read else theme.muted))
        painter.drawText(QPointF(x - half, baseline), text)


def _paint_profile(painter: QPainter, picture: DepthPicture, theme: Theme, profile: Profile) -> None:
    """Draw the line of a model, and where it leaves the axis: last values of one that diverged may."""
    rect = picture.rect
    pieces = picture.pieces(profile)
    points = [point for piece in pieces for point in piece]
    above = [point.x() for point in points if point.y() < rect.top()]
    below = [point.x() for point in points if point.y() > rect.bottom()]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if above or below:
        painter.setClipRect(rect)
    in_full = profile.look.selected or profile.name == picture.hovered
    draw_profile(painter, pieces, profile.look, theme, in_full)
    painter.restore()
    colour = QColor(profile.look.style.colour)
    draw_outside_marks(painter, above, rect.top(), 1, colour)
    draw_outside_marks(painter, below, rect.bottom(), -1, colour)


def _paint_frame(painter: QPainter, picture: DepthPicture, theme: Theme) -> None:
    """Draw the axis line, or the frame of keyboard focus."""
    rect = picture.rect
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if picture.focused:
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    else:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QLineF(rect.left(), rect.bottom(), rect.right(), rect.bottom()))


def _write_left(painter: QPainter, picture: DepthPicture, theme: Theme, text: str, y: float) -> None:
    painter.setPen(QColor(theme.muted))
    left = picture.rect.left() - GAP - picture.metrics.horizontalAdvance(text)
    painter.drawText(QPointF(left, _baseline(picture, y)), text)


def _baseline(picture: DepthPicture, y: float) -> float:
    return y + (picture.metrics.ascent() - picture.metrics.descent()) / 2
