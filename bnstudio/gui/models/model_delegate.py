"""Paints a row of the list of models, and renames a model there.

What a click on the eye does is the view's.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from bnstudio.gui.icons import paint_icon
from bnstudio.gui.model_style import model_style
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QFontMetricsF, QHelpEvent

    from bnstudio.gui.icons import IconName
    from bnstudio.gui.models.model_list import ModelList
    from bnstudio.gui.models.row_geometry import RowGeometry
    from bnstudio.gui.theme import Theme

    AnyIndex = QModelIndex | QPersistentModelIndex

_SAMPLE_PEN_WIDTH = 2.0
_FAINT = 0.4
"""Opacity of what is hidden or can't be clicked."""


class ModelDelegate(QStyledItemDelegate):
    """The look of a model in the list. The view hands it the geometry whenever that changes."""

    def __init__(self, view: QWidget, model: ModelList, geometry: RowGeometry) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self.geometry = geometry

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Override: the height of the row; its width is the view's."""
        return QSize(0, self.geometry.row_height(bool(self._model.text(index.row()).late)))

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Override: what the eye does, or all about the model."""
        text = escape(self.tip_at(event.pos(), option.rect, index.row()) if index.isValid() else "")
        # As rich text, because Qt breaks the lines of no other.
        text = text.replace("\n", "<br>")
        QToolTip.showText(event.globalPos(), f"<p>{text}</p>" if text else "", view.viewport())
        return True

    def tip_at(self, position: QPoint, rect: QRect, row: int) -> str:
        """Return what is to be said of a place in `row`, which fills `rect`."""
        if self._has_eye() and self.geometry.eye_button(rect).contains(position):
            return self._eye_tip(row)
        return str(self._model.index(row).data(Qt.ItemDataRole.ToolTipRole))

    def _eye_tip(self, row: int) -> str:
        if row == self._model.selected:
            return self.tr("The curves of the selected model are always shown.")
        if self._model.is_visible(row):
            return self.tr("Hide its curves")
        return self.tr("Show its curves")

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Override: line sample, name, marks and numbers."""
        geometry, theme, row = self.geometry, theme_of(self._view), index.row()
        rect = QRectF(option.rect)
        self._paint_background(painter, rect, row, theme)
        self._paint_sample(painter, geometry.sample(rect), row, theme)
        n_icons = self._paint_marks(painter, rect, row, theme)
        visible = self._model.is_visible(row)
        name_rect = geometry.name(rect, n_icons)
        name = geometry.name_metrics.elidedText(
            self._model.setup(row).name, Qt.TextElideMode.ElideMiddle, name_rect.width()
        )
        painter.setFont(geometry.name_font)
        painter.setPen(QColor(theme.text if visible else theme.muted))
        painter.drawText(QPointF(name_rect.left(), name_rect.top() + geometry.name_metrics.ascent()), name)
        self.paint_numbers(painter, rect, row, theme)

    def paint_numbers_area(self, painter: QPainter, rect: QRect, row: int, theme: Theme) -> None:
        """Paint the numbers of a row, and what is under them."""
        if self._is_filled(row):
            painter.fillRect(self.geometry.numbers_area(rect), QColor(theme.selection))
        self.paint_numbers(painter, QRectF(rect), row, theme)

    def _is_filled(self, row: int) -> bool:
        return row == self._model.selected and self._model.rowCount() > 1

    def _paint_background(self, painter: QPainter, rect: QRectF, row: int, theme: Theme) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = rect.adjusted(1, 1, -1, -1)
        if self._is_filled(row):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(inner, SPACING / 2, SPACING / 2)
        if self._view.hasFocus() and row == cast("QAbstractItemView", self._view).currentIndex().row():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inner, SPACING / 2, SPACING / 2)

    def _paint_sample(self, painter: QPainter, sample: QRectF, row: int, theme: Theme) -> None:
        style = model_style(self._model.setup(row), theme)
        painter.setPen(
            QPen(QColor(style.colour), _SAMPLE_PEN_WIDTH, style.line_style, Qt.PenCapStyle.FlatCap)
        )
        y = round(sample.center().y())
        painter.setOpacity(1 if self._model.is_visible(row) else _FAINT)
        painter.drawLine(QPointF(sample.left(), y), QPointF(sample.right(), y))
        painter.setOpacity(1)

    def _paint_marks(self, painter: QPainter, rect: QRectF, row: int, theme: Theme) -> int:
        """Paint the eye and the sign of the compared model, and return how many these are."""
        has_eye = self._has_eye()
        if has_eye:
            icon: IconName = "eye" if self._model.is_visible(row) else "hidden"
            is_fixed = row == self._model.selected
            painter.setOpacity(_FAINT if is_fixed else 1)
            paint_icon(painter, icon, self.geometry.eye(rect), QColor(theme.muted))
            painter.setOpacity(1)
        is_compared = row == self._model.compared
        if is_compared:
            paint_icon(painter, "beside", self.geometry.mark(rect, has_eye), QColor(theme.accent))
        return has_eye + is_compared

    def paint_numbers(self, painter: QPainter, row_rect: QRectF, row: int, theme: Theme) -> None:
        """Paint the numbers, or the note instead of them, and that a run is late."""
        geometry, text = self.geometry, self._model.text(row)
        rect = geometry.numbers(row_rect)
        y = rect.top() + geometry.small_metrics.ascent()
        painter.setFont(geometry.small_font)
        painter.setPen(QColor(theme.muted))
        if text.notes:
            self._paint_note(painter, rect, row, theme)
        else:
            for words, right in zip(
                (text.loss, text.accuracy, geometry.rates[row]), geometry.rights, strict=True
            ):
                left = rect.right() - right - geometry.small_metrics.horizontalAdvance(words)
                painter.drawText(QPointF(left, y), words)
        if text.late:
            width = geometry.small_metrics.horizontalAdvance(text.late)
            painter.setPen(QColor(theme.muted))
            painter.drawText(
                QPointF(rect.right() - geometry.rights[2] - width, y + geometry.line_height), text.late
            )

    def _paint_note(self, painter: QPainter, rect: QRectF, row: int, theme: Theme) -> None:
        geometry, text = self.geometry, self._model.text(row)
        metrics = geometry.small_metrics
        right = rect.right() - geometry.rights[2]
        sign = metrics.ascent() + 2 if text.warns else 0.0
        room = right - rect.left() - sign - SPACING
        note = _first_that_fits(text.notes, metrics, room)
        left = right - metrics.horizontalAdvance(note)
        if text.warns:
            painter.setPen(QColor(theme.warning))
            square = QRectF(left - sign - SPACING / 2, rect.center().y() - sign / 2, sign, sign)
            paint_icon(painter, "warning", square, QColor(theme.warning))
        painter.drawText(QPointF(left, rect.top() + metrics.ascent()), note)

    def _has_eye(self) -> bool:
        return self._model.rowCount() > 1

    # Renaming

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """Override: a line for the name."""
        editor = QLineEdit(parent)
        editor.setFont(self.geometry.name_font)
        editor.setAccessibleName(self.tr("Name of the model"))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Override: from where the name begins, over all that is behind and below it."""
        left = round(self.geometry.name(QRectF(option.rect), 0).left()) - SPACING // 2
        editor.setGeometry(option.rect.adjusted(left, 1, -1, -1))


def _first_that_fits(texts: tuple[str, ...], metrics: QFontMetricsF, width: float) -> str:
    fitting = (text for text in texts if metrics.horizontalAdvance(text) <= width)
    return next(fitting, None) or metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, width)
