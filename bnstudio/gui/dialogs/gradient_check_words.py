"""What is said of a gradient check: verdicts, sentences, and what central differences are.

Knows findings, no widget; every text is translatable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.network.layer_text import kind_name
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.training.gradient_inspection import CheckedGradients

if TYPE_CHECKING:
    from bnstudio.training.snapshot import LayerKind

translate = QCoreApplication.translate
FIGURE_SPACE = "\N{FIGURE SPACE}"


def verdict_text(verdict: str) -> str:
    """Return a verdict in words, with a sign."""
    return {
        "pass": translate("GradientCheckWords", "✓ passes"),
        "too small to check": translate("GradientCheckWords", "– too small to check"),
        "fail": translate("GradientCheckWords", "✗ WRONG"),
        "not finite": translate("GradientCheckWords", "? not finite"),
    }[verdict]


def verdict_explanation(verdict: str) -> str:
    """Return what a verdict means."""
    return {
        "pass": translate("GradientCheckWords", "backward gives the slopes that were measured."),
        "too small to check": translate(
            "GradientCheckWords",
            "Gradient and slopes are zero, or so small that rounding hides a difference."
            "\nThe bias of a Dense right before a BatchNorm has a gradient of exactly zero:"
            "\nthe BatchNorm takes off again what the bias adds to all images.",
        ),
        "fail": translate(
            "GradientCheckWords",
            "backward gives something else than the slopes that were measured:"
            "\nthe mistake is in this layer or in one after it.",
        ),
        "not finite": translate(
            "GradientCheckWords", "The loss is not finite when a value is moved: there is no slope."
        ),
    }[verdict]


def layer_text(kind: LayerKind, shape: tuple[int, ...], row: int) -> str:
    """Return the number and the name of a layer with an array of this shape; rows are counted from 0."""
    if kind == "head":
        text = translate("GradientCheckWords", "{number}  Dense {units} + softmax")
    elif kind == "dense":
        text = translate("GradientCheckWords", "{number}  Dense {units}")
    else:
        text = translate("GradientCheckWords", "{number}  {name}")
    number = str(row + 1).rjust(2, FIGURE_SPACE)
    return text.format(number=number, units=shape[-1], name=kind_name(kind))


def occasion_text(found: CheckedGradients) -> str:
    """Return which weights and which images a check is of."""
    if found.step == 0:
        text = translate(
            "GradientCheckWords", "At the initial weights, with {n} images of the first mini-batch"
        )
    else:
        text = translate("GradientCheckWords", "After {step} steps, with {n} images of the latest mini-batch")
    return text.format(step=format_count(found.step), n=found.n_examples)


def conclusion(found: CheckedGradients) -> str:
    """Return what came of the arrays that are done, with a sign."""
    n_done = len(found.checks)
    wrong = found.of_verdict("fail").arrays
    if wrong:
        worst = found.of_verdict("fail").worst
        text = translate(
            "GradientCheckWords",
            "✗ Wrong in {n_wrong} of {n} arrays, most in row {row} ({name}, {array}): error {error}",
        )
        return text.format(
            n_wrong=len(wrong),
            n=n_done,
            row=worst.layer + 1,
            name=kind_name(found.kinds[worst.layer]),
            array=worst.array,
            error=format_number(worst.error),
        )
    if found.of_verdict("not finite").arrays:
        return translate(
            "GradientCheckWords",
            "? There is nothing to measure: at these weights the loss is not finite, or a slope of it",
        )
    n_small = len(found.of_verdict("too small to check").arrays)
    if n_small:
        text = translate(
            "GradientCheckWords", "✓ No wrong gradient in {n} arrays, {n_small} of them too small to check"
        )
    else:
        text = translate("GradientCheckWords", "✓ No wrong gradient in {n} arrays")
    return text.format(n=n_done, n_small=n_small)


def explanation() -> str:
    """Return what central differences are, and how to read the table."""
    return translate(
        "GradientCheckWords",
        "A gradient tells how much the loss rises when a value is raised a little. Training computes it from"
        "\nformulas, backward through the layers. Here it is measured too: one value w at a time is moved,"
        "\nand the loss computed anew."
        "\n\n    slope = (loss(w + h) − loss(w − h)) / 2h     a central difference, in double precision"
        "\n    error = ‖gradient − slopes‖ / the larger norm     over up to 20 values of each array"
        "\n\nh begins at 0.0001 and changes until two slopes in a row agree."
        "\n✓ passes: the error is at most {tolerance}. That of a right gradient is about 1e−8."
        "\n✗ WRONG: backward does not give the slopes. A mistake spoils what comes before it, not after: look"
        "\nfor it in the last row that is wrong, or right after."
        "\n– too small to check: zero, as far as rounding lets one see. The bias of a Dense right before a"
        "\nBatchNorm is so: the BatchNorm takes off again what the bias adds.",
    ).format(tolerance=format_number(CheckedGradients.tolerance))
