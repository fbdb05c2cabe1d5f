"""The slider of the timeline: its positions are the moments that are kept, and its end is live.

It speaks in steps, and knows neither snapshots nor runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from bnstudio.gui.curves.words import step_in_words
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font, theme_of
from bnstudio.gui.timeline.events import Events
from bnstudio.gui.timeline.moments import (
    epoch_ends,
    labelled_steps,
    n_moments_before,
    position_of,
    positions_of,
    step_of,
)
from bnstudio.training.recorder_schedule import step_at

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from bnstudio.gui.theme import Theme

_RADIUS = 7.0
_MARGIN = 10.0
"""Left of the first position and right of the last: room for the handle and the ring of its focus."""
_MIDDLE = 11.0
"""Of the groove, below the upper edge."""
_EPOCH_SPACING = 5.0
_MARK_SPACING = 3.0
"""Of the marks of events, which are twice as wide."""
_REACH = 4.0
"""Pixels within which an event is pointed at."""


class MomentSlider(QSlider):
    """A horizontal slider over the moments before the latest step."""

    step_chosen = Signal(object)
    """`step` has become another, by a person or because what was shown is gone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._first = self._latest = 1
        self._steps_per_epoch = 0
        self._events = Events()
        self._grabbed_at = 0.0
        self.setRange(1, 1)
        self.setPageStep(10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(lambda: self.step_chosen.emit(self.step))

    @property
    def step(self) -> int | None:
        """The step that is looked back at; None while live."""
        return None if self.value() == self.maximum() else step_at(self.value())

    @property
    def n_moments(self) -> int:
        """How many steps can be looked back at."""
        return self.maximum() - self.minimum()

    def follow(self, first: int, latest: int, steps_per_epoch: int, events: Events) -> None:
        """Reach from the step `first` to `latest`: what is looked back at stays, and so does live.

        `events` is another object whenever there are others.
        """
        before = self.step
        self._first, self._latest = first, max(latest, 1)
        with QSignalBlocker(self):
            self.setRange(n_moments_before(first) + 1, n_moments_before(self._latest) + 1)
            if before is None:
                self.setValue(self.maximum())
        if (steps_per_epoch, events) != (self._steps_per_epoch, self._events):
            self._steps_per_epoch, self._events = steps_per_epoch, events
            self.update()
        if self.step != before:
            self.step_chosen.emit(self.step)

    def go_live(self) -> None:
        """Look back no more."""
        self.setValue(self.maximum())

    # Size and places

    def sizeHint(self) -> QSize:
        """Override: groove and labels."""
        return QSize(60 * SPACING, round(_MIDDLE + _RADIUS + 2 + self._metrics().height()))

    def minimumSizeHint(self) -> QSize:
        """Override: still something to aim at."""
        return QSize(20 * SPACING, self.sizeHint().height())

    def x_of(self, position: float) -> float:
        """Return where a position stands; fractions lie between."""
        share = (position - self.minimum()) / max(1, self.n_moments)
        return _MARGIN + share * (self.width() - 2 * _MARGIN)

    def _place_at(self, x: float) -> float:
        """Return the position at a pixel across, with its fraction."""
        share = (x - _MARGIN) / max(1.0, self.width() - 2 * _MARGIN)
        return self.minimum() + min(max(share, 0.0), 1.0) * self.n_moments

    def _position_at(self, x: float) -> int:
        return round(self._place_at(x))

    def _handle_x(self) -> float:
        return self.x_of(self.value()) if self.n_moments else self.width() - _MARGIN

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(small_font(self.font()))

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: the handle comes to where the mouse is pressed, and can be dragged on from there."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x, handle = event.position().x(), self._handle_x()
        self._grabbed_at = x - handle if abs(x - handle) <= _RADIUS else 0.0
        self.setSliderDown(True)
        self._drag_to(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: the handle goes with the mouse."""
        if self.isSliderDown():
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: the handle stays where it is."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def _drag_to(self, x: float) -> None:
        self.setSliderPosition(self._position_at(x - self._grabbed_at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Esc is live, as End is; arrows and pages are the slider's own."""
        if event.key() == Qt.Key.Key_Escape and self.step is not None:
            self.go_live()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Override: the tooltip says which step is pointed at, and what happened there."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.n_moments:
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x()), self)
            return True
        return super().event(event)

    def text_at(self, x: float) -> str:
        """Return in words what stands at a pixel across."""
        position = self._position_at(x)
        step = self._latest if position == self.maximum() else step_at(position)
        lines = [step_in_words(step, self._steps_per_epoch)]
        if position == self.maximum():
            lines = [self.tr("live: {step}").format(step=lines[0])]
        lines += self._events.texts(self._step_near(x - _REACH), self._step_near(x + _REACH))
        lines.append(self.tr("Drag, or press Left and Right; End or Esc is live."))
        return "\n".join(lines)

    def _step_near(self, x: float) -> float:
        """Return the step that stands at a pixel across; at the end are all that are yet to come."""
        place = self._place_at(x)
        return math.inf if place == self.maximum() else step_of(place)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: labels, ends of epochs, groove and handle, events."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setFont(small_font(self.font()))
            if self.n_moments:
                self._paint_labels(painter, theme)
                self._paint_epoch_ends(painter, theme)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_groove(painter, theme)
            self._paint_events(painter, theme)  # over the handle, which often stands where a run diverged

    def _paint_labels(self, painter: QPainter, theme: Theme) -> None:
        metrics = self._metrics()
        baseline = self.height() - metrics.descent()
        taken: list[tuple[float, float]] = []
        for step in labelled_steps(step_at(self.minimum()), self._latest):
            text = format_count(step)
            x = self.x_of(min(position_of(step), self.maximum()))
            width = metrics.horizontalAdvance(text)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            if any(left < end + 2 * SPACING and left + width > begin - 2 * SPACING for begin, end in taken):
                continue
            taken.append((left, left + width))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(QLineF(round(x), _MIDDLE, round(x), _MIDDLE + _RADIUS))
            painter.setPen(QColor(theme.muted))
            painter.drawText(QPointF(left, baseline), text)

    def _paint_epoch_ends(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(QPen(QColor(theme.muted), 1))
        spacing = _EPOCH_SPACING / (self.x_of(1) - self.x_of(0))
        for end in epoch_ends(self._steps_per_epoch, self._latest, spacing):
            x = round(self.x_of(min(position_of(end), self.maximum())))
            if x >= _MARGIN:
                painter.drawLine(QLineF(x, _MIDDLE - 5, x, _MIDDLE))

    def _paint_events(self, painter: QPainter, theme: Theme) -> None:
        """Paint a triangle where a learning rate changed, and a cross where a run diverged."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        xs = self._xs_of(self._events.rate_changes)
        _, shown = np.unique(xs // _MARK_SPACING, return_index=True)  # a rate that was dragged changed often
        for x in xs[shown].round().tolist():
            painter.drawPolygon(QPolygonF([QPointF(x - 3, 1), QPointF(x + 3, 1), QPointF(x, 6)]))
        painter.setPen(QPen(QColor(theme.warning), 1.6))
        for x in self._xs_of(np.array(self._events.divergences, dtype=np.float64)).tolist():
            painter.drawLine(QLineF(x - 3, 1, x + 3, 7))
            painter.drawLine(QLineF(x - 3, 7, x + 3, 1))

    def _xs_of(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where those of `steps` stand that can be looked back at."""
        ends = self.minimum(), self.maximum()
        positions = positions_of(steps[steps >= self._first])
        return np.interp(positions, ends, [self.x_of(end) for end in ends])

    def _paint_groove(self, painter: QPainter, theme: Theme) -> None:
        x, right = self._handle_x(), self.width() - _MARGIN
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(QRectF(_MARGIN, _MIDDLE - 1.5, right - _MARGIN, 3), 1.5, 1.5)
        painter.setBrush(QColor(theme.accent if self.isEnabled() else theme.border))
        if self.step is not None:
            painter.drawRoundedRect(QRectF(_MARGIN, _MIDDLE - 1.5, x - _MARGIN, 3), 1.5, 1.5)
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.drawEllipse(QPointF(x, _MIDDLE), _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.drawEllipse(QPointF(x, _MIDDLE), _RADIUS + 2.5, _RADIUS + 2.5)
