"""What one reading of S6_BN costs the training: measuring it between two steps, and sending it to the window.

Run it as `python tests/benchmarks/bench_probing.py`. Steps and readings are measured in turns on one BLAS
thread, so that the ratio holds on a machine that does other things too.
"""

import pickle
import statistics
import time
from collections.abc import Callable

from threadpoolctl import threadpool_limits

from bnstudio.data.datasets import load_mnist
from bnstudio.document.presets import load_preset
from bnstudio.training.probes import Prober
from bnstudio.training.readings import Readings
from bnstudio.training.snapshot import Look
from bnstudio.training.trainer import Trainer

N_WARM_UP_STEPS = 100
N_READINGS = 200
LOOKS = {
    "linear": Look(),
    "own range": Look(shared_range=False),
    "log magnitude": Look(log_magnitude=True),
}


def milliseconds(action: Callable[[], object]) -> float:
    """Return the CPU time that `action` takes in this thread."""
    started = time.thread_time()
    action()
    return 1_000 * (time.thread_time() - started)


def main() -> None:
    """Print the medians, and each look's cost relative to a training step."""
    with threadpool_limits(1):
        trainer = Trainer(load_preset("S6_BN"), load_mnist())
        for _ in range(N_WARM_UP_STEPS):
            trainer.advance()
        for name, look in LOOKS.items():
            for every_value in (False, True):
                steps, costs = measure_in_turns(trainer, look, every_value)
                values = "every value" if every_value else "a sample"
                print(f"{name}, {values}: {costs:.2f} ms, {costs / steps:.2f} of a training step")
        (readings,) = Prober().measure(trainer.runs, Look(), every_value=False).values()
        print_sending(readings)


def measure_in_turns(trainer: Trainer, look: Look, every_value: bool) -> tuple[float, float]:
    """Return the median milliseconds of a step and of a reading between two steps."""
    prober = Prober()
    steps, costs = [], []
    for _ in range(N_READINGS):
        steps.append(milliseconds(trainer.advance))
        costs.append(milliseconds(lambda: prober.measure(trainer.runs, look, every_value)))
    return statistics.median(steps), statistics.median(costs)


def print_sending(readings: Readings) -> None:
    """Print the size of pickled readings and what they cost both processes."""
    data = pickle.dumps(readings)
    dumps = statistics.median(milliseconds(lambda: pickle.dumps(readings)) for _ in range(1_000))
    loads = statistics.median(milliseconds(lambda: pickle.loads(data)) for _ in range(1_000))
    print(f"pickled: {len(data):,} bytes, {dumps:.3f} ms; unpickled: {loads:.3f} ms")


if __name__ == "__main__":
    main()
