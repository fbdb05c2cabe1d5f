"""A data set small enough to train on in a blink."""

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """210 training images, so that batches of 20 leave a smaller one, and 30 test images."""
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (240, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, 240, dtype=np.uint8)
    return Dataset(images[:210], labels[:210], images[210:], labels[210:])
