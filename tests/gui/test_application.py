"""The real program: the real window, session and digits, in the event loop that `run_window` runs."""

import signal
import sys

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QDialog

from bnstudio.data.datasets import load_mnist
from bnstudio.document.presets import load_preset
from bnstudio.gui.application import run_window
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.main_window import MainWindow
from bnstudio.gui.theme import DARK, LIGHT, theme_of
from bnstudio.training.run_file import write_run
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer


class Visitor(QObject):
    """Does one thing after another in the running window: each step when the one before has come true.

    Parameters
    ----------
    steps : list of functions of the window
        Each is called again and again until it returns True; then the next is.
    """

    def __init__(self, *steps):
        super().__init__()
        self.steps = list(steps)
        self.latest = None
        self.problem = None
        self._window = None
        self._timer = QTimer(self, interval=10)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()
        QTimer.singleShot(30_000, self, self._give_up)

    def _on_timeout(self):
        if self._window is None:
            windows = [
                w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()
            ]
            if not windows:
                return
            self._window = windows[0]
            self._window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
        try:
            if self.steps and self.steps[0](self._window):
                self.steps.pop(0)
        except BaseException as problem:
            self.problem = problem
            self.steps = []
        if not self.steps:
            self._leave()

    def _on_snapshot_arrived(self, snapshot):
        self.latest = snapshot

    def _give_up(self):
        self.problem = TimeoutError(f"still to do: {self.steps}")
        self._leave()

    def _leave(self):
        self._timer.stop()
        self._window._document.undo_stack.setClean()
        self._window.close()


def visit(*steps, **arguments):
    visitor = Visitor(*steps)
    code = run_window(load_preset("S6_BN_lr"), **arguments)
    if visitor.problem is not None:
        raise visitor.problem
    assert visitor.steps == []
    assert code == 0
    return visitor


@pytest.fixture(autouse=True)
def undisturbed_hook():
    """The hook for exceptions is given back by whoever takes it."""
    before = sys.excepthook
    yield
    assert sys.excepthook is before


@pytest.fixture(autouse=True)
def own_autosaves(tmp_path, monkeypatch):
    """A folder for autosaves of this test alone."""
    folder = tmp_path / "autosave"
    monkeypatch.setattr("bnstudio.gui.application.autosaves_folder", lambda: folder)
    return folder


def do(action):
    """Return a step that does something once."""

    def step(window):
        action(window)
        return True

    return step


def test_the_program_starts_trains_and_ends_cleanly(qtbot):
    states = []

    def has_trained(window):
        states.append(window.control_bar.training)
        history = window.histories.current("S6_BN_lr")
        return history is not None and history.n_steps >= 20

    visit(do(lambda window: window.control_bar.train_action.trigger()), has_trained)
    assert any(states)


def test_ctrl_c_in_the_terminal_closes_the_window(qtbot):
    def interrupted(window):
        signal.raise_signal(signal.SIGINT)
        return not window.isVisible()

    visit(interrupted)


def test_theme_and_text_size_change_everything_in_the_running_window(qtbot):
    def grown(window):
        font = window.setup_panel.batch_size_field.font()
        return font.pointSizeF() > window._appearance._normal_font.pointSizeF()

    def fits(window):
        return window.minimumSizeHint().width() <= 1280

    visit(
        do(lambda window: window._appearance.choose_theme("dark")),
        lambda window: theme_of(window.setup_panel.batch_size_field) is DARK,
        do(lambda window: window._appearance.choose_theme("light")),
        lambda window: theme_of(window.loss_panel.view) is LIGHT,
        do(lambda window: window._appearance.enlarge_text()),
        do(lambda window: window._appearance.enlarge_text()),
        grown,
        fits,
    )


def test_an_exception_in_the_window_is_shown_and_the_window_stays(qtbot, capsys):
    def fail():
        raise RuntimeError("a fault of ours")

    def shown(window):
        dialogs = [dialog for dialog in window.findChildren(ErrorDialog) if dialog.isVisible()]
        if not dialogs:
            return False
        assert len(dialogs) == 1
        assert "a fault of ours" in dialogs[0].details.toPlainText()
        dialogs[0].close()
        return True

    # PySide hands the exception of a slot to sys.excepthook; pytest-qt has put its own there for the test.
    visit(
        do(lambda window: sys.excepthook(RuntimeError, RuntimeError("a fault of ours"), None)),
        shown,
        lambda window: window.isVisible() and not any(d.isVisible() for d in window.findChildren(QDialog)),
    )
    assert "a fault of ours" in capsys.readouterr().err


def test_the_data_is_there_soon_after_the_window(qtbot):
    visitor = visit(lambda window: window.histories.current("S6_BN_lr") is not None)
    assert visitor.latest is None or visitor.latest.state in {State.PAUSED, State.LOADING}


def test_a_program_that_ends_properly_leaves_no_autosave(qtbot, own_autosaves):
    def is_taken(window):
        return len(list(own_autosaves.iterdir())) == 1

    visit(is_taken)
    assert list(own_autosaves.iterdir()) == []


def test_a_run_that_the_program_is_started_with_goes_on(qtbot, tmp_path):
    experiment = load_preset("S3")
    trainer = Trainer(experiment, load_mnist())
    for _ in range(3):
        trainer.advance()
    write_run(trainer.state(), tmp_path / "mine.bnrun")

    def goes_on(window):
        history = window.histories.current("S3")
        return history is not None and history.n_steps == 3

    visit(
        goes_on,
        lambda window: window.windowTitle().startswith("mine.bnrun"),
        run=tmp_path / "mine.bnrun",
    )
