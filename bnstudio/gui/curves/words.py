"""Curves in words: for the readout, and for people who do not see the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.gui.curves.readout import ShownModel

_NAME_LENGTH = 24
"""Characters of a name in a description of many."""

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


def key_help() -> str:
    """Return what mouse and keys do on a plot, as one text for a tooltip."""
    return translate(
        "CurveView",
        "Left and Right move the crosshair by a pixel, with Ctrl by ten.\n"
        "Wheel, + and − zoom, drag and Shift with arrows pan, on an axis only along it.\n"
        "Home or a double click shows all.\n"
        "A click on a curve selects its model, [ and ] or Page Up and Page Down the one before or after.",
    )


def smoothing_explained(n_steps: int, *, several: bool) -> str:
    """Return what the lines and signs of one or of several models are, where `n_steps` are averaged."""
    text = translate(
        "CurvePanel",
        "Smooth line: mean of the last {n} steps, about a thirty-second of the visible ones; at the\n"
        "beginning of at most a fourth of the steps so far.\n"
        "Faint line: every step, on its mini-batch before the update; where several share a pixel,\n"
        "the band from the lowest to the highest of them.\n"
        "Disc: all test images at an epoch's end. Diamond: a fixed subset of 1,000 of them.",
    ).format(n=format_count(n_steps))
    if not several:
        return text
    more = translate(
        "CurvePanel",
        "Faint line and diamonds are drawn for the selected model alone, the faint line also for\n"
        "the one that the mouse points at.",
    )
    return f"{text}\n{more}"


def described(
    models: Sequence[ShownModel],
    title: str,
    format_value: Callable[[float], str],
    looked_at: int | None = None,
) -> str:
    """Return the curves in a sentence each, the selected model's first and with the way it goes.

    Where a step is looked back at, the sentences are of that one.
    """
    selected_first = sorted(models, key=lambda model: not model.look.selected)
    sentences = [_described(model, format_value, looked_at) for model in selected_first]
    if len(models) == 1:
        return translate("CurvePanel", "{title} of {sentence}").format(title=title, sentence=sentences[0])
    return translate("CurvePanel", "{title} of {n} models. Selected: {sentences}").format(
        title=title, n=len(models), sentences="; ".join(sentences)
    )


def _described(model: ShownModel, format_value: Callable[[float], str], looked_at: int | None) -> str:
    series = model.series
    name = model.name if len(model.name) <= _NAME_LENGTH else f"{model.name[: _NAME_LENGTH - 1]}…"
    if series is None:
        return translate("CurvePanel", "{model}: no step yet").format(model=name)
    n = looked_at or series.n_steps
    if n > series.n_steps:
        return translate("CurvePanel", "{model}: has no step {n}").format(model=name, n=format_count(n))
    sentence = translate("CurvePanel", "{model}: {value} at step {n}").format(
        model=name, value=format_value(series.smoothed_at(n)), n=format_count(n)
    )
    if model.look.selected and looked_at is None:
        trend = {
            -1: translate("CurvePanel", "falling"),
            0: translate("CurvePanel", "steady"),
            1: translate("CurvePanel", "rising"),
        }[latest_trend(series.values)]
        sentence = translate("CurvePanel", "{sentence}, {trend}").format(sentence=sentence, trend=trend)
    history = series.history
    if history.divergence is not None:
        step = format_count(history.divergence.step)
        sentence += translate("CurvePanel", ", diverged at step {n}").format(n=step)
    if history.late_by:
        late = format_count(history.late_by)
        sentence += translate("CurvePanel", ", started {n} steps after the others").format(n=late)
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
