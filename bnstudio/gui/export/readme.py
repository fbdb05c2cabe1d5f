"""The README of an export: what was run, and what each file is.

It states what is in the document and the runs, and computes nothing.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, qVersion

import bnstudio
from bnstudio.document.experiment import NormalInit
from bnstudio.gui.network.layer_text import row_name
from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bnstudio.document.experiment import Experiment, ModelSetup, WeightInit
    from bnstudio.gui.curves.run_histories import RecordedRun

_translate = QCoreApplication.translate


def readme_text(
    experiment: Experiment,
    runs: Mapping[str, RecordedRun],
    files: Sequence[tuple[str, str]],
    hidden_panels: Sequence[str],
    now: datetime,
) -> str:
    """Return the README as Markdown.

    Parameters
    ----------
    experiment
        What is open.
    runs
        By model's name, the runs that have done a step.
    files
        Path and meaning of each file but the README.
    hidden_panels
        Titles of the panels of which there is no picture, because they were not shown.
    now
        With its time zone.
    """
    return "\n".join(_lines(experiment, runs, files, hidden_panels, now)) + "\n"


def curves_meaning(model: str) -> str:
    """Say what the curves of a model are."""
    return _translate("ExportReadme", "the curves of {model}, a line a step.").format(model=_code(model))


def histograms_meaning(steps: Sequence[tuple[str, int]]) -> str:
    """Say what the table of histograms is; `steps` has the name and step of each model in it."""
    of_models = ", ".join(
        _translate("ExportReadme", "{model} at step {step}").format(
            model=_code(name), step=format_count(step)
        )
        for name, step in steps
    )
    meaning = _translate(
        "ExportReadme",
        "the histograms that the Network panel showed ({models}), a line a bin. `layer` is the row in the"
        " stack, counted from 1; `forward` is what the layer puts out, `backward` the gradient of the mean"
        " batch loss with respect to it; `signal` is each value's deviation from its unit's mean over the"
        " mini-batch (on a linear axis around the mean of all values). Where `axis` is `log10`, `low` and"
        " `high` are of the logarithm of the magnitude. What lies outside the axis has lines of its own, from"
        " `-inf` and up to `inf`; exact zeros have one on a `log10` axis, from `-inf` to `-inf`. The `count`s"
        " of a histogram add up to all values that were counted: of the `n_values` all of the latest step"
        " when paused, a sample at full speed and of a past step.",
    )
    return meaning.format(models=of_models)


def _lines(
    experiment: Experiment,
    runs: Mapping[str, RecordedRun],
    files: Sequence[tuple[str, str]],
    hidden_panels: Sequence[str],
    now: datetime,
) -> Iterator[str]:
    made = _translate("ExportReadme", "Made on {date} with bnstudio {version} ({others}).")
    others = f"Python {platform.python_version()}, NumPy {np.__version__}, Qt {qVersion()}"
    yield "# " + _translate("ExportReadme", "Export of bnstudio")
    yield ""
    date = now.isoformat(" ", "minutes")
    yield made.format(date=date, version=bnstudio.__version__, others=others)
    yield ""
    yield "## " + _translate("ExportReadme", "What was run")
    yield ""
    yield _translate(
        "ExportReadme",
        "Data set MNIST; mini-batches of {batch_size}; seed {seed}; planned epochs: {epochs}. Batches and"
        " initial weights follow from the seed alone. All models are given as they were at the time of the"
        " export.",
    ).format(
        batch_size=format_count(experiment.batch_size),
        seed=experiment.seed,
        epochs=format_count(experiment.epochs),
    )
    yield ""
    for model in experiment.models:
        yield f"- {_code(model.name)}: {_in_words(model)} {_run_in_words(runs.get(model.name), model)}"
    yield ""
    yield "## " + _translate("ExportReadme", "Files")
    yield ""
    for path, meaning in files:
        yield f"- {_code(path)}: {meaning}"
    if runs:
        yield ""
        yield _translate(
            "ExportReadme",
            "In the curves, `train_loss` and `train_accuracy` are of the step's mini-batch, **before** the"
            " update; `test_…` is of all test images, `subset_…` of a fixed subset of 1,000 of them, both"
            " after the update and in inference mode. What was not measured is empty.",
        )
    if hidden_panels:
        yield ""
        text = _translate("ExportReadme", "There are no pictures of panels that were hidden: {titles}.")
        yield text.format(titles=", ".join(hidden_panels))


def _in_words(model: ModelSetup) -> str:
    kinds = model.kinds
    rows = [row_name(kind, shape) for kind, shape in zip(kinds, model.shapes(), strict=True)]
    return _translate(
        "ExportReadme",
        "{inputs} inputs → {rows}; {count} parameters; initial weights {weights}; learning rate {rate}.",
    ).format(
        inputs=model.shapes()[0].n_inputs,
        rows=" → ".join(rows),
        count=format_count(model.n_parameters),
        weights=_weights_in_words(model.weight_init),
        rate=_number(model.learning_rate),
    )


def _weights_in_words(weight_init: WeightInit) -> str:
    if isinstance(weight_init, NormalInit):
        text = _translate("ExportReadme", "normal, standard deviation {std}")
        return text.format(std=_number(weight_init.std))
    return {"lecun": "LeCun", "xavier": "Xavier", "he": "He"}[weight_init.scheme]


def _run_in_words(run: RecordedRun | None, model: ModelSetup) -> str:
    if run is None:
        return _translate("ExportReadme", "Not trained.")
    parts = [_translate("ExportReadme", "Steps done: {n}.").format(n=format_count(run.n_steps))]
    if run.late_by:
        text = _translate("ExportReadme", "It started {n} steps later than the others.")
        parts.append(text.format(n=format_count(run.late_by)))
    if run.rate_changes:
        text = _translate("ExportReadme", "The learning rate was {rate} at first, and changed: {changes}.")
        change = _translate("ExportReadme", "to {rate} after step {step}")
        changes = (
            change.format(rate=_number(item.learning_rate), step=format_count(item.step))
            for item in run.rate_changes
        )
        first = _number(run.rate_changes[0].before)
        parts.append(text.format(rate=first, changes=", ".join(changes)))
    if run.rate_in_use not in (None, model.learning_rate):
        text = _translate(
            "ExportReadme", "The latest step was made with learning rate {used}, not with {rate}."
        )
        parts.append(text.format(used=_number(run.rate_in_use), rate=_number(model.learning_rate)))
    if run.divergence is not None:
        text = _translate("ExportReadme", "It stopped because the loss was not finite at step {step}.")
        parts.append(text.format(step=format_count(run.divergence.step)))
    return " ".join(parts)


def _number(value: float) -> str:
    return f"{value:.15g}"


def _code(text: str) -> str:
    """Return `text` so that Markdown leaves it as it is."""
    fence = "`" * (text.count("`") + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
