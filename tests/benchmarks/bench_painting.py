"""What one frame of the Network panel costs the GUI thread: taking over a snapshot and painting 13 rows.

Run it as `python tests/benchmarks/bench_painting.py`. It needs no screen.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import statistics
import time

import numpy as np
from PySide6.QtWidgets import QApplication

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    SigmoidSpec,
)
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.network.network_panel import NetworkPanel
from bnstudio.gui.theme import LIGHT, palette_of
from bnstudio.training.snapshot import Histogram, LayerReading, Reading, RunSnapshot, Snapshot, State

N_BINS = 61
N_FRAMES = 300
MODEL = ModelSetup(
    name="S6_BN",
    learning_rate=0.5,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=300), BatchNormSpec(), SigmoidSpec()) * 4,
)


def make_snapshot(generator: np.random.Generator) -> Snapshot:
    """Return a snapshot whose readings are of other random values each time."""
    nothing = np.zeros(0)
    kinds = [*(layer.type for layer in MODEL.layers), "head"]
    readings = tuple(
        LayerReading(kind, make_reading(generator, True), make_reading(generator, False)) for kind in kinds
    )
    run = RunSnapshot(1, MODEL.name, 1, 0.5, 1, nothing, nothing, readings=readings, readings_step=1)
    return Snapshot(State.TRAINING, runs=(run,))


def make_reading(generator: np.random.Generator, is_forward: bool) -> Reading:
    """Return the reading of 3,000 normal values."""
    values = generator.normal(generator.normal(), 1.0, 3_000)
    counts, _ = np.histogram(values, N_BINS, (-3, 3))
    histogram = Histogram(counts, -3.0, 3.0, int((values < -3).sum()), int((values > 3).sum()), 0)
    return Reading(
        histogram,
        30_000,
        3_000,
        float(values.mean()),
        float(values.std()),
        float(values.min()),
        float(values.max()),
        0.0,
        signal=float(values.std()) if is_forward else None,
        signal_histogram=histogram if is_forward else None,
    )


def main() -> None:
    """Print the milliseconds per frame at the panel's size in a window of 1280 x 800."""
    application = QApplication([])
    application.setStyle("Fusion")
    application.setPalette(palette_of(LIGHT))
    panel = NetworkPanel(ExperimentDocument(Experiment(models=(MODEL,))))
    panel.resize(680, 690)
    panel.show()
    generator = np.random.default_rng(0)
    snapshots = [make_snapshot(generator) for _ in range(N_FRAMES)]
    milliseconds = []
    for i in range(N_FRAMES):
        started = time.thread_time()  # CPU time: what else the machine does is not our cost
        panel.show_snapshot(snapshots[i])
        application.processEvents()
        milliseconds.append(1_000 * (time.thread_time() - started))
    panel.close()
    milliseconds = sorted(milliseconds[20:])
    print(f"13 rows, {N_BINS} bins: {statistics.median(milliseconds):.2f} ms per frame (median)")
    print(f"95 of 100 frames: at most {milliseconds[int(0.95 * len(milliseconds))]:.2f} ms")


if __name__ == "__main__":
    main()
