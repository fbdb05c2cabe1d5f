"""An empty plot over training steps: its two axes, the place for the curves, and how far one can see.

What is to be seen as a whole, and what is drawn in it, say those who build on it. The mouse zooms and pans
here; what else it does, they say too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from bnstudio.gui.curves.axes import AxisLabels, log_loss_labels, loss_labels, share_labels, step_labels
from bnstudio.gui.curves.canvas import CurveCanvas
from bnstudio.gui.curves.picture import CurvePicture
from bnstudio.gui.curves.ranges import axis_end, confined
from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

Ranges = tuple[tuple[float, float], tuple[float, float]]
"""Of the steps and of the coordinates of the axis of values."""

_RIGHT_MARGIN = 12
"""Pixels beyond the end of the axis of steps that its last label may take."""
_TOP_MARGIN = 4
_TEXT_OFFSET = 4
"""Pixels between an axis and what is written there."""
_WHEEL_ZOOM = 1.35
"""By which a notch of the wheel makes the visible ranges smaller."""
_NOTCH = 120
"""Eighths of a degree."""
_FEWEST_STEPS = 8.0
_NARROWEST = 1e-6
"""The smallest range of values that can be zoomed to: beyond are rounding errors."""
_EXPONENTS = (-300.0, 300.0)
"""Of ten, between which a logarithmic axis lies: those of float64."""


class PlotView(QWidget):
    """Axes and canvas, which zoom and pan until all is asked for again.

    Parameters
    ----------
    percent : bool
        Whether the values are shares between 0 and 1, shown in percent, instead of losses.
    """

    following_changed = Signal(bool)
    """Whether all is shown, as it grows; else the picture is zoomed."""
    range_changed = Signal()

    def __init__(self, percent: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.percent = percent
        self.following = True
        self._whole: Ranges = ((0.0, axis_end(0)), (0.0, 1.0 if percent else 2.5))
        self.step_labels: AxisLabels = []
        self.value_labels: AxisLabels = []
        """What is written at the axes."""
        self._pressed_at: QPoint | None = None
        self._dragged_to: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._picture = CurvePicture(theme_of(self), self.font())
        self._canvas = CurveCanvas(self, self._picture)
        self._apply_font()

    @property
    def logarithmic(self) -> bool:
        """Whether the axis of values is logarithmic."""
        return self._picture.logarithmic

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and the highest value on the axis."""
        return self._picture.value_range

    @property
    def plot_rect(self) -> QRect:
        """Where the curves are."""
        return self._canvas.geometry()

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Choose the axis of values, and show the whole curve on it."""
        if logarithmic != self._picture.logarithmic:
            self._picture.logarithmic = logarithmic
            self.show_whole()

    def show_whole(self) -> None:
        """End the zoom and follow the newest step again."""
        changed = not self.following
        self.following = True
        self._show_whole()
        self._redraw()
        if changed:
            self.following_changed.emit(True)

    def zoom(
        self, factor: float, step: float, value: float, *, steps: bool = True, values: bool = True
    ) -> None:
        """Make the visible ranges of `steps` and `values` `factor` times as large, about a point."""
        (low, high), (bottom, top) = self._picture.x_range, self._picture.y_range
        if steps:
            low, high = step - factor * (step - low), step + factor * (high - step)
        if values:
            bottom, top = value - factor * (value - bottom), value + factor * (top - value)
        self._zoom_to((low, high), (bottom, top))

    def pan(self, sideways: float, upwards: float) -> None:
        """Move the visible ranges by these shares of themselves."""
        (low, high), (bottom, top) = self._picture.x_range, self._picture.y_range
        right, up = sideways * (high - low), upwards * (top - bottom)
        self._zoom_to((low + right, high + right), (bottom + up, top + up))

    def sizeHint(self) -> QSize:
        """Override: whatever there is, the more the better."""
        return QSize(320, 240)

    # For those who build on it

    def _find_whole(self) -> Ranges:
        """Return what there is to be seen."""
        return self._whole

    def _last_reachable_step(self) -> int:
        """Return the step beyond which nobody needs to look."""
        return 0

    def _thin(self) -> None:
        """Follow a change of the visible range."""

    # Ranges

    def _show_whole(self) -> None:
        self._whole = self._find_whole()
        self._set_ranges(*self._whole)

    def _zoom_to(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """Show these ranges, as far as one can see; stop following unless all is in the picture."""
        self._set_ranges(steps, values)
        (left, right), (bottom, top) = self._picture.x_range, self._picture.y_range
        (_, whole_right), (whole_bottom, whole_top) = self._whole
        tolerance = 1e-6
        all_steps = left <= tolerance and right >= whole_right * (1 - tolerance)
        if all_steps and bottom <= whole_bottom + tolerance and top >= whole_top - tolerance:
            self.show_whole()
        elif self.following:
            self.following = False
            self._redraw()
            self.following_changed.emit(False)

    def _set_ranges(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """Show these ranges; nobody leaves the curves."""
        picture = self._picture
        end = max(self._whole[0][1], axis_end(self._last_reachable_step()))
        steps = confined(*steps, 0.0, end, _FEWEST_STEPS)
        lowest, highest = _EXPONENTS if picture.logarithmic else (0.0, math.inf)
        values = confined(*values, lowest, highest, _NARROWEST)
        if (steps, values) != (picture.x_range, picture.y_range):
            picture.x_range, picture.y_range = steps, values
            self._thin()
            self._redraw()
            self.range_changed.emit()

    def _redraw(self) -> None:
        """Label the axes for the visible ranges, and draw all anew."""
        picture = self._picture
        metrics = QFontMetricsF(picture.font)
        n_steps = self._canvas.width() / (1.5 * metrics.horizontalAdvance("00,000"))
        n_values = self._canvas.height() / (2.2 * metrics.height())
        labels = share_labels if self.percent else log_loss_labels if picture.logarithmic else loss_labels
        self.step_labels = step_labels(*picture.x_range, n_steps)
        self.value_labels = labels(*picture.y_range, n_values)
        picture.y_ticks = [value for value, _ in self.value_labels]
        picture.mark_outside = self.following
        self._canvas.update_all()
        self.update()

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: the canvas takes what the axes leave."""
        self._place_canvas()

    def _place_canvas(self) -> None:
        metrics = QFontMetricsF(self._picture.font)
        left = math.ceil(metrics.horizontalAdvance("100 %" if self.percent else "0.005")) + 10
        below = math.ceil(metrics.height()) + 6
        size = QSize(max(1, self.width() - left - _RIGHT_MARGIN), max(1, self.height() - _TOP_MARGIN - below))
        self._canvas.place(QRect(QPoint(left, _TOP_MARGIN), size))
        if self.following:
            self._show_whole()
        self._thin()
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the labels of the axes; the canvas paints itself."""
        theme, metrics = self._picture.theme, QFontMetricsF(self._picture.font)
        plot = QRectF(self.plot_rect)
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), QColor(theme.panel))
            painter.setFont(self._picture.font)
            painter.setPen(QColor(theme.muted))
            baseline = plot.bottom() + _TEXT_OFFSET + metrics.ascent()
            for step, text in self.step_labels:
                width = metrics.horizontalAdvance(text)
                left = plot.left() + self._picture.x_near(step) - width / 2
                painter.drawText(QPointF(min(left, self.width() - width), baseline), text)
            for value, text in self.value_labels:
                y = plot.top() + self._picture.y_near(value)
                left = plot.left() - _TEXT_OFFSET - metrics.horizontalAdvance(text)
                if left < 0:  # a number that is cut would be another
                    continue
                painter.drawText(QPointF(left, y + (metrics.ascent() - metrics.descent()) / 2), text)

    def changeEvent(self, event: QEvent) -> None:
        """Override: follow palette and font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._picture.theme = theme_of(self)
            self._canvas.update_all()
        elif event.type() == QEvent.Type.FontChange:
            self._apply_font()

    def _apply_font(self) -> None:
        font = self._picture.font = small_font(self.font())
        self.setMinimumSize(160, max(96, math.ceil(6 * QFontMetricsF(font).height())))
        self._place_canvas()

    # Mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Override: zoom about the pointer, on an axis only along it."""
        point = event.position()
        steps, values = self._axes_at(point.toPoint())
        factor = _WHEEL_ZOOM ** (-event.angleDelta().y() / _NOTCH)
        at = point - QPointF(self._canvas.pos())
        picture = self._picture
        self.zoom(factor, picture.step_at(at.x()), picture.coordinate_at(at.y()), steps=steps, values=values)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: a drag may begin here."""
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed_at = event.position().toPoint() if left else None
        self._dragged_to = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: a drag pans, on an axis only along it."""
        point = event.position().toPoint()
        # The release may have gone to a dialog that came in between.
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._dragged_to is None:
            if (point - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
                return
            self._dragged_to = self._pressed_at
        moved, self._dragged_to = point - self._dragged_to, point
        steps, values = self._axes_at(self._pressed_at)
        plot = self.plot_rect
        self.pan(-moved.x() / plot.width() * steps, moved.y() / plot.height() * values)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: a drag ends."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = self._dragged_to = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Override: back to the whole."""
        self.show_whole()

    def _axes_at(self, point: QPoint) -> tuple[bool, bool]:
        """Return whether the mouse at `point` is for the steps and whether it is for the values."""
        plot = self.plot_rect
        below, beside = point.y() > plot.bottom(), point.x() < plot.left()
        return not beside, not below
