"""Test images side by side, each with what the network says and what it is; one can be opened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bnstudio.gui.number_format import format_share
from bnstudio.gui.theme import SPACING, small_font, theme_of
from bnstudio.gui.try_it.digit_view import digit_image
from bnstudio.gui.try_it.drawing import SIDE

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from bnstudio.training.try_it import Confusion

    AnyIndex = QModelIndex | QPersistentModelIndex

_MAGNIFICATION = 2


class ExamplesModel(QAbstractListModel):
    """The images of a confusion, from the surest on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.confusion: Confusion | None = None

    def show_confusion(self, confusion: Confusion | None) -> None:
        """Hold the images of another confusion."""
        self.beginResetModel()
        self.confusion = confusion
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Override: one for each image."""
        if self.confusion is None or (parent is not None and parent.isValid()):
            return 0
        return len(self.confusion.indices)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Override: what is said of it and what it is, in one line; the tooltip says which image it is."""
        if self.confusion is None or not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            said, is_ = self.lines(index.row())
            return self.tr("{said}, {is_}").format(said=said, is_=is_)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            text = self.tr("Test image {number}. Click or Enter: try it.")
            return text.format(number=int(self.confusion.indices[index.row()]))
        return None

    def lines(self, row: int) -> tuple[str, str]:
        """Return what the network says of the image at `row`, and what it is."""
        assert self.confusion is not None
        said = self.tr("said {digit} ({share})").format(
            digit=int(self.confusion.predictions[row]),
            share=format_share(float(self.confusion.confidences[row])),
        )
        return said, self.tr("is {digit}").format(digit=int(self.confusion.labels[row]))


class _ExampleDelegate(QStyledItemDelegate):
    """Paints an image and two lines under it."""

    def __init__(self, view: ExamplesView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Override: the same for all."""
        metrics = QFontMetricsF(small_font(self._view.font()))
        width = max(_MAGNIFICATION * SIDE, metrics.horizontalAdvance(self.tr("said 0 (>99 %)"))) + SPACING
        return QSize(math.ceil(width), math.ceil(_MAGNIFICATION * SIDE + 2 * metrics.height() + SPACING))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Override: selection, image, lines, focus."""
        model, theme = self._view.examples, theme_of(self._view)
        if model.confusion is None:
            return
        rect, state = QRectF(option.rect), option.state
        font = small_font(self._view.font())
        height = QFontMetricsF(font).height()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.selection))
        side = _MAGNIFICATION * SIDE
        square = QRectF(round(rect.center().x() - side / 2), rect.top() + SPACING / 2, side, side)
        painter.drawImage(square, digit_image(model.confusion.images[index.row()], theme))
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawRect(square.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        for i, line in enumerate(model.lines(index.row())):
            place = QRectF(rect.left(), square.bottom() + 2 + i * height, rect.width(), height)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, line)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()


class ExamplesView(QListView):
    """Shows the images of a confusion. While they change, what was looked at stays where it was."""

    opened = Signal(int)
    """The number of the test image that was clicked, or on which Enter was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.examples = ExamplesModel(self)
        self.setModel(self.examples)
        self.setItemDelegate(_ExampleDelegate(self))
        self.setAccessibleName(self.tr("Test images"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.clicked.connect(self._open)

    def show_confusion(self, confusion: Confusion | None) -> None:
        """Show the images of another confusion."""
        before, place = self._current_image(), self.verticalScrollBar().value()
        self.examples.show_confusion(confusion)
        if confusion is not None and before in confusion.indices:
            row = int((confusion.indices == before).argmax())
            self.setCurrentIndex(self.examples.index(row))
        self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(place)

    def _current_image(self) -> int | None:
        row, confusion = self.currentIndex().row(), self.examples.confusion
        return None if confusion is None or row < 0 else int(confusion.indices[row])

    def _open(self, index: QModelIndex) -> None:
        if self.examples.confusion is not None and index.isValid():
            self.opened.emit(int(self.examples.confusion.indices[index.row()]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Enter opens; Space has no use here and is the window's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)
