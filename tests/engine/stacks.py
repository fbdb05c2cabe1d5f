"""Small networks for the engine's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.engine.initializers import LeCun
from bnstudio.engine.layers import BatchNorm, Dense, Layer, ReLU, Sigmoid
from bnstudio.engine.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

N_INPUTS = 12
N_CLASSES = 5


def build_stack(
    kinds: Sequence[str | int], seed: int = 0, dtype: DTypeLike = np.float32, n_inputs: int = N_INPUTS
) -> Network:
    """Build hidden layers, a number standing for a Dense of that width, and a head."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    width = n_inputs
    for kind in kinds:
        match kind:
            case int():
                layers.append(Dense(width, kind, LeCun(), rng, dtype))
                width = kind
            case "batch_norm":
                layers.append(BatchNorm(width, dtype=dtype))
            case "sigmoid":
                layers.append(Sigmoid())
            case "relu":
                layers.append(ReLU())
    return Network([*layers, Dense(width, N_CLASSES, LeCun(), rng, dtype)])


def random_batch(
    n_examples: int, seed: int = 0, dtype: DTypeLike = np.float32, n_inputs: int = N_INPUTS
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((n_examples, n_inputs)).astype(dtype)
    return inputs, rng.integers(0, N_CLASSES, n_examples).astype(np.uint8)
