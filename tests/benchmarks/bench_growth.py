"""How the cost of a training step grows with batch size, width and depth, and what a second thread changes.

    python tests/benchmarks/bench_growth.py [batch] [width] [depth] [small] [threads]

Each row compares a step with its own matrix products, both measured as in `bench_engine.py`: where the ratio
stays, the cost follows the arithmetic. "small" measures networks whose values or gradients fade below what
float32 holds with full precision; as in training, those are zero, because many processors compute with them
much more slowly. "threads" compares whole steps on two BLAS threads with those on one.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Sequence

from bench_engine import build, matrix_products, measure, milliseconds, random_data, training_step
from threadpoolctl import ThreadpoolController, threadpool_limits

from bnstudio.engine.layers import Dense, Layer, ReLU, Sigmoid
from bnstudio.training.arithmetic import subnormals_as_zero

BATCH_SIZE, WIDTH, DEPTH = 100, 300, 4
STACKS: dict[str, tuple[type[Layer], bool]] = {
    "Sigmoid": (Sigmoid, False),
    "ReLU": (ReLU, False),
    "BatchNorm + Sigmoid": (Sigmoid, True),
    "BatchNorm + ReLU": (ReLU, True),
}
BATCH_SIZES = (10, 30, 97, 100, 300, 1000, 5000)
WIDTHS = (30, 100, 256, 300, 1000, 3000)
DEPTHS = (1, 2, 4, 10, 20, 30)
THREAD_WIDTHS = (100, 300, 1000, 3000)
LEARNING_RATE = 0.01
SECONDS = 1.0
"""That steps and products are to take together, for each row."""


def row(data: tuple, stack: tuple[type[Layer], bool], shape: Sequence[int]) -> str:
    batch_size, width, depth = shape
    network = build(depth, *stack, width)
    step = training_step(network, LEARNING_RATE, data, batch_size)
    products = matrix_products(network, batch_size)
    step()
    once = milliseconds(step, 2) + milliseconds(products, 2)
    repetitions = 5 if once < 20 else 1
    n_rounds = max(5, int(SECONDS * 1e3 / once / repetitions))
    found = measure(step, products, n_rounds, repetitions)
    return f"{found.step:>10.2f} ms{found.products:>10.2f} ms{found.ratio:>8.2f}"


def table(data: tuple, title: str, sizes: tuple[int, ...], place: int) -> None:
    print(f"\n{title:24}{'':>6}{'step':>13}{'products':>13}{'ratio':>8}")
    for (name, stack), size in itertools.product(STACKS.items(), sizes):
        shape = [BATCH_SIZE, WIDTH, DEPTH]
        shape[place] = size
        print(f"{name:24}{size:>6}{row(data, stack, shape)}", flush=True)


def small_values(data: tuple) -> None:
    """Scale the initial weights down until what comes back, or what goes in, fades."""
    print(f"\n{'weights of 30 blocks':24}{'':>6}{'step':>13}{'as at 1':>13}")
    for name, (activation, batch_norm) in STACKS.items():
        steps = {}
        for scale in (1, 0.3, 0.1, 0.03):
            network = build(30, activation, batch_norm)
            for layer in network.layers:
                if isinstance(layer, Dense):
                    layer.params["weight"] *= scale
            steps[scale] = training_step(network, LEARNING_RATE, data)
        medians = in_turns(steps, 12)
        for scale, taken in medians.items():
            print(f"{name:24}x{scale:<5}{taken:>10.2f} ms{taken / medians[1]:>13.2f}", flush=True)


def in_turns(steps: dict, n_rounds: int) -> dict:
    """Return the median milliseconds by the clock: the CPU time of one thread is not that of two."""
    taken: dict = {key: [] for key in steps}
    for _ in range(n_rounds):
        for key, step in steps.items():
            start = time.perf_counter()
            step()
            taken[key].append((time.perf_counter() - start) * 1e3)
    return {key: statistics.median(times[1:]) for key, times in taken.items()}


def threads(data: tuple) -> None:
    controller = ThreadpoolController()  # to look for the libraries takes long, so it is done once

    def on(n_threads: int, step: Callable[[], None]) -> Callable[[], None]:
        def limited() -> None:
            with controller.limit(limits=n_threads, user_api="blas"):
                for _ in range(repetitions):
                    step()

        return limited

    print(f"\n{'two threads to one':24}{'':>6}{'one':>13}{'two':>13}{'ratio':>8}")
    for (name, (activation, batch_norm)), width in itertools.product(STACKS.items(), THREAD_WIDTHS):
        step = training_step(build(DEPTH, activation, batch_norm, width), LEARNING_RATE, data)
        repetitions = 10 if width <= 300 else 1
        one, two = in_turns({n: on(n, step) for n in (1, 2)}, 30 if width <= 1000 else 8).values()
        one, two = one / repetitions, two / repetitions
        print(f"{name:24}{width:>6}{one:>10.2f} ms{two:>10.2f} ms{two / one:>8.2f}", flush=True)


def main() -> None:
    tables = {
        "batch": lambda: table(data, "batch size", BATCH_SIZES, 0),
        "width": lambda: table(data, "units in each layer", WIDTHS, 1),
        "depth": lambda: table(data, "blocks", DEPTHS, 2),
        "small": lambda: small_values(data),
        "threads": lambda: threads(data),
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="TABLE", help=f"which of {', '.join(tables)}; default: all"
    )
    names = parser.parse_args().names or tables
    data = random_data()
    print(f"batch {BATCH_SIZE}, {DEPTH} blocks of {WIDTH} units, one BLAS thread, unless told otherwise")
    with threadpool_limits(limits=1, user_api="blas"), subnormals_as_zero():
        for name in names:
            tables[name]()


if __name__ == "__main__":
    main()
