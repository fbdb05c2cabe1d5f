"""Where things stand in a row of the list of models, and in the header above the list.

All of it follows from the font and from the row's rectangle; numbers end at the right edges of their columns,
so that those of different models stand below each other.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QFontMetricsF

from bnstudio.gui.theme import SPACING, bold_font, small_font

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

_GAP = SPACING / 2
_SAMPLE_WIDTH = 25.0
"""One period of the longest line style, at the width of a sample."""


class RowGeometry:
    """The measures of the rows in one font.

    Parameters
    ----------
    font : QFont
        Of the list.
    titles : tuple of str
        Of the columns: loss, accuracy, learning rate.
    rates : tuple of str
        The learning rate of each row, as it is written.
    late : tuple of bool
        Whether each row has a line that says so.
    """

    def __init__(
        self, font: QFont, titles: tuple[str, str, str], rates: tuple[str, ...], late: tuple[bool, ...]
    ) -> None:
        self.titles, self.rates = titles, rates
        self.name_font, self.small_font = bold_font(font), small_font(font)
        self.name_metrics = QFontMetricsF(self.name_font)
        self.small_metrics = QFontMetricsF(self.small_font)
        self.name_height = self.name_metrics.height()
        self.line_height = self.small_metrics.height()
        loss, accuracy, rate = titles
        rate_width = self._width(rate, *rates)
        accuracy_width = self._width(accuracy, "99.9 %")
        right = 1.5 * _GAP
        self.rights = (
            right + rate_width + accuracy_width + 2 * SPACING,
            right + rate_width + SPACING,
            right,
        )
        """How far the right edges of the three columns are from that of the row."""
        heights = (self.row_height(has_late_line) for has_late_line in late)
        self.tops = (0, *accumulate(heights))
        """Where each row begins, and where the last one ends."""
        self.width = round(self.rights[0] + self._width(loss, "0.0000") + _GAP)
        """Below which numbers are left out."""

    def row_height(self, has_late_line: bool) -> int:
        """Return the height of a row."""
        lines = 2 if has_late_line else 1
        return round(self.name_height + lines * self.line_height + 2 * _GAP)

    def row(self, row: int, width: int) -> QRect:
        """Return the rectangle of a row in a list that is `width` wide and not scrolled."""
        return QRect(0, self.tops[row], width, self.tops[row + 1] - self.tops[row])

    def sample(self, row: QRectF) -> QRectF:
        """Return where the line stands that is drawn as the model's curves are."""
        return QRectF(row.left() + 1.5 * _GAP, row.top() + _GAP, _SAMPLE_WIDTH, self.name_height)

    def eye(self, row: QRectF) -> QRectF:
        """Return where the eye stands."""
        return self._icon(row, 0)

    def eye_button(self, row: QRect) -> QRect:
        """Return what of a row answers a click on the eye: more than what is painted."""
        side = round(self.name_height + 2 * _GAP)
        return QRect(row.right() + 1 - side - SPACING // 2, row.top(), side + SPACING // 2, side)

    def mark(self, row: QRectF, with_eye: bool) -> QRectF:
        """Return where the sign stands that the model is shown beside the selected one."""
        return self._icon(row, int(with_eye))

    def name(self, row: QRectF, n_icons: int) -> QRectF:
        """Return where the name stands, with `n_icons` to its right."""
        left = self.sample(row).right() + 1.5 * _GAP
        right = row.right() - 1.5 * _GAP if n_icons == 0 else self._icon(row, n_icons - 1).left() - _GAP
        return QRectF(left, row.top() + _GAP, max(0.0, right - left), self.name_height)

    def numbers(self, row: QRectF) -> QRectF:
        """Return where the numbers, or the notes instead of them, stand: clear of a name's underscores."""
        return QRectF(row.left(), row.top() + 1.5 * _GAP + self.name_height, row.width(), self.line_height)

    def numbers_area(self, row: QRect) -> QRect:
        """Return what is painted anew when only numbers have changed: nothing of the frame or the name."""
        numbers = self.numbers(QRectF(row))
        top = math.ceil(numbers.top())
        return QRect(
            row.left() + SPACING // 2, top, row.width() - SPACING, math.floor(numbers.bottom()) - top
        )

    def _icon(self, row: QRectF, n_to_the_right: int) -> QRectF:
        size = round(0.85 * self.name_height)
        right = row.right() - 1.5 * _GAP - n_to_the_right * (size + _GAP)
        return QRectF(right - size, row.top() + _GAP + (self.name_height - size) / 2, size, size)

    def _width(self, *texts: str) -> float:
        return max(self.small_metrics.horizontalAdvance(text) for text in texts)
