"""How gradients change parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray


_BLOCK = 2**15
"""Values that are updated at a time: what is computed in between stays in the processor's cache."""


class SGD:
    """Plain stochastic gradient descent: param -= learning_rate * grad.

    Attributes
    ----------
    learning_rate : float
        May be changed between any two steps.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._scratch: FloatArray = np.empty(0, np.float32)

    # A network that diverges overflows here, as it does in Network.forward: its loss tells, not a warning.
    @np.errstate(over="ignore", invalid="ignore")
    def step(self, network: Network) -> None:
        """Update every parameter of `network` in place from the gradients of its latest backward pass."""
        # As a Python float it leaves float32 arrays in float32, even if someone set a NumPy float64.
        learning_rate = float(self.learning_rate)
        for layer in network.layers:
            for name, param in layer.params.items():
                grad = layer.grads[name]
                if param.size <= _BLOCK:
                    np.subtract(param, learning_rate * grad, out=param)
                else:
                    self._update_in_blocks(param, grad, learning_rate)

    def _update_in_blocks(self, param: FloatArray, grad: FloatArray, learning_rate: float) -> None:
        n_rows = max(1, _BLOCK // param[0].size)
        if self._scratch.size < n_rows * param[0].size or self._scratch.dtype != param.dtype:
            self._scratch = np.empty(n_rows * param[0].size, param.dtype)
        for start in range(0, len(param), n_rows):
            block = param[start : start + n_rows]
            change = self._scratch[: block.size].reshape(block.shape)
            np.multiply(grad[start : start + n_rows], learning_rate, out=change)
            np.subtract(block, change, out=block)
