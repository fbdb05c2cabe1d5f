"""What a training step costs, as a ratio to the matrix products that it cannot do without.

    python tests/benchmarks/bench_engine.py

A step is all of it: gathering the mini-batch, forward, loss, accuracy, backward, update. The products are
those of the same network on the same shapes: forward, weight gradient, and input gradient except the first
layer's. Both are measured in turns in one run, on one BLAS thread, so that the ratio holds on a machine that
does other things too.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense, Layer, ReLU, Sigmoid
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.engine.network import Network
from bnstudio.engine.optimizers import SGD

BATCH_SIZE = 100
N_IMAGES = 60_000
UNITS = 300
LIMIT = 1.6

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


def build(n_blocks: int, activation: type[Layer], batch_norm: bool) -> Network:
    rng = np.random.default_rng(0)
    layers: list[Layer] = []
    width = 784
    for _ in range(n_blocks):
        layers.append(Dense(width, UNITS, LeCun(), rng))
        if batch_norm:
            layers.append(BatchNorm(UNITS))
        layers.append(activation())
        width = UNITS
    return Network([*layers, Dense(width, 10, LeCun(), rng)])


def training_step(
    network: Network, learning_rate: float, images: np.ndarray, labels: np.ndarray
) -> Callable[[], None]:
    rng = np.random.default_rng(1)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(learning_rate)
    pixels = np.empty((BATCH_SIZE, 784), np.uint8)
    inputs = np.empty((BATCH_SIZE, 784), np.float32)
    order = rng.permutation(N_IMAGES)
    position = 0

    def step() -> None:
        nonlocal position
        chosen = order[position : position + BATCH_SIZE]
        position = (position + BATCH_SIZE) % N_IMAGES
        # mode="clip" writes into `out` at once; the default buffers it first.
        np.take(images, chosen, axis=0, out=pixels, mode="clip")
        np.multiply(pixels, np.float32(1 / 255), out=inputs)
        value = loss.forward(network.forward(inputs, training=True), labels[chosen])
        assert np.isfinite(value)
        loss.accuracy()
        network.backward(loss.backward())
        optimizer.step(network)

    return step


def matrix_products(network: Network) -> Callable[[], None]:
    rng = np.random.default_rng(2)
    operands = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            weight = layer.params["weight"].copy()
            inputs = rng.random((BATCH_SIZE, weight.shape[0]), dtype=np.float32)
            output_grad = rng.random((BATCH_SIZE, weight.shape[1]), dtype=np.float32)
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
    start = time.perf_counter()
    for _ in range(repetitions):
        work()
    return (time.perf_counter() - start) * 1e3 / repetitions


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of {', '.join(STACKS)}; default: all"
    )
    parser.add_argument(
        "--rounds", type=int, default=60, help="how often step and products take turns (default 60)"
    )
    arguments = parser.parse_args()

    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (N_IMAGES, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, N_IMAGES, dtype=np.uint8)
    print(
        f"batch {BATCH_SIZE}, {UNITS} units, float32, one BLAS thread; medians of {arguments.rounds} rounds"
    )
    print(f"{'':10}{'step':>10}{'products':>12}{'ratio':>8}   (at most {LIMIT})")
    with threadpool_limits(limits=1, user_api="blas"):
        for name in arguments.names or STACKS:
            n_blocks, activation, batch_norm, learning_rate = STACKS[name]
            network = build(n_blocks, activation, batch_norm)
            step = training_step(network, learning_rate, images, labels)
            products = matrix_products(network)
            milliseconds(step, 10), milliseconds(products, 10)
            pairs = [(milliseconds(step, 5), milliseconds(products, 5)) for _ in range(arguments.rounds)]
            step_ms = statistics.median(pair[0] for pair in pairs)
            products_ms = statistics.median(pair[1] for pair in pairs)
            ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
            print(f"{name:10}{step_ms:>7.2f} ms{products_ms:>9.2f} ms{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
