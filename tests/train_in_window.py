"""Starts the real program, presses Train, closes the window after some steps, and says how it went.

It is run as a program of its own: by a test with the source tree, by .ci/run with the installed wheel.
"""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from bnstudio.cli import main
from bnstudio.gui.main_window import MainWindow

N_STEPS = 20
TIMEOUT_MS = 60_000
TIMED_OUT = 3


class Visitor:
    """Waits for the window, trains in it and closes it."""

    def __init__(self, application: QApplication) -> None:
        self.n_steps = 0
        self._application = application
        self._timer = QTimer(application, interval=20)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def _on_timeout(self) -> None:
        windows = [widget for widget in self._application.topLevelWidgets() if isinstance(widget, MainWindow)]
        if windows and windows[0].isVisible():
            self._timer.stop()
            self._window = windows[0]
            self._window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
            self._window.control_bar.train_action.trigger()

    def _on_snapshot_arrived(self, snapshot) -> None:
        if snapshot.step >= N_STEPS and not self.n_steps:
            self.n_steps = snapshot.step
            self._window.close()


if __name__ == "__main__":
    application = QApplication(["bnstudio"])
    visitor = Visitor(application)
    QTimer.singleShot(TIMEOUT_MS, application, lambda: application.exit(TIMED_OUT))
    sys.argv = ["bnstudio", "S6_BN_lr"]
    try:
        main()
    except SystemExit as end:
        if end.code != 0 or not visitor.n_steps:
            raise SystemExit(f"the window trained {visitor.n_steps} steps and ended with {end.code}") from end
    print(f"The window opened, trained {visitor.n_steps} steps and closed.")  # noqa: T201
