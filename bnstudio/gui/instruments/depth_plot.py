"""The widget that shows values against depth, and answers the mouse and the keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.gui.instruments.depth_painting import paint_picture
from bnstudio.gui.instruments.depth_picture import DepthPicture
from bnstudio.gui.instruments.flow_words import values_in_column
from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from bnstudio.gui.instruments.profiles import Profile, Quantity

_REACH = 10.0
"""Pixels from a line within which a click is on it."""


class DepthPlot(QWidget):
    """The plot itself, without title and legend."""

    column_changed = Signal()
    """By mouse or key; `column` has the layer that is read, or None."""
    model_clicked = Signal(str)
    model_hovered = Signal(object)
    """Name of the model that the mouse points at, or None."""
    neighbour_asked = Signal(int)
    """The model before (-1) or after (1) the selected one is to be selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = DepthPicture(small_font(self.font()))
        self._column_by_mouse = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def column(self) -> int | None:
        """The layer that is read."""
        return self.picture.column

    def show_profiles(
        self, profiles: Sequence[Profile], quantity: Quantity, decades: tuple[float, float], message: str
    ) -> None:
        """Draw these, on an axis between these exponents of ten; `message` where there is nothing to draw."""
        picture = self.picture
        picture.profiles, picture.quantity = profiles, quantity
        picture.decades, picture.message = decades, message
        picture.lay_out()
        if picture.column is not None and picture.column >= picture.n_columns:
            self._read(None)
        self.update()

    def hover(self, name: str | None) -> None:
        """Let the line of this model stand out."""
        if name != self.picture.hovered:
            self.picture.hovered = name
            self.update()

    def sizeHint(self) -> QSize:
        """Override: room for a few decades."""
        return QSize(320, 12 * round(self.picture.metrics.height()))

    def minimumSizeHint(self) -> QSize:
        """Override: an axis with three labels."""
        return QSize(160, math.ceil(6 * self.picture.metrics.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the picture."""
        with QPainter(self) as painter:
            paint_picture(painter, self.picture, theme_of(self))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: the picture fills the widget."""
        super().resizeEvent(event)
        self.picture.width, self.picture.height = self.width(), self.height()
        self.picture.lay_out()

    def _read(self, column: int | None, by_mouse: bool = False) -> None:
        self._column_by_mouse = by_mouse
        if column != self.picture.column:
            self.picture.column = column
            self.update()
            self.column_changed.emit()

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the layer and the model under the mouse are told of."""
        point = event.position()
        if self.picture.rect.contains(point) and self.picture.profiles:
            self._read(self.picture.column_at(point.x()), by_mouse=True)
            self._point_at(self.picture.profile_at(point, _REACH))
        else:
            self._leave()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: a click on a line is told of."""
        super().mouseReleaseEvent(event)
        profile = self.picture.profile_at(event.position(), _REACH)
        if event.button() == Qt.MouseButton.LeftButton and profile is not None:
            self.model_clicked.emit(profile.name)

    def leaveEvent(self, event: QEvent) -> None:
        """Override: nothing is read any more but what the keys chose."""
        super().leaveEvent(event)
        self._leave()

    def _leave(self) -> None:
        self._point_at(None)
        if self._column_by_mouse:
            self._read(None)

    def _point_at(self, profile: Profile | None) -> None:
        if profile is None or profile.look.selected:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        name = None if profile is None else profile.name
        if name != self.picture.hovered:
            self.hover(name)
            self.model_hovered.emit(name)

    def event(self, event: QEvent) -> bool:
        """Override: the tooltip has the exact values of the layer under the mouse."""
        picture = self.picture
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and picture.profiles:
            point = QPointF(event.pos())
            if picture.rect.contains(point):
                text = values_in_column(picture.profiles, picture.quantity, picture.column_at(point.x()))
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: the keys that the help names."""
        key = event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and event.text() not in {"[", "]"}:
            event.ignore()
            return
        # The brackets by their text: many keyboards have them behind AltGr.
        after = key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown) or event.text() == "]"
        before = key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) or event.text() == "["
        sideways = (key == Qt.Key.Key_Right) - (key == Qt.Key.Key_Left)
        last = self.picture.n_columns - 1
        if before or after:
            self.neighbour_asked.emit(after - before)
        elif sideways and self.column is None:
            self._read(0 if sideways > 0 else last)
        elif sideways and self.column is not None:
            self._read(min(max(self.column + sideways, 0), last))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._read(0 if key == Qt.Key.Key_Home else last)
        elif key == Qt.Key.Key_Escape and self.column is not None:
            self._read(None)
        else:
            event.ignore()
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Override: show the focus."""
        super().focusInEvent(event)
        self.picture.focused = True

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Override: show that it is gone."""
        super().focusOutEvent(event)
        self.picture.focused = False

    def changeEvent(self, event: QEvent) -> None:
        """Override: the labels follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.picture.font = small_font(self.font())
            self.picture.lay_out()
