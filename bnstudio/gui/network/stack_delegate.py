"""Paints the left part of a row (handle, name, shape, health) and edits the units of a Dense there.

The histograms beside it are the view's.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPolygonF, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from bnstudio.document.experiment import MAX_UNITS
from bnstudio.gui.controls.number_fields import WholeNumberField
from bnstudio.gui.network.layer_text import kind_name
from bnstudio.gui.theme import SPACING, bold_font, theme_of

if TYPE_CHECKING:
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.gui.network.stack_view import StackView

    AnyIndex = QModelIndex | QPersistentModelIndex

_DOT = 2.0


class UnitsSpinBox(WholeNumberField):
    """A number of units. The wheel leaves it alone: scrolling the stack must not change a network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        refusal = QCoreApplication.translate(
            "UnitsSpinBox", "The units of a Dense layer are a whole number from 1 to {highest}."
        )
        super().__init__(1, MAX_UNITS, refusal.format(highest=f"{MAX_UNITS:,}"), parent)
        self.setAccelerated(True)
        self.setAccessibleName(self.tr("Units of the Dense layer"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Override: the view scrolls instead."""
        event.ignore()


class StackDelegate(QStyledItemDelegate):
    """The layer's part of a row of `view`."""

    def __init__(self, view: StackView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Override: the height of a row and of the gaps above it; its width is the view's."""
        n_slots = 1 + self._view.slots.gap_above(index.row())
        return QSize(0, n_slots * self._view.stack_geometry.row_height)

    def _row_rect(self, rect: QRect) -> QRect:
        """Return the part of an item that is the row itself, below the gaps."""
        return rect.adjusted(0, rect.height() - self._view.stack_geometry.row_height, 0, 0)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Override: tells of the place under the mouse, not only of the row."""
        text = escape(self._view.tip_at(event.x(), event.y())).replace("\n", "<br>")
        # As rich text, because Qt breaks the lines of no other.
        QToolTip.showText(event.globalPos(), f"<p>{text}</p>" if text else "", view.viewport())
        return True

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Override: handle or lock, name, a second line, and the signs of the layer's health."""
        layout, theme = self._view.layout_of(index.row()), theme_of(self._view)
        rect = QRectF(self._row_rect(option.rect))
        muted, warning = QColor(theme.muted), QColor(theme.warning)
        painter.save()
        painter.translate(rect.topLeft())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_grip = _paint_handle if layout.can_be_dragged else _paint_pin
        paint_grip(painter, QPointF(1.25 * SPACING, rect.height() / 2), muted)
        painter.setFont(layout.name_font)
        painter.setPen(QColor(theme.text))
        painter.drawText(layout.name_at, layout.name)
        painter.setFont(layout.second_font)
        painter.setPen(muted)
        if layout.warning is not None:
            painter.setPen(warning)
            _paint_warning(painter, layout.warning, warning, QColor(theme.panel))
        painter.drawText(layout.second_at, layout.second)
        for sign in layout.signs:
            sign.paint(painter, QColor(theme.text) if sign.share else muted)
        painter.restore()

    # Editing the units

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """Override: a spin box for the units."""
        editor = UnitsSpinBox(parent)
        editor.refused.connect(cast("StackModel", index.model()).edit_refused)
        return editor

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Override: the units as they are."""
        spin_box = cast("UnitsSpinBox", editor)
        spin_box.setValue(index.data(Qt.ItemDataRole.EditRole))
        spin_box.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Override: one edit, if the units have changed."""
        spin_box = cast("UnitsSpinBox", editor)
        spin_box.interpretText()
        units = int(spin_box.value())
        if units != index.data(Qt.ItemDataRole.EditRole):
            model.setData(cast("QModelIndex", index), units, Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Override: where the number stands in the name."""
        geometry, rect = self._view.stack_geometry, self._row_rect(option.rect)
        name = QFontMetricsF(bold_font(self._view.font())).horizontalAdvance(kind_name("dense") + " ")
        left = round(geometry.handle_width + name) - 3
        size = editor.sizeHint()
        width = min(size.width() + SPACING, round(geometry.layer.right) - left)
        editor.setGeometry(left, rect.center().y() - size.height() // 2, width, size.height())


def _paint_handle(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for dx in (-1, 1):
        for dy in (-1, 0, 1):
            dot = centre + QPointF(dx * 1.25 * _DOT, dy * 2.5 * _DOT)
            painter.drawEllipse(dot, _DOT / 2, _DOT / 2)


def _paint_pin(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    """Paint a padlock: this row stays where it is."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(centre.x() - 4, centre.y() - 1, 8, 6), 1.5, 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setColor(colour)
    pen.setWidthF(1.4)
    painter.setPen(pen)
    painter.drawArc(QRectF(centre.x() - 2.5, centre.y() - 5, 5, 7), 0, 180 * 16)


def _paint_warning(painter: QPainter, square: QRectF, colour: QColor, on_it: QColor) -> None:
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    top = QPointF(square.center().x(), square.top())
    painter.drawPolygon(QPolygonF([top, square.bottomRight(), square.bottomLeft()]))
    painter.setBrush(on_it)
    stroke = max(1.0, square.width() / 8)
    x, height = square.center().x() - stroke / 2, square.height()
    painter.drawRect(QRectF(x, square.top() + 0.38 * height, stroke, 0.3 * height))
    painter.drawRect(QRectF(x, square.top() + 0.78 * height, stroke, stroke))
    painter.restore()
