"""The legend of a plot, which is its readout too: each kind of line with its sample, its name and its value.

Samples differ in shape, not only in colour. It draws what it is told, tells what is clicked and pointed at,
and computes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.gui.curves.samples import Sample, sample_pixmap
from bnstudio.gui.pixel_ratio import pixel_ratio
from bnstudio.gui.text_cache import TextCache
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from bnstudio.gui.curves.series import Look
    from bnstudio.gui.theme import Theme

_GAP = 6
_MAX_COLUMN_WIDTH = 220.0
"""A value that stands farther from its name is hard to find."""


@dataclass(frozen=True)
class LegendEntry:
    """One line of the plot."""

    sample: Sample
    look: Look
    name: str
    value: str = ""
    note: str = ""
    """Behind the value, quieter; left out where there is no room."""
    tooltip: str = ""


@dataclass(frozen=True)
class LegendContent:
    """What a legend shows."""

    heading: str = ""
    """Says what step the values are of."""
    models: Sequence[LegendEntry] = ()
    """One for each of several models; none where one is shown."""
    lines: Sequence[LegendEntry] = ()
    """The kinds of line that the selected model has."""


@dataclass
class _Column:
    """Entries below each other, from `left` to `right`."""

    entries: Sequence[LegendEntry]
    first_row: int
    left: float = 0.0
    right: float = 0.0


class CurveLegend(QWidget):
    """A heading, the models in two columns, and the kinds of line."""

    model_clicked = Signal(str)
    """Name of the model that is to be selected."""
    model_hovered = Signal(object)
    """Name of the model that the mouse points at, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = LegendContent()
        self._hovered: str | None = None
        self._samples: dict[object, QPixmap] = {}
        self._set_fonts()
        self.setMouseTracking(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)  # so that the card behind need not be painted with every change
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_content(self, content: LegendContent) -> None:
        """Show this; costs nothing when it is shown already."""
        if content == self._content:
            return
        n_rows = self._n_rows
        self._content = content
        if self._n_rows != n_rows:
            self.updateGeometry()
        self.update()

    def show_hovered(self, name: str | None) -> None:
        """Mark the entry of the model that the mouse points at in the plot."""
        if name != self._hovered:
            self._hovered = name
            self.update()

    @property
    def text(self) -> str:
        """All that is written, for tests and for people who do not see it."""
        entries = [*self._content.models, *self._content.lines]
        return "\n".join([self._content.heading, *(_written(entry) for entry in entries)])

    def entry(self, name: str) -> LegendEntry:
        """Return the entry of the model `name`."""
        return next(entry for entry in self._content.models if entry.name == name)

    def entry_rect(self, name: str) -> QRectF:
        """Return where the entry of the model `name` stands."""
        entry = self.entry(name)
        return next(
            self._rect(column, column.entries.index(entry))
            for column in self._columns()
            if entry in column.entries
        )

    @property
    def _n_rows(self) -> int:
        """Rows below the heading."""
        n_models = len(self._content.models)
        return math.ceil(n_models / 2) + 1 if n_models else 2

    def sizeHint(self) -> QSize:
        """Override: a line for the heading and for each row."""
        return QSize(240, math.ceil((1 + self._n_rows) * self._line + (7 if self._content.models else 4)))

    def minimumSizeHint(self) -> QSize:
        """Override: as high as the hint."""
        return QSize(160, self.sizeHint().height())

    # Layout

    def _set_fonts(self) -> None:
        self._texts = TextCache(small_font(self.font()))
        self._bold = TextCache(bold_font(self._texts.font))
        self._line = self._texts.metrics.lineSpacing() + 1

    def _columns(self) -> list[_Column]:
        """Return all columns in their places."""
        content = self._content
        half = math.ceil(len(content.models) / 2)
        columns = []
        if content.models:
            # Equal halves, which stand still whatever the values are.
            width = min((self.width() - SPACING) / 2, _MAX_COLUMN_WIDTH)
            left = width + SPACING
            columns = [
                _Column(content.models[:half], 0, 0.0, width),
                _Column(content.models[half:], 0, left, left + width),
            ]
            lines = [_Column([entry], half) for entry in content.lines]
        else:
            lines = [_Column(content.lines[:2], 0), _Column(content.lines[2:], 0)]
        self._share_width(lines)
        return [*columns, *lines]

    def _share_width(self, columns: list[_Column]) -> None:
        """Let columns begin at equal distances or, where one needs more, as far left as the others allow."""
        widths = [max((self._width(entry) for entry in column.entries), default=0.0) for column in columns]
        if sum(widths) + SPACING * (len(columns) - 1) > self.width():
            for column in columns:
                column.entries = [replace(entry, note="") for entry in column.entries]
            widths = [max((self._width(entry) for entry in c.entries), default=0.0) for c in columns]
        left = 0.0
        for i, column in enumerate(columns):
            column.left = left
            needed_behind = sum(widths[i + 1 :]) + SPACING * len(widths[i + 1 :])
            equal = (self.width() + SPACING) * (i + 1) / len(columns)
            left = min(equal, max(left + widths[i] + SPACING, self.width() - needed_behind))
            column.right = left - SPACING if i + 1 < len(columns) else self.width()

    def _width(self, entry: LegendEntry) -> float:
        words = self._texts.width(entry.name) + self._bold.width(entry.value)
        note = _GAP + self._texts.width(entry.note) if entry.note else 0.0
        return entry.sample.width + 2 * _GAP + words + note

    def _rect(self, column: _Column, row: int) -> QRectF:
        # The lines of the selected model stand a little apart from the models.
        apart = 3 if self._content.models and column.first_row else 0
        top = (1 + column.first_row + row) * self._line + 3 + apart
        return QRectF(column.left, top, column.right - column.left, self._line)

    def _entry_at(self, position: QPointF) -> LegendEntry | None:
        for column in self._columns():
            for i, entry in enumerate(column.entries):
                if self._rect(column, i).contains(position):
                    return entry
        return None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: text and samples."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setPen(QColor(theme.muted))
            painter.setFont(self._texts.font)
            painter.drawText(QPointF(0, self._texts.metrics.ascent()), self._elided(self._content.heading))
            for column in self._columns():
                for i, entry in enumerate(column.entries):
                    self._draw_entry(painter, entry, self._rect(column, i), theme)

    def _elided(self, text: str) -> str:
        if self._texts.width(text) <= self.width():
            return text
        return self._texts.metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width())

    def _draw_entry(self, painter: QPainter, entry: LegendEntry, rect: QRectF, theme: Theme) -> None:
        of_model = entry.sample is Sample.MODEL
        emphasised = of_model and entry.look.selected
        if of_model and (emphasised or entry.name == self._hovered):
            painter.fillRect(
                rect.adjusted(-3, 0, 3, 0), QColor(theme.selection if emphasised else theme.grid)
            )
        names = self._bold if emphasised else self._texts
        values = self._texts if of_model and not emphasised else self._bold
        painter.drawPixmap(rect.topLeft(), self._sample(entry, rect.height(), theme, pixel_ratio(painter)))
        x, baseline = rect.left() + entry.sample.width + _GAP, rect.top() + self._texts.metrics.ascent()
        # A number is never cut: where there is no room, its name is.
        value_width = values.metrics.horizontalAdvance(entry.value)
        note_width = _GAP + self._texts.width(entry.note) if entry.note else 0.0
        name, room = entry.name, max(0.0, rect.right() - x - value_width - _GAP)
        if of_model and names.width(name) + note_width > room:
            note_width = 0.0
        if names.width(name) > room:
            name = names.metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        # The values of models stand below each other at the right, those of lines behind their names.
        value_x = rect.right() - value_width - note_width if of_model else x + names.width(name) + _GAP
        painter.setPen(QColor(theme.text if of_model else theme.muted))
        painter.setFont(names.font)
        painter.drawText(QPointF(x, baseline), name)
        painter.setPen(QColor(theme.text))
        painter.setFont(values.font)
        painter.drawText(QPointF(value_x, baseline), entry.value)
        if note_width:
            painter.setPen(QColor(theme.muted))
            painter.setFont(self._texts.font)
            painter.drawText(QPointF(value_x + value_width + _GAP, baseline), entry.note)

    def _sample(self, entry: LegendEntry, height: float, theme: Theme, ratio: float) -> QPixmap:
        """Return the picture of a sample, drawn once."""
        key = (entry.sample, entry.look, theme, height, ratio)
        pixmap = self._samples.get(key)
        if pixmap is None:
            pixmap = self._samples[key] = sample_pixmap(*key)
        return pixmap

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the model under the mouse is told of."""
        entry = self._entry_at(event.position())
        self._point_at(entry if entry is not None and entry.sample is Sample.MODEL else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Override: no model is under the mouse any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: a click on a model's entry selects it."""
        entry = self._entry_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and entry is not None and entry.sample is Sample.MODEL:
            self.model_clicked.emit(entry.name)
        else:
            super().mousePressEvent(event)

    def _point_at(self, entry: LegendEntry | None) -> None:
        name = None if entry is None else entry.name
        if entry is None or entry.look.selected:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        if name != self._hovered:
            self.show_hovered(name)
            self.model_hovered.emit(name)

    def event(self, event: QEvent) -> bool:
        """Override: a model's entry has its own tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            entry = self._entry_at(QPointF(event.pos()))
            if entry is not None and entry.tooltip:
                QToolTip.showText(event.globalPos(), entry.tooltip, self)
                return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Override: the texts follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._set_fonts()
            self.updateGeometry()


def _written(entry: LegendEntry) -> str:
    return f"{entry.name} {entry.value} {entry.note}".strip()
