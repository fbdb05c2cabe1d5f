"""The Timeline: one slider for all panels, from the first step that was recorded to live.

It says which step a person looks at; that the panels show it is the window's business. Whatever is looked
at, training goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from bnstudio.gui.card import CORNER_RADIUS, Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.theme import SPACING, bold_font, theme_of, title_font
from bnstudio.gui.timeline.events import Events
from bnstudio.gui.timeline.moment_slider import MomentSlider
from bnstudio.gui.timeline.words import place_text
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.training.snapshot import RunSnapshot, Snapshot


class TimelineBar(Card):
    """Is there from the first step that can be looked back at."""

    step_chosen = Signal(object)
    """Another step is to be shown: an int or, for the latest, None. `step` has it too."""

    def __init__(self, histories: RunHistories, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._histories = histories
        self._run_ids: frozenset[int] = frozenset()
        self._known_events: object = None
        self._events = Events()
        self._widest_step = 0
        self._title = QLabel(self.tr("Timeline"))
        self.slider = MomentSlider()
        self.slider.setAccessibleName(self.tr("Timeline"))
        self._place = QLabel()
        self.live_button = QuietButton(self.tr("Live"))
        self.live_button.setToolTip(self.tr("Show the latest step again (End or Esc on the timeline)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING // 2, SPACING // 2)
        layout.setSpacing(SPACING)
        layout.addWidget(self._title)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._place)
        layout.addWidget(self.live_button)
        self.slider.step_chosen.connect(self._on_step_chosen)
        self.live_button.clicked.connect(self._on_live_clicked)
        self._set_fonts()
        self._show_place()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def step(self) -> int | None:
        """The step that is looked back at; None while live."""
        return self.slider.step

    @property
    def text(self) -> str:
        """Where one is, in words."""
        return self._place.text()

    def go_live(self) -> None:
        """Show the latest step from now on."""
        self.slider.go_live()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Reach as far as the runs have come, once the histories have taken over `snapshot`.

        Where all runs are others than before, or none has come as far as the step that is looked back at, the
        past is no more, and this goes live. After a failure nothing can be looked back at.
        """
        self.setEnabled(snapshot.state is not State.FAILED)
        if not self.isEnabled():
            return
        runs = [run for run in snapshot.runs if not run.replaced]
        run_ids = frozenset(run.run_id for run in runs)
        if self._run_ids.isdisjoint(run_ids):
            self.go_live()
        elif self.slider.isSliderDown():
            return  # the positions stand still under the mouse
        self._run_ids = run_ids
        latest = max((run.step + (run.half_step is not None) for run in runs), default=0)
        self._follow_events(runs)
        first = snapshot.recorded_from or latest
        self.slider.follow(first, latest, snapshot.steps_per_epoch, self._events)
        self.slider.setEnabled(self.slider.n_moments > 0)
        self._reserve(latest)
        if self.slider.n_moments:
            self.show()

    def _follow_events(self, runs: list[RunSnapshot]) -> None:
        """Tell the slider of others where anything has happened, or happened to runs that are gone."""
        histories = [history for run in runs if (history := self._histories.current(run.name)) is not None]
        known = [(run.run_id, len(run.rate_changes), run.divergence) for run in histories]
        if known != self._known_events:
            self._known_events = known
            self._events = Events(histories)

    # Words

    def _show_place(self) -> None:
        text, in_past = place_text(self.step), self.step is not None
        self._place.setText(text)
        self._place.setFont(bold_font(self.font()) if in_past else self.font())
        role = QPalette.ColorRole
        self._place.setForegroundRole(role.WindowText if in_past else role.PlaceholderText)
        self.slider.setAccessibleDescription(text)
        self.live_button.setEnabled(in_past)
        self.update()

    def _reserve(self, step: int) -> None:
        """Keep room for the words, so that the slider does not become shorter when it is moved."""
        if len(str(step)) > len(str(self._widest_step)):
            self._widest_step = step
            self._set_fonts()

    def _set_fonts(self) -> None:
        self._title.setFont(title_font(self.font()))
        n_digits = max(4, len(str(self._widest_step)))
        in_past = QFontMetrics(bold_font(self.font())).horizontalAdvance(place_text(int("8" * n_digits)))
        live = QFontMetrics(self.font()).horizontalAdvance(place_text(None))
        self._place.setMinimumWidth(max(in_past, live) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: a frame that says, beside the words, that the panels show the past."""
        super().paintEvent(event)
        if self.step is not None:
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(theme_of(self).accent), 2))
                frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
                painter.drawRoundedRect(frame, CORNER_RADIUS, CORNER_RADIUS)

    def changeEvent(self, event: QEvent) -> None:
        """Override: the text size may be another."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "live_button"):
            self._set_fonts()
            self._show_place()

    # Events

    def _on_step_chosen(self, step: int | None) -> None:
        self._show_place()
        self.step_chosen.emit(step)

    def _on_live_clicked(self) -> None:
        self.slider.setFocus()  # the button is disabled when there is nothing to return from
        self.go_live()
