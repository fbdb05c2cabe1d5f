"""The report of a study: what was trained, a verdict on each claim with its numbers, and the figures.

It tells what was computed elsewhere; the only numbers that it makes are means and extremes over the seeds.
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

import bnstudio
from bnstudio.document.presets import STUDY_PRESET, load_preset, preset_names
from bnstudio.study.markup import Heading, Paragraph, Picture, Table, to_html, to_markdown
from bnstudio.study.numbers import GUESSING_ACCURACY
from bnstudio.study.plan import WEIGHT_EPOCHS, WEIGHT_PAIRS, WEIGHT_STDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bnstudio.study.figures import Drawing
    from bnstudio.study.markup import Block
    from bnstudio.study.numbers import Numbers, Outcome
    from bnstudio.study.plan import Plan
    from bnstudio.study.verdicts import Quantity, Verdict

TITLE = "Depth, activation, learning rate and batch normalization: the study, run again"
FIGURES = Path("figures")
_MAX_EPOCH_COLUMNS = 10
_SIGNS = {True: "✓", False: "✗", None: "–"}
_NOTHING = "–"

_SETTING = (
    "{n_models} fully connected networks learn the MNIST digits by plain stochastic gradient descent: "
    "mini-batches of {batch_size}, {epochs}, {seeds}. The number in a name counts the input, the hidden "
    "blocks and the head; S has sigmoids, R has ReLU, BN has batch normalization. With the same seed all see "
    "the same mini-batches, and what two models have in common starts with the same weights."
)
_ORIGIN = (
    "Made by bnstudio {version} with NumPy {numpy}: {command}. Every number and every verdict here was "
    "computed from these trainings. The losses of each, step by step, are in "
    "epochs-N/seed-N/MODEL/metrics.csv."
)
_RULE = (
    "A claim holds if each of its quantities meets its threshold for every seed, not only on average. The "
    "thresholds were chosen from what the claims say, and each has its reason beside it."
)
_ACCURACY = (
    "The training loss of an epoch is the mean of its steps, and here of the seeds. The accuracy is of all "
    "test images after the last epoch, in inference mode."
)
_TRIALS = (
    "Test accuracy after {epochs} with normal weights of different standard deviations: mean, and in "
    "parentheses min to max of the seeds. The two of a pair have the same learning rate. A network that "
    "diverged counts as guessing, {guessing}."
)
_LAYERS = (
    "Layer by layer at the outputs of the sigmoids, mean of the seeds. The signal is the square root of the "
    "mean, over the units, of the variance over the mini-batch: what a layer's values still say about its "
    "input. The pooled spread, the standard deviation of all values, counts how much the units differ from "
    "each other too. It may grow while the signal fades, so claim 6 is judged by the signal. The gradient is "
    "the root mean square of the gradient of the loss with respect to the outputs."
)


def compose_report(
    plan: Plan, numbers: Numbers, verdicts: Sequence[Verdict], drawings: Sequence[Drawing]
) -> dict[Path, bytes]:
    """Return the files of the report by their paths: its two texts and the figures."""
    blocks = list(_blocks(plan, numbers, verdicts, drawings))
    files = {
        Path("report.md"): to_markdown(blocks).encode(),
        Path("report.html"): to_html(TITLE, blocks).encode(),
    }
    for drawing in drawings:
        files[FIGURES / f"{drawing.name}.png"] = drawing.png
        files[FIGURES / f"{drawing.name}.svg"] = drawing.svg
    return files


def _blocks(
    plan: Plan, numbers: Numbers, verdicts: Sequence[Verdict], drawings: Sequence[Drawing]
) -> Iterator[Block]:
    yield Heading(1, TITLE)
    yield from _introduction(plan)
    yield Heading(2, "Verdicts")
    yield Table(
        ("", "claim", "verdict"),
        tuple(
            (str(verdict.claim), verdict.statement, _sign(verdict.holds, verdict.words))
            for verdict in verdicts
        ),
        "lll",
    )
    yield Paragraph(_RULE)
    yield Heading(2, "Loss and accuracy")
    yield _accuracy_table(numbers)
    yield Paragraph(_ACCURACY)
    yield Heading(2, "The claims one by one")
    for verdict in verdicts:
        yield from _claim(verdict)
        if verdict.claim == 5:
            yield from _weight_trials(numbers)
        if verdict.claim == 7:
            yield from _layers(numbers)
    yield Heading(2, "Figures")
    for letter, drawing in zip("abcdef", drawings, strict=True):
        yield Heading(3, f"({letter}) {drawing.title}")
        yield Picture(
            (FIGURES / f"{drawing.name}.png").as_posix(), drawing.svg, drawing.title, drawing.caption
        )


def _introduction(plan: Plan) -> Iterator[Block]:
    article, seeds = plan.article, ",".join(map(str, plan.seeds))
    yield Paragraph(
        _SETTING.format(
            n_models=len(article.models),
            batch_size=article.batch_size,
            epochs=_count(article.epochs, "epoch"),
            seeds=f"{'seed' if len(plan.seeds) == 1 else 'seeds'} {seeds.replace(',', ', ')}",
        )
    )
    usual = load_preset(STUDY_PRESET).epochs
    if article.epochs < usual:
        yield Paragraph(
            f"The study is of {usual} epochs. After {article.epochs}, what takes longer may not show yet."
        )
    yield Paragraph(
        _ORIGIN.format(
            version=bnstudio.__version__,
            numpy=np.__version__,
            command=f"bnstudio reproduce --out DIR --epochs {article.epochs} --seeds {seeds}",
        )
    )


def _accuracy_table(numbers: Numbers) -> Table:
    names = sorted(numbers.models, key=preset_names().index)
    n_epochs = len(numbers.models[names[0]][0].epoch_losses)
    n_columns = min(n_epochs, _MAX_EPOCH_COLUMNS)
    shown = sorted({round(index) for index in np.linspace(0, n_epochs - 1, n_columns)})
    rows = []
    for name in names:
        outcomes = numbers.models[name]
        losses = [_number(fmean(outcome.epoch_losses[index] for outcome in outcomes)) for index in shown]
        accuracies = [outcome.accuracy for outcome in outcomes]
        rows.append((name, *losses, _number(fmean(accuracies)), _range(accuracies) + _divergences(outcomes)))
    header = ("model", *(f"epoch {index + 1}" for index in shown), "test accuracy", "min to max")
    return Table(header, tuple(rows), "l" + "r" * (len(header) - 1))


def _claim(verdict: Verdict) -> Iterator[Block]:
    yield Heading(3, f"{verdict.claim}. {verdict.statement}")
    yield Paragraph(_sign(verdict.holds, f"Verdict: {verdict.words}."))
    yield Table(
        ("measured", "mean", "min to max", "threshold", "why this threshold"),
        tuple(map(_quantity_row, verdict.quantities)),
        "lrrll",
    )


def _quantity_row(quantity: Quantity) -> tuple[str, ...]:
    threshold = quantity.threshold
    numbers = (
        (_number(fmean(quantity.values)), _range(quantity.values))
        if quantity.measured
        else ("not measured", "")
    )
    if threshold is None:
        return (quantity.words, *numbers, "", "")
    bound = _sign(quantity.holds, f"{threshold.relation} {threshold.value:g}")
    return (quantity.words, *numbers, bound, threshold.reason)


def _weight_trials(numbers: Numbers) -> Iterator[Block]:
    yield Paragraph(_TRIALS.format(epochs=_count(WEIGHT_EPOCHS, "epoch"), guessing=GUESSING_ACCURACY))
    yield Table(
        ("model", *(f"std {std:g}" for std in WEIGHT_STDS)),
        tuple(
            (name, *(_trial(numbers.weight_trials[name, std]) for std in WEIGHT_STDS))
            for pair in WEIGHT_PAIRS
            for name in pair
        ),
        "l" + "r" * len(WEIGHT_STDS),
    )


def _trial(outcomes: Sequence[Outcome]) -> str:
    if all(outcome.diverged for outcome in outcomes):
        return "diverged"
    accuracies = [outcome.accuracy for outcome in outcomes]
    spread = "" if len(accuracies) == 1 else f" ({_range(accuracies)})"
    return f"{_number(fmean(accuracies))}{spread}{_divergences(outcomes)}"


def _layers(numbers: Numbers) -> Iterator[Block]:
    yield Paragraph(_LAYERS)
    rows = []
    for step in numbers.steps:
        for name in ("S4", "S6", "S6_BN_lr"):
            for words, measure in (
                ("signal", "signal"),
                ("pooled spread", "pooled_std"),
                ("gradient", "gradient_rms"),
            ):
                by_seed = numbers.at_sigmoids(name, step, measure)
                # Where a seed did not get to the step there is no mean of all.
                layers = (
                    [_number(fmean(layer)) for layer in zip(*by_seed, strict=True)] if all(by_seed) else []
                )
                cells = [*layers, *[_NOTHING] * 4][:4]
                rows.append((f"{step:,}", name, words, *cells))
    header = ("step", "model", "measured", *(f"layer {index}" for index in range(1, 5)))
    yield Table(header, tuple(rows), "rllrrrr")


def _divergences(outcomes: Sequence[Outcome]) -> str:
    n_diverged = sum(outcome.diverged for outcome in outcomes)
    return f", {n_diverged} diverged" if n_diverged else ""


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _sign(holds: bool | None, words: str) -> str:
    return f"{_SIGNS[holds]} {words}"


def _range(values: Sequence[float]) -> str:
    return _NOTHING if len(values) == 1 else f"{_number(min(values))} to {_number(max(values))}"


def _number(value: float) -> str:
    return f"{value:#.3g}" if math.isfinite(value) else "infinite" if value > 0 else str(value)
