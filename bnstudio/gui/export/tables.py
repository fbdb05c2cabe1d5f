"""The numbers of an export as lines of CSV: the curves of runs, and the histograms that are shown.

It takes copies of what is measured, so that the lines can be made in another thread, and knows nothing of Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from bnstudio.gui.export.folder import Part
from bnstudio.training.history import History
from bnstudio.training.metrics import METRICS_HEADER, metrics_lines
from bnstudio.training.snapshot import RunSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bnstudio.training.readings import Histogram, LayerReading

HISTOGRAMS_HEADER = "model,step,layer,kind,direction,quantity,axis,low,high,count,n_values"
_LINES_IN_A_PIECE = 2_000


@dataclass(frozen=True)
class ModelCurves:
    """What one model's run has recorded."""

    model: str
    history: History
    steps_per_epoch: int


@dataclass(frozen=True)
class ShownReadings:
    """What is shown of one model's layers."""

    model: str
    step: int
    """The step, counted from 1, that `layers` are of."""
    layers: Iterable[LayerReading]
    """From the first layer to the head."""


def copied(history: History) -> History:
    """Return the history as it is now."""
    copy = History()
    losses, accuracies, evaluations = history.losses, history.accuracies, tuple(history.evaluations)
    rate_changes = tuple(history.rate_changes)
    copy.extend(RunSnapshot(0, "", history.n_steps, 0.0, 0, losses, accuracies, evaluations, rate_changes))
    return copy


def curves_lines(curves: Sequence[ModelCurves]) -> Iterator[str]:
    """Yield the curves of one model as in `metrics.csv`; those of several with a leading column `model`."""
    if len(curves) == 1:
        yield from metrics_lines(curves[0].history, curves[0].steps_per_epoch)
        return
    yield f"model,{METRICS_HEADER}"
    for of_model in curves:
        name = _field(of_model.model)
        lines = metrics_lines(of_model.history, of_model.steps_per_epoch)
        yield from (f"{name},{line}" for line in islice(lines, 1, None))


def histogram_lines(shown: Sequence[ShownReadings]) -> Iterator[str]:
    """Yield a header and one line for each bin of each histogram.

    The columns:

    - `model`, `step` (counted from 1), `layer` (the row in the stack, from 1), `kind` of the layer
    - `direction`: `forward`, the values that the layer puts out, or `backward`, the gradient of the mean
      batch loss with respect to them
    - `quantity`: `values`, or `signal` for each value's deviation from its unit's mean over the mini-batch.
      On a linear axis the deviations stand around the mean of all values; on a logarithmic one as they are.
    - `axis`: `linear`, or `log10` where `low` and `high` are of the logarithm of the magnitude
    - `low`, `high`: the ends of the bin. What lies outside the axis has lines of its own, from `-inf` and up
      to `inf`; exact zeros have one on a `log10` axis, from `-inf` to `-inf`.
    - `count`: how many values lie there. The counts of a histogram add up to all values that were counted.
    - `n_values`: how many values there are; at full speed and of a past step only a sample is counted.
    """
    yield HISTOGRAMS_HEADER
    for of_model in shown:
        name = _field(of_model.model)
        for row, layer in enumerate(of_model.layers, start=1):
            for direction, reading in (("forward", layer.forward), ("backward", layer.backward)):
                for quantity, histogram in (
                    ("values", reading.histogram),
                    ("signal", reading.signal_histogram),
                ):
                    if histogram is not None:
                        start = f"{name},{of_model.step},{row},{layer.kind},{direction},{quantity}"
                        yield from (f"{start},{line},{reading.n_values}" for line in _bins(histogram))


def _bins(histogram: Histogram) -> Iterator[str]:
    """Yield axis, low, high and count of each bin, from the lowest to the highest."""
    low, high = float(histogram.low), float(histogram.high)
    axis = "log10" if histogram.log_magnitude else "linear"
    if histogram.log_magnitude:
        yield f"{axis},-inf,-inf,{histogram.n_zeros}"
    yield f"{axis},-inf,{low!r},{histogram.underflow}"
    edges = np.linspace(low, high, len(histogram.counts) + 1).tolist()
    for left, right, count in zip(edges[:-1], edges[1:], histogram.counts.tolist(), strict=True):
        yield f"{axis},{left!r},{right!r},{count}"
    yield f"{axis},{high!r},inf,{histogram.overflow}"


def curves_part(path: str, curves: Sequence[ModelCurves]) -> Part:
    """Return the file of the curves."""
    n_lines = sum(of_model.history.n_steps for of_model in curves)
    return Part(path, lambda: _encoded(curves_lines(curves)), max(1, n_lines // _LINES_IN_A_PIECE))


def histograms_part(path: str, shown: Sequence[ShownReadings]) -> Part:
    """Return the file of the histograms."""
    return Part(path, lambda: _encoded(histogram_lines(shown)))


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the lines as UTF-8, many at a time."""
    rest = iter(lines)
    while piece := list(islice(rest, _LINES_IN_A_PIECE)):
        yield "".join(f"{line}\n" for line in piece).encode()


def _field(text: str) -> str:
    """Return `text` as a field of a line: in quotation marks where it holds what would end it."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
