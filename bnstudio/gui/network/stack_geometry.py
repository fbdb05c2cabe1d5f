"""Where things stand in the stack: its columns across, and the parts of a row from top to bottom.

The view, the titles above it and the painter of the histograms all ask here, so that they agree. Lengths are
in device-independent pixels and follow from the font.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtGui import QFont, QFontMetricsF

from bnstudio.document.experiment import N_CLASSES, LayerShape
from bnstudio.gui.network.health_signs import sign_width
from bnstudio.gui.network.layer_text import kind_name, row_name
from bnstudio.gui.network.reading_text import statistic_labels
from bnstudio.gui.theme import SPACING, bold_font, small_font

COMPACT_BELOW_LINES = 43
"""Stacks narrower than this many line heights have label and value above each other, to leave room for the
histograms."""
NARROW_BELOW_LINES = 32
"""Narrower than this, as where two stand beside each other, long names are cut and only the forward side has
a statistic: its signal."""


class Span(NamedTuple):
    """An interval across the panel."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    def contains(self, x: float) -> bool:
        """Whether `x` lies in it."""
        return self.left <= x < self.right


@dataclass(frozen=True)
class StackGeometry:
    """The layout of rows of one size."""

    row_height: int
    layer: Span
    handle_width: float
    forward: Span
    forward_text: Span
    backward: Span
    backward_text: Span
    """Without width where there is no room for it."""
    compact: bool
    """Whether statistics are written as a label above its value instead of beside it."""
    label_width: float
    """Width of the labels of the statistics, where they stand beside the values."""
    line_height: float
    """Of secondary text."""
    top: float
    """Where the tallest bar begins, from the top of the row."""
    baseline: float
    """Where the bars stand."""

    @property
    def n_statistics(self) -> int:
        """Number of statistics that fit on a row."""
        return 1 if self.compact else max(1, int((self.row_height - 2) / self.line_height))


def smallest_row_height(font: QFont) -> int:
    """Return the height below which rows scroll instead of shrinking: 38 pixels at the usual text size."""
    return max(38, math.ceil(2.7 * QFontMetricsF(font).height()))


def row_height_for(font: QFont, n_rows: int, height: int) -> int:
    """Return the height of each of `n_rows` rows that share `height`, within what is good to read."""
    smallest = smallest_row_height(font)
    return min(max(smallest, height // max(1, n_rows)), 3 * smallest)


def arrange(font: QFont, width: int, row_height: int) -> StackGeometry:
    """Return the layout of rows of the given size in device-independent pixels."""
    small = QFontMetricsF(small_font(font))
    bold_small = QFontMetricsF(bold_font(small_font(font)))
    gap = 1.5 * SPACING
    handle_width = 2.5 * SPACING
    compact = width < COMPACT_BELOW_LINES * QFontMetricsF(font).height()
    narrow = width < NARROW_BELOW_LINES * QFontMetricsF(font).height()
    if narrow:
        handle_width, gap = 2.0 * SPACING, float(SPACING)

    head = QFontMetricsF(bold_font(font)).horizontalAdvance(row_name("head", LayerShape(0, N_CLASSES, 0)))
    if narrow:
        head = QFontMetricsF(bold_font(font)).horizontalAdvance(row_name("dense", LayerShape(0, 1_000, 0)))
        sigmoid = QFontMetricsF(font).horizontalAdvance(kind_name("sigmoid"))
        head = max(head, sigmoid + SPACING + sign_width(small))
    widest = handle_width + small.horizontalAdvance("1,024 → 1,024 · 1,049,600 parameters")
    layer_width = min(max(handle_width + head, 0.22 * width), widest)

    label_width = (
        max(bold_small.horizontalAdvance(label) for label in statistic_labels().values()) + SPACING * 0.75
    )
    value_width = bold_small.horizontalAdvance("−8.8e−10")
    forward_text = value_width if compact else label_width + value_width
    backward_text = 0.0 if narrow else forward_text
    taken = layer_width + forward_text + backward_text + (3 if narrow else 4) * gap + SPACING
    plot_width = max(1.0, (width - taken) / 2)

    spans = []
    left = layer_width + gap
    for span_width in (plot_width, forward_text, plot_width, backward_text):
        spans.append(Span(left, span_width))
        left += span_width + gap
    return StackGeometry(
        row_height=row_height,
        layer=Span(0, layer_width),
        handle_width=handle_width,
        forward=spans[0],
        forward_text=spans[1],
        backward=spans[2],
        backward_text=spans[3],
        compact=compact,
        label_width=label_width,
        line_height=small.height(),
        top=float(max(4, round(row_height * 0.08))),
        baseline=float(row_height - math.ceil(small.height()) - 1),
    )
