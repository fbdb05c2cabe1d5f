"""The axes of histograms: round numbers that grow at once and shrink slowly, so that they do not jitter."""

from __future__ import annotations

import math
from collections import deque
from functools import cache

_MEMORY = 20
"""Readings that an axis covers: it shrinks only when what was larger lies this many readings back."""

Interval = tuple[float, float]


def round_up(magnitude: float) -> float:
    """Return the smallest of 1, 1.5, 2, 3, 5, 7 times a power of ten that is not below `magnitude` > 0."""
    decade = _round_numbers(math.floor(math.log10(magnitude)))
    return next(number for number in decade if number >= magnitude)


@cache
def _round_numbers(exponent: int) -> tuple[float, ...]:
    return tuple(float(f"{digit}e{exponent}") for digit in ("1", "1.5", "2", "3", "5", "7", "10"))


class FollowingAxis:
    """The ends of an axis that covers all that the recent readings needed."""

    def __init__(self) -> None:
        self._lows: deque[float] = deque(maxlen=_MEMORY)
        self._highs: deque[float] = deque(maxlen=_MEMORY)

    def follow(self, low: float, high: float) -> Interval:
        """Return the ends of an axis for a reading that needs `low` to `high`."""
        self._lows.append(low)
        self._highs.append(high)
        return min(self._lows), max(self._highs)


def interval_around_zero(low: float, high: float) -> Interval:
    """Return round ends, as far below zero as above, that hold `low` to `high`, one of which is not 0."""
    limit = round_up(max(-low, high))
    return -limit, limit


def round_interval(low: float, high: float) -> Interval:
    """Return round ends that hold `low` to `high`, each at most a tenth of the width farther out."""
    if low == high:
        margin = abs(low) / 10 or 1.0
        low, high = low - margin, high + margin
    step = round_up((high - low) / 20)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def whole_decades(low: float, high: float) -> Interval:
    """Return the powers of ten between which magnitudes from `low` > 0 to `high` lie."""
    return float(math.floor(math.log10(low))), float(math.floor(math.log10(high)) + 1)
