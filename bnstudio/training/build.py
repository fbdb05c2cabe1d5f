"""Turns a ModelSetup, which describes a network, into a Network, which computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.document.experiment import (
    N_CLASSES,
    BatchNormSpec,
    DenseSpec,
    HeInit,
    LeCunInit,
    NormalInit,
    ReLUSpec,
    SigmoidSpec,
    XavierInit,
)
from bnstudio.engine.initializers import He, LeCun, Normal, Xavier
from bnstudio.engine.layers import BatchNorm, Dense, ReLU, Sigmoid
from bnstudio.engine.network import Network

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup, WeightInit
    from bnstudio.engine.initializers import Initializer
    from bnstudio.engine.layers import Layer


def build_network(model_setup: ModelSetup, seed: int) -> Network:
    """Build the network of `model_setup`, the head's Dense last, with its initial weights.

    The weights of the i-th hidden Dense are drawn from a generator seeded by (seed, 1, i), the head's from
    (seed, 2): so inserting a BatchNorm or changing an activation changes no weight, and layers that two
    models have in common start alike.
    """
    initializer = _build_initializer(model_setup.weight_init)
    layers: list[Layer] = []
    n_dense = 0
    for spec, shape in zip(model_setup.layers, model_setup.shapes(), strict=False):
        match spec:
            case DenseSpec():
                layers.append(_build_dense(shape.n_inputs, shape.n_outputs, initializer, seed, (1, n_dense)))
                n_dense += 1
            case BatchNormSpec():
                layers.append(BatchNorm(shape.n_inputs))
            case SigmoidSpec():
                layers.append(Sigmoid())
            case ReLUSpec():
                layers.append(ReLU())
    n_inputs = model_setup.shapes()[-1].n_inputs
    layers.append(_build_dense(n_inputs, N_CLASSES, initializer, seed, (2,)))
    return Network(layers)


def _build_dense(
    n_inputs: int, n_outputs: int, initializer: Initializer, seed: int, spawn_key: tuple[int, ...]
) -> Dense:
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))
    return Dense(n_inputs, n_outputs, initializer, rng)


def _build_initializer(weight_init: WeightInit) -> Initializer:
    match weight_init:
        case NormalInit(std=std):
            return Normal(std)
        case LeCunInit():
            return LeCun()
        case XavierInit():
            return Xavier()
        case HeInit():
            return He()
