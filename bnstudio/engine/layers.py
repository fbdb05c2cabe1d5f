"""The layers a network is stacked from: Dense, BatchNorm, Sigmoid and ReLU.

A layer computes its outputs from its inputs (forward), and on the way back turns the gradient of the loss
with respect to its outputs into the gradients with respect to its parameters and its inputs (backward, the
chain rule). It knows nothing of the layers around it. Rows are examples, columns are units.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

import numpy as np

from bnstudio.engine.workspace import Workspace

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from bnstudio.engine.initializers import Initializer
    from bnstudio.engine.workspace import FloatArray


class Layer(ABC):
    """One step of the computation, with what it learns and what it remembers.

    The arrays that a layer returns are its own and are written again by its next pass of the same kind.
    Training and inference have separate ones, so inference disturbs nothing that training left. A layer never
    writes into the arrays that it is given; those of a training forward must stay as they are until the
    backward pass is done.

    Attributes
    ----------
    params : dict
        What is learned, by name. An optimizer changes these arrays in place.
    grads : dict
        Gradient of the loss with respect to each of `params`, same keys, same shapes; written in place.
    buffers : dict
        What is remembered but not learned: the running statistics of BatchNorm.
    n_inputs, n_outputs : int or None
        Widths. None where any width is fine and is kept.
    """

    n_inputs: int | None = None
    n_outputs: int | None = None

    def __init__(
        self, params: dict[str, FloatArray] | None = None, buffers: dict[str, FloatArray] | None = None
    ) -> None:
        self.params = params or {}
        self.buffers = buffers or {}
        self.grads = {name: np.zeros_like(param) for name, param in self.params.items()}
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._training = Workspace()
        self._inference = Workspace()
        self._kept: dict[str, FloatArray] = {}  # what the latest training forward left for backward

    @abstractmethod
    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Compute the outputs, and in training keep what the backward pass needs.

        Parameters
        ----------
        inputs : (n_examples, n_inputs) floating, of the dtype of `params`
        training : bool
            Whether a backward pass may follow. BatchNorm normalizes by the batch then, else by its running
            statistics.

        Returns
        -------
        (n_examples, n_outputs) array of the same dtype
        """

    def backward(self, output_grad: FloatArray) -> FloatArray:
        """Fill `grads` and return the gradient with respect to the inputs of the latest training forward.

        Parameters
        ----------
        output_grad : (n_examples, n_outputs) floating
            Gradient of the loss with respect to this layer's outputs.

        Returns
        -------
        (n_examples, n_inputs) array
        """
        self.compute_param_grads(output_grad)
        return self.compute_input_grad(output_grad)

    def compute_param_grads(self, output_grad: FloatArray) -> None:  # noqa: B027  (most layers learn nothing)
        """Do the first half of `backward`: fill `grads`. A network's first layer needs no more."""

    @abstractmethod
    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Do the second half of `backward`, after `compute_param_grads` with the same gradient."""

    def copy(self, dtype: DTypeLike | None = None) -> Self:
        """Return a layer with its own copies of `params`, `grads` and `buffers`, in `dtype` if given."""
        twin = copy.copy(self)
        twin.params = _copied(self.params, dtype)
        twin.grads = _copied(self.grads, dtype)
        twin.buffers = _copied(self.buffers, dtype)
        twin._start_afresh()
        return twin

    def _workspace(self, training: bool) -> Workspace:
        return self._training if training else self._inference


def _copied(arrays: dict[str, FloatArray], dtype: DTypeLike | None) -> dict[str, FloatArray]:
    return {name: array.astype(array.dtype if dtype is None else dtype) for name, array in arrays.items()}


class Dense(Layer):
    """A fully connected layer: outputs = inputs @ weight + bias.

    Parameters
    ----------
    n_inputs, n_outputs : int
    initializer : Initializer
        Draws `weight` (n_inputs, n_outputs); `bias` (n_outputs,) starts at zero.
    rng : numpy.random.Generator
    dtype : floating dtype
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        initializer: Initializer,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        weight = initializer(rng, n_inputs, n_outputs, dtype)
        super().__init__(params={"weight": weight, "bias": np.zeros(n_outputs, dtype)})
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs

    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Return inputs @ weight + bias."""
        weight, bias = self.params["weight"], self.params["bias"]
        outputs = self._workspace(training).rows("outputs", len(inputs), len(bias), weight.dtype)
        np.matmul(inputs, weight, out=outputs)
        np.add(outputs, bias, out=outputs)
        if training:
            self._kept["inputs"] = inputs
        return outputs

    def compute_param_grads(self, output_grad: FloatArray) -> None:
        """Each weight's gradient sums, over the examples, what came in times what came back."""
        np.matmul(self._kept["inputs"].T, output_grad, out=self.grads["weight"])
        self._training.column_sums(output_grad, out=self.grads["bias"])

    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Send the gradient back through the same weights."""
        input_grad = self._training.like("input_grad", self._kept["inputs"])
        return np.matmul(output_grad, self.params["weight"].T, out=input_grad)


class BatchNorm(Layer):
    """Batch normalization: every unit gets mean beta and standard deviation gamma over the mini-batch.

    In training, over the N examples of the mini-batch and for each unit by itself (Ioffe & Szegedy 2015,
    algorithm 1)::

        mean     = sum(x) / N
        variance = sum((x - mean)**2) / N
        x_hat    = (x - mean) / sqrt(variance + epsilon)
        y        = gamma * x_hat + beta

    In inference `running_mean` and `running_var` stand for the mean and variance of the batch, so that an
    example's outputs do not depend on its neighbours and a batch of one works. They follow as in PyTorch:
    running = (1 - momentum) * running + momentum * batch, with the unbiased variance (N - 1 below, not N).

    Parameters
    ----------
    n_units : int
    epsilon : float
        Keeps a unit that is constant over the batch from a division by zero.
    momentum : float
        Weight of the newest batch in the running statistics.
    dtype : floating dtype
    """

    def __init__(
        self, n_units: int, epsilon: float = 1e-6, momentum: float = 0.1, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(
            params={"gamma": np.ones(n_units, dtype), "beta": np.zeros(n_units, dtype)},
            buffers={"running_mean": np.zeros(n_units, dtype), "running_var": np.ones(n_units, dtype)},
        )
        self.n_inputs = self.n_outputs = n_units
        self.epsilon = epsilon
        self.momentum = momentum

    @property
    def batch_mean(self) -> FloatArray:
        """(n_units,) mean over the latest training batch; KeyError before the first."""
        return self._kept["mean"]

    @property
    def batch_var(self) -> FloatArray:
        """(n_units,) biased variance over the latest training batch; KeyError before the first."""
        return self._kept["variance"]

    def normalized(self, examples: slice = slice(None)) -> FloatArray:
        """Return x_hat of some examples of the latest training forward, as an array of its own.

        Parameters
        ----------
        examples : slice
            Which rows of the batch.

        Returns
        -------
        (n_chosen, n_units) array
        """
        x_hat: FloatArray = self._kept["centred"][examples] * self._kept["inverse_std"]
        return x_hat

    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Normalize by the batch in training, by the running statistics in inference."""
        return self._forward_training(inputs) if training else self._forward_inference(inputs)

    def _forward_training(self, inputs: FloatArray) -> FloatArray:
        n_examples = len(inputs)
        outputs = self._training.like("outputs", inputs)
        centred = self._training.like("centred", inputs)

        mean = self._training.column_sums(inputs)
        mean /= n_examples
        np.subtract(inputs, mean, out=centred)
        # Where the mean is large, sum(x**2) / N - mean**2 would cancel to nothing in float32; this does not.
        squares = np.square(centred, out=outputs)
        variance = self._training.column_sums(squares)
        variance /= n_examples
        inverse_std = 1 / np.sqrt(variance + self.epsilon)

        # gamma / std is computed once per unit, so that each value is multiplied only once.
        np.multiply(centred, self.params["gamma"] * inverse_std, out=outputs)
        np.add(outputs, self.params["beta"], out=outputs)

        self._kept["centred"] = centred
        self._kept["inverse_std"] = inverse_std
        self._kept["mean"], self._kept["variance"] = mean, variance
        self._follow("running_mean", mean)
        if n_examples > 1:  # one example says nothing about the variance
            self._follow("running_var", variance * (n_examples / (n_examples - 1)))
        return outputs

    def _forward_inference(self, inputs: FloatArray) -> FloatArray:
        inverse_std = 1 / np.sqrt(self.buffers["running_var"] + self.epsilon)
        outputs = self._inference.like("outputs", inputs)
        np.subtract(inputs, self.buffers["running_mean"], out=outputs)
        np.multiply(outputs, self.params["gamma"] * inverse_std, out=outputs)
        np.add(outputs, self.params["beta"], out=outputs)
        return outputs

    def _follow(self, name: str, of_batch: FloatArray) -> None:
        running = self.buffers[name]
        running *= 1 - self.momentum
        running += self.momentum * of_batch

    def compute_param_grads(self, output_grad: FloatArray) -> None:
        """Sum what came back for beta, and what came back times x_hat for gamma."""
        # Only scratch here: compute_input_grad writes its result into the same memory.
        products = self._training.like("input_grad", output_grad)
        np.multiply(output_grad, self._kept["centred"], out=products)
        self._training.column_sums(products, out=self.grads["gamma"])
        self.grads["gamma"] *= self._kept["inverse_std"]
        self._training.column_sums(output_grad, out=self.grads["beta"])

    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Undo the scaling, and take off what the mean and the variance of the batch absorb.

        A value moves its unit's mean and variance, and through them every output of the unit. Summed over
        these paths (Kratzert, "Understanding the backward pass through Batch Normalization Layer")::

            dx = gamma / std * (dy - mean(dy) - x_hat * mean(dy * x_hat))

        Here mean(dy) is beta's gradient / N, and mean(dy * x_hat) is gamma's gradient / N. Without the last
        term, the path through the variance, a network still learns, only worse: a check of the gradient
        finds that, watching the loss does not.
        """
        n_examples = len(output_grad)
        inverse_std = self._kept["inverse_std"]
        input_grad = self._training.like("input_grad", output_grad)
        np.multiply(self._kept["centred"], inverse_std * self.grads["gamma"] / n_examples, out=input_grad)
        np.subtract(output_grad, input_grad, out=input_grad)
        np.subtract(input_grad, self.grads["beta"] / n_examples, out=input_grad)
        np.multiply(input_grad, self.params["gamma"] * inverse_std, out=input_grad)
        return input_grad


class Sigmoid(Layer):
    """The logistic function 1 / (1 + exp(-x)), from 0 to 1. Its slope is at most 0.25."""

    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Return (1 + tanh(x / 2)) / 2: the same function in half the time, with no exp to overflow."""
        outputs = self._workspace(training).like("outputs", inputs)
        np.multiply(inputs, 0.5, out=outputs)
        np.tanh(outputs, out=outputs)
        np.multiply(outputs, 0.5, out=outputs)
        np.add(outputs, 0.5, out=outputs)
        if training:
            self._kept["outputs"] = outputs
        return outputs

    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Multiply by the slope, y * (1 - y)."""
        outputs = self._kept["outputs"]
        input_grad = self._training.like("input_grad", output_grad)
        np.subtract(1, outputs, out=input_grad)
        np.multiply(input_grad, outputs, out=input_grad)
        np.multiply(input_grad, output_grad, out=input_grad)
        return input_grad


class ReLU(Layer):
    """The rectifier max(x, 0). Its slope is 1 for x > 0 and 0 for x < 0; at exactly 0 we take 0."""

    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Return max(x, 0)."""
        outputs = self._workspace(training).like("outputs", inputs)
        outputs.fill(0)
        np.maximum(inputs, outputs, out=outputs)  # with an array in half the time of a single 0
        if training:
            self._kept["outputs"] = outputs
        return outputs

    def compute_input_grad(self, output_grad: FloatArray) -> FloatArray:
        """Let the gradient through where the value went through."""
        input_grad = self._training.like("input_grad", output_grad)
        # A comparison into a float array is 0.0 or 1.0, which multiplies faster than a bool does.
        np.greater(self._kept["outputs"], 0, out=input_grad)
        np.multiply(input_grad, output_grad, out=input_grad)
        return input_grad
