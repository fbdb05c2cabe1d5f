"""What the timeline costs: the speed of training S6_BN with the recorder, as a share of that without.

    python tests/benchmarks/bench_recorder.py

Two sessions that nobody looks at train an epoch each in turns, in a thread and on one BLAS thread, with
evaluations as always. For the turns of one of them no step is due to be recorded, which only this file can
arrange. What is measured is the CPU time of the process, so that the ratio holds on a machine that does other
things too. The first epoch is steps 1 to 600, of which many are recorded; the others are steps 600 to 3,000.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from unittest.mock import patch

from bnstudio.data.datasets import Dataset, load_mnist
from bnstudio.document.presets import load_preset
from bnstudio.training.recorder import Recorder
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State

N_EPOCHS = 5
MOST_COST = 0.03


class Worker:
    """A session that trains an epoch when it is told to."""

    def __init__(self, dataset: Dataset) -> None:
        self._come = threading.Event()
        self.session = Session(
            load_preset("S6_BN").replaced(epochs=N_EPOCHS), lambda: dataset, on_snapshot=self._on_snapshot
        )
        self.session.start()
        self._wait_until(lambda snapshot: snapshot.state is State.PAUSED)
        self._n_epochs = 0

    def train_epoch(self) -> float:
        """Train an epoch to the end of its evaluation, and return the CPU seconds that it took."""
        self._n_epochs += 1
        start = time.process_time()
        self.session.train_epoch()
        self._wait_until(self._is_done)
        return time.process_time() - start

    def _is_done(self, snapshot) -> bool:
        if snapshot.state is State.FAILED:
            raise RuntimeError(snapshot.problem or snapshot.error)
        is_there = snapshot.step == self._n_epochs * snapshot.steps_per_epoch
        return is_there and snapshot.state is not State.TRAINING and not snapshot.evaluating

    def _on_snapshot(self, was_asked: bool) -> None:
        self._come.set()

    def _wait_until(self, is_reached: Callable[..., bool]) -> None:
        while True:
            self._come.wait()
            self._come.clear()
            snapshot = self.session.collect()
            if snapshot is not None and is_reached(snapshot):
                return


def measure_in_turns(dataset: Dataset, recording_first: bool) -> list[tuple[float, float]]:
    """Return for each epoch the CPU seconds with the recorder and without."""
    recording, other = Worker(dataset), Worker(dataset)

    def without() -> float:
        with patch.object(Recorder, "is_due", lambda recorder, run: False):
            return other.train_epoch()

    seconds = []
    try:
        for _ in range(N_EPOCHS):
            if recording_first:
                with_recorder = recording.train_epoch()
                seconds.append((with_recorder, without()))
            else:
                without_it = without()
                seconds.append((recording.train_epoch(), without_it))
    finally:
        recording.session.close()
        other.session.close()
    return seconds


def main() -> None:
    """Print the shares of the speed that are left, of each round and the median."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=4, help="how often both train (default 4)")
    arguments = parser.parse_args()

    dataset = load_mnist()
    rounds = [measure_in_turns(dataset, i % 2 == 0) for i in range(arguments.rounds)]
    print("CPU seconds of an epoch of S6_BN with the recorder / without, and the share of the speed left")
    shares: dict[str, list[float]] = {"steps 1 to 600": [], "steps 600 to 3,000": []}
    for epochs in rounds:
        print("  ".join(f"{recording:.2f} / {without:.2f}" for recording, without in epochs))
        for name, part in zip(shares, (epochs[:1], epochs[1:]), strict=True):
            recording, without = (sum(seconds) for seconds in zip(*part, strict=True))
            shares[name].append(without / recording)
    for name, values in shares.items():
        print(f"{name}: median {statistics.median(values):.3f}, {min(values):.3f} to {max(values):.3f}")
    print(f"(aim beyond step 600: at least {1 - MOST_COST})")


if __name__ == "__main__":
    main()
