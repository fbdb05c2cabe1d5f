"""Where the rows of a stack stand in the viewport: from rows to pixels and back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect
from PySide6.QtGui import QRegion

if TYPE_CHECKING:
    from bnstudio.gui.network.alignment import Slots
    from bnstudio.gui.network.stack_geometry import StackGeometry


class RowPlaces(NamedTuple):
    """The rows of a stack with the gaps between them, scrolled."""

    slots: Slots
    geometry: StackGeometry
    offset: int
    """How far the rows are scrolled up."""

    def top_of(self, row: int) -> int:
        """Return where `row` begins."""
        return self.slots.of_rows[row] * self.geometry.row_height - self.offset

    def row_at(self, y: float) -> int | None:
        """Return the row at height `y`, or None in a gap and below the last."""
        return self.slots.row_at(int((y + self.offset) // self.geometry.row_height))

    def rows_in(self, area: QRect) -> tuple[int, int]:
        """Return the first row in a part of the viewport, and the one after the last."""
        height = self.geometry.row_height
        first = max(0, (area.top() + self.offset) // height)
        return self.slots.rows_between(first, (area.bottom() + self.offset) // height + 1)

    def plots_in(self, area: QRect) -> QRegion:
        """Return where the histograms of the rows in `area` are, without the labels under their axes."""
        first, end = self.rows_in(area)
        return _plots(self.geometry, self.slots.of_rows[first:end]).translated(0, -self.offset)


@lru_cache(maxsize=4)  # asked for with every frame
def _plots(geometry: StackGeometry, slots: tuple[int, ...]) -> QRegion:
    """Return where the histograms in `slots` are: below the lines between rows and the focus frame."""
    region = QRegion()
    for span in (geometry.forward, geometry.backward):
        for slot in slots:
            top, height = int(geometry.top), int(geometry.baseline) - int(geometry.top)
            region += QRect(int(span.left) - 1, slot * geometry.row_height + top, int(span.width) + 3, height)
    return region
