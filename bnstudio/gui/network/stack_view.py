"""The view of the stack: a list of layers whose rows carry their histograms.

Layer names come from the delegate; all histograms are painted here in one pass, and between two frames only
their region is painted anew. Rows are selected, dragged and edited as in any list. Beside another stack rows
leave gaps between them, so where a row stands is always asked of `slots`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QElapsedTimer,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QAbstractItemView, QFrame, QWidget

from bnstudio.gui.movable_rows_view import MovableRowsView
from bnstudio.gui.network.alignment import unaligned
from bnstudio.gui.network.example_marks import ExampleMarks, example_explanation
from bnstudio.gui.network.health_text import health_tip
from bnstudio.gui.network.histogram_painter import HistogramPainter
from bnstudio.gui.network.reading_painter import ReadingPainter
from bnstudio.gui.network.reading_text import (
    backward_explanation,
    bin_tip,
    forward_explanation,
    statistics_tip,
)
from bnstudio.gui.network.reveal import RevealPainter
from bnstudio.gui.network.stack_delegate import StackDelegate
from bnstudio.gui.network.stack_geometry import arrange, row_height_for
from bnstudio.gui.pixel_ratio import pixel_ratio
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import (
        QFocusEvent,
        QResizeEvent,
    )

    from bnstudio.gui.network.alignment import Slots
    from bnstudio.gui.network.reveal import Reveal
    from bnstudio.gui.network.stack_geometry import StackGeometry
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.training.health import Condition


TEXT_INTERVAL_MS = 90
"""Between two changes of what is written on the rows; the histograms change with every frame."""


class StackView(MovableRowsView):
    """Shows a StackModel."""

    geometry_changed = Signal()
    """The columns have moved: what stands above them should follow."""
    focused = Signal()
    """The keyboard's focus has come here."""

    def __init__(self, model: StackModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._model = model
        self._histograms = HistogramPainter()
        self._example_marks = ExampleMarks()
        self._example: Sequence[NDArray[np.floating]] | None = None
        self._texts = ReadingPainter()
        self._histograms_stale = True
        self._texts_stale = True
        self._drawn: object = None
        self._since_texts = QElapsedTimer()
        self._text_timer = QTimer(self, singleShot=True, interval=TEXT_INTERVAL_MS)
        self._text_timer.timeout.connect(self._refresh_texts)
        self._slots = unaligned(model.rowCount())
        self._reveal: Reveal | None = None
        self._row_before_reset = 0
        self._delegate = StackDelegate(self, self.tip_at)
        self.stack_geometry = arrange(self.font(), 600, 44)
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.setAccessibleName(self.tr("Layer stack"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        model.readings_changed.connect(self._on_readings_changed)
        model.health_changed.connect(self._on_health_changed)
        model.rows_settled.connect(self.select_rows)
        model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        model.modelReset.connect(self._on_reset)
        for rows_changed in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.dataChanged):
            rows_changed.connect(self._on_rows_changed)
        self.setCurrentIndex(model.index(0))

    # Which rows are selected

    def selected_rows(self) -> tuple[int, int]:
        """Return the first and last selected row; the current one where none is selected."""
        rows = [index.row() for index in self.selectedIndexes()] or [max(0, self.currentIndex().row())]
        return min(rows), max(rows)

    def select_rows(self, first: int, last: int) -> None:
        """Select rows `first` to `last`, make the first current and bring them into view."""
        top, bottom = self._model.index(first), self._model.index(last)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(top, flags.NoUpdate)
        self.selectionModel().select(QItemSelection(top, bottom), flags.ClearAndSelect)
        self.scrollTo(bottom)
        self.scrollTo(top)

    # Geometry

    @property
    def slots(self) -> Slots:
        """Where the rows stand; while the rows are changing, without gaps."""
        n_rows = self._model.rowCount()
        return self._slots if len(self._slots.of_rows) == n_rows else unaligned(n_rows)

    def set_slots(self, slots: Slots) -> None:
        """Leave gaps between the rows."""
        if slots != self._slots:
            self._slots = slots
            self._arrange()
            self.scheduleDelayedItemsLayout()

    def _arrange(self) -> None:
        viewport = self.viewport().size()
        self._delegate.slots = self.slots
        height = row_height_for(self.font(), self.slots.n_slots, viewport.height())
        geometry = arrange(self.font(), viewport.width(), height)
        self._histograms_stale = self._texts_stale = True
        if geometry != self.stack_geometry or self._delegate.geometry is None:
            self.stack_geometry = self._delegate.geometry = geometry
            self.scheduleDelayedItemsLayout()
            self.geometry_changed.emit()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: rows share the height."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the layout follows the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()

    def _on_rows_changed(self) -> None:
        self._arrange()

    def _on_about_to_be_reset(self) -> None:
        self._row_before_reset = max(0, self.currentIndex().row())

    def _on_reset(self) -> None:
        row = min(self._row_before_reset, self._model.rowCount() - 1)
        self.setCurrentIndex(self._model.index(row))
        self._arrange()

    def _on_readings_changed(self) -> None:
        self._histograms_stale = True
        live = self._model.readings is not None and self._since_texts.isValid()
        if live and self._since_texts.elapsed() < TEXT_INTERVAL_MS:
            self._text_timer.start()  # in case that no later readings bring them up to date
            self.viewport().update(self._plots())
        else:
            self._refresh_texts()

    def _refresh_texts(self) -> None:
        """Bring the texts up to the histograms; nobody reads faster than this, and they cost the most."""
        self._texts_stale = True
        self._text_timer.stop()
        self._since_texts.start()
        left = int(self.stack_geometry.forward.left) - SPACING
        self.viewport().update(left, 0, self.viewport().width() - left, self.viewport().height())

    def _on_health_changed(self) -> None:
        self.viewport().update(0, 0, int(self.stack_geometry.layer.right) + 1, self.viewport().height())

    def _plots(self) -> QRegion:
        """Return where the histograms of the visible rows are, without the labels under their axes."""
        first, end = self._visible_rows(self.viewport().rect())
        plots = _plots(self.stack_geometry, self.slots.of_rows[first:end])
        return plots.translated(0, -self.verticalOffset())

    def _visible_rows(self, area: QRect) -> tuple[int, int]:
        """Return the first row in a part of the viewport, and the one after the last."""
        height, offset = self.stack_geometry.row_height, self.verticalOffset()
        first = max(0, (area.top() + offset) // height)
        return self.slots.rows_between(first, (area.bottom() + offset) // height + 1)

    def row_at(self, y: float) -> int | None:
        """Return the row at height `y` of the viewport, or None in a gap and below the last."""
        return self.slots.row_at(int((y + self.verticalOffset()) // self.stack_geometry.row_height))

    def _top_of(self, row: int) -> int:
        """Return where `row` begins in the viewport."""
        return self.slots.of_rows[row] * self.stack_geometry.row_height - self.verticalOffset()

    # Painting

    def set_example(self, values: Sequence[NDArray[np.floating]] | None) -> None:
        """Mark the forward values of one example, an array for each row, on the histograms; None ends it."""
        if values is not self._example:
            self._example = values
            self._histograms_stale = True
            self.viewport().update(self._plots())

    def set_reveal(self, reveal: Reveal | None) -> None:
        """Show how far a step has come, with the row that it has reached in view; None shows all rows."""
        if reveal == self._reveal:
            return
        self._reveal = reveal
        row = None if reveal is None or reveal.lit is None else self.slots.row_at(reveal.lit)
        if row is not None:
            self.scrollTo(self._model.index(row))
        self.viewport().update()

    def _paint_reveal(self, painter: QPainter) -> None:
        if self._reveal is None:
            return
        first, end = self._visible_rows(self.viewport().rect())
        painter.translate(0, -self.verticalOffset())
        selected = {self.slots.of_rows[index.row()] for index in self.selectedIndexes()}
        reveal_painter = RevealPainter(self._reveal, self.stack_geometry, theme_of(self))
        reveal_painter.paint(painter, self.slots.of_rows[first:end], selected)
        painter.translate(0, self.verticalOffset())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: layers by the delegate, histograms in one pass."""
        geometry = self.stack_geometry
        viewport = self.viewport()
        area = event.rect()
        first, end = self._visible_rows(area)
        layers = QRect(0, 0, int(geometry.forward.left) - SPACING, viewport.height())
        texts = QRect(int(geometry.forward_text.left), 0, int(geometry.forward_text.width), viewport.height())
        with_texts = event.region().intersects(texts)
        with QPainter(viewport) as painter:
            self._paint_selection(painter)
            if with_texts or area.intersects(layers):
                self._paint_lines(painter, first, end - 1)
        if area.intersects(layers):
            super().paintEvent(QPaintEvent(event.region().intersected(QRegion(layers))))
        with QPainter(viewport) as painter:
            if area.right() >= layers.right():
                self._paint_readings(painter, with_texts)
            self._paint_reveal(painter)
            self._paint_hint(painter)
            self.paint_drop_line(painter)

    def _paint_selection(self, painter: QPainter) -> None:
        colour = QColor(theme_of(self).selection)
        width, height = self.viewport().width(), self.stack_geometry.row_height
        for rows in self.selectionModel().selection().toList():
            for row in range(rows.top(), rows.bottom() + 1):
                painter.fillRect(0, self._top_of(row), width, height, colour)

    def _paint_lines(self, painter: QPainter, first: int, last: int) -> None:
        """Paint the line above each block, and the current row's frame. No histogram reaches into either."""
        theme = theme_of(self)
        width, height = self.viewport().width(), self.stack_geometry.row_height
        for row in range(first, last + 1):
            if row > 0 and self._model.row(row).kind in ("dense", "head"):
                painter.fillRect(0, self._top_of(row), width, 1, QColor(theme.border))
        current = self.currentIndex().row()
        if self.hasFocus() and first <= current <= last:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(1, self._top_of(current) + 1, width - 2, height - 2)
            painter.drawRoundedRect(frame, SPACING / 2, SPACING / 2)

    def _paint_readings(self, painter: QPainter, with_texts: bool) -> None:
        theme, geometry = theme_of(self), self.stack_geometry
        readings, slots = self._model.readings, self.slots.of_rows
        first, end = rows = self._visible_rows(self.viewport().rect())
        ratio = pixel_ratio(painter)
        drawn = (rows, slots, geometry, theme, ratio)
        if self._histograms_stale or self._drawn != drawn:
            self._histograms.lay_out(readings, rows, slots, geometry, device_pixel_ratio=ratio, theme=theme)
            self._example_marks.lay_out(self._example, readings, slots, geometry, theme)
            self._histograms_stale, self._drawn = False, drawn
        if self._texts_stale:
            self._texts.lay_out(readings, slots, geometry, self.font())
            self._texts_stale = False
        background = QColor(theme.panel)
        painter.translate(0, -self.verticalOffset())
        self._histograms.paint(painter, background)
        self._example_marks.paint(painter, first, end - 1)
        self._texts.paint_marks(painter, theme, background, first, end - 1)
        if with_texts:
            self._texts.paint(painter, theme, first, end - 1)
        painter.translate(0, self.verticalOffset())

    def _paint_hint(self, painter: QPainter) -> None:
        if self._model.n_hidden:
            return
        top = self.stack_geometry.row_height
        free = self.viewport().rect().adjusted(4 * SPACING, top, -4 * SPACING, 0)
        painter.setFont(self.font())
        painter.setPen(QColor(theme_of(self).muted))
        painter.drawText(
            free,
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            self.tr("No hidden layers yet. Add the first one below."),
        )

    # Keys and hovering

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Override: tells of it."""
        super().focusInEvent(event)
        self.focused.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Enter edits the units; Space has no use here and is the window's."""
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            event.ignore()
            return
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.state() != QAbstractItemView.State.EditingState:
            index = self.currentIndex()
            if self._model.flags(index) & Qt.ItemFlag.ItemIsEditable:
                self.edit(index)
                return
        super().keyPressEvent(event)

    def tip_at(self, x: float, y: float) -> str:
        """Return what is to be said of the place at (x, y) of the viewport."""
        row = self.row_at(y)
        if row is None:
            return ""
        geometry, readings = self.stack_geometry, self._model.readings
        if (sign := self.sign_at(x, y)) is not None and self._model.health is not None:
            return health_tip(self._model.health, *sign)
        if x < geometry.forward.left - SPACING:
            return str(self._model.data(self._model.index(row), Qt.ItemDataRole.ToolTipRole))
        is_forward = x < geometry.backward.left - SPACING / 2
        explanation = forward_explanation() if is_forward else backward_explanation()
        if readings is None:
            return explanation + "\n\n" + self.tr("Nothing has been measured yet: train or step.")
        reading = readings[row].forward if is_forward else readings[row].backward
        plot = geometry.forward if is_forward else geometry.backward
        parts = [self._model.row(row).name, statistics_tip(reading), explanation]
        if is_forward and self._example is not None:
            parts.append(example_explanation())
        if plot.contains(x):
            n_bins = len(reading.histogram.counts)
            bin_index = int((x - plot.left) / plot.width * n_bins)
            parts.insert(1, bin_tip(reading, bin_index))
        return "\n\n".join(parts)

    def sign_at(self, x: float, y: float) -> tuple[int, Condition] | None:
        """Return the row and the condition of the sign at (x, y) of the viewport; None where none is."""
        row = self.row_at(y) if x < self.stack_geometry.layer.right else None
        layout = None if row is None else self._delegate.layout_of(row, self._model)
        if row is None or layout is None:
            return None
        place = QPointF(x, y - self._top_of(row))
        return next(((row, sign.condition) for sign in layout.signs if sign.rect.contains(place)), None)

    # Dragging

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        """Override: the selected rows are dragged, the head excepted."""
        first, last = self.selected_rows()
        last = min(last, self._model.n_hidden - 1)
        if first <= last:
            top, bottom = self._top_of(first), self._top_of(last) + self.stack_geometry.row_height
            rows = QRect(0, top, int(self.stack_geometry.forward.left), bottom - top)
            self.drag([self._model.index(row) for row in range(first, last + 1)], rows)

    def row_borders(self) -> list[int]:
        """Override: above each row, never below the head."""
        return [self._top_of(row) for row in range(self._model.rowCount())]


@lru_cache(maxsize=4)  # asked for with every frame
def _plots(geometry: StackGeometry, slots: tuple[int, ...]) -> QRegion:
    """Return where the histograms in `slots` are: below the lines between rows and the focus frame."""
    region = QRegion()
    for span in (geometry.forward, geometry.backward):
        for slot in slots:
            top, height = int(geometry.top), int(geometry.baseline) - int(geometry.top)
            region += QRect(int(span.left) - 1, slot * geometry.row_height + top, int(span.width) + 3, height)
    return region
