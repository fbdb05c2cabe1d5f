"""What a verdict is: measured quantities, each held against a threshold, in every seed.

Nothing here knows what the claims are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Threshold:
    """Where a quantity has to lie for a claim to hold; chosen from the claim's words, not from numbers."""

    relation: Literal["at least", "at most"]
    value: float
    reason: str

    def is_met_by(self, value: float) -> bool:
        """Whether a value lies on the right side; NaN does not."""
        return value >= self.value if self.relation == "at least" else value <= self.value


@dataclass(frozen=True)
class Quantity:
    """A number that was measured for each seed."""

    words: str
    values: tuple[float, ...]
    """One for each seed; NaN where it was not measured."""
    threshold: Threshold | None = None
    """None where the quantity is only reported beside the others."""

    @property
    def measured(self) -> bool:
        """Whether it was measured for every seed."""
        return not any(map(math.isnan, self.values))

    @property
    def holds(self) -> bool | None:
        """Whether the threshold is met in every seed; None where there is none, or a value is missing."""
        if self.threshold is None or not self.measured:
            return None
        return all(map(self.threshold.is_met_by, self.values))


@dataclass(frozen=True)
class Verdict:
    """A claim, and what the measured quantities say of it."""

    claim: int
    statement: str
    quantities: tuple[Quantity, ...]

    @property
    def holds(self) -> bool | None:
        """Whether every quantity that has a threshold meets it; None where none fails but one is missing."""
        found = [quantity.holds for quantity in self.quantities if quantity.threshold is not None]
        if False in found:
            return False
        return None if None in found else True

    @property
    def words(self) -> str:
        """The verdict itself."""
        return {True: "holds", False: "does not hold", None: "not measured"}[self.holds]
