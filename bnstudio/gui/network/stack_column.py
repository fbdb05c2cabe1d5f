"""One model's stack with its titles. The Network panel shows one, or two with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.gui.model_style import model_style
from bnstudio.gui.network.sign_clicks import SignClicks
from bnstudio.gui.network.stack_header import StackHeader
from bnstudio.gui.network.stack_model import StackModel
from bnstudio.gui.network.stack_view import StackView
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font, theme_of, title_font

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.gui.experiment_document import ExperimentDocument


class StackColumn(QWidget):
    """The stack of the document's model in `place`: 0, or 1 for the one beside it."""

    def __init__(self, document: ExperimentDocument, place: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = StackModel(document, place, self)
        self.view = StackView(self.model)
        self.title = ModelTitle(self.model.model)
        SignClicks(self.view, self.model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.title)
        layout.addSpacing(SPACING // 2)
        layout.addWidget(StackHeader(self.view))
        layout.addSpacing(SPACING // 2)
        layout.addWidget(self.view, 1)


class ModelTitle(QWidget):
    """A model's name and size, over its stack; underlined where it is the one that is edited."""

    def __init__(self, model: ModelSetup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.show_model(model, edited=False)

    def show_model(self, model: ModelSetup, *, edited: bool) -> None:
        """Show this model, and whether it is the one that is edited."""
        self._model, self._edited = model, edited
        self.setAccessibleName(model.name)
        self.setAccessibleDescription(self.size_text)
        self.setToolTip(
            self.tr("{name}: the buttons below and the learning rate are for it").format(name=model.name)
            if edited
            else ""
        )
        self.update()

    @property
    def size_text(self) -> str:
        """How many parameters the model has, in words."""
        return self.tr("{count} parameters").format(count=format_count(self._model.n_parameters))

    def sizeHint(self) -> QSize:
        """Override: a title high."""
        return QSize(0, round(QFontMetricsF(title_font(self.font())).height()) + 5)

    def minimumSizeHint(self) -> QSize:
        """Override: the height is needed, the width is not."""
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: the stack below gets the focus."""
        column = self.parentWidget()
        if isinstance(column, StackColumn):
            column.view.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: line sample, name, size, and the line under them."""
        theme = theme_of(self)
        title, small = title_font(self.font()), small_font(self.font())
        metrics, small_metrics = QFontMetricsF(title), QFontMetricsF(small)
        with QPainter(self) as painter:
            style = model_style(self._model, theme)
            painter.setPen(QPen(QColor(style.colour), 3, style.line_style, Qt.PenCapStyle.FlatCap))
            middle = round(metrics.height() / 2)
            painter.drawLine(0, middle, 3 * SPACING, middle)
            left = 4.0 * SPACING
            size_width = small_metrics.horizontalAdvance(self.size_text)
            room = self.width() - left
            with_size = metrics.horizontalAdvance(self._model.name) + SPACING + size_width <= room
            name = metrics.elidedText(self._model.name, Qt.TextElideMode.ElideRight, room)
            painter.setFont(title)
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(left, 0, room, metrics.height()), Qt.AlignmentFlag.AlignLeft, name)
            if with_size:
                painter.setFont(small)
                painter.setPen(QColor(theme.muted))
                left += metrics.horizontalAdvance(name) + 1.5 * SPACING
                painter.drawText(round(left), round(metrics.ascent()), self.size_text)
            if self._edited:
                painter.fillRect(QRectF(0, self.height() - 2, self.width(), 2), QColor(theme.accent))
