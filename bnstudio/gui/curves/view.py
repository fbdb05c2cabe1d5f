"""The plot of the runs' curves: it follows their growth, and answers the mouse and the keys.

It shows a list of CurveSeries and knows nothing of where they come from. Unless zoomed it follows the newest
step: the axes grow by jumps, so that between two jumps only the ends of the curves are drawn anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFontMetricsF

from bnstudio.gui.curves.picking import nearest_curve
from bnstudio.gui.curves.plot_view import PlotView, Ranges
from bnstudio.gui.curves.ranges import last_step, loss_range, share_range, step_range
from bnstudio.gui.curves.thinning import smoothing_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.curves.series import CurveSeries

_KEY_ZOOM = 1.5
_KEY_PAN = 0.2


class CurveView(PlotView):
    """The plot itself, without title and legend."""

    crosshair_moved = Signal()
    """By mouse or key; `crosshair` has the step or None."""
    hovered_changed = Signal()
    """`hovered` is another run or None."""
    curve_clicked = Signal(object)
    """The CurveSeries."""
    neighbour_asked = Signal(int)
    """The model before (-1) or after (1) the selected one is to be selected."""

    def __init__(self, percent: bool, parent: QWidget | None = None) -> None:
        super().__init__(percent, parent)
        self._drawn_events: object = None
        self._drawn_outside: object = None
        self._crosshair: int | None = None
        self._crosshair_by_mouse = False

    # What is shown

    def show_series(self, series: Sequence[CurveSeries], steps_per_epoch: int, message: str = "") -> None:
        """Show these runs instead of those before, back to front; `message` where there is nothing yet."""
        self._picture.series = series
        if self.hovered not in series:
            self.hover(None)
        self._canvas.update_all()
        self.follow(steps_per_epoch, message)

    def follow(self, steps_per_epoch: int, message: str = "") -> None:
        """Show what the runs have gained; without zoom, all of it."""
        if (message, steps_per_epoch) != (self._picture.message, self._picture.steps_per_epoch):
            self._picture.message, self._picture.steps_per_epoch = message, steps_per_epoch
            self._canvas.update_all()
        for series in self.series:
            series.update()
        if self._crosshair is not None and self._crosshair > self._last_step():
            self._move_crosshair(None)
        if self.following:
            self._show_whole()
        else:
            self._whole = (step_range(self.series), self._whole[1])
            self._set_ranges(self._picture.x_range, self._picture.y_range)
            self._thin()
        self._canvas.update_curves()
        events = [(series.n_events, self._late_label_place(series)) for series in self.series]
        if events != self._drawn_events:
            self._drawn_events = events
            self._canvas.update_overlay()

    def count_outside(self) -> None:
        """Count anew the steps that lie outside the axis; less often than each frame, for it is text."""
        if self._picture.mark_outside:
            range_ = self._picture.value_range
            outside = [series.n_outside(*range_) for series in self.series if not series.ghost]
            if outside != self._drawn_outside:
                self._drawn_outside = outside
                self._canvas.update_overlay()

    @property
    def series(self) -> Sequence[CurveSeries]:
        """The runs that are shown, back to front."""
        return self._picture.series

    @property
    def smoothing_steps(self) -> int:
        """How many steps the smoothed curve averages at the present zoom."""
        low, high = self._picture.x_range
        return smoothing_window(high - low)

    @property
    def crosshair(self) -> int | None:
        """The step, counted from 1, that the crosshair stands on."""
        return self._crosshair

    @property
    def looked_at(self) -> int | None:
        """The step that is looked back at; None where the latest is."""
        return self._picture.looked_at

    def look_back(self, step: int | None) -> None:
        """Mark `step` as the one that all panels show, and let what came after it fade; None, the latest."""
        if step != self._picture.looked_at:
            self._picture.looked_at = step
            self._canvas.update_overlay()

    @property
    def hovered(self) -> CurveSeries | None:
        """The run that the mouse points at, here or in the legend."""
        return self._picture.hovered

    def hover(self, series: CurveSeries | None) -> None:
        """Draw `series` in full too, and name it at the crosshair; None, none but the selected."""
        if series is not self._picture.hovered:
            self._picture.hovered = series
            self._canvas.update_all()
            self.hovered_changed.emit()

    # Ranges

    def _last_step(self) -> int:
        return last_step(self.series)

    def _last_reachable_step(self) -> int:
        """Override: a ghost longer than the run that goes on can be reached by zooming."""
        return max((series.n_steps for series in self.series), default=0)

    def _find_whole(self) -> Ranges:
        """Override: the runs that go on."""
        steps = step_range(self.series)
        self._thin_to(steps)
        if self.percent:
            label_height = QFontMetricsF(self._picture.font).height()
            return steps, share_range(label_height + 2, self._canvas.height())
        return steps, loss_range(self.series, self.logarithmic)

    def _thin(self) -> None:
        """Override: compute the visible columns."""
        self._thin_to(self._picture.x_range)

    def _thin_to(self, steps: tuple[float, float]) -> None:
        n_columns = max(64, self._canvas.width())
        for series in self.series:
            series.curve.update(series.values, *steps, n_columns)

    def _late_label_place(self, series: CurveSeries) -> tuple[int, int] | None:
        """Return about where the words about a late run stand: they move with its end, by jumps."""
        if not series.history.late_by or series.ghost or not len(series.curve.smoothed):
            return None
        end = self._picture.point(series.n_steps, float(series.curve.smoothed[-1]))
        return round(end.x() / 16), round(end.y() / 16)

    # Mouse

    def _move_crosshair(self, step: int | None) -> None:
        if step != self._crosshair:
            self._crosshair = self._picture.crosshair = step
            self._canvas.update_overlay()
            self.crosshair_moved.emit()

    def _curve_at(self, position: QPoint) -> CurveSeries | None:
        """Return the run whose smoothed curve is near a point of the widget."""
        return nearest_curve(self._picture, QPointF(position - self._canvas.pos()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the crosshair goes with the mouse."""
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        if self.plot_rect.contains(point) and self._last_step():
            step = round(self._picture.step_at(point.x() - self.plot_rect.left()))
            self._crosshair_by_mouse = True
            self._move_crosshair(min(max(step, 1), self._last_step()))
            self._point_at(None if event.buttons() else self._curve_at(point))
        else:
            self._point_at(None)
            if self._crosshair_by_mouse:
                self._move_crosshair(None)

    def _point_at(self, series: CurveSeries | None) -> None:
        self.hover(series)
        if series is None or series.selected:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: a click near a curve is told of; a drag has panned."""
        clicked = self._pressed_at is not None and self._dragged_to is None
        super().mouseReleaseEvent(event)
        if clicked and event.button() == Qt.MouseButton.LeftButton:
            series = self._curve_at(event.position().toPoint())
            if series is not None:
                self.curve_clicked.emit(series)

    def leaveEvent(self, event: QEvent) -> None:
        """Override: the crosshair leaves with the mouse that brought it."""
        super().leaveEvent(event)
        self._point_at(None)
        if self._crosshair_by_mouse:
            self._move_crosshair(None)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: the keys that `words.key_help` names."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        sideways = (key == Qt.Key.Key_Right) - (key == Qt.Key.Key_Left)
        upwards = (key == Qt.Key.Key_Up) - (key == Qt.Key.Key_Down)
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        # The brackets by their text: many keyboards have them behind AltGr.
        after = (key == Qt.Key.Key_PageDown and plain) or event.text() == "]"
        before = (key == Qt.Key.Key_PageUp and plain) or event.text() == "["
        if key == Qt.Key.Key_Home and plain:
            self.show_whole()
        elif before or after:
            self.neighbour_asked.emit(after - before)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and (plain or shift):
            self._zoom_at_crosshair(1 / _KEY_ZOOM)
        elif key == Qt.Key.Key_Minus and plain:
            self._zoom_at_crosshair(_KEY_ZOOM)
        elif (sideways or upwards) and shift:
            self.pan(sideways * _KEY_PAN, upwards * _KEY_PAN)
        elif sideways and plain:
            self._step_crosshair(sideways)
        elif sideways and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._step_crosshair(10 * sideways)
        elif key == Qt.Key.Key_Escape and self._crosshair is not None:
            self._move_crosshair(None)
        else:
            event.ignore()
            return
        event.accept()

    def _step_crosshair(self, n_columns: int) -> None:
        """Move the crosshair by columns of the picture, at least by a step, from the newest visible one."""
        last = self._last_step()
        if not last:
            return
        low, high = self._picture.x_range
        steps_per_column = max(1, round((high - low) / self._canvas.width()))
        begin = min(last, math.floor(high))
        step = begin if self._crosshair is None else self._crosshair + n_columns * steps_per_column
        step = min(max(step, 1), last)
        self._crosshair_by_mouse = False
        self._move_crosshair(step)
        if not low <= step <= high:
            self.pan((step - (low if step < low else high)) / (high - low), 0)

    def _zoom_at_crosshair(self, factor: float) -> None:
        """Zoom about the crosshair, or about the newest visible step, at the height of the curve there."""
        (low, high), (bottom, top) = self._picture.x_range, self._picture.y_range
        step = self._crosshair or min(self._last_step(), math.floor(high)) or (low + high) / 2
        value = (bottom + top) / 2
        selected = self._picture.selected
        if selected is not None and 1 <= step <= selected.n_steps:
            value = selected.smoothed_at(int(step))
            value = math.log10(max(value, 1e-30)) if self.logarithmic else value
        self.zoom(factor, step, min(max(value, bottom), top))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Override: show the focus."""
        super().focusInEvent(event)
        self._picture.focused = True
        self._canvas.update_overlay()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Override: show that it is gone."""
        super().focusOutEvent(event)
        self._picture.focused = False
        self._canvas.update_overlay()
