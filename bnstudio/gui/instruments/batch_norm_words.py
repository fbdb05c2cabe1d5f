"""What the instrument of a BatchNorm layer says: its explanation, and sentences with the numbers found.

Plain functions from findings to text; they know no widget.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count, format_number, format_share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.training.batch_norm import BatchNormFinding, ValueCounts
    from bnstudio.training.batch_norm_modes import BatchNormModes
    from bnstudio.training.snapshot import RunSnapshot

_translate = QCoreApplication.translate


def explanation() -> str:
    """Return what is measured, by which formula, and how to read it."""
    return _translate(
        "BatchNormWords",
        "BatchNorm, each unit by itself: γ · (x − mean) / √(variance + ε) + β.\n"
        "Values: all units of the latest mini-batch together: x, normalized, and after γ and β; dashed: the "
        "mean. Of many values the histograms are of a sample, of whole images; mean and std are of all. "
        "A unit that is constant over the batch becomes 0 when it is normalized.\n"
        "γ, β: what is learned. Line: the median of the units; dark: half of them; pale: all. "
        "Dashed: the step that is shown.\n"
        "Statistics: training uses the batch's mean and variance, inference the running ones "
        "(0.9 · running + 0.1 · batch in each step). On the diagonal both agree.\n"
        "Modes: the same test images in training mode, in batches of 2, 4, 8, …, and in inference mode; in "
        "training mode every BatchNorm of the stack uses its batch. √ mean(difference²) over images and "
        "units, divided by that of γ. The smaller the batch, the less its statistics say: in a batch of 2 "
        "every normalized value is close to +1 or −1.",
    )


def message(run: RunSnapshot | None, *, looking_back: bool, live_only: bool) -> str:
    """Return why there is nothing to show of `run`."""
    if looking_back and live_only:
        return _translate("BatchNormWords", "Live only: the modes are compared for the network as it is now.")
    if looking_back:
        return _translate("BatchNormWords", "Nothing was recorded of this layer at this step.")
    if run is not None and run.divergence is not None:
        return _translate(
            "BatchNormWords",
            "The run diverged at step {step}, where not all values were finite. "
            "The timeline goes back to the steps before, if there are any.",
        ).format(step=format_count(run.divergence.step))
    if run is None or (run.step == 0 and run.half_step is None):
        return _translate("BatchNormWords", "Press Train (F5)")
    return _translate("BatchNormWords", "Not measured yet, or not finite")


def counts_text(name: str, counts: ValueCounts) -> str:
    """Return mean and standard deviation, under the name of what they are of."""
    return _translate("BatchNormWords", "{name}\nmean {mean}\nstd {std}").format(
        name=name, mean=_near_zero(counts.mean, counts.std), std=format_number(counts.std, 3)
    )


def values_sentence(finding: BatchNormFinding) -> str:
    """Return how many values are shown, and which of them cannot be normalized."""
    parts = [
        _translate("BatchNormWords", "Step {step}, images × units: {examples} × {units}.").format(
            step=format_count(finding.step),
            examples=format_count(finding.n_examples),
            units=format_count(finding.n_units),
        )
    ]
    n_values = finding.n_examples * finding.n_units
    if finding.before.n_counted < n_values:
        text = _translate("BatchNormWords", "Histograms of {n} values, mean and std of all.")
        parts.append(text.format(n=format_count(finding.before.n_counted)))
    if finding.n_constant:
        text = _translate(
            "BatchNormWords",
            "{n} of the units ({share}) are constant over the batch.",
        )
        share = format_share(finding.n_constant / finding.n_units)
        parts.append(text.format(n=format_count(finding.n_constant), share=share))
    else:
        parts.append(_translate("BatchNormWords", "No unit is constant over the batch."))
    return " ".join(parts)


def numbers_text(name: str, numbers: NDArray[np.float32], digits: int) -> str:
    """Return the median and the extremes, under the name of what they are of."""
    smallest, _, median, _, largest = (format_number(value, digits) for value in numbers.tolist())
    text = _translate("BatchNormWords", "{name}\nlargest {largest}\nmedian {median}\nsmallest {smallest}")
    return text.format(name=name, largest=largest, median=median, smallest=smallest)


def learned_sentence(step: int, gamma: NDArray[np.float32], beta: NDArray[np.float32], n_steps: int) -> str:
    """Return between what gamma and beta of half of the units lie after a step, by their five numbers."""
    if gamma[0] == gamma[4] and beta[0] == beta[4]:  # of the only unit, or nothing has moved them apart
        text = _translate("BatchNormWords", "After step {step} γ is {g} and β is {b}. Recorded steps: {n}.")
        g, b = format_number(float(gamma[2]), 4), format_number(float(beta[2]), 3)
        return text.format(step=format_count(step), g=g, b=b, n=format_count(n_steps))
    return _translate(
        "BatchNormWords",
        "After step {step} half of the units have γ from {g1} to {g2} and β from {b1} to {b2}. "
        "Recorded steps: {n}.",
    ).format(
        step=format_count(step),
        g1=format_number(float(gamma[1]), 4),
        g2=format_number(float(gamma[3]), 4),
        b1=format_number(float(beta[1]), 3),
        b2=format_number(float(beta[3]), 3),
        n=format_count(n_steps),
    )


def statistics_sentence(finding: BatchNormFinding) -> str:
    """Return how far the statistics of the batch are from the running ones."""
    text = _translate(
        "BatchNormWords",
        "Step {step}: batch and running means differ by {difference} running std (RMS over the units); "
        "batch std / running std is {ratio} (median).",
    ).format(
        step=format_count(finding.step),
        difference=format_number(finding.mean_difference, 3),
        ratio=format_number(finding.std_ratio, 3),
    )
    n_shown = finding.means.shape[1]
    if n_shown < finding.n_units:
        shown = _translate("BatchNormWords", "Drawn: {n} of {units} units.")
        text += " " + shown.format(n=format_count(n_shown), units=format_count(finding.n_units))
    return text


def modes_sentence(modes: BatchNormModes) -> str:
    """Return how far apart the modes are with the smallest and the largest batch."""
    if not modes.gamma:
        return _translate("BatchNormWords", "γ is 0 in all units: every output is β, in both modes.")
    return _translate(
        "BatchNormWords",
        "After step {step}, first {n} test images: {small} γ apart in batches of {least}, "
        "{large} γ in one of {most}.",
    ).format(
        step=format_count(modes.step),
        n=format_count(modes.n_images),
        small=format_number(modes.differences[0], 3),
        least=format_count(modes.batch_sizes[0]),
        large=format_number(modes.differences[-1], 3),
        most=format_count(modes.batch_sizes[-1]),
    )


def prediction_text(modes: BatchNormModes, i: int) -> str:
    """Return what the network says of one of the two images, in each mode."""
    return _translate(
        "BatchNormWords", "a {label} · in this batch of 2: {training} · in inference mode: {inference}"
    ).format(
        label=int(modes.labels[i]),
        training=_most_likely(modes.training[i]),
        inference=_most_likely(modes.inference[i]),
    )


def _most_likely(probabilities: NDArray[np.float32]) -> str:
    digit = int(probabilities.argmax())
    return f"{digit} ({format_share(float(probabilities[digit]))})"


def _near_zero(mean: float, std: float) -> str:
    """Return a mean; as 0 where it is only what rounding leaves of values that spread much wider."""
    return "0" if math.isclose(mean, 0, abs_tol=1e-5 * std) else format_number(mean, 3)
