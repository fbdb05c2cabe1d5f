"""The bar at the top: train, pause and step, the learning rate, the speed and the progress.

It says what a person asks for with signals and actions, and shows what snapshots say; it knows no session.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.bar_button import BarButton
from bnstudio.gui.controls.field_keys import tame_field
from bnstudio.gui.controls.learning_rate_editor import LearningRateEditor
from bnstudio.gui.controls.progress_view import ProgressView, progress_of
from bnstudio.gui.theme import SPACING
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import Snapshot

PACES = (None, 30.0, 10.0, 5.0, 2.0, 1.0)
"""Steps per second to choose from; None is as fast as the machine can."""
N_NEW_SEEDS = 10_000
"""New seed draws from 0 up to this, exclusive."""


class ControlBar(Card):
    """Controls of the training, with the actions that the Train menu shows too."""

    train_asked = Signal()
    pause_asked = Signal()
    step_asked = Signal()
    epoch_asked = Signal()
    restart_asked = Signal()
    pace_chosen = Signal(object)
    """Steps per second, or None for full speed."""
    message_raised = Signal(str)

    def __init__(
        self, document: ExperimentDocument, presets_menu: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._state = State.LOADING
        self._training = False
        self._texts_shown = True
        self._make_actions()
        self._lay_out(presets_menu)
        self._show_training(False)
        document.opened.connect(lambda: self._show_training(False))  # at once, before a snapshot says so

    @property
    def training(self) -> bool:
        """Whether the button stands at Pause: something trains, or will as soon as the data is there."""
        return self._training

    def train_actions(self) -> list[QAction]:
        """Return the actions of the Train menu, in order."""
        return [
            self.train_action,
            self.step_action,
            self.epoch_action,
            self.restart_action,
            self.new_seed_action,
        ]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what the session is doing."""
        waits = snapshot.state is State.LOADING and self._training
        self._state = snapshot.state
        self._show_training(snapshot.state is State.TRAINING or waits)
        for action in (self.epoch_action, self.step_action):
            action.setEnabled(snapshot.state is not State.STOPPED)
        self.progress_view.show_progress(progress_of(snapshot, self._document.experiment.epochs))

    def minimumSizeHint(self) -> QSize:
        """Override: wide enough for the icons of the secondary buttons."""
        size = self._layout.minimumSize()
        texts = sum(button.text_width() for button in self._secondary_buttons) if self._texts_shown else 0
        return QSize(size.width() - texts, size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Override: texts that do not fit are left away."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Override: texts may fit or not when their size has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _make_actions(self) -> None:
        self.train_action = self._action(
            self.tr("&Train"),
            "F5",
            self._on_train_triggered,
            self.tr("Train to the end of the planned epochs"),
        )
        self.step_action = self._action(
            self.tr("&Step"), "F10", self._on_step_triggered, self.tr("Train one mini-batch, then pause")
        )
        self.epoch_action = self._action(
            self.tr("One &epoch"),
            "Shift+F5",
            self._on_epoch_triggered,
            self.tr("Train to the end of the current epoch"),
        )
        self.epoch_action.setIconText(self.tr("Epoch"))
        self.restart_action = self._action(
            self.tr("&Restart"),
            "Ctrl+R",
            self.restart_asked.emit,
            self.tr("Start again from step 0 with the same initial weights and the same mini-batches"),
        )
        self.new_seed_action = self._action(
            self.tr("&New seed"),
            "Ctrl+Shift+R",
            self._on_new_seed_triggered,
            self.tr("Start again from step 0 with other initial weights and other mini-batches"),
        )
        self.new_seed_action.setIconText(self.tr("New seed"))

    def _action(self, text: str, shortcut: str, slot: object, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(shortcut))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(self.tr("{what} ({keys})").format(what=tip, keys=keys))
        action.triggered.connect(slot)
        return action

    def _lay_out(self, presets_menu: QMenu) -> None:
        self.train_button = BarButton("play", self.train_action, primary=True)
        self.train_button.reserve(self.tr("Train"), self.tr("Pause"))
        self._secondary_buttons = [
            BarButton("step", self.step_action),
            BarButton("epoch", self.epoch_action),
            BarButton("restart", self.restart_action),
            BarButton("dice", self.new_seed_action),
        ]
        self.presets_button = BarButton("presets")
        self._secondary_buttons.append(self.presets_button)
        self.presets_button.setText(self.tr("Presets"))
        self.presets_button.setAccessibleName(self.tr("Presets"))
        self.presets_button.setToolTip(self.tr("Open one of the experiments that come with bnstudio"))
        self.presets_button.setMenu(presets_menu)
        self.presets_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.learning_rate_editor = LearningRateEditor(self._document)
        self.learning_rate_editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.learning_rate_editor.setMaximumWidth(60 * SPACING)
        self.learning_rate_editor.message_raised.connect(self.message_raised)
        self.pace_combo = self._make_pace_combo()
        pace_label = QLabel(self.tr("S&peed"))
        pace_label.setBuddy(self.pace_combo)
        self.progress_view = ProgressView()

        layout = self._layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING)
        layout.addWidget(self.train_button)
        for button in self._secondary_buttons[:-1]:
            layout.addWidget(button)
        layout.addSpacing(SPACING)
        layout.addWidget(self.learning_rate_editor, 1)
        layout.addSpacing(SPACING)
        layout.addWidget(pace_label)
        layout.addWidget(self.pace_combo)
        layout.addStretch(0)
        layout.addWidget(self.progress_view)
        layout.addSpacing(SPACING)
        layout.addWidget(self.presets_button)

    def _make_pace_combo(self) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(self.tr("Speed in steps per second"))
        combo.setToolTip(self.tr("Slow motion: how many mini-batches are trained in a second, at most"))
        for pace in PACES:
            combo.addItem(self.tr("full") if pace is None else self.tr("{n} / s").format(n=f"{pace:g}"), pace)
        combo.currentIndexChanged.connect(lambda i: self.pace_chosen.emit(PACES[i]))
        tame_field(combo, lambda: None)
        return combo

    def _fit(self) -> None:
        """Leave the texts of the secondary buttons away where they do not fit."""
        spare = self.width() - self._layout.minimumSize().width()
        if self._texts_shown and spare < 0:
            self._show_texts(False)
        elif not self._texts_shown and spare >= sum(
            button.text_width() for button in self._secondary_buttons
        ):
            self._show_texts(True)

    def _show_texts(self, shown: bool) -> None:
        self._texts_shown = shown
        for button in self._secondary_buttons:
            button.set_text_shown(shown)

    def _show_training(self, training: bool) -> None:
        self._training = training
        self.train_action.setText(self.tr("Pause") if training else self.tr("&Train"))
        self.train_button.set_icon_name("pause" if training else "play")

    def _on_train_triggered(self) -> None:
        (self.pause_asked if self._training else self.train_asked).emit()
        self._show_waiting(not self._training)

    def _on_epoch_triggered(self) -> None:
        self.epoch_asked.emit()
        self._show_waiting(True)

    def _on_step_triggered(self) -> None:
        self.step_asked.emit()

    def _show_waiting(self, training: bool) -> None:
        # Before the data is there no snapshot will answer; the button answers itself.
        if self._state in (State.LOADING, State.FAILED):
            self._show_training(training)

    def _on_new_seed_triggered(self) -> None:
        experiment = self._document.experiment
        # Another one for certain, and short: it is read aloud and typed again.
        seed = (experiment.seed + 1 + secrets.randbelow(N_NEW_SEEDS - 1)) % N_NEW_SEEDS
        self._document.edit(experiment.replaced(seed=seed), self.tr("new seed"))
