"""The legend of a plot, which is its readout too: each kind of line with its sample, its name and its value.

Samples differ in shape, not only in colour. It draws what it is told and computes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.curves.marks import SMOOTHED_WIDTH, blended, draw_subset_mark, draw_test_mark
from bnstudio.gui.text_cache import TextCache
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_SAMPLE_WIDTH = 22
_GAP = 6


class Sample(Enum):
    """The kinds of line."""

    SMOOTHED = "smoothed"
    RAW = "raw"
    TEST = "test"
    SUBSET = "subset"


@dataclass(frozen=True)
class LegendEntry:
    """One line of the plot."""

    sample: Sample
    name: str
    value: str
    note: str = ""
    """Behind the value, quieter."""


class CurveLegend(QWidget):
    """A heading, which says what step the values are of, and the entries in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = ""
        self._entries: Sequence[LegendEntry] = ()
        self._colour = theme_of(self).series[0]
        self._evaluation_colour = theme_of(self).text
        self._samples: dict[object, QPixmap] = {}
        self._set_fonts()
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)  # so that the card behind need not be painted with every change
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_entries(
        self, heading: str, entries: Sequence[LegendEntry], colour: str, evaluation_colour: str
    ) -> None:
        """Show these; costs nothing when they are shown already."""
        if (heading, entries, colour) != (self._heading, self._entries, self._colour):
            self._heading, self._entries = heading, entries
            self._colour, self._evaluation_colour = colour, evaluation_colour
            self.update()

    @property
    def text(self) -> str:
        """All that is written, for tests and for people who do not see it."""
        lines = [f"{entry.name} {entry.value} {entry.note}".strip() for entry in self._entries]
        return "\n".join([self._heading, *lines])

    def sizeHint(self) -> QSize:
        """Override: three lines."""
        return QSize(240, math.ceil(3 * self._texts.metrics.lineSpacing() + 4))

    def minimumSizeHint(self) -> QSize:
        """Override: as high as the hint."""
        return QSize(160, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Override: the texts follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._set_fonts()
            self.updateGeometry()

    def _set_fonts(self) -> None:
        self._texts = TextCache(small_font(self.font()))
        self._values = TextCache(bold_font(self._texts.font))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: text and samples."""
        theme = theme_of(self)
        muted, strong = QColor(theme.muted), QColor(theme.text)
        texts, values = self._texts, self._values
        line = texts.metrics.lineSpacing()
        entries = self._fitting(self._entries)
        first_width, second_width = self._column_widths(entries)
        # The second column begins in the middle or, where it needs more, as far left as the first allows.
        half = (self.width() + SPACING) / 2
        second = min(half, max(first_width + SPACING, self.width() - second_width))
        with QPainter(self) as painter:
            painter.setPen(muted)
            painter.setFont(texts.font)
            heading = self._heading
            if texts.width(heading) > self.width():
                heading = texts.metrics.elidedText(heading, Qt.TextElideMode.ElideRight, self.width())
            painter.drawStaticText(QPointF(0, 0), texts.static_text(heading))
            for i, entry in enumerate(entries):
                column, row = divmod(i, 2)
                left, top = column * second, (row + 1) * line + 3
                right = self.width() if column else second - SPACING
                painter.drawPixmap(QPointF(left, top), self._sample(entry.sample, line))
                x = left + _SAMPLE_WIDTH + _GAP
                # A number is never cut: where there is no room, its name is.
                name, room = entry.name, max(0.0, right - x - values.width(entry.value))
                if texts.width(name) > room:
                    name = texts.metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
                value_x = x + texts.width(name) + _GAP
                note_x = value_x + values.width(entry.value) + _GAP
                painter.setPen(muted)
                painter.setFont(texts.font)
                painter.drawStaticText(QPointF(x, top), texts.static_text(name))
                painter.drawStaticText(QPointF(note_x, top), texts.static_text(entry.note))
                painter.setPen(strong)
                painter.setFont(values.font)
                painter.drawStaticText(QPointF(value_x, top), values.static_text(entry.value))

    def _fitting(self, entries: Sequence[LegendEntry]) -> Sequence[LegendEntry]:
        """Return the entries, without their notes where both columns would not fit."""
        if sum(self._column_widths(entries)) + SPACING <= self.width():
            return entries
        return [replace(entry, note="") for entry in entries]

    def _column_widths(self, entries: Sequence[LegendEntry]) -> tuple[float, float]:
        widths = []
        for entry in entries:
            words = self._texts.width(entry.name) + self._values.width(entry.value)
            note = _GAP + self._texts.width(entry.note) if entry.note else 0.0
            widths.append(_SAMPLE_WIDTH + 2 * _GAP + words + note)
        return max(widths[:2], default=0.0), max(widths[2:], default=0.0)

    def _sample(self, sample: Sample, height: float) -> QPixmap:
        """Return the picture of a sample, drawn once."""
        ratio = self.devicePixelRatioF()
        key = (sample, height, ratio, self._colour, self._evaluation_colour, theme_of(self))
        picture = self._samples.get(key)
        if picture is None:
            picture = self._samples[key] = QPixmap(
                math.ceil(_SAMPLE_WIDTH * ratio) + 1, math.ceil(height * ratio)
            )
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                self._draw_sample(painter, sample, QRectF(0, 0, _SAMPLE_WIDTH, height))
        return picture

    def _draw_sample(self, painter: QPainter, sample: Sample, rect: QRectF) -> None:
        theme = theme_of(self)
        left, right, centre = rect.left(), rect.right(), rect.center()
        y = round(centre.y())
        colour, ink, panel = QColor(self._colour), QColor(self._evaluation_colour), QColor(theme.panel)
        if sample is Sample.SMOOTHED:
            painter.setPen(QPen(colour, SMOOTHED_WIDTH))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
        elif sample is Sample.RAW:
            painter.setPen(QPen(blended(self._colour, theme.panel, 0.45), 1))
            heights = (0, 3, -2, 1, -4, 2, -1, 4, -3, 1, -2, 0)
            painter.drawPolyline([QPointF(left + 2 * i, y - height) for i, height in enumerate(heights)])
        elif sample is Sample.TEST:
            painter.setPen(QPen(blended(self._evaluation_colour, theme.panel, 0.55), 1))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            draw_test_mark(painter, QPointF(centre.x(), y), ink, panel)
        else:
            faint = blended(self._evaluation_colour, theme.panel, 0.55)
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            draw_subset_mark(painter, QPointF(centre.x(), y), faint, panel)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
