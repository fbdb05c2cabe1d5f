"""The main window: makes the panels and lets document, session and views talk to each other.

It is the one place where all of them meet. What each of them does is its own business.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow

from bnstudio.gui.central_area import CentralArea
from bnstudio.gui.controls.catch_up_bar import CatchUpBar
from bnstudio.gui.controls.control_bar import ControlBar
from bnstudio.gui.controls.divergence_notices import DivergenceNotices
from bnstudio.gui.controls.notice_bar import NoticeBar
from bnstudio.gui.controls.problem_bar import ProblemBar
from bnstudio.gui.controls.setup_panel import SetupPanel
from bnstudio.gui.controls.status_line import StatusLine
from bnstudio.gui.curves.accuracy_panel import AccuracyPanel
from bnstudio.gui.curves.loss_panel import LossPanel
from bnstudio.gui.curves.run_histories import RunHistories
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
from bnstudio.gui.snapshot_turns import SnapshotTurns
from bnstudio.gui.study_bar import StudyBar
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
        self._state: State | None = None
        self._turns = SnapshotTurns()
        self.histories = RunHistories(self)
        self.run_files = RunFiles(session, self)
        self.files = FileActions(document, self.run_files, self)
        self.control_bar = ControlBar(document, self.files.presets_menu)
        self.recovery_bar = NoticeBar()
        self.notice_bar = NoticeBar()
        self.problem_bar = ProblemBar()
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

        self.central_area = CentralArea(document, self)
        self.setCentralWidget(self.central_area)
        MainMenus(self, document, ViewMenu(appearance, self.central_area.panels, self))
        self._connect()
        restore_window(self, self.central_area.splitters)
        self._show_title()
        self.setAcceptDrops(True)
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
            if QApplication.activeModalWidget() is None:  # else that has to be answered first
                self.files.when_closing(self._leave)
            return
        self._document.compare(None)  # gives the curves back the room that is to be remembered
        store_window(self, self.central_area.splitters)
        self.feed.stop()
        self.exports.stop()
        event.accept()

    def _leave(self) -> None:
        self._leaving = True
        self.close()

    def _connect(self) -> None:
        document, session, bar = self._document, self._session, self.control_bar
        document.opened.connect(self._on_document_opened)
        document.experiment_changed.connect(self._on_experiment_changed)
        document.file_changed.connect(self._show_title)
        document.undo_stack.cleanChanged.connect(self._show_title)
        self.files.renamed.connect(self._show_title)
        self.run_files.asked.connect(self.feed.wake)
        self.run_files.answered.connect(self._show_title)
        bar.train_asked.connect(lambda: self._command(session.train))
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
        for asked in (bar.train_asked, bar.epoch_asked, bar.step_asked, self.slow_motion.begin_asked):
            asked.connect(self.problem_bar.remind)
        self.slow_motion.begin_asked.connect(self.timeline_bar.go_live)
        self.slow_motion.begin_asked.connect(lambda: self._command(session.begin_step))
        self.slow_motion.finish_asked.connect(lambda: self._command(session.step))
        self.slow_motion.look_changed.connect(self._follow_look)
        self.gradient_check_action.look_changed.connect(self._follow_look)
        self.slow_motion.reveal_changed.connect(self.network_panel.set_reveal)
        self._divergence_notices.taking_back_asked.connect(self._on_taking_back_asked)
        self.catch_up_bar.start_at_zero_asked.connect(lambda: self._command(session.start_at_zero))
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

    def _on_taking_back_asked(self, name: str) -> None:
        self._command(lambda: self._session.take_back(name))
        if self._state is not State.PAUSED:  # whoever has paused may want to look first
            self._command(self._session.train)
        self.control_bar.train_button.setFocus()  # the notice that had it has gone

    def _on_snapshot_arrived(self, snapshot: Snapshot) -> None:
        self.histories.apply(snapshot)
        if snapshot.state is not State.FAILED:  # else what was measured last stays in sight
            self.network_panel.show_snapshot(snapshot)
        self._state = snapshot.state
        turn = self._turns.take(snapshot)
        if turn.curves:
            self.loss_panel.refresh(snapshot)
            self.accuracy_panel.refresh(snapshot)
            self.instruments.refresh(snapshot)
        if turn.numbers:
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
        self.problem_bar.show_snapshot(snapshot)
        self.run_files.show_snapshot(snapshot)  # the last, as it may open another document

    def _show_title(self) -> None:
        self.setWindowModified(not self.files.is_safe)
        name = self.files.document_name()
        self.setWindowTitle(self.tr("{name}[*] – bnstudio").format(name=name))
        path = self._document.path
        self.setWindowFilePath(str(path) if path is not None else "")


def _dropped_file(event: QDropEvent) -> Path | None:
    for url in event.mimeData().urls():
        if url.isLocalFile() and url.toLocalFile().lower().endswith(FILE_SUFFIXES):
            return Path(url.toLocalFile())
    return None
