"""Draws a network's histograms as a grid: a column for each hidden block, a row for each kind of layer."""

# ruff: noqa: PLC0415 (matplotlib is an extra of the installation)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnstudio.study.plan import JUDGED_STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bnstudio.study.measurement import BinnedValues, LayerMeasurement
    from bnstudio.study.result import Result

_FORWARD, _FORWARD_PALE, _BACKWARD = "#0072b2", "#b5d6ea", "#d55e00"
_MUTED = "#63666d"
_KIND_NAMES = {"dense": "Dense", "batch_norm": "BatchNorm", "sigmoid": "Sigmoid", "relu": "ReLU"}
_WIDTH, _HEIGHT = 2.3, 1.5
"""Of a histogram, in inches."""


def draw_forward(result: Result, kinds: Sequence[str]) -> Figure:
    """Draw the output values of all layers of these kinds, a kind in each row, from the top."""
    return _draw_grid(result, kinds, _draw_values)


def draw_backward(result: Result, kinds: Sequence[str]) -> Figure:
    """Draw the gradients with respect to the outputs of all layers of these kinds."""
    return _draw_grid(result, kinds, _draw_gradients)


def _draw_grid(
    result: Result, kinds: Sequence[str], draw: Callable[[Axes, LayerMeasurement], None]
) -> Figure:
    from matplotlib.figure import Figure

    if JUDGED_STEP not in result.moments:
        return _draw_absence(result)
    rows = [[layer for layer in result.moments[JUDGED_STEP] if layer.kind == kind] for kind in kinds]
    n_columns = max(map(len, rows))
    figure = Figure(figsize=(_WIDTH * n_columns + 0.7, _HEIGHT * len(rows) + 0.4), layout="constrained")
    grid = figure.subplots(len(rows), n_columns, sharex="row", squeeze=False)
    for row, layers in enumerate(rows):
        for column, layer in enumerate(layers):
            axes = grid[row, column]
            draw(axes, layer)
            axes.set_ylim(0, 1.45)  # room for the text above the histogram
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            axes.ticklabel_format(axis="x", scilimits=(-2, 3), useMathText=True)
            axes.locator_params(axis="x", nbins=4)
            axes.xaxis.get_offset_text().set_visible(column == n_columns - 1)
            if row == 0:
                axes.set_title(f"block {column + 1}", fontsize=9)
            if column == 0:
                axes.set_ylabel(_KIND_NAMES[layer.kind], fontsize=9, fontweight="bold")
    return figure


def _draw_absence(result: Result) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 1.2))
    end = f"it trained {result.history.n_steps:,} steps"
    figure.text(0.5, 0.5, f"Not measured: {JUDGED_STEP:,} steps were not reached, {end}.", ha="center")
    return figure


def _draw_values(axes: Axes, layer: LayerMeasurement) -> None:
    _draw_bars(axes, layer.values, _FORWARD_PALE)
    heights, edges = _outline(layer.deviations)
    axes.stairs(heights, edges, color=_FORWARD, linewidth=1.4)
    _write_above(
        axes,
        f"signal {layer.signal:#.2g}",
        f"spread {layer.pooled_std:#.2g}{_outside(layer.values)}",
        _FORWARD,
    )


def _draw_gradients(axes: Axes, layer: LayerMeasurement) -> None:
    _draw_bars(axes, layer.gradients, _BACKWARD)
    _write_above(
        axes, f"RMS {layer.gradient_rms:.1e}", _outside(layer.gradients).removeprefix(", "), _BACKWARD
    )


def _draw_bars(axes: Axes, binned: BinnedValues, colour: str) -> None:
    heights, edges = _outline(binned)
    axes.stairs(heights, edges, fill=True, color=colour)


def _outline(binned: BinnedValues) -> tuple[np.ndarray, np.ndarray]:
    counts = np.array(binned.counts, float)
    return counts / max(counts.max(), 1), np.linspace(binned.low, binned.high, len(counts) + 1)


def _write_above(axes: Axes, strong: str, muted: str, colour: str) -> None:
    axes.text(
        0.01, 0.97, strong, transform=axes.transAxes, va="top", color=colour, fontsize=8, fontweight="bold"
    )
    axes.text(0.99, 0.97, muted, transform=axes.transAxes, va="top", ha="right", color=_MUTED, fontsize=7.5)


def _outside(binned: BinnedValues) -> str:
    """Tell what share of the values lies outside of the axis, if it shows."""
    share = binned.n_outside / (binned.n_outside + sum(binned.counts))
    return "" if share < 0.0005 else f", {share:.1%} outside"
