"""Windows with a session of their own, to save and open runs in."""

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.lasting_session import LastingSession
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State


@pytest.fixture(scope="module")
def digits():
    """210 training images and 30 test images of noise: 11 steps of 20 an epoch."""
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (240, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, 240, dtype=np.uint8)
    return Dataset(images[:210], labels[:210], images[210:], labels[210:])


@pytest.fixture
def make_window(qapp, qtbot, digits):
    """Make a window of a document; each session is closed in the end."""
    appearance = Appearance(qapp)
    sessions = []

    def make(document):
        session = LastingSession(document.experiment, lambda experiment: Session(experiment, lambda: digits))
        sessions.append(session)
        window = MainWindow(document, session, appearance)
        window.snapshots = []
        window.feed.snapshot_arrived.connect(window.snapshots.append)
        # Nobody is there to answer the question about unsaved changes.
        qtbot.addWidget(window, before_close_func=lambda _window: document.undo_stack.setClean())
        window.show()
        session.start()
        qtbot.waitUntil(lambda: any(snapshot.state is State.PAUSED for snapshot in window.snapshots))
        return window

    yield make
    for session in sessions:
        session.close()
    appearance.deleteLater()


def train(qtbot, window, n_steps):
    """Train so many mini-batches, one by one."""
    goal = window.snapshots[-1].step + n_steps
    for _ in range(n_steps):
        window._session.step()
    window.feed.wake()
    qtbot.waitUntil(
        lambda: (
            (window.snapshots[-1].step, window.snapshots[-1].state.name)
            in {(goal, "PAUSED"), (goal, "FINISHED")}
        )
    )


def visible(window, kind):
    return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]


def wait_for_dialog(qtbot, window, kind):
    qtbot.waitUntil(lambda: bool(visible(window, kind)))
    return visible(window, kind)[0]
