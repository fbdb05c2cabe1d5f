"""What a reading says in words and numbers: the statistics beside a histogram, its tooltips, its description.

Knows readings, no widget and no layout; every text is translatable.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count, format_number, format_power, format_share

if TYPE_CHECKING:
    from bnstudio.gui.network.row_numbers import RowNumbers
    from bnstudio.training.readings import Histogram, LayerReading, Reading

_translate = QCoreApplication.translate


StatisticName = Literal["signal", "mean", "std", "zeros"]


class Statistic(NamedTuple):
    """One line of the statistics; `statistic_labels` has what its name is called."""

    name: StatisticName
    value: str


def statistics(numbers: RowNumbers, n_lines: int) -> list[Statistic]:
    """Return at most `n_lines` statistics in the order in which they are read."""
    names = _statistic_names(not math.isnan(numbers.signal), numbers.zero_share > 0, n_lines)
    return [Statistic(name, _value(name, numbers)) for name in names]


@lru_cache(maxsize=32)
def _statistic_names(has_signal: bool, has_zeros: bool, n_lines: int) -> tuple[StatisticName, ...]:
    """Return which statistics are shown.

    Where room is short the mean goes first, where there is a signal the standard deviation before it: the
    signal is the part of it that teaches.
    """
    names: list[StatisticName] = ["mean", "std"]
    dispensable: list[StatisticName] = ["mean", "std"]
    if has_zeros:
        names.append("zeros")
        dispensable.insert(1, "zeros")
    if has_signal:
        names.insert(0, "signal")
        dispensable.remove("std")
        dispensable.insert(0, "std")
    dropped = dispensable[: max(0, len(names) - n_lines)]
    return tuple(name for name in names if name not in dropped)


def _value(name: StatisticName, numbers: RowNumbers) -> str:
    if name == "zeros":
        return format_share(numbers.zero_share)
    value: float = getattr(numbers, name)
    return format_number(value)


def statistic_labels() -> dict[StatisticName, str]:
    """Return what the statistics are called beside a histogram."""
    return {
        "signal": _translate("ReadingText", "signal"),
        "mean": _translate("ReadingText", "mean"),
        "std": _translate("ReadingText", "std"),
        "zeros": _translate("ReadingText", "zeros"),
    }


def zeros_label(share: float) -> str:
    """Return the share of exact zeros as it stands at the axis."""
    return _translate("ReadingText", "zeros {share}").format(share=format_share(share))


def signal_outside_label(share: float) -> str:
    """Return the share of the signal that lies outside the axis, as it stands at its end."""
    return _translate("ReadingText", "signal {share}").format(share=format_share(share))


def forward_explanation() -> str:
    """Return what is drawn in a forward histogram."""
    return _translate(
        "ReadingText",
        "Forward: the values that the layer puts out for the mini-batch. Pale bars: the values as they are. "
        "Strong line: the signal, how far each value lies from its own unit's mean over the mini-batch, "
        "drawn around the mean of all. It is all that the layer still says about its input: values can "
        "look healthy while the signal has collapsed.",
    )


def backward_explanation() -> str:
    """Return what is drawn in a backward histogram."""
    return _translate(
        "ReadingText",
        "Backward: the gradient of the mini-batch's mean loss with respect to each value that the layer puts "
        "out. Where it has shrunk to nothing, the layers before it cannot learn.",
    )


def statistics_tip(reading: Reading) -> str:
    """Return every statistic with all its digits, and where the histogram is not of all the values, that."""
    rows = []
    if reading.signal is not None:
        rows.append((_translate("ReadingText", "signal"), format_number(reading.signal, 5)))
    rows += [
        (_translate("ReadingText", "mean"), format_number(reading.mean, 5)),
        (_translate("ReadingText", "standard deviation"), format_number(reading.std, 5)),
        (_translate("ReadingText", "smallest"), format_number(reading.minimum, 5)),
        (_translate("ReadingText", "largest"), format_number(reading.maximum, 5)),
        (_translate("ReadingText", "exact zeros"), format_share(reading.zero_share)),
        (_translate("ReadingText", "values"), format_count(reading.n_values)),
    ]
    if reading.n_counted < reading.n_values:
        counted = _translate("ReadingText", "{counted} of {total}, a sample").format(
            counted=format_count(reading.n_counted), total=format_count(reading.n_values)
        )
        rows.append((_translate("ReadingText", "counted in the histogram"), counted))
    outside = [
        (_translate("ReadingText", "left of the axis"), reading.histogram.underflow),
        (_translate("ReadingText", "right of the axis"), reading.histogram.overflow),
    ]
    if reading.signal_histogram is not None:
        outside += [
            (_translate("ReadingText", "signal left of the axis"), reading.signal_histogram.underflow),
            (_translate("ReadingText", "signal right of the axis"), reading.signal_histogram.overflow),
        ]
    for label, count in outside:
        if count:
            share = format_share(count / max(1, reading.n_counted))
            rows.append((label, f"{format_count(count)} ({share})"))
    return "\n".join(f"{label}: {value}" for label, value in rows)


def bin_tip(reading: Reading, bin_index: int) -> str:
    """Return the interval of one bin and what was counted in it."""
    histogram = reading.histogram
    low, high = bin_edges(histogram, bin_index)
    text = _translate("ReadingText", "from {low} to {high}")
    if histogram.log_magnitude:
        text = _translate("ReadingText", "magnitude from {low} to {high}")
        low, high = 10**low, 10**high
    interval = text.format(low=format_number(low, 3), high=format_number(high, 3))
    count = int(histogram.counts[bin_index])
    lines = [
        interval,
        _translate("ReadingText", "values here: {count} ({share} of those counted)").format(
            count=format_count(count), share=format_share(count / max(1, reading.n_counted))
        ),
    ]
    if reading.signal_histogram is not None:
        n_signal = int(reading.signal_histogram.counts[bin_index])
        lines.append(_translate("ReadingText", "signal here: {count}").format(count=format_count(n_signal)))
    return "\n".join(lines)


def bin_edges(histogram: Histogram, bin_index: int) -> tuple[float, float]:
    """Return the lower and the upper edge of a bin, on the histogram's axis."""
    width = (histogram.high - histogram.low) / len(histogram.counts)
    return histogram.low + bin_index * width, histogram.low + (bin_index + 1) * width


@lru_cache(maxsize=1_000)  # axes stay while values change
def axis_label(value: float, log_magnitude: bool) -> str:
    """Return the label of an end of an axis."""
    return format_power(value) if log_magnitude else format_number(value)


def description(reading: LayerReading) -> str:
    """Return both directions in one sentence, for those who hear the row instead of seeing it."""
    parts = [
        _translate("ReadingText", "forward mean {mean}, standard deviation {std}").format(
            mean=format_number(reading.forward.mean), std=format_number(reading.forward.std)
        )
    ]
    if reading.forward.signal is not None:
        signal = format_number(reading.forward.signal)
        parts.append(_translate("ReadingText", "signal {signal}").format(signal=signal))
    if reading.forward.zero_share > 0:
        parts.append(zeros_label(reading.forward.zero_share))
    parts.append(
        _translate("ReadingText", "backward mean {mean}, standard deviation {std}").format(
            mean=format_number(reading.backward.mean), std=format_number(reading.backward.std)
        )
    )
    return ", ".join(parts)
