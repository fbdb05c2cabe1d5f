"""The numbers that are written on a row, in plain Python: taken from the matrices of all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bnstudio.gui.network.histogram_heights import zero_positions

if TYPE_CHECKING:
    from bnstudio.training.readings import SideReadings


class RowNumbers(NamedTuple):
    """What is written on one side of a row, before it is text. They are called as in a Reading."""

    log_magnitude: bool
    low: float
    high: float
    zero: float
    """Where 0 stands on the axis, from 0 to 1; NaN where it does not."""
    below: float
    """Share of the values that lie below the axis."""
    above: float
    mean: float
    std: float
    zero_share: float
    signal: float
    """NaN for backward."""


def row_numbers(readings: SideReadings) -> list[RowNumbers]:
    """Return the numbers of every row."""
    columns = (
        readings.low,
        readings.high,
        zero_positions(readings.low, readings.high, log_magnitude=readings.log_magnitude),
        readings.underflow / readings.n_counted,
        readings.overflow / readings.n_counted,
        readings.mean,
        readings.std,
        readings.zero_share,
        readings.signal,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [RowNumbers(readings.log_magnitude, *row) for row in rows]
