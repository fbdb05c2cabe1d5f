"""The small signs of a plot: evaluations, divergence, steps outside the axis; shared with the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Sequence


SMOOTHED_WIDTH = 2.0
"""Of the selected model's curve."""
OTHER_WIDTH = 1.4
TEST_RADIUS = 3.5
OTHER_TEST_RADIUS = 2.5
SUBSET_RADIUS = 2.5


def blended(colour: str, background: str, share: float) -> QColor:
    """Return `share` of `colour` on `background`: what transparency would give, without its cost."""
    above, below = QColor(colour), QColor(background)
    pairs = ((above.red(), below.red()), (above.green(), below.green()), (above.blue(), below.blue()))
    red, green, blue = (round(share * a + (1 - share) * b) for a, b in pairs)
    return QColor(red, green, blue)


def draw_test_mark(
    painter: QPainter, centre: QPointF, colour: QColor, background: QColor, radius: float = TEST_RADIUS
) -> None:
    """Draw the mark of a test evaluation: a disc with a rim of background, which parts it from the lines."""
    painter.setPen(QPen(background, 1.5))
    painter.setBrush(colour)
    painter.drawEllipse(centre, radius, radius)


def draw_open_test_mark(
    painter: QPainter, centre: QPointF, colour: QColor, background: QColor, radius: float = TEST_RADIUS
) -> None:
    """Draw the same as a ring, for models whose markers are not filled."""
    draw_test_mark(painter, centre, colour, background, radius)
    painter.setBrush(background)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(centre, radius - 1.8, radius - 1.8)


def draw_subset_mark(painter: QPainter, centre: QPointF, colour: QColor, background: QColor) -> None:
    """Draw the mark of an evaluation on the subset: a small open diamond."""
    painter.setPen(QPen(colour, 1))
    painter.setBrush(background)
    x, y, r = centre.x(), centre.y(), SUBSET_RADIUS
    painter.drawPolygon(
        QPolygonF([QPointF(x - r, y), QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r)])
    )


def draw_cross(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    """Draw the mark of divergence."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(colour, 2))
    x, y, r = centre.x(), centre.y(), 4.0
    painter.drawLines([QLineF(x - r, y - r, x + r, y + r), QLineF(x - r, y + r, x + r, y - r)])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_outside_marks(painter: QPainter, xs: Sequence[float], edge: float, up: int, colour: QColor) -> None:
    """Draw triangles at the `edge` that point out of it (`up` is 1 or -1), one for those that overlap."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    tip, foot = edge + up, edge + 6 * up
    free_from = float("-inf")
    for x in xs:
        if x >= free_from:
            painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x + 4, foot), QPointF(x - 4, foot)]))
            free_from = x + 9
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
