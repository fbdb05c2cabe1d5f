"""What a BatchNorm layer lets be read of its latest training batch."""

import numpy as np

from bnstudio.engine.layers import BatchNorm

TWO_EXAMPLES = np.array([[1, 7], [3, 7]], np.float32)


def test_mean_and_biased_variance_of_the_batch_can_be_read():
    layer = BatchNorm(2)
    layer.forward(TWO_EXAMPLES, training=True)
    np.testing.assert_array_equal(layer.batch_mean, [2, 7])
    np.testing.assert_array_equal(layer.batch_var, [1, 0])


def test_normalized_is_what_gamma_and_beta_were_applied_to():
    layer = BatchNorm(2)
    layer.params["gamma"][:] = [3, 4]
    layer.params["beta"][:] = [5, 6]
    outputs = layer.forward(TWO_EXAMPLES, training=True)
    np.testing.assert_allclose(layer.normalized(), [[-1, 0], [1, 0]], rtol=1e-6)
    np.testing.assert_allclose(outputs, [3, 4] * layer.normalized() + [5, 6], rtol=1e-6)


def test_some_examples_can_be_asked_for_and_are_a_copy():
    layer = BatchNorm(1)
    layer.forward(np.arange(6, dtype=np.float32)[:, None], training=True)
    every_second = layer.normalized(slice(None, None, 2))
    np.testing.assert_array_equal(every_second, layer.normalized()[::2])
    every_second[:] = 99
    assert layer.normalized().max() < 2


def test_inference_leaves_what_training_left():
    layer = BatchNorm(2)
    layer.forward(TWO_EXAMPLES, training=True)
    layer.forward(100 + TWO_EXAMPLES, training=False)
    np.testing.assert_array_equal(layer.batch_mean, [2, 7])
    np.testing.assert_allclose(layer.normalized(), [[-1, 0], [1, 0]], rtol=1e-6)
