"""How weights start."""

import math

import numpy as np
import pytest

from bnstudio.engine.initializers import He, LeCun, Normal, Xavier

SCHEMES = [
    (Normal(0.01), 0.01),
    (LeCun(), 1 / math.sqrt(400)),
    (Xavier(), math.sqrt(2 / 700)),
    (He(), math.sqrt(2 / 400)),
]


@pytest.mark.parametrize(("initializer", "std"), SCHEMES, ids=lambda value: type(value).__name__)
def test_weights_have_mean_zero_and_the_standard_deviation_of_their_scheme(initializer, std):
    weight = initializer(np.random.default_rng(0), 400, 300)
    assert weight.shape == (400, 300)
    assert weight.dtype == np.float32
    assert initializer.std(400, 300) == pytest.approx(std)
    assert weight.std() == pytest.approx(std, rel=0.01)
    assert abs(weight.mean()) < 0.02 * std


def test_weights_are_scaled_standard_normals_drawn_in_float64():
    expected = np.random.default_rng(5).standard_normal((20, 30)) * (1 / math.sqrt(20))
    np.testing.assert_array_equal(LeCun()(np.random.default_rng(5), 20, 30), expected.astype(np.float32))
    np.testing.assert_array_equal(LeCun()(np.random.default_rng(5), 20, 30, np.float64), expected)
