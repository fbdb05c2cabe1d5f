"""How the weights of a Dense layer start: normal, with a standard deviation that suits its widths.

All of them draw standard normals and scale them, so with the same random generator the four schemes give the
same weights up to a factor.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from bnstudio.engine.workspace import FloatArray


class Initializer(ABC):
    """Normal weights with mean 0 and a standard deviation that depends on the layer's shape."""

    @abstractmethod
    def std(self, n_inputs: int, n_outputs: int) -> float:
        """Return the standard deviation for a layer with that many inputs and outputs."""

    def __call__(
        self, rng: np.random.Generator, n_inputs: int, n_outputs: int, dtype: DTypeLike = np.float32
    ) -> FloatArray:
        """Draw a (n_inputs, n_outputs) weight matrix.

        The draw is made in float64 whatever `dtype` is, so that every precision starts from the same weights.
        """
        weight: FloatArray = rng.standard_normal((n_inputs, n_outputs))
        weight *= self.std(n_inputs, n_outputs)
        return weight.astype(dtype, copy=False)


@dataclass(frozen=True)
class Normal(Initializer):
    """The same standard deviation whatever the width."""

    fixed_std: float

    def std(self, n_inputs: int, n_outputs: int) -> float:
        """Return `fixed_std`."""
        return self.fixed_std


@dataclass(frozen=True)
class LeCun(Initializer):
    """Keeps the variance of the values going forward (LeCun et al., "Efficient BackProp", 1998)."""

    def std(self, n_inputs: int, n_outputs: int) -> float:
        """Return 1 / sqrt(n_inputs)."""
        return 1 / math.sqrt(n_inputs)


@dataclass(frozen=True)
class Xavier(Initializer):
    """A compromise between both directions (Glorot & Bengio, 2010)."""

    def std(self, n_inputs: int, n_outputs: int) -> float:
        """Return sqrt(2 / (n_inputs + n_outputs))."""
        return math.sqrt(2 / (n_inputs + n_outputs))


@dataclass(frozen=True)
class He(Initializer):
    """LeCun's, doubled in variance because ReLU silences half of the values (He et al., 2015)."""

    def std(self, n_inputs: int, n_outputs: int) -> float:
        """Return sqrt(2 / n_inputs)."""
        return math.sqrt(2 / n_inputs)
