"""What is drawn against depth: for each model one value per Dense layer, of one of two quantities; no Qt.

Models of different depths share the columns: their first Dense layers stand together, and so do their heads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bnstudio.training.axes import FollowingAxis, whole_decades

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.curves.series import Look
    from bnstudio.training.gradient_flow import GradientFlow
    from bnstudio.training.snapshot import Divergence

GUIDE = 1e-3
"""The ratio of update to weight that a rule of thumb calls healthy: log10 of it is -3."""


class Quantity(Enum):
    """What is drawn."""

    GRADIENT = 0
    """RMS of the gradient of the loss with respect to the weights."""
    UPDATE = 1
    """RMS of an update against the RMS of the weights."""


@dataclass(frozen=True)
class Profile:
    """One model's values from the first Dense layer to the head."""

    name: str
    look: Look
    n_hidden: int
    """Dense layers before the head."""
    flow: GradientFlow | None = None
    """None where nothing finite has been measured."""
    divergence: Divergence | None = None
    run_id: int = 0

    def values(self, quantity: Quantity) -> tuple[float, ...]:
        """Return the value of each Dense layer, the head's last; none where nothing has been measured.

        It is 0 where the gradient is, and NaN where a ratio has no meaning, as all weights are 0.
        """
        if self.flow is None:
            return ()
        return self.flow.grad_rms if quantity is Quantity.GRADIENT else self.flow.update_ratios

    @property
    def n_zeros(self) -> int:
        """Dense layers whose gradient is exactly zero."""
        return 0 if self.flow is None else self.flow.grad_rms.count(0.0)


def n_columns(profiles: Sequence[Profile]) -> int:
    """Return how many columns `profiles` need: those of the deepest, and one for all heads."""
    return max((profile.n_hidden for profile in profiles), default=0) + 1


def column_of(layer: int, n_values: int, columns: int) -> int:
    """Return the column of the Dense layer with this index; the last of the `n_values` is the head."""
    return columns - 1 if layer == n_values - 1 else layer


def value_at(values: Sequence[float], column: int, columns: int) -> float | None:
    """Return the value of a model in a column; None where the model has no layer there, or no values."""
    if column == columns - 1:
        return values[-1] if values else None
    return values[column] if column < len(values) - 1 else None


def drawable(value: float) -> bool:
    """Return whether a logarithmic axis has a place for `value`."""
    return math.isfinite(value) and value > 0


class DecadesAxis:
    """The powers of ten that an axis of values reaches over: it grows at once and shrinks slowly."""

    def __init__(self) -> None:
        self._key: object = None
        self._axis = FollowingAxis()

    def follow(self, profiles: Sequence[Profile], quantity: Quantity) -> tuple[float, float]:
        """Return the ends, as exponents of ten; the axis of ratios always shows the guide.

        The last values of a model that diverged may lie many decades above. They do not count where there
        are others, which they would press flat.
        """
        key = quantity, [(profile.name, profile.run_id) for profile in profiles]
        if key != self._key:
            self._key, self._axis = key, FollowingAxis()
        able = [profile for profile in profiles if profile.divergence is None and profile.flow is not None]
        shown = [v for profile in able or profiles for v in profile.values(quantity) if drawable(v)]
        if quantity is Quantity.UPDATE:
            shown.append(GUIDE)
        if not shown:
            return -6.0, 0.0
        low, high = whole_decades(min(shown), max(shown))
        return self._axis.follow(min(low, high - 2), high)
