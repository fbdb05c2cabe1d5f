"""What is written under a histogram's axis: its ends, zero, and the shares of what lies outside.

Works out texts and places from a row's numbers and a font; it paints nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bnstudio.gui.network.reading_text import axis_label, zeros_label
from bnstudio.gui.number_format import format_share
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.gui.network.row_numbers import RowNumbers
    from bnstudio.gui.network.stack_geometry import Span

ARROW_WIDTH = 4.0
"""Width of the triangle that stands for values outside the axis."""
_ARROW_GAP = 3.0


@dataclass
class AxisLabels:
    """Texts and arrows of one axis, by their left edges."""

    texts: list[tuple[float, str]] = field(default_factory=list)
    left_arrow: float | None = None
    """Left edge of the arrow that points to values below the axis, where there are any."""
    right_arrow: float | None = None


def axis_labels(numbers: RowNumbers, span: Span, width: Callable[[str], float]) -> AxisLabels:
    """Return the labels of an axis; what finds no room is left out.

    The ends always stand, and arrows where values lie outside. Then zero (with the share of exact zeros, if
    there are any), then the shares outside.

    Parameters
    ----------
    numbers : RowNumbers
        What there is to say.
    span : Span
        Where the axis stands.
    width : callable
        From a text to its width.
    """
    log_magnitude = numbers.log_magnitude
    labels = AxisLabels()
    low, high = axis_label(numbers.low, log_magnitude), axis_label(numbers.high, log_magnitude)
    free_from, free_to = span.left + width(low), span.right - width(high)
    if free_from + SPACING / 2 > free_to:  # there is room for one
        labels.texts = [(free_to, high)]
        return labels
    labels.texts = [(span.left, low), (free_to, high)]
    arrow_room = SPACING / 2 + ARROW_WIDTH
    if numbers.below:
        labels.left_arrow = free_from + SPACING / 2
        free_from += arrow_room
    if numbers.above:
        free_to -= arrow_room
        labels.right_arrow = free_to

    zero_x = None if math.isnan(numbers.zero) else span.left + numbers.zero * span.width
    middle_from = middle_to = (free_from + free_to) / 2
    if numbers.zero_share > 0 and (log_magnitude or zero_x is not None):
        middle = zeros_label(numbers.zero_share)
        centre = zero_x if zero_x is not None else span.left
        start = min(max(centre - width(middle) / 2, free_from + SPACING), free_to - SPACING - width(middle))
    else:
        middle = "0" if zero_x is not None else ""
        start = (zero_x or 0.0) - width(middle) / 2
    if middle and free_from + SPACING / 2 <= start and start + width(middle) <= free_to - SPACING / 2:
        labels.texts.append((start, middle))
        middle_from, middle_to = start - SPACING, start + width(middle) + SPACING

    if numbers.below:
        share = format_share(numbers.below)
        if free_from + _ARROW_GAP + width(share) <= middle_from:
            labels.texts.append((free_from + _ARROW_GAP, share))
    if numbers.above:
        share = format_share(numbers.above)
        if free_to - _ARROW_GAP - width(share) >= middle_to:
            labels.texts.append((free_to - _ARROW_GAP - width(share), share))
    return labels
