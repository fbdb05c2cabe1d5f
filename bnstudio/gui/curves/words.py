"""Curves in words: for the readout, and for people who do not see the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.gui.curves.series import CurveSeries

translate = QCoreApplication.translate


def step_in_words(step: int, steps_per_epoch: int) -> str:
    """Return where in the training `step`, counted from 1, lies; `steps_per_epoch` is 0 when unknown."""
    words = translate("CurvePanel", "step {n}").format(n=format_count(step))
    if not steps_per_epoch:
        return words
    epoch, batch = divmod(step - 1, steps_per_epoch)
    place = translate("CurvePanel", "epoch {epoch}, batch {batch} of {n}").format(
        epoch=format_count(epoch + 1), batch=format_count(batch + 1), n=format_count(steps_per_epoch)
    )
    return f"{words} · {place}"


def described(
    series: CurveSeries | None, title: str, model: str, format_value: Callable[[float], str]
) -> str:
    """Return the curve in one sentence: its latest smoothed value, and which way it goes."""
    if series is None:
        return translate("CurvePanel", "{title} of {model}: no step yet").format(title=title, model=model)
    trend = {
        -1: translate("CurvePanel", "falling"),
        0: translate("CurvePanel", "steady"),
        1: translate("CurvePanel", "rising"),
    }[latest_trend(series.values)]
    n = series.n_steps
    sentence = translate("CurvePanel", "{title} of {model}: {value} at step {n}, {trend}").format(
        title=title, model=model, value=format_value(series.smoothed_at(n)), n=format_count(n), trend=trend
    )
    if series.divergence is not None:
        step = format_count(series.divergence.step)
        sentence += translate("CurvePanel", "; diverged at step {n}").format(n=step)
    return sentence


def latest_trend(values: NDArray[np.float64]) -> int:
    """Return whether the mean of the latest tenth of the steps is below (-1) or above (1) the one before.

    It is neither (0) when the difference is within twice its standard error.
    """
    window = max(1, len(values) // 10)
    latest, before = values[-window:], values[-2 * window : -window]
    if len(before) < 2:
        return 0
    error = math.sqrt(float(latest.var() + before.var()) / window)
    difference = float(latest.mean() - before.mean())
    return 0 if abs(difference) <= 2 * error else int(math.copysign(1, difference))
