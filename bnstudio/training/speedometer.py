"""How fast training goes."""

from __future__ import annotations

import time

_SPEED_INTERVAL = 0.5
"""Seconds over which steps per second are measured."""


class Speedometer:
    """Measures steps per second over the last moments."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, after a pause."""
        self.steps_per_second = 0.0
        self._n_steps = 0
        self._since = time.monotonic()

    def count_step(self) -> None:
        """Note that a step was taken."""
        self._n_steps += 1
        elapsed = time.monotonic() - self._since
        if elapsed >= _SPEED_INTERVAL:
            self.steps_per_second = self._n_steps / elapsed
            self._n_steps, self._since = 0, time.monotonic()
