"""A grid of weight images: as many units as fit, one of them enlarged where the mouse or the keys are.

It draws the images it is given and says how many units it has room for; it neither asks for them nor knows
where they come from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.instruments.diverging_colours import coloured
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.gui.theme import SPACING, small_font, theme_of
from bnstudio.training.weights import IMAGE_SIZE

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from bnstudio.gui.theme import Theme
    from bnstudio.training.weights import WeightImages

_ENOUGH = 40
"""With so many units in sight, the rest of the room goes into larger images."""
_ENLARGED = 4
"""Pixels of the enlarged image for each weight, at least; the others have one or more."""
_MARGIN = 2


class _Layout(NamedTuple):
    """Where images stand."""

    size: float
    """Of an image, in device-independent pixels."""
    gap: float
    columns: int
    rows: int

    @property
    def capacity(self) -> int:
        return self.columns * self.rows

    def rect(self, i: int) -> QRectF:
        row, column = divmod(i, self.columns)
        pitch = self.size + self.gap
        return QRectF(_MARGIN + column * pitch, _MARGIN + row * pitch, self.size, self.size)


class WeightGrid(QWidget):
    """Shows units from `first_unit` on, of `n_units`; arrow keys go from one to the next."""

    capacity_changed = Signal()
    """There is room for another number of units."""
    page_turned = Signal(int)
    """A key asks for the page before (-1) or after (1)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first_unit = 0
        self.n_units = 0
        self.message = ""
        self.images: WeightImages | None = None
        self.unit: int | None = None
        """The unit that is enlarged, counted from 0."""
        self._by_mouse = False
        self._image: QImage | None = None  # all images below each other, in the colours of `_theme`
        self._theme: Theme | None = None
        self._layout = _Layout(IMAGE_SIZE, 2, 1, 1)
        self.setAccessibleName(self.tr("Weights of the units as images"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def capacity(self) -> int:
        """How many units there is room for."""
        return self._layout.capacity

    def turn_to(self, first_unit: int, n_units: int) -> None:
        """Show the units of a layer of `n_units` from `first_unit` on."""
        self.first_unit, self.n_units = first_unit, n_units
        self._lay_out()
        self.update()

    def show_images(self, images: WeightImages | None, message: str = "") -> None:
        """Show these images, as far as they are of units in sight; or say why there are none."""
        if images is not self.images or message != self.message:
            self.images, self.message, self._image = images, message, None
            if self.unit is not None:
                self.setAccessibleDescription(self.text_of(self.unit))
            self.update()

    def enlarge(self, unit: int | None) -> None:
        """Enlarge a unit, or none."""
        if unit != self.unit:
            self.unit = unit
            self.setAccessibleDescription("" if unit is None else self.text_of(unit))
            self.update()

    def text_of(self, unit: int) -> str:
        """Return in words what is known of a unit."""
        i = self._index(unit)
        if self.images is None or i is None:
            return self.tr("Unit {n}").format(n=format_count(unit + 1))
        text = self.tr("Unit {n} · largest weight {weight}")
        weight = format_number(float(self.images.largest[i]), 3)
        return text.format(n=format_count(unit + 1), weight=weight)

    # Layout

    def sizeHint(self) -> QSize:
        """Override: a small grid."""
        return QSize(10 * (IMAGE_SIZE + 2), 5 * (IMAGE_SIZE + 2))

    def minimumSizeHint(self) -> QSize:
        """Override: a row."""
        return QSize(4 * (IMAGE_SIZE + 2), 2 * (IMAGE_SIZE + 2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: another number of units may fit."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        capacity = self.capacity
        self._layout = self._chosen_layout()
        if capacity != self.capacity:
            self.capacity_changed.emit()

    def _chosen_layout(self) -> _Layout:
        """Return the largest images of which enough fit; each weight has whole pixels of the screen."""
        ratio = self.devicePixelRatioF()
        pixels = max(1, round(ratio))
        layout = self._layout_at(pixels / ratio)
        wanted = min(_ENOUGH, max(1, self.n_units))
        while True:
            pixels += 1
            larger = self._layout_at(pixels / ratio)
            if larger.capacity < wanted:
                return layout
            layout = larger

    def _layout_at(self, zoom: float) -> _Layout:
        size, gap = IMAGE_SIZE * zoom, max(2.0, zoom)
        columns = int((self.width() - 2 * _MARGIN + gap) / (size + gap))
        rows = int((self.height() - 2 * _MARGIN + gap) / (size + gap))
        if zoom > self.devicePixelRatioF() and not columns * rows:
            return _Layout(size, gap, 0, 0)
        return _Layout(size, gap, max(1, columns), max(1, rows))

    def _index(self, unit: int) -> int | None:
        """Return where the image of a unit is among `images`; None where it is not."""
        if self.images is None:
            return None
        i = unit - self.images.first_unit
        return i if 0 <= i < len(self.images.images) else None

    def _units(self) -> range:
        """Return the units in sight."""
        return range(self.first_unit, min(self.first_unit + self.capacity, self.n_units))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: all images, and the enlarged one over them."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setFont(small_font(self.font()))
            painter.fillRect(self.rect(), QColor(theme.panel))
            if self.message:
                painter.setPen(QColor(theme.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(QRectF(self.rect()).adjusted(SPACING, 0, -SPACING, 0), flags, self.message)
            else:
                self._follow_theme(theme)
                for unit in self._units():
                    self._paint_unit(painter, unit, self._layout.rect(unit - self.first_unit), theme)
                if self.unit is not None and self.unit in self._units():
                    self._paint_enlarged(painter, self.unit, theme)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _follow_theme(self, theme: Theme) -> None:
        if self.images is not None and (self._image is None or theme is not self._theme):
            n = len(self.images.images)
            self._theme = theme
            self._image = coloured(self.images.images.tobytes(), IMAGE_SIZE, n * IMAGE_SIZE, theme)

    def _paint_unit(self, painter: QPainter, unit: int, rect: QRectF, theme: Theme) -> None:
        i = self._index(unit)
        if self._image is not None and i is not None:
            painter.drawImage(rect, self._image, QRectF(0, i * IMAGE_SIZE, IMAGE_SIZE, IMAGE_SIZE))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_enlarged(self, painter: QPainter, unit: int, theme: Theme) -> None:
        cell, metrics = self._layout.rect(unit - self.first_unit), QFontMetricsF(painter.font())
        text = self.text_of(unit)
        room = self.height() - metrics.height() - SPACING - 6
        zoom = max(_ENLARGED, 2 * math.ceil(cell.width() / IMAGE_SIZE))
        while zoom > 1 and zoom * IMAGE_SIZE > room:
            zoom -= 1
        side = float(zoom * IMAGE_SIZE)
        width = max(side, metrics.horizontalAdvance(text)) + SPACING
        height = side + metrics.height() + SPACING
        left = cell.right() + 3 if cell.right() + 3 + width <= self.width() else cell.left() - 3 - width
        left = max(3.0, left)
        top = min(max(3.0, cell.center().y() - height / 2), max(3.0, self.height() - height - 3))
        box = QRectF(round(left) + 0.5, round(top) + 0.5, width - 1, height - 1)
        painter.setPen(QPen(QColor(theme.accent), 2))
        painter.drawRect(cell.adjusted(-1, -1, 1, 1))
        painter.setBrush(QColor(theme.panel))
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawRect(box)
        image = QRectF(round(box.center().x() - side / 2), round(top) + SPACING // 2, side, side)
        self._paint_unit(painter, unit, image, theme)
        painter.setPen(QColor(theme.text))
        words = QRectF(box.left(), image.bottom(), box.width(), metrics.height() + SPACING / 2)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the unit under the mouse is enlarged."""
        position: QPointF = event.position()
        found = (
            unit for unit in self._units() if self._layout.rect(unit - self.first_unit).contains(position)
        )
        self._by_mouse = True
        self.enlarge(None if self.message else next(found, None))

    def leaveEvent(self, event: QEvent) -> None:
        """Override: nothing is enlarged any more but what the keys chose."""
        super().leaveEvent(event)
        if self._by_mouse:
            self.enlarge(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: arrows, Home and End choose a unit, Page Up and Page Down turn the page, Esc ends."""
        key, units = event.key(), self._units()
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._layout.columns,
            Qt.Key.Key_Down: self._layout.columns,
        }
        if self.message or not units or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
            return
        self._by_mouse = False
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.page_turned.emit(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.enlarge(units[0] if key == Qt.Key.Key_Home else units[-1])
        elif key in steps:
            self._go(units[0] if self.unit is None or self.unit not in units else self.unit + steps[key])
        elif key == Qt.Key.Key_Escape and self.unit is not None:
            self.enlarge(None)
        else:
            event.ignore()

    def _go(self, unit: int) -> None:
        """Enlarge a unit, and turn the page where it lies on another; stay where the layer has none."""
        if not 0 <= unit < self.n_units:
            return
        if unit not in self._units():
            self.page_turned.emit(1 if unit > self.first_unit else -1)
        self.enlarge(unit)
