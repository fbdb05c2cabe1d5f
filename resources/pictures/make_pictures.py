"""Makes the README's pictures from the real program: presets trained in the real window for 600 steps.

    python resources/pictures/make_pictures.py

Run it again when the window changes. It needs no screen.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from bnstudio.document.experiment import BatchNormSpec
from bnstudio.document.presets import load_preset
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.main_window import MainWindow
from bnstudio.gui.models.model_edits import duplicated
from bnstudio.gui.network.stack_edits import inserted
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.training.snapshot import Snapshot

FOLDER = Path(__file__).parent
SETTLE_MS = 500


def make_picture(
    application: QApplication,
    preset: str,
    theme: Literal["light", "dark"],
    file_name: str,
    prepare: Callable[[MainWindow, ExperimentDocument], None] = lambda window, document: None,
) -> None:
    """Train `preset`, as `prepare` changes it, for 600 steps unless it diverges; save what is seen then."""
    QSettings().clear()  # the size of the window before
    appearance = Appearance(application)
    appearance.choose_theme(theme)
    session = Session(load_preset(preset))
    document = ExperimentDocument(load_preset(preset))
    window = MainWindow(document, session, appearance)
    window.showNormal()  # it would fill the offscreen screen, which is small
    window.resize(1280, 800)
    prepare(window, document)
    session.start()
    session.train_epoch()
    loop = QEventLoop()

    def on_snapshot_arrived(snapshot: Snapshot) -> None:
        done = snapshot.state is State.PAUSED and snapshot.step == 600 and not snapshot.evaluating
        if done or snapshot.state is State.STOPPED:
            QTimer.singleShot(SETTLE_MS, loop.quit)

    window.feed.snapshot_arrived.connect(on_snapshot_arrived)
    loop.exec()
    window.grab().save(str(FOLDER / file_name))
    document.undo_stack.setClean()  # nobody is there to answer whether to save
    window.close()
    session.close()


def drive_dead(window: MainWindow, document: ExperimentDocument) -> None:
    """Train with a learning rate of 1, and look into the last ReLU."""
    document.edit_model(document.model.replaced(learning_rate=1.0), "learning rate")
    window.network_panel.select_row(len(document.model.layers) - 1)
    window.look_inside_action.trigger()


def compare_with_batch_norm(window: MainWindow, document: ExperimentDocument) -> None:
    """Duplicate the model, insert a BatchNorm after every hidden Dense of the copy, show both."""
    document.edit(duplicated(document.experiment, 0), "duplicate")
    document.select(1)
    document.edit_model(document.model.replaced(name=f"{document.experiment.models[0].name} + BN"), "rename")
    for row, spec in reversed(list(enumerate(document.model.layers))):
        if spec.type == "dense":
            layers = inserted(document.model.layers, row + 1, (BatchNormSpec(),))
            document.edit_model(document.model.replaced(layers=layers), "insert")
    document.compare(0)


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application = QApplication([])
        make_picture(application, "S6_BN_lr", "light", "window.png")
        make_picture(application, "S6", "dark", "window-dark.png")
        make_picture(application, "S6", "light", "compare.png", compare_with_batch_norm)
        make_picture(application, "R6", "light", "dead.png", drive_dead)


if __name__ == "__main__":
    main()
