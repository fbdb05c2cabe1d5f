"""An empty plot over training steps: its two axes, the place for the curves, and how far one can see.

What is to be seen as a whole, and what is drawn in it, say those who build on it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetricsF

from bnstudio.gui.curves.axes import RIGHT_MARGIN, StepAxis, ValueAxis
from bnstudio.gui.curves.canvas import CurveCanvas
from bnstudio.gui.curves.picture import CurvePicture
from bnstudio.gui.curves.ranges import axis_end
from bnstudio.gui.theme import small_font, theme_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Ranges = tuple[tuple[float, float], tuple[float, float]]
"""Of the steps and of the coordinates of the axis of values."""


class PlotView(pg.GraphicsLayoutWidget):
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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
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
        self._show_range(self._whole)

    @property
    def logarithmic(self) -> bool:
        """Whether the axis of values is logarithmic."""
        return self._picture.logarithmic

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and the highest value on the axis."""
        return self._picture.value_range

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

    def zoom(self, factor: float, step: float, value: float) -> None:
        """Make the visible ranges `factor` times as large, about a point of both axes."""
        self._box.scaleBy((factor, factor), center=(step, value))
        self._note_zoom()

    def pan(self, sideways: float, upwards: float) -> None:
        """Move the visible ranges by these shares of themselves."""
        (low, high), (bottom, top) = self._box.viewRange()
        self._box.translateBy(x=sideways * (high - low), y=upwards * (top - bottom))
        self._note_zoom()

    def _find_whole(self) -> Ranges:
        """Return what there is to be seen."""
        return self._whole

    def _last_reachable_step(self) -> int:
        """Return the step beyond which nobody needs to look."""
        return 0

    def _thin(self) -> None:
        """Follow a change of the visible range."""

    def _show_whole(self) -> None:
        whole = self._find_whole()
        picture = self._picture
        if (picture.x_range, picture.y_range) != whole or whole != self._whole:
            self._show_range(whole)

    def _show_range(self, whole: Ranges) -> None:
        self._whole = whole
        self._limit_steps()
        self._box.setRange(xRange=whole[0], yRange=whole[1], padding=0, disableAutoRange=False)

    def _limit_steps(self) -> None:
        """Let nobody leave the curves."""
        self._box.setLimits(xMax=max(self._whole[0][1], axis_end(self._last_reachable_step())))

    def _on_range_changed(self) -> None:
        picture = self._picture
        steps, values = self._box.viewRange()
        picture.x_range, picture.y_range = tuple(steps), tuple(values)
        self._thin()
        self._update_ticks()
        self._canvas.update_all()
        self.range_changed.emit()

    def _on_range_changed_manually(self) -> None:
        self._note_zoom()

    def _note_zoom(self) -> None:
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
