"""Turns a ModelSetup, which describes a network, into a Network, which computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.document.experiment import (
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
    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup, WeightInit
    from bnstudio.engine.initializers import Initializer
    from bnstudio.engine.layers import Layer


def build_network(model_setup: ModelSetup, seed: int) -> Network:
    """Build the network of `model_setup`, the head's Dense last, with its initial weights.

    The weights of the i-th hidden Dense are drawn from a generator seeded by (seed, 1, i), the head's from
    (seed, 2): so inserting a BatchNorm or changing an activation changes no weight, and layers that two
    models have in common start alike.
    """
    layers: list[Layer] = []
    for row, (spec, shape) in enumerate(zip(model_setup.layers, model_setup.shapes(), strict=False)):
        match spec:
            case DenseSpec():
                layers.append(_build_dense(model_setup, row, seed))
            case BatchNormSpec():
                layers.append(BatchNorm(shape.n_inputs))
            case SigmoidSpec():
                layers.append(Sigmoid())
            case ReLUSpec():
                layers.append(ReLU())
    layers.append(_build_dense(model_setup, len(model_setup.layers), seed))
    return Network(layers)


def initial_weight(model_setup: ModelSetup, row: int, seed: int) -> NDArray[np.floating]:
    """Draw again the weight that one Dense of a network starts with.

    Parameters
    ----------
    model_setup
        The model.
    row
        Of the Dense, counted from 0; the head's is the number of hidden layers.
    seed
        The experiment's.

    Returns
    -------
    weight : (n_inputs, n_outputs) float32
        Equal to that of `build_network`, bit for bit.

    Raises
    ------
    ValueError
        When the layer at `row` is no Dense.
    """
    if row < len(model_setup.layers) and not isinstance(model_setup.layers[row], DenseSpec):
        raise ValueError(f"row {row} is a {model_setup.layers[row].type}; only a Dense has a weight")
    return _build_dense(model_setup, row, seed).params["weight"]


def _build_dense(model_setup: ModelSetup, row: int, seed: int) -> Dense:
    shape = model_setup.shapes()[row]
    is_head = row == len(model_setup.layers)
    n_before = sum(isinstance(spec, DenseSpec) for spec in model_setup.layers[:row])
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,) if is_head else (1, n_before)))
    return Dense(shape.n_inputs, shape.n_outputs, _build_initializer(model_setup.weight_init), rng)


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
