"""Checks the gradients of a network as it is now, array by array, and shows how the check finds a wrong one.

The wrong one is a well-known mistake in the gradient of batch normalization. It lives here, in a layer of its
own, so that the engine has only the right one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.data.batches import Batches
from bnstudio.engine.gradient_check import checks_of_network
from bnstudio.engine.layers import BatchNorm
from bnstudio.engine.network import Network
from bnstudio.training.arithmetic import use_one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.engine.gradient_check import ArrayCheck
    from bnstudio.engine.workspace import FloatArray

N_EXAMPLES = 20
"""Of a mini-batch so many examples are checked with: more take longer and find nothing more."""


def check_gradients(
    network: Network, inputs: NDArray[np.floating], labels: NDArray[np.integer]
) -> Iterator[ArrayCheck | None]:
    """Compare what `backward` gives with measured slopes, for every array of parameters of a network.

    The network is copied, in float64, when this is called: it may go on training while the iterator is
    followed, and neither its parameters nor its running statistics are touched. Each value is moved when the
    next piece is asked for, so whoever follows the iterator can show the progress, and ends the check by not
    going on. In a network with 300 units a value takes some thousandths of a second.

    Parameters
    ----------
    network
        In any state of training.
    inputs : (n_examples, n_inputs) floating
        A mini-batch, of which the first `N_EXAMPLES` are used.
    labels : (n_examples,) integers

    Returns
    -------
    iterator
        As many checks as `count_arrays` says, from the first layer to the last; before each, None for each
        value that was moved. These are the same in every call.

    Raises
    ------
    ValueError
        When the inputs or the labels do not fit the network.
    """
    use_one_blas_thread()
    return checks_of_network(network, inputs[:N_EXAMPLES], labels[:N_EXAMPLES])


def count_arrays(network: Network) -> int:
    """Count the arrays of parameters of a network."""
    return sum(len(layer.params) for layer in network.layers)


def first_batch(experiment: Experiment, dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Read the part that is checked with of the very first mini-batch that training would see.

    Returns
    -------
    inputs : (n, 784) float32
        Pixels from 0 to 1; n is `N_EXAMPLES`, or the batch size if that is smaller.
    labels : (n,) uint8
    """
    batches = Batches(len(dataset.train_labels), experiment.batch_size, experiment.seed)
    inputs, labels = batches.read(dataset.train_images, dataset.train_labels, 0)
    return inputs[:N_EXAMPLES], labels[:N_EXAMPLES]


class ArticleBatchNorm(BatchNorm):
    """Batch normalization with the gradient of the article that the presets follow, which is wrong.

    The listing adds the path through the variance as 2 * dvariance / N, without its factor (x - mean). That
    is one number for all examples of a unit, and the path through the mean, which comes next, takes the mean
    over the examples off again. So the number cancels, and with it the whole path through the variance::

        dx = gamma / std * (dy - mean(dy))

    Right is dx = gamma / std * (dy - mean(dy) - x_hat * mean(dy * x_hat)).

    Which arrays that spoils follows from the way of the gradient. It is right down to the outputs of the last
    BatchNorm: this layer's gamma and beta, and all that comes after, pass. It is wrong from the inputs of
    that layer on: what comes before fails. The exception is what a BatchNorm right behind takes off again,
    the bias of a Dense or the beta of a BatchNorm: its true gradient is zero, and the article's sums to zero
    too.

    The forward pass is right, and a network learns with such a gradient, only worse: the loss alone does not
    tell.
    """

    @classmethod
    def like(cls, layer: BatchNorm) -> ArticleBatchNorm:
        """Return such a layer with copies of the parameters and running statistics of `layer`."""
        gamma = layer.params["gamma"]
        twin = cls(len(gamma), layer.epsilon, layer.momentum, gamma.dtype)
        for own, others in ((twin.params, layer.params), (twin.buffers, layer.buffers)):
            for name, array in others.items():
                own[name][:] = array
        return twin

    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Take off what the mean of the batch absorbs, but not what the variance does."""
        input_grad = self._training.like("input_grad", output_grad)
        np.subtract(output_grad, self.grads["beta"] / len(output_grad), out=input_grad)
        np.multiply(input_grad, self.params["gamma"] * self._kept["inverse_std"], out=input_grad)
        return input_grad


def with_article_gradient(network: Network) -> Network:
    """Return a copy of a network in which every BatchNorm has the article's gradient; see `ArticleBatchNorm`.

    A network without BatchNorm is copied as it is.
    """
    return Network(
        [
            ArticleBatchNorm.like(layer) if isinstance(layer, BatchNorm) else layer.copy()
            for layer in network.layers
        ]
    )
