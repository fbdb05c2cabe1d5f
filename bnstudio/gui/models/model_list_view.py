"""The view of the list of models: rows are selected and renamed, and their curves shown or hidden.

The current row is the selected model's, but for while Ctrl and the arrows or the right mouse button look at
another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QRegion
from PySide6.QtWidgets import QAbstractItemView, QFrame, QSizePolicy, QWidget

from bnstudio.gui.models.model_delegate import ModelDelegate
from bnstudio.gui.models.row_geometry import RowGeometry
from bnstudio.gui.movable_rows_view import MovableRowsView
from bnstudio.gui.theme import theme_of

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtGui import (
        QPaintEvent,
        QResizeEvent,
    )

    from bnstudio.gui.models.model_list import ModelList

    AnyIndex = QModelIndex | QPersistentModelIndex

_KEEPS_CURRENT = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
"""Why the focus goes for a while only: a context menu, another window, the editor of a name."""


class ModelListView(MovableRowsView):
    """Shows a ModelList."""

    geometry_changed = Signal()
    """The columns have moved: what stands above them should follow."""
    message_raised = Signal(str)
    """Why a key did nothing."""

    def __init__(self, model: ModelList, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._model = model
        self._pressed_eye = False
        self.row_geometry = self._measure()
        self._delegate = ModelDelegate(self, model, self.row_geometry)
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.setAccessibleName(self.tr("Models"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        model.selection_settled.connect(self._show_selected)
        model.numbers_changed.connect(self._on_numbers_changed)
        for rows_changed in (model.modelReset, model.dataChanged):
            rows_changed.connect(self._on_rows_changed)
        self._show_selected(model.selected)

    # Which row is selected, and which is current

    def current_row(self) -> int:
        """Return the row that the keyboard is at; the selected one where it is at none."""
        row = self.currentIndex().row()
        return row if row >= 0 else self._model.selected

    def selectionCommand(
        self, index: AnyIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Override: one model is selected always; the right button selects none, its menu is about a row."""
        is_right = isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.RightButton
        if is_right or not index.isValid():
            return QItemSelectionModel.SelectionFlag.NoUpdate
        return QItemSelectionModel.SelectionFlag.ClearAndSelect

    def _on_selection_changed(self) -> None:
        rows = [index.row() for index in self.selectedIndexes()]
        if rows and rows[0] != self._model.selected:
            self._model.select(rows[0])

    def _show_selected(self, row: int) -> None:
        self.setCurrentIndex(self._model.index(row))
        self.scrollTo(self.currentIndex())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Override: whoever comes back, or uses a button, finds the selected row."""
        super().focusOutEvent(event)
        if event.reason() not in _KEEPS_CURRENT:
            self._show_selected(self._model.selected)

    # Size

    def sizeHint(self) -> QSize:
        """Override: all rows."""
        return QSize(self.row_geometry.width, self.row_geometry.tops[-1])

    def minimumSizeHint(self) -> QSize:
        """Override: two rows; others are scrolled to."""
        n_rows = min(2, self._model.rowCount())
        return QSize(self.row_geometry.width, n_rows * self.row_geometry.row_height(has_late_line=False))

    def _measure(self) -> RowGeometry:
        titles = (self.tr("loss"), self.tr("accuracy"), self.tr("rate"))
        rows = range(self._model.rowCount())
        rates = tuple(self._model.rate(row) for row in rows)
        late = tuple(bool(self._model.text(row).late) for row in rows)
        return RowGeometry(self.font(), titles, rates, late)

    def _on_rows_changed(self) -> None:
        self._delegate.geometry = self.row_geometry = self._measure()
        self.scheduleDelayedItemsLayout()
        self.updateGeometry()
        self.viewport().update()
        self.geometry_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the rows follow the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._on_rows_changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: the columns follow the right edge."""
        super().resizeEvent(event)
        self.geometry_changed.emit()

    def _on_numbers_changed(self, rows: list[int]) -> None:
        for row in rows:
            self.viewport().update(self.row_geometry.numbers_area(self._rect(row)))

    def row_borders(self) -> list[int]:
        """Override: as the geometry has it."""
        return [top - self.verticalOffset() for top in self.row_geometry.tops]

    def _rect(self, row: int) -> QRect:
        # As `visualRect`, but that asks the model and the delegate about every row, ten times a second.
        return self.row_geometry.row(row, self.viewport().width()).translated(0, -self.verticalOffset())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: only numbers, where only they have changed."""
        if not self._paint_numbers_alone(event.region()):
            super().paintEvent(event)
        with QPainter(self.viewport()) as painter:
            self.paint_drop_line(painter)

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        """Override: the selected model is dragged."""
        index = self._model.index(self._model.selected)
        if self._model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled:
            self.drag([index], self.visualRect(index))

    def _paint_numbers_alone(self, region: QRegion) -> bool:
        """Paint the rows' numbers if `region` holds nothing else; this is done ten times a second."""
        rects = {row: self._rect(row) for row in range(self._model.rowCount())}
        numbers = QRegion()
        for rect in rects.values():
            numbers += self.row_geometry.numbers_area(rect)
        if not region.subtracted(numbers).isEmpty():
            return False
        theme = theme_of(self)
        with QPainter(self.viewport()) as painter:
            for row, rect in rects.items():
                if region.intersects(rect):
                    self._delegate.paint_numbers_area(painter, rect, row, theme)
        return True

    # Keys and the mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Enter renames, Ctrl and an arrow look at another row without selecting it."""
        key, modifiers = event.key(), event.modifiers()
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Space and not modifiers:
            # Where it shows or hides curves an action has taken it. Here the window must not train on it.
            self.message_raised.emit(
                self.tr(
                    "The curves of the selected model are always shown. Ctrl+Up and Ctrl+Down go to another."
                )
            )
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_row(self.current_row())
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and modifiers & Qt.KeyboardModifier.ControlModifier:
            self._go_to(self.current_row() + (1 if key == Qt.Key.Key_Down else -1))
        else:
            super().keyPressEvent(event)

    def _go_to(self, row: int) -> None:
        if 0 <= row < self._model.rowCount():
            index = self._model.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: the eye does not select."""
        self._pressed_eye = event.button() == Qt.MouseButton.LeftButton and self._toggle_at(event.position())
        if not self._pressed_eye:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Override: two clicks on the eye are two, not one and a name to edit."""
        self._pressed_eye = event.button() == Qt.MouseButton.LeftButton and self._toggle_at(event.position())
        if not self._pressed_eye:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: what was pressed on an eye drags nothing."""
        if not self._pressed_eye:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: nor does it select when it is let go."""
        if not self._pressed_eye:
            super().mouseReleaseEvent(event)
        self._pressed_eye = False

    def _toggle_at(self, position: QPointF) -> bool:
        """Show or hide the curves of the model whose eye is at `position`; whether there is one."""
        index = self.indexAt(position.toPoint())
        if not index.isValid() or not self._model.flags(index) & Qt.ItemFlag.ItemIsUserCheckable:
            return False
        if not self.row_geometry.eye_button(self.visualRect(index)).contains(position.toPoint()):
            return False
        self._model.toggle_visible(index.row())
        return True
