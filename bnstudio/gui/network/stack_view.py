"""The view of the stack: a list of layers whose rows carry their histograms.

Rows are selected, dragged and edited as in any list; between two frames only the region of the histograms is
painted anew. Beside another stack rows leave gaps between them, so where a row stands is always asked of
`places`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QElapsedTimer,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPointF,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QFrame, QWidget

from bnstudio.gui.movable_rows_view import MovableRowsView
from bnstudio.gui.network.alignment import unaligned
from bnstudio.gui.network.health_text import health_description, health_tip
from bnstudio.gui.network.layer_layout import lay_out_layer
from bnstudio.gui.network.row_places import RowPlaces
from bnstudio.gui.network.row_text import histogram_tip
from bnstudio.gui.network.stack_delegate import StackDelegate
from bnstudio.gui.network.stack_geometry import arrange, row_height_for
from bnstudio.gui.network.stack_painting import StackPainting
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QFocusEvent, QResizeEvent

    from bnstudio.gui.network.alignment import Slots
    from bnstudio.gui.network.layer_layout import LayerLayout
    from bnstudio.gui.network.reveal import Reveal
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.training.health import Condition


TEXT_INTERVAL_MS = 190
"""Between two changes of what is written on the rows: five a second are as many as can be read.
The histograms change with every frame."""


class StackView(MovableRowsView):
    """Shows a StackModel."""

    geometry_changed = Signal()
    """The columns have moved: what stands above them should follow."""
    focused = Signal()
    """The keyboard's focus has come here."""

    def __init__(self, model: StackModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._model = model
        self._slots = unaligned(model.rowCount())
        self.stack_geometry = arrange(self.font(), 600, 44)
        self._painting = StackPainting(self, model)
        self._since_texts = QElapsedTimer()
        self._text_timer = QTimer(self, singleShot=True, interval=TEXT_INTERVAL_MS)
        self._text_timer.timeout.connect(self._refresh_texts)
        self._row_before_reset = 0
        self._said: list[str] | None = None
        self.setItemDelegate(StackDelegate(self))
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
            rows_changed.connect(self._arrange)
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

    # Where the rows stand

    @property
    def slots(self) -> Slots:
        """Where the rows stand among rows and gaps; while the rows are changing, without gaps."""
        n_rows = self._model.rowCount()
        return self._slots if len(self._slots.of_rows) == n_rows else unaligned(n_rows)

    @property
    def places(self) -> RowPlaces:
        """Where the rows stand in the viewport."""
        return RowPlaces(self.slots, self.stack_geometry, self.verticalOffset())

    def layout_of(self, row: int) -> LayerLayout:
        """Return what stands where in the left part of a row."""
        model = self._model
        health, has_diverged = model.layer_health(row), model.has_diverged_in(row)
        return lay_out_layer(model.row(row), health, has_diverged, self.stack_geometry, self.font())

    def set_slots(self, slots: Slots) -> None:
        """Leave gaps between the rows."""
        if slots != self._slots:
            self._slots = slots
            self._arrange()
            self.scheduleDelayedItemsLayout()

    def _arrange(self) -> None:
        viewport = self.viewport().size()
        height = row_height_for(self.font(), self.slots.n_slots, viewport.height())
        geometry = arrange(self.font(), viewport.width(), height)
        self._painting.renew_texts()
        if geometry != self.stack_geometry:
            self.stack_geometry = geometry
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

    def _on_about_to_be_reset(self) -> None:
        self._row_before_reset = max(0, self.currentIndex().row())

    def _on_reset(self) -> None:
        row = min(self._row_before_reset, self._model.rowCount() - 1)
        self.setCurrentIndex(self._model.index(row))
        self._arrange()

    # What is to be painted

    def set_example(self, values: Sequence[NDArray[np.floating]] | None) -> None:
        """Mark the forward values of one example, an array for each row, on the histograms; None ends it."""
        if values is not self._painting.example:
            self._painting.example = values
            self._update_plots()

    def set_reveal(self, reveal: Reveal | None) -> None:
        """Show how far a step has come, with the row that it has reached in view; None shows all rows."""
        if reveal == self._painting.reveal:
            return
        self._painting.reveal = reveal
        row = None if reveal is None or reveal.lit is None else self.slots.row_at(reveal.lit)
        if row is not None:
            self.scrollTo(self._model.index(row))
        self.viewport().update()

    def _on_readings_changed(self) -> None:
        live = self._model.readings is not None and self._since_texts.isValid()
        if live and self._since_texts.elapsed() < TEXT_INTERVAL_MS:
            self._text_timer.start()  # in case that no later readings bring them up to date
            self._update_plots()
        else:
            self._refresh_texts()

    def _refresh_texts(self) -> None:
        """Bring the texts up to the histograms."""
        self._painting.renew_texts()
        self._text_timer.stop()
        self._since_texts.start()
        left = int(self.stack_geometry.forward.left) - SPACING
        self.viewport().update(left, 0, self.viewport().width() - left, self.viewport().height())

    def _update_plots(self) -> None:
        self.viewport().update(self.places.plots_in(self.viewport().rect()))

    def _on_health_changed(self) -> None:
        """Paint the signs anew where one says something else: a share that is rounded rarely does."""
        health = self._model.health
        said = None if health is None else [health_description(layer) for layer in health.layers]
        if said == self._said:
            return
        self._said = said
        self.viewport().update(0, 0, int(self.stack_geometry.layer.right) + 1, self.viewport().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: layers by the delegate, histograms in one pass."""
        painting, places, viewport = self._painting, self.places, self.viewport()
        geometry, area = self.stack_geometry, event.rect()
        layers = QRect(0, 0, int(geometry.forward.left) - SPACING, viewport.height())
        texts = QRect(int(geometry.forward_text.left), 0, int(geometry.forward_text.width), viewport.height())
        with_texts = event.region().intersects(texts)
        with_layers = area.intersects(layers)
        with QPainter(viewport) as painter:
            painting.paint_selection(painter, places)
            if with_texts or with_layers:
                painting.paint_lines(painter, places, places.rows_in(area))
            if with_layers:
                painter.end()  # Qt's own painting of the rows has a painter too
                super().paintEvent(QPaintEvent(event.region().intersected(QRegion(layers))))
                painter.begin(viewport)
            if area.right() >= layers.right():
                painting.paint_readings(painter, places, with_texts=with_texts)
            painting.paint_reveal(painter, places)
            painting.paint_hint(painter, places)
            self.paint_drop_line(painter)

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
                self.edit_row(index.row())
                return
        super().keyPressEvent(event)

    def tip_at(self, x: float, y: float) -> str:
        """Return what is to be said of the place at (x, y) of the viewport."""
        model, geometry = self._model, self.stack_geometry
        row = self.places.row_at(y)
        if row is None:
            return ""
        if (sign := self.sign_at(x, y)) is not None and model.health is not None:
            return health_tip(model.health, *sign)
        if x < geometry.forward.left - SPACING:
            return str(model.data(model.index(row), Qt.ItemDataRole.ToolTipRole))
        reading = None if model.readings is None else model.readings[row]
        with_example = self._painting.example is not None
        step = model.readings_step
        return histogram_tip(model.row(row), reading, step, x, geometry, with_example=with_example)

    def sign_at(self, x: float, y: float) -> tuple[int, Condition] | None:
        """Return the row and the condition of the sign at (x, y) of the viewport; None where none is."""
        places = self.places
        row = places.row_at(y) if x < self.stack_geometry.layer.right else None
        if row is None:
            return None
        place = QPointF(x, y - places.top_of(row))
        signs = self.layout_of(row).signs
        return next(((row, sign.condition) for sign in signs if sign.rect.contains(place)), None)

    # Dragging

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        """Override: the selected rows are dragged, the head excepted."""
        first, last = self.selected_rows()
        last = min(last, self._model.n_hidden - 1)
        if first <= last:
            top, end = self.places.top_of(first), self.places.top_of(last) + self.stack_geometry.row_height
            rows = QRect(0, top, int(self.stack_geometry.forward.left), end - top)
            self.drag([self._model.index(row) for row in range(first, last + 1)], rows)

    def row_borders(self) -> list[int]:
        """Override: above each row, never below the head."""
        return [self.places.top_of(row) for row in range(self._model.rowCount())]
