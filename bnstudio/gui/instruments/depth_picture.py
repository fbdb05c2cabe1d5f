"""What stands where in a plot against depth: one line per model, on an axis of powers of ten.

It knows pixels but paints nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from bnstudio.gui.instruments.flow_words import layer_name
from bnstudio.gui.instruments.profiles import Profile, Quantity, column_of, drawable, n_columns
from bnstudio.gui.number_format import format_power

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 4
_TOP = 6


@dataclass
class DepthPicture:
    """What is drawn in `width` times `height` pixels, and where; `lay_out` follows any change of these.

    The fields that change without it, from `message` on, move nothing.
    """

    font: QFont
    width: float = 0.0
    height: float = 0.0
    profiles: Sequence[Profile] = ()
    quantity: Quantity = Quantity.GRADIENT
    decades: tuple[float, float] = (-6.0, 0.0)
    """The ends of the axis, as exponents of ten."""
    message: str = ""
    """Written in the middle where there is nothing else."""
    column: int | None = None
    """The layer that is read."""
    hovered: str | None = None
    """Name of the model that the mouse points at."""
    focused: bool = False

    def __post_init__(self) -> None:
        self.lay_out()

    def lay_out(self) -> None:
        """Find the places of everything."""
        self.metrics = QFontMetricsF(self.font)
        """Of the labels."""
        line = self.metrics.height()
        left = math.ceil(self.metrics.horizontalAdvance(format_power(-10))) + 2 * GAP
        width, height = self.width - left - GAP, self.height - line - GAP - _TOP
        self.rect = QRectF(left, _TOP, max(1.0, width), max(1.0, height))
        """Where the lines are drawn, the row of zeros included."""
        self.zero_row = self.rect.adjusted(0, self.rect.height() - line - GAP, 0, 0)
        """Where the layers without a gradient are marked: below all that the axis can show."""
        self.has_zeros = any(profile.n_zeros for profile in self.profiles)
        """Whether a layer of any model has no gradient at all."""
        self.scale = self.rect.adjusted(0, 0, 0, -self.zero_row.height() if self.has_zeros else 0)
        """Where the axis of powers of ten is."""
        self.n_columns = n_columns(self.profiles)
        """Dense layers of the deepest model, its head included."""
        self._margin = self.metrics.horizontalAdvance(layer_name(0, 2)) / 2 + 2
        self._pieces = {profile.name: self._find_pieces(profile) for profile in self.profiles}

    def x(self, column: int) -> float:
        """Return where the layer in `column` stands."""
        rect, columns = self.rect, self.n_columns
        if columns == 1:
            return rect.center().x()
        return rect.left() + self._margin + column * (rect.width() - 2 * self._margin) / (columns - 1)

    def y(self, value: float) -> float:
        """Return where a value stands that is 0 or above."""
        return self.y_of_power(math.log10(value)) if value else self.zero_row.center().y()

    def y_of_power(self, power: float) -> float:
        """Return where this power of ten stands."""
        low, high = self.decades
        scale = self.scale
        return scale.bottom() - (power - low) / (high - low) * scale.height()

    def pieces(self, profile: Profile) -> list[list[QPointF]]:
        """Return the points of a model's line, which breaks off where a value has no place on the axis.

        A value that is 0 is a piece of its own.
        """
        return self._pieces[profile.name]

    def _find_pieces(self, profile: Profile) -> list[list[QPointF]]:
        values = profile.values(self.quantity)
        pieces: list[list[QPointF]] = [[]]
        for i, value in enumerate(values):
            if not drawable(value):
                pieces.append([])
            if drawable(value) or value == 0:
                pieces[-1].append(QPointF(self.x(column_of(i, len(values), self.n_columns)), self.y(value)))
            if value == 0:
                pieces.append([])
        return [piece for piece in pieces if piece]

    def column_at(self, x: float) -> int:
        """Return the column that is nearest to a place."""
        return min(range(self.n_columns), key=lambda column: abs(self.x(column) - x))

    def profile_at(self, point: QPointF, reach: float) -> Profile | None:
        """Return the model whose line or marker is nearest to `point` and within `reach` pixels of it."""
        nearest, nearest_distance = None, reach
        for profile in sorted(self.profiles, key=lambda profile: profile.look.selected):
            distance = self._distance(profile, point)
            if distance <= nearest_distance:
                nearest, nearest_distance = profile, distance
        return nearest

    def roomiest(self, y: float, width: float) -> tuple[float, float]:
        """Return where at the height `y` a text is farthest from all lines: its centre, and how far it is.

        It is looked for beside and between the columns.
        """
        rect = self.rect
        xs = [rect.left(), *map(self.x, range(self.n_columns)), rect.right()]
        lowest, highest = rect.left() + width / 2 + GAP, rect.right() - width / 2 - GAP
        centres = [min(max((left + right) / 2, lowest), highest) for left, right in pairwise(xs)]
        free = [
            min((self._distance(profile, QPointF(x, y)) for profile in self.profiles), default=math.inf)
            for x in centres
        ]
        best = max(range(len(centres)), key=free.__getitem__)
        return centres[best], free[best]

    def _distance(self, profile: Profile, point: QPointF) -> float:
        """Return the pixels from `point` to the line of a model."""
        ends = [pair for piece in self.pieces(profile) for pair in (*pairwise(piece), (piece[-1], piece[-1]))]
        return min((_distance(begin, end, point) for begin, end in ends), default=math.inf)


def _distance(begin: QPointF, end: QPointF, point: QPointF) -> float:
    along = end - begin
    length = QPointF.dotProduct(along, along)
    share = QPointF.dotProduct(point - begin, along) / length if length else 0.0
    nearest = begin + along * min(max(share, 0.0), 1.0)
    return math.hypot(point.x() - nearest.x(), point.y() - nearest.y())
