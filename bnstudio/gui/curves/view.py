"""A plot of curves over training steps: it chooses the visible range, and answers the mouse and the keys.

It shows a list of CurveSeries and knows nothing of where they come from. Unless zoomed it follows the newest
step: the axes grow by jumps, so that between two jumps only the curves are drawn anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QFontMetricsF

from bnstudio.gui.curves.axes import RIGHT_MARGIN, StepAxis, ValueAxis
from bnstudio.gui.curves.canvas import CurveCanvas
from bnstudio.gui.curves.picture import CurvePicture
from bnstudio.gui.curves.ranges import axis_end, last_step, loss_range, share_range, step_range
from bnstudio.gui.curves.thinning import smoothing_window
from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.curves.series import CurveSeries

_KEY_ZOOM = 1.5
_KEY_PAN = 0.2


class CurveView(pg.GraphicsLayoutWidget):
    """The plot itself, without title and legend.

    Parameters
    ----------
    percent : bool
        Whether the values are shares between 0 and 1, shown in percent, instead of losses.
    """

    following_changed = Signal(bool)
    range_changed = Signal()
    crosshair_moved = Signal()
    """By mouse or key; `crosshair` has the step or None."""

    def __init__(self, percent: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._percent = percent
        self.series: Sequence[CurveSeries] = ()
        self.following = True
        self._drawn_events: object = None
        self._crosshair: int | None = None
        self._crosshair_by_mouse = False
        self._whole = ((0.0, axis_end(0)), (0.0, 1.0 if percent else 2.5))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 96)
        self.step_axis, self.value_axis = StepAxis(), ValueAxis(percent)
        self._box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
        self._box.disableAutoRange()
        for axis in (self.step_axis, self.value_axis):
            # Its margins reach into the picture, so that each frame would paint it; kept, it is copied.
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)
        layout = self.ci
        layout.setContentsMargins(0, 4, RIGHT_MARGIN, 0)
        layout.setSpacing(0)
        layout.addItem(self.value_axis, 0, 0)
        layout.addItem(self._box, 0, 1)
        layout.addItem(self.step_axis, 1, 1)
        self.value_axis.linkToView(self._box)
        self.step_axis.linkToView(self._box)
        self._picture = CurvePicture(theme_of(self), self.font())
        self._canvas = CurveCanvas(self.viewport(), self._picture)
        self._box.setLimits(xMin=0, minXRange=8, yMin=0)
        self._apply_theme()
        self._apply_font()
        self._box.sigResized.connect(self._on_box_resized)
        self._box.sigRangeChanged.connect(self._on_range_changed)
        self._box.sigRangeChangedManually.connect(self._on_range_changed_manually)
        self._show_range(*self._whole)

    # What is shown

    def show_series(self, series: Sequence[CurveSeries], steps_per_epoch: int, message: str = "") -> None:
        """Show these runs instead of those before, ghosts too; `message` where there is nothing yet."""
        self.series = self._picture.series = series
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
            self._limit_steps()
            self._thin()
        self._canvas.update_curves()
        events = [series.n_events for series in self.series]
        if events != self._drawn_events:
            self._drawn_events = events
            self._canvas.update_overlay()

    @property
    def smoothing_steps(self) -> int:
        """How many steps the smoothed curve averages at the present zoom."""
        low, high = self._box.viewRange()[0]
        return smoothing_window(high - low)

    @property
    def crosshair(self) -> int | None:
        """The step, counted from 1, that the crosshair stands on."""
        return self._crosshair

    @property
    def logarithmic(self) -> bool:
        """Whether the axis of values is logarithmic."""
        return self._picture.logarithmic

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Choose the axis of values, and show the whole curve on it."""
        if logarithmic == self._picture.logarithmic:
            return
        self._picture.logarithmic = logarithmic
        self.value_axis.set_logarithmic(logarithmic)
        self._box.setLimits(yMin=None if logarithmic else 0)
        self.show_whole()

    def show_whole(self) -> None:
        """End the zoom and follow the newest step again."""
        changed = not self.following
        self.following = True
        self._show_whole()
        self._canvas.update_all()
        if changed:
            self.following_changed.emit(True)

    # Ranges

    def _last_step(self) -> int:
        return last_step(self.series)

    def _show_whole(self) -> None:
        steps = step_range(self.series)
        self._thin(steps)
        whole = (steps, self._whole_values())
        if whole != self._whole or self._box.viewRange() != [list(whole[0]), list(whole[1])]:
            self._show_range(*whole)

    def _whole_values(self) -> tuple[float, float]:
        if self._percent:
            return share_range(QFontMetricsF(self._picture.font).height() + 2, self._box.height())
        return loss_range(self.series, self.logarithmic)

    def _show_range(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        self._whole = (steps, values)
        self._limit_steps()
        self._box.setRange(xRange=steps, yRange=values, padding=0, disableAutoRange=False)

    def _limit_steps(self) -> None:
        """Let nobody leave the curves; a ghost longer than the run that goes on can be reached by zooming."""
        longest = max((series.n_steps for series in self.series), default=0)
        self._box.setLimits(xMax=max(self._whole[0][1], axis_end(longest)))

    def _thin(self, steps: tuple[float, float] | None = None) -> None:
        """Compute the columns between `steps`, or those visible."""
        low, high = steps or self._box.viewRange()[0]
        n_columns = max(64, int(self._box.width()))
        for series in self.series:
            series.curve.update(series.values, low, high, n_columns)

    def _on_range_changed(self) -> None:
        picture = self._picture
        steps, values = self._box.viewRange()
        picture.x_range, picture.y_range = tuple(steps), tuple(values)
        self._thin()
        self._update_ticks()
        self._canvas.update_all()
        self.range_changed.emit()

    def _on_range_changed_manually(self) -> None:
        self._zoomed()

    def _zoomed(self) -> None:
        """Stop following, unless all is in the picture."""
        (left, right), (bottom, top) = self._box.viewRange()
        (_, whole_right), (whole_bottom, whole_top) = self._whole
        tolerance = 1e-6
        all_steps = left <= tolerance and right >= whole_right * (1 - tolerance)
        if all_steps and bottom <= whole_bottom + tolerance and top >= whole_top - tolerance:
            self.show_whole()
            return
        self._picture.mark_outside = False
        if self.following:
            self.following = False
            self.following_changed.emit(False)

    def _on_box_resized(self) -> None:
        self._canvas.place(self.mapFromScene(self._box.sceneBoundingRect()).boundingRect())
        if self.following:
            self._show_whole()
        self._thin()
        self._update_ticks()

    def _update_ticks(self) -> None:
        self._picture.mark_outside = self.following
        self._picture.y_ticks = self.value_axis.tick_positions(*self._picture.y_range, self._box.height())

    # Mouse and keys

    def _move_crosshair(self, step: int | None) -> None:
        if step != self._crosshair:
            self._crosshair = self._picture.crosshair = step
            self._canvas.update_overlay()
            self.crosshair_moved.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the crosshair goes with the mouse (the scene's own signal leaves out moves)."""
        super().mouseMoveEvent(event)
        position = self.mapToScene(event.position().toPoint())
        inside = self._box.sceneBoundingRect().contains(position)
        if inside and self._last_step():
            step = round(self._box.mapSceneToView(position).x())
            self._crosshair_by_mouse = True
            self._move_crosshair(min(max(step, 1), self._last_step()))
        elif self._crosshair_by_mouse:
            self._move_crosshair(None)

    def leaveEvent(self, event: QEvent) -> None:
        """Override: the crosshair leaves with the mouse that brought it."""
        super().leaveEvent(event)
        if self._crosshair_by_mouse:
            self._move_crosshair(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Override: back to the whole."""
        self.show_whole()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: the keys that `key_help` names."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        sideways = (key == Qt.Key.Key_Right) - (key == Qt.Key.Key_Left)
        upwards = (key == Qt.Key.Key_Up) - (key == Qt.Key.Key_Down)
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        if key == Qt.Key.Key_Home and plain:
            self.show_whole()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and (plain or shift):
            self._zoom(1 / _KEY_ZOOM)
        elif key == Qt.Key.Key_Minus and plain:
            self._zoom(_KEY_ZOOM)
        elif (sideways or upwards) and shift:
            self._pan(sideways * _KEY_PAN, upwards * _KEY_PAN)
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

    def key_help(self) -> str:
        """Return what mouse and keys do, as one text for a tooltip."""
        return QCoreApplication.translate(
            "CurveView",
            "Left and Right move the crosshair by a pixel, with Ctrl by ten.\n"
            "Wheel, + and − zoom, drag and Shift with arrows pan, on an axis only along it.\n"
            "Home or a double click shows all.",
        )

    def _step_crosshair(self, n_columns: int) -> None:
        """Move the crosshair by columns of the picture, at least by a step, from the newest visible one."""
        last = self._last_step()
        if not last:
            return
        (low, high), _ = self._box.viewRange()
        steps_per_column = max(1, round((high - low) / max(1.0, self._box.width())))
        begin = min(last, math.floor(high))
        step = begin if self._crosshair is None else self._crosshair + n_columns * steps_per_column
        step = min(max(step, 1), last)
        self._crosshair_by_mouse = False
        self._move_crosshair(step)
        if not low <= step <= high:
            self._pan((step - (low if step < low else high)) / (high - low), 0)

    def _zoom(self, factor: float) -> None:
        """Zoom about the crosshair, or about the newest visible step, at the height of the curve there."""
        (low, high), (bottom, top) = self._box.viewRange()
        step = self._crosshair or min(self._last_step(), math.floor(high)) or (low + high) / 2
        value = (bottom + top) / 2
        current = next((s for s in self.series if not s.ghost and 1 <= step <= s.n_steps), None)
        if current is not None:
            value = current.smoothed_at(int(step))
            value = math.log10(max(value, 1e-30)) if self.logarithmic else value
        value = min(max(value, bottom), top)
        self._box.scaleBy((factor, factor), center=(step, value))
        self._zoomed()

    def _pan(self, sideways: float, upwards: float) -> None:
        (low, high), (bottom, top) = self._box.viewRange()
        self._box.translateBy(x=sideways * (high - low), y=upwards * (top - bottom))
        self._zoomed()

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

    # Looks

    def changeEvent(self, event: QEvent) -> None:
        """Override: follow palette and font."""
        super().changeEvent(event)
        if hasattr(self, "_canvas"):  # the base class changes both before there is a picture
            if event.type() == QEvent.Type.PaletteChange:
                self._apply_theme()
            elif event.type() == QEvent.Type.FontChange:
                self._apply_font()

    def _apply_theme(self) -> None:
        theme = self._picture.theme = theme_of(self)
        self.setBackground(theme.panel)
        for axis in (self.step_axis, self.value_axis):
            axis.setPen(theme.border)
            axis.setTextPen(theme.muted)
        self._canvas.update_all()

    def _apply_font(self) -> None:
        font = self._picture.font = small_font(self.font())
        self.step_axis.set_font(font)
        self.value_axis.set_font(font)
        self.setMinimumHeight(math.ceil(6 * QFontMetricsF(font).height()))
        self._canvas.update_all()
