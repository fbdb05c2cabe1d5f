"""Starts the window: the application object, its settings and looks, the session, and a clean end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication

import bnstudio
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.autosave_folder import autosaves_folder
from bnstudio.gui.crash_safety import CrashSafety
from bnstudio.gui.dialogs.error_dialog import ExceptionDialogs
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.garbage import GarbageTimer
from bnstudio.gui.icons import application_icon
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.lasting_session import LastingSession
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.experiment import Experiment
    from bnstudio.document.storage import ExperimentFile


def run_window(
    experiment: Experiment,
    file: ExperimentFile | None = None,
    run: Path | None = None,
    autosaves: Path | None = None,
) -> int:
    """Show the window until it is closed.

    Parameters
    ----------
    experiment
        What is open at first.
    file
        The file that `experiment` was read from; None for an untitled document, such as a preset.
    run
        The file of a run of `experiment` to go on with, if one was named.
    autosaves
        The folder in which autosaves lie; None is the user's own.

    Returns
    -------
    int
        The exit code of the process.
    """
    application = _application()
    appearance = Appearance(application)
    document = ExperimentDocument(experiment)
    document.file = file
    session = LastingSession(experiment)
    window = MainWindow(document, session, appearance)
    crash_safety = CrashSafety(document, session, window, autosaves or autosaves_folder())
    exception_dialogs = ExceptionDialogs(window)
    garbage_timer = GarbageTimer(window)
    window.feed.snapshot_arrived.connect(
        lambda snapshot: garbage_timer.set_busy(snapshot.state is State.TRAINING)
    )
    exception_dialogs.install()
    # Ctrl+C in the terminal; Python gets to it at the next tick of one of the window's timers.
    interrupted = signal.signal(signal.SIGINT, lambda *_: window.close())
    garbage_timer.start()
    window.show()
    session.start()
    if run is not None:
        window.files.open_file(run)
    try:
        return application.exec()
    finally:
        session.close()
        if window.isVisible():  # nobody has closed it: the display was lost, and the event loop with it
            window.exports.stop()
            crash_safety.leave()
        else:
            crash_safety.end()
        garbage_timer.stop()
        exception_dialogs.remove()
        signal.signal(signal.SIGINT, interrupted)
        # Qt takes the window apart in its own order; left to Python's collector it would be any.
        for owned in (window, document, appearance):
            owned.deleteLater()
            QCoreApplication.sendPostedEvents(owned, QEvent.Type.DeferredDelete)


def _application() -> QApplication:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setOrganizationName("bnstudio")
    application.setApplicationName("bnstudio")
    application.setApplicationDisplayName("")
    application.setApplicationVersion(bnstudio.__version__)
    application.setWindowIcon(application_icon())
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    return application
