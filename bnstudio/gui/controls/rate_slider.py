"""A logarithmic slider for learning rates; it knows no document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from bnstudio.gui.controls.number_fields import STEPS_PER_DECADE, rounded_rate
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent

SLIDER_LOWEST = 1e-4
SLIDER_HIGHEST = 10.0
N_SLIDER_STEPS = round(STEPS_PER_DECADE * math.log10(SLIDER_HIGHEST / SLIDER_LOWEST))


def rate_at(position: int) -> float:
    """Return the learning rate at a position of the slider, 0 to `N_SLIDER_STEPS`."""
    return rounded_rate(SLIDER_LOWEST * 10 ** (position / STEPS_PER_DECADE))


def position_of(rate: float) -> int:
    """Return the position of the slider that is nearest to a learning rate."""
    steps = STEPS_PER_DECADE * math.log10(rate / SLIDER_LOWEST)
    return min(max(round(steps), 0), N_SLIDER_STEPS)


class RateSlider(QSlider):
    """A horizontal slider with a tick at each power of ten."""

    rate_moved = Signal(float)
    """The learning rate that the handle was moved to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, N_SLIDER_STEPS)
        self.setPageStep(STEPS_PER_DECADE // 2)
        self.valueChanged.connect(lambda position: self.rate_moved.emit(rate_at(position)))

    def show_rate(self, rate: float) -> None:
        """Put the handle where it is nearest to `rate`, without telling anybody."""
        if self.value() != position_of(rate):
            self.blockSignals(True)
            self.setValue(position_of(rate))
            self.blockSignals(False)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: the handle comes to where the mouse is pressed, and can be dragged on from there."""
        handle = self._handle()
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            self.setSliderDown(True)  # the way there belongs to the drag
            room = self.width() - handle.width()
            x = round(event.position().x() - handle.width() / 2)
            self.setSliderPosition(QStyle.sliderValueFromPosition(0, N_SLIDER_STEPS, x, room))
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: a drag that was ended does not go on."""
        if self.isSliderDown():
            super().mouseMoveEvent(event)

    def sizeHint(self) -> QSize:
        """Override: wide enough to aim with."""
        return QSize(19 * SPACING, 3 * SPACING)

    def minimumSizeHint(self) -> QSize:
        """Override: still fine enough for each position."""
        return QSize(15 * SPACING, 3 * SPACING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: groove, ticks and handle."""
        theme = theme_of(self)
        handle = self._handle()
        centre = handle.center().toPointF()
        middle = self.height() / 2
        left, right = handle.width() / 2, self.width() - handle.width() / 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            for position in range(0, N_SLIDER_STEPS + 1, STEPS_PER_DECADE):
                x = left + (right - left) * position / N_SLIDER_STEPS
                painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(QRectF(left, middle - 1.5, right - left, 3), 1.5, 1.5)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(left, middle - 1.5, max(centre.x() - left, 0), 3), 1.5, 1.5)
            radius = 7.0
            painter.setPen(QPen(QColor(theme.panel), 2))
            painter.drawEllipse(QRectF(centre.x() - radius, middle - radius, 2 * radius, 2 * radius))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.accent), 1.5))
                radius += 2.5
                painter.drawEllipse(QRectF(centre.x() - radius, middle - radius, 2 * radius, 2 * radius))

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return self.style().subControlRect(control, option, part, self)
