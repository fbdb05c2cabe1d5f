"""How far the axes of a plot reach that shows the whole of its curves; no Qt here.

Ranges grow by jumps, so that the picture stands still between them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.curves.series import CurveSeries

_MAX_GROWTH = 4.0
"""How many times the first step's loss a linear axis may reach; what is above is marked. A diverging run
would otherwise press all that came before it flat; the logarithmic axis shows it whole."""
_ROUND_ENDS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
_MIN_STEPS = 20


def round_end(n_steps: int) -> int:
    """Return a round number of steps, at least `n_steps`, at which an axis may end.

    It grows by jumps of a third or a half, so that the picture stands still between them.
    """
    n_steps = max(n_steps, _MIN_STEPS)
    decade = 10.0 ** math.floor(math.log10(n_steps))
    return next(round(end * decade) for end in _ROUND_ENDS if end * decade >= n_steps)


def axis_end(n_steps: int) -> float:
    """Return where an axis ends: beyond `n_steps` by enough for the mark of an evaluation there."""
    return 1.02 * round_end(n_steps)


def last_step(series: Sequence[CurveSeries]) -> int:
    """Return the last step of the runs that go on or, before their first, of the ghosts.

    A longer ghost does not count: one wants to see the new beginning.
    """
    current = [s.n_steps for s in series if not s.ghost]
    return max(current, default=0) or max((s.n_steps for s in series), default=0)


def step_range(series: Sequence[CurveSeries]) -> tuple[float, float]:
    """Return the range of steps that shows the runs that go on."""
    return 0.0, axis_end(last_step(series))


def confined(low: float, high: float, lowest: float, highest: float, narrowest: float) -> tuple[float, float]:
    """Return the range from `low` to `high`, made as wide as it may be and moved to where it may be."""
    span = min(max(high - low, narrowest), highest - lowest)
    if span != high - low:
        low = (low + high - span) / 2
        high = low + span
    if low < lowest:
        return lowest, min(lowest + span, highest)
    if high > highest:
        return max(highest - span, lowest), highest
    return low, high


def share_range(label_height: float, height: float) -> tuple[float, float]:
    """Return the range from 0 to 100 % with room above, where many curves end, to count the epochs.

    Parameters
    ----------
    label_height, height : float
        Pixels of that room and of the whole axis.
    """
    return 0.0, 1.0 / (1.0 - min(0.3, label_height / max(1.0, height)))


def loss_range(series: Sequence[CurveSeries], logarithmic: bool) -> tuple[float, float]:
    """Return the range that shows the smoothed curves and the evaluations, in exponents where logarithmic.

    Of a ghost only the smoothed curve counts, as nothing else of it is drawn. A linear axis does not stretch
    for a single step far above, nor for ghosts once there is a run that goes on: either would hide the rest.
    """
    if not logarithmic:
        series = [s for s in series if not s.ghost and s.n_steps] or series
    first = max((float(s.values[0]) for s in series if s.n_steps), default=2.3)
    in_full = [s for s in series if not s.ghost]
    shown = [s.curve.smoothed for s in series] + [e.values for s in in_full for e in (s.test, s.subset)]
    shown = [values for values in shown if len(values)]
    highest = max((float(a.max()) for a in shown), default=first)
    if not logarithmic:
        top = 1.1 * first
        while top < 1.03 * highest and top < _MAX_GROWTH * first:
            top *= 1.25
        return 0.0, top
    lowest = min((float(a.min()) for a in shown), default=first / 10)
    columns = [s.curve for s in in_full if len(s.curve.lows)]
    highest_step = max((float(curve.highs.max()) for curve in columns), default=highest)
    lowest_step = min((float(curve.lows.min()) for curve in columns), default=lowest)
    low = _exponent_below(max(min(lowest, lowest_step), lowest / 10, 1e-30))
    return low, max(_exponent_above(max(highest, highest_step, first, 1e-30)), low + 0.5)


def _exponent_below(value: float) -> float:
    """Return log10 of the next of 1, 2, 5 times a power of ten below `value`."""
    decade = math.floor(math.log10(value))
    return decade + max(
        e for e in (0.0, math.log10(2), math.log10(5)) if 10.0 ** (decade + e) <= value * (1 + 1e-9)
    )


def _exponent_above(value: float) -> float:
    """Return log10 of the next of 1, 2, 5 times a power of ten above `value`."""
    decade = math.floor(math.log10(value))
    steps = (0.0, math.log10(2), math.log10(5), 1.0)
    return decade + min(e for e in steps if 10.0 ** (decade + e) >= value * (1 - 1e-9))
