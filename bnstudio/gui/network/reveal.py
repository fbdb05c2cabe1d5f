"""How far a step that is shown in slow motion has come in the stack, and how that is painted over the rows.

What has not been reached yet is veiled, the row that is reached now is framed, and an arrow says which way it
goes on. Knows slots and the geometry of a row; not what is drawn on the rows, nor why a step is where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from bnstudio.gui.card import CORNER_RADIUS
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bnstudio.gui.network.stack_geometry import Span, StackGeometry
    from bnstudio.gui.theme import Theme

Way = Literal["down", "up"]

_VEIL = 0.82
"""Opacity of what covers a histogram that has not been reached: its shape is still to be guessed."""
_BAND = 0.12
"""Opacity of the colour over the row that is reached now."""
_FRAME_WIDTH = 2.5
_ARROW_RADIUS = 9.0
_INSET = 2
"""What the veil leaves of a row above and below: the lines between rows, the focus frame."""


@dataclass(frozen=True)
class Reveal:
    """What of a step is there to be seen. Slots are counted from the top of the stack."""

    n_forward: int
    """In so many slots, from the top, the forward values are there."""
    backward_from: int
    """From this slot down, the gradients are there."""
    lit: int | None = None
    """The slot that is reached now."""
    way: Way | None = None
    """Which way it goes on from there: down with the values, up with the gradients."""


class RevealPainter:
    """Paints `reveal` over rows of one geometry, with the top of slot 0 at y = 0."""

    def __init__(self, reveal: Reveal, geometry: StackGeometry, theme: Theme) -> None:
        self._reveal = reveal
        self._geometry = geometry
        self._theme = theme

    def paint(self, painter: QPainter, slots: Sequence[int], selected: Collection[int] = ()) -> None:
        """Paint it over the rows that stand in `slots`, of which those in `selected` are selected."""
        height = self._geometry.row_height - 2 * _INSET
        for slot in slots:
            surface = self._theme.selection if slot in selected else self._theme.panel
            veil = _with_opacity(surface, _VEIL)
            top = slot * self._geometry.row_height + _INSET
            if slot >= self._reveal.n_forward:
                painter.fillRect(_rect(self._forward, top, height), veil)
            if slot < self._reveal.backward_from:
                painter.fillRect(_rect(self._backward, top, height), veil)
        if self._reveal.lit is not None and self._reveal.lit in slots:
            self._paint_lit(painter, self._reveal.lit)

    @property
    def _forward(self) -> tuple[float, float]:
        """Where everything forward begins and ends, with some air."""
        return self._side(self._geometry.forward, self._geometry.forward_text)

    @property
    def _backward(self) -> tuple[float, float]:
        return self._side(self._geometry.backward, self._geometry.backward_text)

    def _side(self, plot: Span, text: Span) -> tuple[float, float]:
        air = SPACING / 4
        return plot.left - air, max(plot.right, text.right if text.width else 0) + air

    def _paint_lit(self, painter: QPainter, slot: int) -> None:
        geometry, upward = self._geometry, self._reveal.way == "up"
        colour = self._theme.backward if upward else self._theme.forward
        left, right = self._backward if upward else self._forward
        plot = geometry.backward if upward else geometry.forward
        inset = _FRAME_WIDTH / 2
        frame = _rect((left, right), slot * geometry.row_height + inset, geometry.row_height - 2 * inset)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colour), _FRAME_WIDTH))
        painter.setBrush(_with_opacity(colour, _BAND))
        painter.drawRoundedRect(frame, CORNER_RADIUS, CORNER_RADIUS)
        if self._reveal.way is not None:
            edge = frame.top() if upward else frame.bottom()
            x = min(plot.right + _ARROW_RADIUS - 2, right - _ARROW_RADIUS)
            self._paint_arrow(painter, QPointF(x, edge), colour, upward)
        painter.restore()

    def _paint_arrow(self, painter: QPainter, centre: QPointF, colour: str, upward: bool) -> None:
        """Paint a disc with an arrow on the edge over which the step goes on."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(centre, _ARROW_RADIUS, _ARROW_RADIUS)
        tip = _ARROW_RADIUS * (-0.55 if upward else 0.55)
        side = abs(tip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor(self._theme.panel), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.translate(centre)
        painter.drawLine(QPointF(0, -tip), QPointF(0, tip))
        painter.drawPolyline([QPointF(-side, 0), QPointF(0, tip), QPointF(side, 0)])


def _rect(side: tuple[float, float], top: float, height: float) -> QRectF:
    return QRectF(side[0], top, side[1] - side[0], height)


def _with_opacity(colour: str, opacity: float) -> QColor:
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result
