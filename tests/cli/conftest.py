"""A data set and an experiment so small that training them takes no time."""

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset
from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    SigmoidSpec,
)


@pytest.fixture
def small_dataset() -> Dataset:
    random = np.random.default_rng(5)

    def images(n: int) -> np.ndarray:
        return random.integers(0, 256, (n, 784), dtype=np.uint8)

    def labels(n: int) -> np.ndarray:
        return random.integers(0, 10, n, dtype=np.uint8)

    return Dataset(images(300), labels(300), images(50), labels(50))


@pytest.fixture
def small_experiment() -> Experiment:
    def model(name: str, *layers: object) -> ModelSetup:
        return ModelSetup(name=name, learning_rate=0.1, weight_init=LeCunInit(), layers=layers)

    plain = model("plain", DenseSpec(units=8), SigmoidSpec())
    normed = model("normed", DenseSpec(units=8), BatchNormSpec(), SigmoidSpec())
    return Experiment(batch_size=2, epochs=2, seed=1, models=(plain, normed))
