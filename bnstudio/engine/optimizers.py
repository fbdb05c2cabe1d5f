"""How gradients change parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bnstudio.engine.network import Network
    from bnstudio.engine.workspace import FloatArray


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
                if self._scratch.size < param.size or self._scratch.dtype != param.dtype:
                    self._scratch = np.empty(param.size, param.dtype)
                change = self._scratch[: param.size].reshape(param.shape)
                np.multiply(layer.grads[name], learning_rate, out=change)
                np.subtract(param, change, out=param)
