"""The main window: lays out the panels and lets document, session and views talk to each other.

It is the one place where all of them meet. What each of them does is its own business.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGraphicsView, QMainWindow, QSplitter, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.catch_up_bar import CatchUpBar
from bnstudio.gui.controls.control_bar import ControlBar
from bnstudio.gui.controls.divergence_notices import DivergenceNotices
from bnstudio.gui.controls.notice_bar import NoticeBar
from bnstudio.gui.controls.setup_panel import SetupPanel
from bnstudio.gui.controls.status_line import StatusLine
from bnstudio.gui.curves.accuracy_panel import AccuracyPanel
from bnstudio.gui.curves.loss_panel import LossPanel
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.dialogs.gradient_check_action import GradientCheckAction
from bnstudio.gui.export.export_actions import ExportActions
from bnstudio.gui.file_actions import FILE_SUFFIXES, FileActions
from bnstudio.gui.instrument_tabs import InstrumentTabs
from bnstudio.gui.live_feed import LiveFeed
from bnstudio.gui.main_menus import MainMenus
from bnstudio.gui.messages import state_text
from bnstudio.gui.models.models_panel import ModelsPanel
from bnstudio.gui.network.network_panel import NetworkPanel
from bnstudio.gui.run_files import RunFiles
from bnstudio.gui.slow_motion.slow_motion import SlowMotion
from bnstudio.gui.slow_motion.slow_motion_bar import SlowMotionBar
from bnstudio.gui.study_bar import StudyBar
from bnstudio.gui.theme import SPACING
from bnstudio.gui.timeline.timeline_bar import TimelineBar
from bnstudio.gui.timeline.words import looking_back_text
from bnstudio.gui.view_menu import ViewMenu
from bnstudio.gui.window_settings import restore_window, store_window
from bnstudio.training.snapshot import Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent

    from bnstudio.document.experiment import Experiment
    from bnstudio.gui.appearance import Appearance
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.commands import Commands

TWO_STACKS, CURVES_BESIDE_TWO_STACKS = 1_000, 270
"""Widths that are good for two stacks beside each other, and what the curves keep at least."""
TURN_SECONDS = 0.06
"""Snapshots that follow each other faster than this are shown by some panels only in turn."""


class MainWindow(QMainWindow):
    """Shows `document`, trains it with `session`, and keeps its own size and choices between starts.

    The session belongs to whoever made it, and has to be closed by them after the window.
    """

    def __init__(self, document: ExperimentDocument, session: Commands, appearance: Appearance) -> None:
        super().__init__()
        self._document = document
        self._session = session
        self._appearance = appearance
        self._leaving = False
        self._error_shown = False
        self._state: State | None = None
        self._at_step: int | None = None
        self._turn = 0
        self._arrived = 0.0
        self._widths_alone: list[int] | None = None
        self.histories = RunHistories(self)
        self.run_files = RunFiles(session, self)
        self.files = FileActions(document, self.run_files, self)
        self.control_bar = ControlBar(document, self.files.presets_menu)
        self.recovery_bar = NoticeBar()
        self.notice_bar = NoticeBar()
        self.catch_up_bar = CatchUpBar()
        self.study_bar = StudyBar(document)
        self.models_panel = ModelsPanel(document, self.histories)
        self.setup_panel = SetupPanel(document)
        self.network_panel = NetworkPanel(document)
        self.loss_panel = LossPanel(document, self.histories)
        self.accuracy_panel = AccuracyPanel(document, self.histories)
        self.instruments = InstrumentTabs(document, self.accuracy_panel)
        self.timeline_bar = TimelineBar(self.histories)
        self.slow_motion = SlowMotion(document, self)
        self.slow_motion_bar = SlowMotionBar(self.slow_motion)
        self.gradient_check_action = GradientCheckAction(document, self)
        self.status_line = StatusLine()
        self.exports = ExportActions(
            document,
            self.histories,
            {
                "network": (self.tr("&Network"), self.network_panel),
                "loss": (self.tr("&Loss"), self.loss_panel),
                "accuracy": (self.tr("&Accuracy"), self.accuracy_panel),
                "gradient-flow": (self.tr("&Gradient flow"), self.instruments.gradient_flow_panel),
                "layer": (self.tr("L&ayer"), self.instruments.layer_panel),
                "try-it": (self.tr("&Try it"), self.instruments.try_it_panel),
                "models": (self.tr("&Models"), self.models_panel),
                "setup": (self.tr("&Setup"), self.setup_panel),
            },
            self.network_panel.shown_readings,
            self,
        )
        self.look_inside_action = QAction(self.tr("&Look inside"), self, shortcut=QKeySequence("Ctrl+I"))
        self.look_inside_action.setToolTip(self.tr("Show the selected layer under Layer, beside Accuracy"))
        self.network_panel.further_actions = [
            self.look_inside_action,
            *self.exports.panel_actions("network"),
        ]
        self.feed = LiveFeed(session, self)
        self._divergence_notices = DivergenceNotices(document, self.notice_bar, self)

        self._lay_out()
        MainMenus(self, document, ViewMenu(appearance, self._panels, self))
        self._connect()
        restore_window(self, self._splitters)
        self._show_title()
        self.setAcceptDrops(True)
        for view in self.findChildren(QGraphicsView):
            # A graphics view claims every drag, and then lets the file fall.
            view.setAcceptDrops(False)
        self._follow_look()
        self.feed.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Space trains or pauses, where no focused widget had a use for it."""
        # A key comes up to here only when the focused widget and its parents have ignored it.
        if event.key() == Qt.Key.Key_Space and not event.modifiers() and not event.isAutoRepeat():
            self.control_bar.train_action.trigger()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Override: an experiment's file may be dropped."""
        if _dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Override: open the file."""
        path = _dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.files.open_file(path)

    def changeEvent(self, event: QEvent) -> None:
        """Override: a window that nobody sees asks for less."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.feed.set_hidden(self.isMinimized())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Override: ask about unsaved changes, wait for what is being saved, remember the window."""
        if not self._leaving and not self.files.is_safe:
            event.ignore()
            self.files.when_safe(self._leave)
            return
        store_window(self, self._splitters)
        self.feed.stop()
        self.exports.stop()
        event.accept()

    def _leave(self) -> None:
        self._leaving = True
        self.close()

    def _lay_out(self) -> None:
        curves = self._splitter(Qt.Orientation.Vertical, self.loss_panel, self.instruments)
        curves.setSizes([500, 500])
        models_card, setup_card = Card(self.models_panel), Card(self.setup_panel)
        setups = QWidget()
        setups_layout = QVBoxLayout(setups)
        setups_layout.setContentsMargins(0, 0, 0, 0)
        setups_layout.setSpacing(SPACING)
        setups_layout.addWidget(models_card)
        setups_layout.addWidget(setup_card, 1)
        columns = self._splitter(Qt.Orientation.Horizontal, setups, Card(self.network_panel), curves)
        columns.setStretchFactor(0, 0)
        columns.setStretchFactor(1, 3)
        columns.setStretchFactor(2, 2)
        columns.setSizes([180, 710, 370])
        self._splitters = {"main": columns, "curves": curves}
        self._panels = {
            "models": (self.tr("&Models"), models_card),
            "setup": (self.tr("&Setup"), setup_card),
            "loss": (self.tr("L&oss"), self.loss_panel),
            "accuracy": (self.tr("&Accuracy and instruments"), self.instruments),
        }
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(SPACING, SPACING, SPACING, SPACING // 2)
        layout.setSpacing(SPACING)
        layout.addWidget(self.control_bar)
        layout.addWidget(self.recovery_bar)
        layout.addWidget(self.notice_bar)
        layout.addWidget(self.catch_up_bar)
        layout.addWidget(self.study_bar)
        layout.addWidget(self.slow_motion_bar)
        layout.addWidget(columns, 1)
        layout.addWidget(self.timeline_bar)
        layout.addWidget(self.status_line)
        self.setCentralWidget(content)

    def _splitter(self, orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setHandleWidth(SPACING)
        splitter.setChildrenCollapsible(False)
        for widget in widgets:
            splitter.addWidget(widget)
        return splitter

    def _connect(self) -> None:
        document, session, bar = self._document, self._session, self.control_bar
        document.opened.connect(self._on_document_opened)
        document.experiment_changed.connect(self._on_experiment_changed)
        document.file_changed.connect(self._show_title)
        document.undo_stack.cleanChanged.connect(self._show_title)
        self.files.renamed.connect(self._show_title)
        self.run_files.asked.connect(self.feed.wake)
        self.run_files.answered.connect(self._show_title)
        bar.train_asked.connect(self._on_train_asked)
        bar.pause_asked.connect(lambda: self._command(session.pause))
        bar.step_asked.connect(lambda: self._command(session.step))
        bar.epoch_asked.connect(lambda: self._command(session.train_epoch))
        bar.restart_asked.connect(lambda: self._command(session.restart))
        bar.pace_chosen.connect(lambda pace: self._command(lambda: session.set_pace(pace)))
        self.network_panel.look_changed.connect(self._follow_look)
        self.network_panel.row_changed.connect(self.instruments.layer_panel.turn_to_row)
        self.instruments.look_changed.connect(self._follow_look)
        self.instruments.try_it_panel.example_changed.connect(self.network_panel.show_example)
        self.look_inside_action.triggered.connect(self.instruments.look_into_layer)
        self.timeline_bar.step_chosen.connect(self._on_moment_chosen)
        bar.restart_asked.connect(self.timeline_bar.go_live)
        for asked in (bar.train_asked, bar.epoch_asked):
            asked.connect(self.slow_motion.end)
        self.slow_motion.begin_asked.connect(self.timeline_bar.go_live)
        self.slow_motion.begin_asked.connect(lambda: self._command(session.begin_step))
        self.slow_motion.finish_asked.connect(lambda: self._command(session.step))
        self.slow_motion.look_changed.connect(self._follow_look)
        self.gradient_check_action.look_changed.connect(self._follow_look)
        self.slow_motion.reveal_changed.connect(self.network_panel.set_reveal)
        self._divergence_notices.taking_back_asked.connect(self._on_taking_back_asked)
        self.catch_up_bar.start_at_zero_asked.connect(lambda: self._command(session.start_at_zero))
        document.compared_changed.connect(self._on_compared_changed)
        self.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
        for signal in (
            bar.message_raised,
            self.models_panel.message_raised,
            self.setup_panel.message_raised,
            self.network_panel.message_raised,
            self.instruments.try_it_panel.message_raised,
            self.files.answered,
            self.exports.answered,
        ):
            signal.connect(self.status_line.show_answer)

    def _command(self, command: Callable[[], None]) -> None:
        command()
        self.feed.wake()

    def _follow_look(self) -> None:
        """Have measured what the panels show."""
        look = self.network_panel.look
        inspections = look.inspections.union(
            self.instruments.wanted,
            self.slow_motion.inspections(),
            self.gradient_check_action.inspections(),
        )
        look = replace(look, inspections=inspections, at_step=self.timeline_bar.step)
        self._command(lambda: self._session.look(look))

    def _on_document_opened(self, experiment: Experiment) -> None:
        self._command(lambda: self._session.open(experiment))
        self.timeline_bar.go_live()
        self.histories.clear()
        self.network_panel.forget_readings()
        self.notice_bar.hide()

    def _on_experiment_changed(self, experiment: Experiment) -> None:
        self._command(lambda: self._session.set_experiment(experiment))

    def _on_moment_chosen(self) -> None:
        if self.timeline_bar.step is not None:
            self.slow_motion.end()
        self._follow_look()

    def _on_train_asked(self) -> None:
        if self._state is State.STOPPED:  # weights that are not finite cannot be trained any further
            self._command(self._session.restart)
        self._command(self._session.train)

    def _on_taking_back_asked(self, name: str) -> None:
        self._command(lambda: self._session.take_back(name))
        self._command(self._session.train)
        self.control_bar.train_button.setFocus()  # the notice that had it has gone

    def _on_compared_changed(self) -> None:
        """Two stacks need room: take some from the curves, and give it back afterwards."""
        columns = self._splitters["main"]
        widths = columns.sizes()
        if self._document.compared is None:
            if self._widths_alone is not None:
                columns.setSizes(self._widths_alone)
            self._widths_alone = None
        elif self._widths_alone is None:
            self._widths_alone = widths
            taken = max(0, min(widths[2] - CURVES_BESIDE_TWO_STACKS, TWO_STACKS - widths[1]))
            columns.setSizes([widths[0], widths[1] + taken, widths[2] - taken])

    def _on_snapshot_arrived(self, snapshot: Snapshot) -> None:
        self.histories.apply(snapshot)
        self.network_panel.show_snapshot(snapshot)
        # Time in this thread is taken from training: while it runs, only the histograms have every frame.
        # Curves change ten times a second and numbers five times, all in one frame: what two panels use is in
        # the processor's caches for the second. Where snapshots are rare, nothing waits.
        now = time.monotonic()
        same = snapshot.state is self._state is State.TRAINING and snapshot.at_step == self._at_step
        steady = same and now - self._arrived < TURN_SECONDS
        self._arrived = now
        self._state, self._at_step = snapshot.state, snapshot.at_step
        self._turn = (self._turn + 1) % 6 if steady else 0
        if self._turn in (0, 3):
            self.loss_panel.refresh(snapshot)
            self.accuracy_panel.refresh(snapshot)
            self.instruments.refresh(snapshot)
        if self._turn == 0:
            self.control_bar.show_snapshot(snapshot)
            self.models_panel.refresh(snapshot)
            self.timeline_bar.show_snapshot(snapshot)
            self.exports.refresh(snapshot)
            self.catch_up_bar.show_catch_up(snapshot.catch_up)
            epochs = self._document.experiment.epochs
            state = state_text(snapshot, epochs, self.control_bar.training)
            self.status_line.show_state(looking_back_text(snapshot) or state)
        self.slow_motion.show_snapshot(snapshot)
        self.gradient_check_action.refresh(snapshot)
        self._divergence_notices.show_snapshot(snapshot)
        if snapshot.state is State.FAILED and not self._error_shown:
            self._error_shown = True
            self._show_failure(snapshot.error or "")
        self.run_files.show_snapshot(snapshot)  # the last, as it may open another document

    def _show_failure(self, error: str) -> None:
        message = self.tr(
            "Training met an error that it did not expect, and cannot go on. The experiment can still be"
            " edited and saved. Please report the text below."
        )
        ErrorDialog(message, error, self).open()

    def _show_title(self) -> None:
        self.setWindowModified(not self.files.is_safe)
        name = self.files.document_name()
        self.setWindowTitle(self.tr("{name}[*] – bnstudio").format(name=name))
        path = self._document.path
        self.setWindowFilePath(str(path) if path is not None else "")


def _dropped_file(event: QDropEvent) -> Path | None:
    for url in event.mimeData().urls():
        if url.isLocalFile() and url.toLocalFile().endswith(FILE_SUFFIXES):
            return Path(url.toLocalFile())
    return None
