"""Paints the rows of a stack across all columns; the layer in the first one is the delegate's.

Histograms are laid out anew where anything that they show is another; texts where they have been renewed, as
nobody reads faster than that, and they cost the most. Which part of the view to paint, the view decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from bnstudio.gui.network.example_marks import ExampleMarks
from bnstudio.gui.network.histogram_painter import HistogramPainter
from bnstudio.gui.network.reading_painter import ReadingPainter
from bnstudio.gui.network.reveal import RevealPainter
from bnstudio.gui.pixel_ratio import pixel_ratio
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtWidgets import QListView

    from bnstudio.gui.network.reveal import Reveal
    from bnstudio.gui.network.row_places import RowPlaces
    from bnstudio.gui.network.stack_model import StackModel


class StackPainting:
    """What is seen on the rows of `model` in `view`, whose selection, focus, font and palette it follows."""

    def __init__(self, view: QListView, model: StackModel) -> None:
        self._view, self._model = view, model
        self.example: Sequence[NDArray[np.floating]] | None = None
        """The forward values of one example that are marked, an array for each row."""
        self.reveal: Reveal | None = None
        """How far a step has come, where that is shown."""
        self._histograms = HistogramPainter()
        self._example_marks = ExampleMarks()
        self._texts = ReadingPainter()
        self._text_readings = model.readings
        self._drawn: object = None
        self._marked: object = None
        self._written: object = None

    def renew_texts(self) -> None:
        """Write of the readings that there are now, until the next time."""
        self._text_readings = self._model.readings

    def paint_selection(self, painter: QPainter, places: RowPlaces) -> None:
        """Paint the surface of the selected rows, which all else stands on."""
        colour = QColor(theme_of(self._view).selection)
        width, height = self._view.viewport().width(), places.geometry.row_height
        for rows in self._view.selectionModel().selection().toList():
            for row in range(rows.top(), rows.bottom() + 1):
                painter.fillRect(0, places.top_of(row), width, height, colour)

    def paint_lines(self, painter: QPainter, places: RowPlaces, rows: tuple[int, int]) -> None:
        """Paint the line above each block, and the current row's frame. No histogram reaches into either."""
        theme, (first, end) = theme_of(self._view), rows
        width, height = self._view.viewport().width(), places.geometry.row_height
        for row in range(first, end):
            if row > 0 and self._model.row(row).kind in ("dense", "head"):
                painter.fillRect(0, places.top_of(row), width, 1, QColor(theme.border))
        current = self._view.currentIndex().row()
        if self._view.hasFocus() and first <= current < end:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(1, places.top_of(current) + 1, width - 2, height - 2)
            painter.drawRoundedRect(frame, SPACING / 2, SPACING / 2)

    def paint_readings(self, painter: QPainter, places: RowPlaces, *, with_texts: bool) -> None:
        """Paint the histograms in sight with the marks on them; `with_texts`, what is beside them too."""
        theme, first, end = theme_of(self._view), *places.rows_in(self._view.viewport().rect())
        self._lay_out(places, (first, end), pixel_ratio(painter))
        background = QColor(theme.panel)
        painter.translate(0, -places.offset)
        self._histograms.paint(painter, background)
        self._example_marks.paint(painter, first, end - 1)
        self._texts.paint_marks(painter, theme, background, first, end - 1)
        if with_texts:
            self._texts.paint(painter, theme, first, end - 1)
        painter.translate(0, places.offset)

    def _lay_out(self, places: RowPlaces, rows: tuple[int, int], ratio: float) -> None:
        """Work out what has changed since it was painted."""
        theme, font, readings = theme_of(self._view), self._view.font(), self._model.readings
        slots, geometry = places.slots.of_rows, places.geometry
        drawn = (readings, rows, slots, geometry, theme, ratio)
        if drawn != self._drawn or self.example is not self._marked:
            self._histograms.lay_out(readings, rows, slots, geometry, device_pixel_ratio=ratio, theme=theme)
            self._example_marks.lay_out(self.example, readings, slots, geometry, theme)
            self._drawn, self._marked = drawn, self.example
        written = (self._text_readings, slots, geometry, font)
        if written != self._written:
            self._texts.lay_out(*written)
            self._written = written

    def paint_reveal(self, painter: QPainter, places: RowPlaces) -> None:
        """Paint how far a step has come, over all rows in sight."""
        if self.reveal is None:
            return
        slots, (first, end) = places.slots.of_rows, places.rows_in(self._view.viewport().rect())
        selected = {slots[index.row()] for index in self._view.selectedIndexes()}
        painter.translate(0, -places.offset)
        RevealPainter(self.reveal, places.geometry, theme_of(self._view)).paint(
            painter, slots[first:end], selected
        )
        painter.translate(0, places.offset)

    def paint_hint(self, painter: QPainter, places: RowPlaces) -> None:
        """Say in a stack without hidden layers how it gets one."""
        if self._model.n_hidden:
            return
        free = self._view.viewport().rect()
        free.adjust(4 * SPACING, places.geometry.row_height, -4 * SPACING, 0)
        painter.setFont(self._view.font())
        painter.setPen(QColor(theme_of(self._view).muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        hint = QCoreApplication.translate("StackView", "No hidden layers yet. Add the first one below.")
        painter.drawText(free, flags, hint)
