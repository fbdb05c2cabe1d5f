"""What frames cost the GUI thread: the longest ones while somebody works, and what makes a frame dearer.

    python tests/benchmarks/bench_frames.py [--seconds 60] [--only person rows opening history tabs]

A frame is taking over one snapshot and painting what is new. Costs are of the thread's own clock, as other
programs' turns are no cost of ours; the longest frames are by the wall's too, which is what a person feels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if "DISPLAY" not in os.environ and "WAYLAND_DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    SigmoidSpec,
)
from bnstudio.document.presets import STUDY_PRESET, load_preset
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.controls.rate_slider import RateSlider
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.garbage import GarbageTimer
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.snapshot import RunSnapshot, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtCore import QObject

LAYERS = (DenseSpec(units=100), BatchNormSpec(), SigmoidSpec())


class TimedApplication(QApplication):
    """Notes what each event that it delivers takes, until control is back in its loop."""

    def __init__(self) -> None:
        super().__init__([])
        self.ms: list[tuple[float, float]] = []
        """Of this thread's time, and of the wall's."""
        self._depth = 0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Override: events that are delivered within others are part of those."""
        self._depth += 1
        since, cpu = time.perf_counter(), time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            self._depth -= 1
            if self._depth == 0:
                self.ms.append((1e3 * (time.thread_time() - cpu), 1e3 * (time.perf_counter() - since)))


class Bench:
    """A window that trains, of 1280 x 800."""

    def __init__(self, experiment: Experiment, session: RemoteSession | None = None) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self.application = application
        self.session = session or RemoteSession(experiment)
        self.document = ExperimentDocument(experiment)
        self.window = MainWindow(self.document, self.session, Appearance(application))
        self.garbage_timer = GarbageTimer(self.window)
        self.window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
        self.garbage_timer.start()
        self.steps: list[int] = []
        self.window.showNormal()  # on a small screen it would fill it
        self.window.resize(1280, 800)
        self.session.start()

    def _on_snapshot_arrived(self, snapshot: Snapshot) -> None:
        self.garbage_timer.set_busy(snapshot.state is State.TRAINING)
        self.steps.append(snapshot.step)

    def train(self) -> None:
        """Train, and wait until it goes on steadily."""
        self.session.train()
        while not self.steps or self.steps[-1] == 0:
            wait(0.1)
        wait(1)

    def frame_ms(self, seconds: float) -> float:
        """Return the milliseconds of the GUI thread's time that each frame takes."""
        self.steps.clear()
        since = time.thread_time()
        wait(seconds)
        return 1e3 * (time.thread_time() - since) / max(1, len(self.steps))

    def close(self) -> None:
        """End it."""
        self.document.undo_stack.setClean()
        self.window.close()
        self.session.close()
        self.garbage_timer.stop()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def stack_of(n_rows: int) -> Experiment:
    """Return an experiment whose one model has so many rows, the head included."""
    layers = (LAYERS * n_rows)[: n_rows - 1]
    model = ModelSetup(name="rows", learning_rate=0.01, weight_init=LeCunInit(), layers=layers)
    return Experiment(models=(model,), epochs=10_000)


def gestures(bench: Bench) -> Iterator[Callable[[], Any]]:
    """Return again and again what somebody does to a window that trains."""
    window = bench.window
    view = window.network_panel._active_column.view
    rate = window.setup_panel.findChild(RateSlider)
    left = Qt.MouseButton.LeftButton
    while True:
        for row in range(view.model().rowCount()):
            place = QPoint(40, view.places.top_of(row) + 12)
            yield lambda place=place: QTest.mouseClick(view.viewport(), left, pos=place)
        for value in (*range(view.verticalScrollBar().maximum()), 0):
            yield lambda value=value: view.verticalScrollBar().setValue(value)
        for tab in (1, 2, 3, 0):
            yield lambda tab=tab: window.instruments.bar.setCurrentIndex(tab)
        for key in (Qt.Key.Key_Left,) * 20 + (Qt.Key.Key_Right,) * 20:
            yield lambda key=key: QTest.keyClick(rate, key)
        for key in (Qt.Key.Key_Left,) * 10 + (Qt.Key.Key_End,):
            yield lambda key=key: QTest.keyClick(window.timeline_bar.slider, key)
        plot = window.loss_panel.view
        for x in range(60, 260, 10):
            yield lambda x=x, plot=plot: QTest.mouseMove(plot, QPoint(x, 80))


def do_next(actions: Iterator[Callable[[], Any]]) -> None:
    """Do the next of these."""
    action = next(actions)
    action()


