"""How much time of the GUI thread a frame of the Loss and the Accuracy panel costs, painting included.

Run it from the repository: python tests/benchmarks/bench_curves.py. Each frame brings 15 new steps to
each model. The times are of the thread's own clock, so that other work on the machine counts little.
"""

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from bnstudio.document.experiment import Experiment, LeCunInit, ModelSetup
from bnstudio.gui.curves.accuracy_panel import AccuracyPanel
from bnstudio.gui.curves.loss_panel import LossPanel
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.theme import LIGHT, palette_of
from bnstudio.training.snapshot import Evaluation, RunSnapshot, Snapshot, State

STEPS_PER_EPOCH = 600
NEW_STEPS = 15
N_FRAMES = 300


def news(first_step: int, n_steps: int, n_models: int) -> Snapshot:
    """Return a snapshot of made-up steps that look like training."""
    runs = tuple(run_news(model, first_step, n_steps) for model in range(n_models))
    return Snapshot(State.TRAINING, steps_per_epoch=STEPS_PER_EPOCH, runs=runs)


def run_news(model: int, first_step: int, n_steps: int) -> RunSnapshot:
    """Return the news of one model."""
    rng = np.random.default_rng((model, first_step))
    steps = first_step + 1 + np.arange(n_steps)
    losses = (0.2 + 2.1 / (1 + steps / (400 << model))) * np.exp(0.15 * rng.standard_normal(n_steps))
    evaluations = tuple(
        Evaluation(int(step), "test" if step % STEPS_PER_EPOCH == 0 else "subset", 0.3, 0.9)
        for step in steps
        if step % 100 == 0
    )
    return RunSnapshot(
        run_id=1 + model,
        name=f"model {model}",
        step=first_step + n_steps,
        learning_rate=0.5,
        first_step=first_step,
        losses=losses,
        accuracies=np.clip(1 - losses / 3, 0, 1),
        evaluations=evaluations,
    )


def measure(app: QApplication, n_models: int, n_steps: int) -> None:
    """Print what a frame costs with histories of `n_steps`."""
    models = tuple(
        ModelSetup(name=f"model {i}", learning_rate=0.5, weight_init=LeCunInit(), layers=())
        for i in range(n_models)
    )
    document = ExperimentDocument(Experiment(models=models))
    histories = RunHistories()
    window = QWidget()
    layout = QVBoxLayout(window)
    panels = [LossPanel(document, histories), AccuracyPanel(document, histories)]
    for panel in panels:
        layout.addWidget(panel)
    window.resize(400, 680)
    window.show()
    snapshots = [news(0, n_steps, n_models)]
    snapshots += [news(n_steps + NEW_STEPS * i, NEW_STEPS, n_models) for i in range(N_FRAMES)]
    frames, updates = [], []
    for snapshot in snapshots:
        begin = time.thread_time()
        histories.apply(snapshot)
        for panel in panels:
            panel.refresh(snapshot)
        updates.append(time.thread_time() - begin)
        app.processEvents()
        frames.append(time.thread_time() - begin)
    first, frames, updates = frames[0], frames[1:], updates[1:]
    print(
        f"{n_models} models, {n_steps:>7,} steps: {1e3 * np.median(frames):6.2f} ms a frame (median; 95 %"
        f" below {1e3 * np.percentile(frames, 95):.2f}), of it {1e3 * np.median(updates):.2f} before"
        f" painting; first frame {1e3 * first:.1f}"
    )
    window.close()


def main() -> None:
    """Measure short and long histories of one and of eight models."""
    app = QApplication([])
    app.setStyle("Fusion")
    app.setPalette(palette_of(LIGHT))
    for n_models in (1, 8):
        for n_steps in (1_000, 10_000, 100_000):
            measure(app, n_models, n_steps)


if __name__ == "__main__":
    main()
