"""The axes of a curve: steps below, a loss or a share on the left, with labels at round numbers.

A logarithmic axis is one of exponents: its coordinates are log10 of the values, its labels the values.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count, format_number

AxisLabels = list[tuple[float, str]]
"""Coordinates of an axis and what is written there."""


def round_spacing(span: float, n_ticks: float) -> float:
    """Return 1, 2 or 5 times a power of ten, such that `span` has at most `n_ticks` spaces of it."""
    raw = span / max(n_ticks, 1.0)
    decade = 10.0 ** math.floor(math.log10(raw))
    return next(factor * decade for factor in (1.0, 2.0, 5.0, 10.0) if factor * decade >= raw * (1 - 1e-9))


def linear_ticks(low: float, high: float, spacing: float) -> list[float]:
    """Return the multiples of `spacing` from `low` to `high`."""
    return [
        i * spacing for i in range(math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9) + 1)
    ]


def step_labels(low: float, high: float, n_labels: float) -> AxisLabels:
    """Return at most about `n_labels` whole steps from `low` to `high`; the first says the word."""
    spacing = max(1.0, round_spacing(high - low, n_labels))
    labels = [(step, format_count(round(step))) for step in linear_ticks(low, high, spacing)]
    if labels:
        step, text = labels[0]
        labels[0] = step, QCoreApplication.translate("StepAxis", "step {n}").format(n=text)
    return labels


def loss_labels(low: float, high: float, n_labels: float) -> AxisLabels:
    """Return at most about `n_labels` round losses from `low` to `high`."""
    spacing = round_spacing(high - low, n_labels)
    decimals = _decimals(spacing)
    return [
        (loss, f"{loss:.{decimals}f}" if abs(loss) < 1e5 else format_number(loss))
        for loss in linear_ticks(low, high, spacing)
    ]


def log_loss_labels(low: float, high: float, n_labels: float) -> AxisLabels:
    """Return round losses between ten to the power `low` and `high`, and the exponents where they stand.

    They are decades, with 2 and 5, or 3, of each where there is room.
    """
    n_decades = high - low
    if n_decades < 0.5:
        exponents = linear_ticks(low, high, round_spacing(n_decades, n_labels))
    else:
        every = max(1, math.ceil(n_decades / max(n_labels, 1.0)))
        factors = (1, 2, 5) if 3 * n_decades <= n_labels else (1, 3) if 2 * n_decades <= n_labels else (1,)
        first = math.floor(low / every) * every
        decades = range(first, math.ceil(high) + 1, every)
        exponents = [decade + math.log10(factor) for decade in decades for factor in factors]
    return [(e, format_number(10.0**e, digits=3)) for e in exponents if low <= e <= high]


def share_labels(low: float, high: float, n_labels: float) -> AxisLabels:
    """Return at most about `n_labels` round shares in percent, the last with its sign."""
    spacing = round_spacing(high - low, n_labels)
    decimals = _decimals(100 * spacing)
    labels = [(share, f"{100 * share:.{decimals}f}") for share in linear_ticks(low, high, spacing)]
    return [*labels[:-1], *((share, f"{text} %") for share, text in labels[-1:])]


def _decimals(spacing: float) -> int:
    """Return how many decimals multiples of `spacing` have."""
    return max(0, -math.floor(math.log10(spacing) + 1e-9))
