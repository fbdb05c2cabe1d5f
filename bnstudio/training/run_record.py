"""The part of a run's file that is text, `run.json`: a training's state but for the arrays, and its checks.

It is untrusted until it has passed: what fits neither itself nor the experiment beside it is refused.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from bnstudio.document.experiment import MAX_LEARNING_RATE, MAX_MODELS
from bnstudio.document.explanation import listed, place_name, shown
from bnstudio.training.snapshot import Divergence, Evaluation, Explosion, RateChange

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment, ModelSetup
    from bnstudio.training.run_state import TrainingState

VERSION = 1
"""Of the format; a newer one is refused."""
_MOST_STEPS = 10**12
_MOST_KEYS = 20
_MOST_LISTS = 1_000
"""Of all runs together: each has a few, and names may have brackets."""
_MOST_SCATTERED = 20_000
"""Objects, or values, that need not be as long as those of the long lists."""
_LEAST_LENGTHS = {b"{": 40, b",": 10}
"""Bytes from one of these signs to the next, at least, on average: so long are the objects of long lists."""
_MOST_VALUES = 10_000
"""In one object, but for its long lists: more than there ever are, and few enough to be problems."""
_LONG_LISTS = ("evaluations", "rate_changes")
"""What grows with the steps; the first problem in it ends the reading."""
_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, ser_json_inf_nan="constants")

Steps = Annotated[int, Field(ge=0, le=_MOST_STEPS)]


class RecordError(ValueError):
    """`str()` says where something is wrong, what was found and what would be right."""


class NewerRecordError(RecordError):
    """A newer bnstudio wrote it."""


class RunRecord(BaseModel):
    """What is kept of a run beside its arrays; see `RunState`."""

    model_config = _STRICT

    name: str
    """Of its model."""
    step: Steps
    """Steps done."""
    rate_in_use: float = Field(gt=0, le=MAX_LEARNING_RATE)
    late_by: Steps
    divergence: Divergence | None
    explosion: Explosion | None
    evaluations: Annotated[tuple[Evaluation, ...], FailFast()]
    rate_changes: Annotated[tuple[RateChange, ...], FailFast()]


class TrainingRecord(BaseModel):
    """What `run.json` holds."""

    model_config = _STRICT

    format: Literal["bnstudio-run"] = "bnstudio-run"
    version: Literal[1] = 1
    target: Steps
    runs: Annotated[tuple[RunRecord, ...], Field(min_length=1, max_length=MAX_MODELS)]


class _Head(BaseModel):
    """What tells a file of ours, and its version, from all others."""

    model_config = ConfigDict(strict=True)

    format: Literal["bnstudio-run"]
    version: Annotated[int, Field(ge=1)]


def record_of(training: TrainingState) -> TrainingRecord:
    """Return what `run.json` is to hold of `training`."""
    runs = tuple(
        RunRecord(
            name=model.name,
            step=len(run.losses),
            rate_in_use=run.rate_in_use,
            late_by=run.late_by,
            divergence=run.divergence,
            explosion=run.explosion,
            evaluations=run.evaluations,
            rate_changes=run.rate_changes,
        )
        for model, run in zip(training.experiment.models, training.runs, strict=True)
    )
    return TrainingRecord(target=training.target, runs=runs)


def parse_record(text: bytes, experiment: Experiment) -> TrainingRecord:
    """Return what the text of `run.json` says of the runs of `experiment`.

    Raises
    ------
    RecordError
        When something in it is missing, unknown, of a wrong type, out of bounds, or fits nothing else.
    """
    _check_amount(text)
    check_version(text)
    try:
        record = TrainingRecord.model_validate_json(text)
    except ValidationError as error:
        raise RecordError(_explain(error)) from error
    names = [model.name for model in experiment.models]
    found = [run.name for run in record.runs]
    if found != names:
        raise RecordError(
            f"runs: found {_quoted(found)}; right would be those of the experiment's models, {_quoted(names)}"
        )
    problems = [
        f"runs[{i}].{problem}"
        for i, (run, model) in enumerate(zip(record.runs, experiment.models, strict=True))
        for problem in _problems(run, model)
    ]
    if problems:
        raise RecordError(listed(problems))
    return record


def check_version(text: bytes) -> None:
    """Look at nothing but what the text of `run.json` is, and of which version.

    Raises
    ------
    RecordError
        When it is none of ours; a `NewerRecordError` when it is one of a newer bnstudio.
    """
    _check_signs(text)
    try:
        head = _Head.model_validate_json(text)
    except ValidationError as error:
        raise RecordError(_explain(error)) from error
    if head.version > VERSION:
        raise NewerRecordError(
            f"was written by a newer bnstudio: its version is {head.version}, this program reads up to "
            f"{VERSION}. Update bnstudio to open it; the file was left as it is."
        )


def _check_signs(text: bytes) -> None:
    """Refuse, before any of it is read, what would take far more memory than its text does."""
    n_lists = text.count(b"[")
    if n_lists > _MOST_LISTS:
        raise RecordError(f"found {n_lists:,} lists; right would be at most {_MOST_LISTS:,}")
    for sign, length in _LEAST_LENGTHS.items():
        n, most = text.count(sign), _MOST_SCATTERED + len(text) // length
        if n > most:
            raise RecordError(
                f"found {sign.decode()!r} {n:,} times in {len(text):,} bytes; right would be at most {most:,}"
            )


def _check_amount(text: bytes) -> None:
    """Refuse what has so many wrong values that the list of them would fill the memory."""
    _check_signs(text)
    try:
        json.loads(text, object_pairs_hook=_check_object)
    except RecordError:
        raise
    except ValueError as error:
        raise RecordError(f"is not JSON: {error}") from error
    except RecursionError as error:
        raise RecordError("is nested too deeply") from error


def _check_object(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > _MOST_KEYS:
        raise RecordError(f"found an object of {len(pairs):,} keys; right would be at most {_MOST_KEYS}")
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise RecordError(f"{shown(repeated)}: stands more than once; right would be once")
    for key, value in pairs:
        if key not in _LONG_LISTS and _n_values(value) > _MOST_VALUES:
            raise RecordError(
                f"{shown(key)}: found more than {_MOST_VALUES:,} values; right would be far fewer"
            )


def _n_values(value: Any) -> int:
    if not isinstance(value, list) or len(value) > _MOST_VALUES:
        return len(value) if isinstance(value, list) else 0
    return len(value) + sum(map(_n_values, value))


def _problems(run: RunRecord, model: ModelSetup) -> list[str]:
    """Return what does not fit in a run, each with its place and what would be right."""
    steps = f"after at least 1 and at most {run.step:,} steps, in order"
    problems = []
    at = [evaluation.step for evaluation in run.evaluations]
    if not _rise(at, 1, run.step):
        problems.append(f"evaluations: found one out of place; right would be {steps}")
    if not all(0 <= evaluation.accuracy <= 1 for evaluation in run.evaluations):
        problems.append("evaluations: found an accuracy that is none; right would be from 0 to 1")
    at = [change.step for change in run.rate_changes]
    if not _rise(at, 1, run.step - 1) or len(set(at)) < len(at):
        problems.append(
            f"rate_changes: found one out of place; right would be {steps}, the last before its end"
        )
    rates = [rate for change in run.rate_changes for rate in (change.before, change.learning_rate)]
    if not all(0 < rate <= MAX_LEARNING_RATE for rate in rates):
        problems.append(
            f"rate_changes: found a learning rate out of bounds; right would be above 0 and at most"
            f" {MAX_LEARNING_RATE:,.0f}"
        )
    if run.divergence is not None:
        problems += [
            f"divergence.{problem}" for problem in _divergence_problems(run.divergence, run.step, model)
        ]
    if run.explosion is not None and not 1 <= run.explosion.step <= run.step:
        problems.append(f"explosion.step: found {run.explosion.step}; right would be 1 to {run.step:,}")
    if run.explosion is not None and not (
        math.isfinite(run.explosion.loss) and 0 < run.explosion.learning_rate <= MAX_LEARNING_RATE
    ):
        problems.append("explosion: found a number out of bounds; right would be a finite loss and rate")
    return problems


def _divergence_problems(divergence: Divergence, step: int, model: ModelSetup) -> list[str]:
    kinds = model.kinds
    problems = []
    if divergence.step != step + 1:
        problems.append(
            f"step: found {divergence.step}; right would be {step + 1}, the step after the last done"
        )
    layer, kind = divergence.layer, divergence.kind
    fits = kind is None if layer is None else 0 <= layer < len(kinds) and kind == kinds[layer]
    if not fits:
        problems.append(
            f"layer: found {layer}, {shown(kind)}; right would be a layer of the model and its kind"
        )
    if not 0 < divergence.learning_rate <= MAX_LEARNING_RATE:
        problems.append(f"learning_rate: found {divergence.learning_rate}; right would be one in bounds")
    if len(divergence.largest) not in (0, len(kinds)):
        problems.append(f"largest: found {len(divergence.largest)} values; right would be {len(kinds)}")
    at = [earlier for earlier, _ in divergence.earlier]
    if not _rise(at, 1, step) or any(len(largest) != len(kinds) for _, largest in divergence.earlier):
        problems.append(
            f"earlier: found what does not fit; right would be {len(kinds)} values of steps before"
        )
    return problems


def _rise(steps: list[int], first: int, last: int) -> bool:
    """Whether `steps` are in order, from `first` to `last`."""
    return not steps or (steps[0] >= first and steps[-1] <= last and all(a <= b for a, b in pairwise(steps)))


def _quoted(names: list[str]) -> str:
    return ", ".join(shown(name) for name in names)


def _explain(error: ValidationError) -> str:
    problems = []
    for details in error.errors(include_url=False):
        place = place_name(details["loc"])
        found = "" if details["type"] in ("missing", "json_invalid") else f"found {shown(details['input'])}; "
        problems.append(f"{place}: {found}{details['msg']}" if place else details["msg"])
    return listed(problems)
