"""What a training step costs, as a ratio to the matrix products that it cannot do without.

    python tests/benchmarks/bench_engine.py

The numerator is a whole step of the engine: reading the mini-batch (`Batches.read`: gather 100 of 60,000
images, scale them), forward, loss with the check of its labels, accuracy, backward, and the update of every
parameter. What `Run.train_step` does besides, writing down two numbers and every 50th step a checkpoint, is
no part of it. The denominator is what NumPy takes for the matrix products of the same network on arrays of
the same shapes and nothing else: forward, weight gradient, and input gradient except the first layer's.

Both are measured in turns in one run, on one BLAS thread, so that the ratio holds on a machine that does
other things too. Of the two ratios the first is the median over the rounds; the second is that of the
shortest times, which are the least disturbed.
"""

import argparse
import itertools
import math
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from bnstudio.data.batches import Batches
from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense, Layer, ReLU, Sigmoid
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.network import Network
from bnstudio.engine.optimizers import SGD

BATCH_SIZE = 100
N_IMAGES = 60_000
UNITS = 300
GOAL = 1.3

# Name: (number of hidden blocks, activation, batch normalization, learning rate).
STACKS: dict[str, tuple[int, type[Layer], bool, float]] = {
    "S3": (1, Sigmoid, False, 0.01),
    "S4": (2, Sigmoid, False, 0.01),
    "S6": (4, Sigmoid, False, 0.01),
    "R6": (4, ReLU, False, 0.01),
    "R6_lr": (4, ReLU, False, 0.1),
    "S6_BN_lr": (4, Sigmoid, True, 0.01),
    "S6_BN": (4, Sigmoid, True, 0.5),
    "R6_BN": (4, ReLU, True, 0.1),
}


def build(n_blocks: int, activation: type[Layer], batch_norm: bool, n_units: int = UNITS) -> Network:
    rng = np.random.default_rng(0)
    layers: list[Layer] = []
    width = 784
    for _ in range(n_blocks):
        layers.append(Dense(width, n_units, LeCun(), rng))
        if batch_norm:
            layers.append(BatchNorm(n_units))
        layers.append(activation())
        width = n_units
    return Network([*layers, Dense(width, 10, LeCun(), rng)])


def random_data() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels in the shapes of MNIST: what is in them costs nothing."""
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (N_IMAGES, 784), np.uint8), rng.integers(0, 10, N_IMAGES, np.uint8)


def training_step(
    network: Network,
    learning_rate: float,
    data: tuple[np.ndarray, np.ndarray],
    batch_size: int = BATCH_SIZE,
) -> Callable[[], None]:
    loss, optimizer = SoftmaxCrossEntropy(), SGD(learning_rate)
    batches = Batches(N_IMAGES, batch_size, seed=1)
    steps = itertools.cycle(range(batches.n_steps_per_epoch))

    def step() -> None:
        inputs, labels = batches.read(*data, next(steps))
        value = loss.forward(network.forward(inputs, training=True), labels)
        assert math.isfinite(value)
        loss.accuracy()
        network.backward(loss.backward())
        optimizer.step(network)

    return step


def matrix_products(network: Network, batch_size: int = BATCH_SIZE) -> Callable[[], None]:
    rng = np.random.default_rng(2)
    operands = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            weight = layer.params["weight"].copy()
            inputs = rng.random((batch_size, weight.shape[0]), dtype=np.float32)
            output_grad = rng.random((batch_size, weight.shape[1]), dtype=np.float32)
            operands.append(
                (
                    inputs,
                    weight,
                    output_grad,
                    output_grad.copy(),
                    np.empty_like(weight),
                    np.empty_like(inputs),
                )
            )

    def products() -> None:
        for inputs, weight, _, outputs, _, _ in operands:
            np.matmul(inputs, weight, out=outputs)
        for index in reversed(range(len(operands))):
            inputs, weight, output_grad, _, weight_grad, input_grad = operands[index]
            np.matmul(inputs.T, output_grad, out=weight_grad)
            if index:
                np.matmul(output_grad, weight.T, out=input_grad)

    return products


def milliseconds(work: Callable[[], None], repetitions: int) -> float:
    """Return the CPU time that `work` takes in this thread, the only one: it leaves out what others take."""
    start = time.thread_time()
    for _ in range(repetitions):
        work()
    return (time.thread_time() - start) * 1e3 / repetitions


class Measurement(NamedTuple):
    """Milliseconds, and how often the one contains the other."""

    step: float
    products: float
    ratio: float
    ratio_of_shortest: float


def measure(
    step: Callable[[], None], products: Callable[[], None], n_rounds: int, repetitions: int = 5
) -> Measurement:
    milliseconds(step, repetitions), milliseconds(products, repetitions)
    pairs = [(milliseconds(step, repetitions), milliseconds(products, repetitions)) for _ in range(n_rounds)]
    steps, others = zip(*pairs, strict=True)
    return Measurement(
        statistics.median(steps),
        statistics.median(others),
        statistics.median(a / b for a, b in pairs),
        min(steps) / min(others),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of {', '.join(STACKS)}; default: all"
    )
    parser.add_argument(
        "--rounds", type=int, default=100, help="how often step and products take turns (default 100)"
    )
    arguments = parser.parse_args()

    data = random_data()
    print(
        f"batch {BATCH_SIZE}, {UNITS} units, float32, one BLAS thread; medians of {arguments.rounds} rounds"
    )
    print(f"{'':10}{'step':>10}{'products':>12}{'ratio':>8}{'of shortest':>13}   (the goal: {GOAL})")
    with threadpool_limits(limits=1, user_api="blas"):
        for name in arguments.names or STACKS:
            n_blocks, activation, batch_norm, learning_rate = STACKS[name]
            network = build(n_blocks, activation, batch_norm)
            step = training_step(network, learning_rate, data)
            found = measure(step, matrix_products(network), arguments.rounds)
            print(
                f"{name:10}{found.step:>7.2f} ms{found.products:>9.2f} ms{found.ratio:>8.2f}"
                f"{found.ratio_of_shortest:>13.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
