"""What one frame of the Network panel costs the GUI thread: taking over a snapshot and painting 13 rows.

Run it as `python tests/benchmarks/bench_painting.py`. It needs no screen.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import statistics
import time
from collections.abc import Callable

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
from bnstudio.gui.network.stack_view import TEXT_INTERVAL_MS
from bnstudio.gui.theme import LIGHT, palette_of
from bnstudio.training.probe_group import N_BINS
from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look, RunSnapshot, Snapshot, State

N_FRAMES = 300
MODEL = ModelSetup(
    name="S6_BN",
    learning_rate=0.5,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=300), BatchNormSpec(), SigmoidSpec()) * 4,
)


class RandomRun:
    """Random values in the place of a trained network's arrays, to be measured."""

    run_id = 1

    def __init__(self, generator: np.random.Generator) -> None:
        self.network = self
        self.layer_kinds = (*(layer.type for layer in MODEL.layers), "head")
        self.outputs, self.output_grads = [], []
        for kind, shape in zip(self.layer_kinds, MODEL.shapes(), strict=True):
            values = generator.normal(generator.normal(0, 0.3), 1, (100, shape.n_outputs))
            self.outputs.append(np.float32(1 / (1 + np.exp(-values)) if kind == "sigmoid" else values))
            self.output_grads.append(np.float32(generator.normal(0, 0.01, (100, shape.n_outputs))))


def make_snapshot(generator: np.random.Generator, prober: Prober) -> Snapshot:
    """Return a snapshot whose readings are of other random values each time."""
    nothing = np.zeros(0)
    readings = prober.measure([RandomRun(generator)], Look(), every_value=False)[1]
    run = RunSnapshot(1, MODEL.name, 1, 0.5, 1, nothing, nothing, readings=readings, readings_step=1)
    return Snapshot(State.TRAINING, runs=(run,))


def cost_of(panel: NetworkPanel, snapshot: Snapshot, process_events: Callable[[], None]) -> float:
    """Show a snapshot and return the milliseconds of CPU time: what else the machine does is not our cost."""
    started = time.thread_time()
    panel.show_snapshot(snapshot)
    process_events()
    return 1_000 * (time.thread_time() - started)


def main() -> None:
    """Print the milliseconds per frame at the panel's size in a window of 1280 x 800."""
    application = QApplication([])
    application.setStyle("Fusion")
    application.setPalette(palette_of(LIGHT))
    panel = NetworkPanel(ExperimentDocument(Experiment(models=(MODEL,))))
    panel.resize(680, 690)
    panel.show()
    generator = np.random.default_rng(0)
    prober = Prober()
    snapshots = [make_snapshot(generator, prober) for _ in range(N_FRAMES)]
    frames = [cost_of(panel, snapshot, application.processEvents) for snapshot in snapshots]
    with_texts = []
    for snapshot in snapshots[:100]:
        time.sleep(TEXT_INTERVAL_MS / 1_000)
        with_texts.append(cost_of(panel, snapshot, application.processEvents))
    panel.close()
    frames = sorted(frames[20:])
    print(f"13 rows, {N_BINS} bins: {statistics.median(frames):.2f} ms per frame (median)")
    print(f"95 of 100 frames: at most {frames[int(0.95 * len(frames))]:.2f} ms")
    print(f"frames with new texts: {statistics.median(with_texts[10:]):.2f} ms (median)")


if __name__ == "__main__":
    main()
