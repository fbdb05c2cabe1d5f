"""The study's six figures, drawn with matplotlib: loss curves, and histograms of values and of gradients.

matplotlib is an extra of the installation, so it is imported only when a figure is drawn. No window is ever
opened: figures are made without pyplot and drawn by Agg and the SVG writer.
"""

# ruff: noqa: PLC0415 (for the reason above)

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio.study.histograms import draw_backward, draw_forward
from bnstudio.study.plan import JUDGED_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bnstudio.study.result import Result

SMOOTHED_OVER = 100
"""Steps whose losses a point of a smoothed curve is the mean of."""
_LOWEST_TOP = 2.6
"""Where the axis of the loss ends at least: somewhat above ln 10, where all networks start."""

# Okabe and Ito's colours, which colour-blind people can tell apart, and line styles as a second sign.
_LINES: dict[str, tuple[str, Any]] = {
    "S3": ("#3c3f45", "-"),
    "S4": ("#e69f00", "--"),
    "S6": ("#cc79a7", ":"),
    "S6_BN_lr": ("#0072b2", "-."),
    "S6_BN": ("#56b4e9", "-"),
    "R6": ("#8c7a00", (0, (6, 1.5))),
    "R6_lr": ("#d55e00", (0, (1, 1))),
    "R6_BN": ("#009e73", (0, (4, 1, 1, 1, 1, 1))),
}
_INK, _MUTED, _GRID = "#1d1f24", "#63666d", "#e4e4df"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "svg.hashsalt": "bnstudio",  # With it the same numbers give the same file.
}


_CURVES = (
    f"Training loss by step, seed {{seed}}. Strong: the mean of {SMOOTHED_OVER} steps around each. Faint, "
    "behind it: every step."
)
_FORWARD = (
    f"Outputs after step {JUDGED_STEP:,}, seed {{seed}}. Pale: the values as they are; spread is their "
    "standard deviation. Strong line: each value's deviation from its unit's mean over the mini-batch, drawn "
    "around the mean of all; its standard deviation is the signal. The layers of a row share an axis; each "
    "histogram's height is scaled to its own peak."
)
_BACKWARD = (
    f"Gradient of the loss with respect to each layer's output after step {JUDGED_STEP:,}, seed {{seed}}; "
    "RMS is the root of its mean square. The layers of a row share an axis; each histogram's height is "
    "scaled to its own peak."
)


class MatplotlibMissingError(Exception):
    """The figures can't be drawn here; `str()` is the whole message."""


@dataclass(frozen=True)
class Drawing:
    """A figure, ready to be written."""

    name: str
    """Of the files, without their ending."""
    title: str
    caption: str
    png: bytes
    svg: bytes


def require_matplotlib() -> None:
    """Make sure, before hours of training, that figures can be drawn.

    Raises
    ------
    MatplotlibMissingError
        When matplotlib can't be imported.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.backends.backend_svg
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MatplotlibMissingError(
            f"the report's figures need matplotlib, which cannot be loaded: {error}\n"
            "Install it with: pip install 'bnstudio[report]'"
        ) from error


def draw_figures(results: Mapping[str, Result]) -> tuple[Drawing, ...]:
    """Draw the six figures of one seed.

    Parameters
    ----------
    results
        By the model's name.
    """
    import matplotlib as mpl

    seed = next(iter(results.values())).experiment.seed
    curves = _CURVES.format(seed=seed)
    forward, backward = _FORWARD.format(seed=seed), _BACKWARD.format(seed=seed)
    sigmoids = [results[name] for name in ("S3", "S4", "S6_BN_lr", "S6_BN")]
    relus = [results[name] for name in ("R6", "R6_lr", "R6_BN")]
    s4, s6 = results["S4"], results["S6_BN_lr"]
    plain, normed = ("dense", "sigmoid"), ("dense", "batch_norm", "sigmoid")
    with mpl.rc_context(_STYLE):
        return (
            _drawing(
                "a-loss-batch-norm",
                "Loss with and without batch normalization",
                curves,
                _draw_losses(sigmoids),
            ),
            _drawing("b-loss-activation", "Loss by activation", curves, _draw_losses(sigmoids + relus)),
            _drawing("c-forward-S4", "Values going forward in S4", forward, draw_forward(s4, plain)),
            _drawing(
                "d-forward-S6_BN_lr", "Values going forward in S6_BN_lr", forward, draw_forward(s6, normed)
            ),
            _drawing(
                "e-backward-S4", "Gradients coming back in S4", backward, draw_backward(s4, plain[::-1])
            ),
            _drawing(
                "f-backward-S6_BN_lr",
                "Gradients coming back in S6_BN_lr",
                backward,
                draw_backward(s6, normed[::-1]),
            ),
        )


def running_mean(values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the mean of each n values that follow one another; there are n - 1 fewer of them."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means: NDArray[np.float64] = (sums[n:] - sums[:-n]) / n
    return means


def _draw_losses(results: Sequence[Result]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    top, all_losses = _LOWEST_TOP, np.concatenate([result.history.losses for result in results])
    for result in results:
        name, losses = result.experiment.models[0].name, result.history.losses
        colour, line = _LINES[name]
        steps = np.arange(1, len(losses) + 1)
        smoothed = running_mean(losses, SMOOTHED_OVER)
        # In the middle of the steps that it is the mean of: it would lag behind otherwise.
        middles = steps[: len(smoothed)] + (SMOOTHED_OVER - 1) / 2
        axes.plot(steps, losses, color=colour, linewidth=0.5, alpha=0.18, zorder=1)
        axes.plot(middles, smoothed, color="white", linewidth=3.2, zorder=2)  # keeps the gaps of dashes free
        axes.plot(middles, smoothed, color=colour, linestyle=line, linewidth=1.8, zorder=3, label=name)
        top = max(top, 1.05 * smoothed.max(initial=0))
    n_above = int((all_losses > top).sum())
    if n_above:
        note = f"{n_above} of {len(all_losses):,} losses lie above, up to {all_losses.max():.3g}"
        axes.text(0.99, 0.99, note, transform=axes.transAxes, ha="right", va="top", color=_MUTED, fontsize=8)
    axes.set(xlabel="step", ylabel="training loss", ylim=(0, top))
    axes.margins(x=0.01)
    axes.grid(color=_GRID, linewidth=0.8)
    figure.legend(loc="outside right upper", frameon=False, handlelength=4)
    return figure


def _drawing(name: str, title: str, caption: str, figure: Figure) -> Drawing:
    pictures = []
    for kind in ("png", "svg"):
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=200, metadata={} if kind == "png" else {"Date": None})
        pictures.append(file.getvalue())
    return Drawing(name, title, caption, *pictures)
