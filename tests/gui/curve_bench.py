"""A shown Loss panel on made-up runs, for the tests of the curves."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from bnstudio.document.experiment import Experiment, LeCunInit, ModelSetup
from bnstudio.gui.curves.loss_panel import LossPanel
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.theme import LIGHT, palette_of
from bnstudio.training.snapshot import RunSnapshot, Snapshot, State


def news(n_steps, run_id=1, first_step=0, name="S6", offset=0.0, *, ripple=0.0, **more):
    steps = first_step + 1 + np.arange(n_steps)
    losses = 0.3 + offset + 2.0 / (1 + steps / 300) + ripple * (-1.0) ** steps
    return RunSnapshot(
        run_id, name, first_step + n_steps, 0.1, first_step, losses, np.clip(1 - losses / 3, 0, 1), **more
    )


class Bench:
    """A shown panel with what it stands on."""

    def __init__(self, qtbot, *names):
        models = tuple(
            ModelSetup(name=name, learning_rate=0.1, weight_init=LeCunInit(), layers=()) for name in names
        )
        self.document = ExperimentDocument(Experiment(models=models))
        self.histories = RunHistories()
        self.panel = LossPanel(self.document, self.histories)
        self.panel.setPalette(palette_of(LIGHT))
        self.panel.resize(390, 300)
        qtbot.addWidget(self.panel)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.view = self.panel.view
        self.picture = self.view._picture

    def bring(self, *runs, **more):
        snapshot = Snapshot(State.TRAINING, steps_per_epoch=600, runs=runs, **more)
        self.histories.apply(snapshot)
        self.panel.refresh(snapshot)

    def press(self, qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClick(self.view, key, modifier)

    def image(self):
        """Red, green and blue of the plot, (height, width, 3)."""
        image = self.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
        return pixels[:, : image.width(), 2::-1].astype(int)

    def pixels_of(self, colour, tolerance=0):
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return int((np.abs(self.image() - wanted).max(axis=2) <= tolerance).sum())

    def series(self, name):
        """The run of a model that goes on."""
        return next(s for s in self.view.series if s.history.name == name and not s.ghost)

    def point_on(self, name, step):
        """Where in the viewport the smoothed curve of a model is at `step`."""
        point = self.picture.point(step, self.series(name).smoothed_at(step))
        return point.toPoint() + self.view._canvas.pos()
