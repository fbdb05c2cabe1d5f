"""What takes training's speed when the window shows it: telling, measuring, or drawing.

    python tests/benchmarks/bench_looking.py [--seconds 5] [--rounds 7] [--rate 60]

The training process of S6_BN, compared in turn with one that is asked nothing: asked for its losses at each
frame; asked for all that the window shows, but drawn nowhere; and with the window. Beside them one that is
asked nothing while another process reads an array of 2 MB for a fifth of the time, as drawing keeps the other
core busy.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from functools import partial

from bench_window import train_with_window, train_without_window
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from bnstudio.training.health import HealthInspection
from bnstudio.training.snapshot import Look

PRESET = "S6_BN"
LOOK = Look(names=frozenset({PRESET}), inspections=frozenset({HealthInspection(model=PRESET)}))
"""What the window asks for while the Accuracy tab is in front."""
NEIGHBOUR = """
import time
import numpy as np

array = np.ones(250_000)
while True:
    until = time.perf_counter() + 0.0034
    while time.perf_counter() < until:
        array.sum()
    time.sleep(0.0126)
"""


def train_beside_a_neighbour(seconds: float) -> float:
    """Return steps a second of a training process that is asked nothing, the other core at work."""
    with subprocess.Popen([sys.executable, "-c", NEIGHBOUR]) as neighbour:
        speed = train_without_window(PRESET, seconds)
        neighbour.kill()
    return speed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rate", type=int, default=60, help="frames a second")
    arguments = parser.parse_args()
    seconds, rate = arguments.seconds, arguments.rate
    ways = {
        "told, not measured": partial(train_without_window, PRESET, seconds, rate),
        "measured, not drawn": partial(train_without_window, PRESET, seconds, rate, LOOK),
        "with the window": lambda: train_with_window(PRESET, seconds, 1000 // rate, 0)[0],
        "asked nothing, the other core busy": partial(train_beside_a_neighbour, seconds),
    }
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application = QApplication([])
        print(f"{PRESET}, {rate} a second, {application.platformName()}; of the speed when asked nothing")
        shares: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(arguments.rounds):
            alone = train_without_window(PRESET, seconds)
            for way, measure in ways.items():
                shares[way].append(100 * measure() / alone)
        for way, found in shares.items():
            print(f"{way:36}{statistics.median(found):4.0f} %  ({min(found):.0f} to {max(found):.0f})")


if __name__ == "__main__":
    main()
