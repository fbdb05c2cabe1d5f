"""What the window costs: training speed with it and without it, and what it takes of the GUI thread.

    python tests/benchmarks/bench_window.py [--seconds 4] [--rounds 3] [--preset S6_BN | --preset S6,S6_BN]
        [--tab N] [--starts 10]

Speeds are compared in one run, in turn, so that the machine's mood cancels out. Without a DISPLAY the window
is drawn offscreen; under Xvfb or on a desktop it is a real one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING

if "DISPLAY" not in os.environ and "WAYLAND_DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from bnstudio.document.presets import load_preset
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.garbage import GarbageTimer
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment
    from bnstudio.training.snapshot import Look

FROM_STEP = 600
"""Where counting begins: of the steps before, more are recorded for the timeline, and those cost more."""

# It takes its place where the program has read what to open and is about to load the window: were Qt loaded
# before, all that comes after it would load more slowly than it does.
FIRST_PAINT = """
import sys, time
from bnstudio.cli import display, main

find_problems = display.find_problems

def find_problems_and_watch(environ):
    problems = find_problems(environ)
    from bnstudio.gui import application
    from PySide6.QtCore import QEvent, QTimer

    class Watch(application.MainWindow):
        def event(self, event):
            handled = super().event(event)
            if event.type() == QEvent.Type.Paint:
                print(time.time(), time.process_time(), flush=True)
                QTimer.singleShot(0, self.close)
            return handled

    application.MainWindow = Watch
    return problems

display.find_problems = find_problems_and_watch
sys.argv = ["bnstudio"]
main()
"""


def wait(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def experiment_of(names: str) -> Experiment:
    """Return a preset, or the models of two presets in one experiment; their epochs do not end."""
    models = [model for name in names.split(",") for model in load_preset(name).models]
    return load_preset("S6_BN").replaced(models=tuple(models), epochs=10_000)


def train_without_window(preset: str, seconds: float, rate: float = 1, look: Look | None = None) -> float:
    """Return steps a second of a training process that is asked for a snapshot `rate` times a second."""
    session = RemoteSession(experiment_of(preset))
    session.start()
    if look is not None:
        session.look(look)
    session.train()

    def step() -> int:
        while (snapshot := session.poll()) is None:
            time.sleep(0.001)
        return snapshot.step

    while step() < FROM_STEP:
        time.sleep(0.1)
    first, since = step(), time.perf_counter()
    for n in range(1, round(seconds * rate) + 1):
        time.sleep(max(0.0, since + n / rate - time.perf_counter()))
        session.poll()
    speed = (step() - first) / (time.perf_counter() - since)
    session.close()
    return speed


def train_with_window(preset: str, seconds: float, interval_ms: int, tab: int) -> tuple[float, float, float]:
    """Return steps a second, frames a second and milliseconds of the GUI thread's CPU time a frame."""
    experiment = experiment_of(preset)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    session = RemoteSession(experiment)
    document = ExperimentDocument(experiment)
    window = MainWindow(document, session, Appearance(application))
    if len(experiment.models) > 1:
        document.compare(1)
    garbage_timer = GarbageTimer(window)
    window.feed.snapshot_arrived.connect(lambda s: garbage_timer.set_busy(s.state is State.TRAINING))
    garbage_timer.start()
    window.feed._timer.setInterval(interval_ms)
    window.feed._choose_interval = lambda: None
    steps: list[int] = []
    window.feed.snapshot_arrived.connect(lambda snapshot: steps.append(snapshot.step))
    window.instruments.bar.setCurrentIndex(tab)
    window.showNormal()  # on a small screen it would fill it
    window.resize(1280, 800)
    session.start()
    session.train()
    while not steps or steps[-1] < FROM_STEP:
        wait(0.1)
    steps.clear()
    since, cpu = time.perf_counter(), time.thread_time()
    wait(seconds)
    elapsed, cpu = time.perf_counter() - since, time.thread_time() - cpu
    first, last, n_frames = steps[0], steps[-1], len(steps)
    megabytes = [resident_megabytes(), *(resident_megabytes(p.pid) for p in active_children())]
    print(f"  resident memory of window and training: {' + '.join(f'{mb:.0f}' for mb in megabytes)} MB")
    window._document.undo_stack.setClean()
    window.close()
    session.close()
    garbage_timer.stop()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, 52)
    return (last - first) / elapsed, n_frames / elapsed, 1000 * cpu / n_frames


def time_to_first_paint() -> tuple[float, float]:
    """Return the seconds, and those of the CPU, from the start of a process to its first paint."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed, where everything is compiled
    since = time.time()
    output = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], env=environment, capture_output=True, text=True, check=True
    )
    painted, cpu = map(float, output.stdout.split()[:2])
    return painted - since, cpu


def resident_megabytes(pid: int | str = "self") -> float:
    """Return the resident memory of a process in MB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="S6_BN", help="one, or two with a comma: side by side")
    parser.add_argument("--starts", type=int, default=10, help="of the program, until its window is painted")
    parser.add_argument("--tab", type=int, default=0, help="in sight: 0 Accuracy, 1 Gradient flow, 2 Layer")
    arguments = parser.parse_args()
    preset, seconds = arguments.preset, arguments.seconds

    paints, cpu = zip(*(time_to_first_paint() for _ in range(arguments.starts)), strict=True)
    for what, times in (("start to first paint", paints), ("of the CPU", cpu)):
        print(f"{what}: {min(times):.2f} s at best, {statistics.median(times):.2f} s in the median")

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application = QApplication([])
        print(f"{preset} at 1280x800, {application.platformName()}")
        for interval_ms, rate in ((33, 30), (16, 60)):
            ratios, frame_ms, frame_rates = [], [], []
            for _ in range(arguments.rounds):
                without = train_without_window(preset, seconds)
                with_window, frames, ms = train_with_window(preset, seconds, interval_ms, arguments.tab)
                ratios.append(with_window / without)
                frame_ms.append(ms)
                frame_rates.append(frames)
                print(
                    f"  {rate} Hz: without {without:.0f} steps/s, with {with_window:.0f}, {ms:.2f} ms",
                    flush=True,
                )
            print(
                f"  {rate} Hz: {100 * statistics.median(ratios):.0f} % of the speed without a window, "
                f"{statistics.median(frame_ms):.2f} ms of the GUI thread a frame, "
                f"{statistics.median(frame_rates):.0f} frames/s"
            )


if __name__ == "__main__":
    main()