def measure_person(seconds: float) -> None:
    """Train for a while, do something twenty times a second, and print how long the loop was held up."""
    application = QApplication.instance()
    assert isinstance(application, TimedApplication)
    bench = Bench(load_preset("S6_BN").replaced(epochs=10_000))
    bench.train()
    actions = gestures(bench)
    timer = QTimer(interval=50)
    timer.timeout.connect(lambda: do_next(actions))
    for name, somebody in (("alone", False), ("with somebody clicking, dragging, scrolling", True)):
        if somebody:
            timer.start()
        application.ms.clear()
        wait(seconds)
        print(f"training {name}")
        for clock, ms in zip(("thread", "wall"), np.transpose(application.ms), strict=True):
            held = np.sort(ms[ms > 0.1])  # timers that do nothing are none
            percentiles = ", ".join(f"{p} %: {np.percentile(held, p):.1f}" for p in (50, 90, 99, 99.9))
            longest = ", ".join(f"{ms:.1f}" for ms in held[-5:][::-1])
            print(f"  {clock}: {len(held)} events, ms {percentiles}; longest {longest}", flush=True)
    timer.stop()
    bench.close()


def measure_rows(seconds: float) -> None:
    """Print what a frame costs with few and many rows: those that are scrolled away should cost nothing."""
    for n_rows in (1, 13, 30, 100):
        bench = Bench(stack_of(n_rows))
        bench.train()
        print(f"{n_rows:>3} rows: {bench.frame_ms(seconds):.2f} ms a frame", flush=True)
        bench.close()


def measure_opening(_: float) -> None:
    """Print how long it takes to open the study's experiment of eight models, until it is painted."""
    bench = Bench(load_preset("S6_BN"))
    wait(1)
    for _ in range(4):
        for name in (STUDY_PRESET, "S6_BN"):
            wait(0.3)
            since = time.thread_time()
            bench.document.open(load_preset(name), None)
            bench.application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
            print(f"opening {name}: {1e3 * (time.thread_time() - since):.0f} ms", flush=True)
    bench.close()


class AgedSession(RemoteSession):
    """Trains as if many steps had been done before."""

    def __init__(self, experiment: Experiment, n_steps: int) -> None:
        super().__init__(experiment)
        rng = np.random.default_rng(0)
        self._before = 0.2 + 2 / np.arange(1, n_steps + 1) + 0.02 * rng.random(n_steps)
        self._known: set[int] = set()

    def poll(self) -> Snapshot | None:
        """Override: the first snapshot of a run tells of all those steps."""
        snapshot = super().poll()
        if snapshot is None:
            return None
        return replace(snapshot, runs=tuple(self._aged(run) for run in snapshot.runs))

    def _aged(self, run: RunSnapshot) -> RunSnapshot:
        n_steps, losses, accuracies = len(self._before), run.losses, run.accuracies
        is_new = run.run_id not in self._known
        if is_new:
            self._known.add(run.run_id)
            losses = np.concatenate((self._before, losses))
            accuracies = np.concatenate((1 - self._before / 3, accuracies))
        return replace(
            run,
            step=run.step + n_steps,
            first_step=0 if is_new else run.first_step + n_steps,
            losses=losses,
            accuracies=accuracies,
            evaluations=tuple(replace(e, step=e.step + n_steps) for e in run.evaluations),
        )


def measure_history(seconds: float) -> None:
    """Print what a frame costs after few and after many steps."""
    for n_steps in (0, 10_000, 100_000):
        experiment = stack_of(13)
        bench = Bench(experiment, AgedSession(experiment, n_steps))
        bench.train()
        print(f"after {n_steps:,} steps: {bench.frame_ms(seconds):.2f} ms a frame", flush=True)
        bench.close()


def measure_tabs(seconds: float) -> None:
    """Print what a frame costs with each instrument in sight."""
    bench = Bench(load_preset("S6_BN").replaced(epochs=10_000))
    bench.train()
    for tab in range(bench.window.instruments.bar.count()):
        bench.window.instruments.bar.setCurrentIndex(tab)
        wait(1)
        title = bench.window.instruments.bar.tabText(tab)
        print(f"{title}: {bench.frame_ms(seconds):.2f} ms a frame", flush=True)
    bench.close()


MEASUREMENTS = {
    "person": measure_person,
    "rows": measure_rows,
    "opening": measure_opening,
    "history": measure_history,
    "tabs": measure_tabs,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--seconds", type=float, default=60, help="of training with somebody; others take a tenth"
    )
    parser.add_argument("--only", nargs="*", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    arguments = parser.parse_args()
    for name in arguments.only:
        seconds = arguments.seconds if name == "person" else arguments.seconds / 10
        # In a process of its own, so that none has what another left behind.
        process = get_context("spawn").Process(target=measure, args=(name, seconds))
        process.start()
        process.join()


def measure(name: str, seconds: float) -> None:
    """Do one of the measurements."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application = TimedApplication() if name == "person" else QApplication([])
        print(f"{name}, 1280 x 800, {application.platformName()}")
        MEASUREMENTS[name](seconds)


if __name__ == "__main__":
    main()
