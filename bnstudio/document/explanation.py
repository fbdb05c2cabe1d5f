"""Says in words what is wrong with an experiment: where, what was found and what would be right.

It turns pydantic's errors into the same sentences for a file that is read and for an edit made in the window.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bnstudio.document.experiment import (
    MAX_BATCH_SIZE,
    MAX_EPOCHS,
    MAX_LAYERS,
    MAX_LEARNING_RATE,
    MAX_MODELS,
    MAX_SEED,
    MAX_UNITS,
    MIN_POSITIVE,
    BatchNormSpec,
    DenseSpec,
    Experiment,
    HeInit,
    LeCunInit,
    ModelSetup,
    NormalInit,
    Part,
    ReLUSpec,
    SigmoidSpec,
    XavierInit,
)

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MAX_PROBLEMS = 10
"""More are counted, not listed."""
_MAX_SHOWN = 40

RIGHT = {
    "format": '"bnstudio"',
    "version": "1",
    "batch_size": f"a whole number from 2 to {MAX_BATCH_SIZE:,}",
    "epochs": f"a whole number from 1 to {MAX_EPOCHS:,}",
    "seed": f"a whole number from 0 to {MAX_SEED:,}",
    "dataset": '"mnist"',
    "models": f"a list of 1 to {MAX_MODELS} models",
    "name": "a text of 1 to 60 characters",
    "learning_rate": f"a number from {MIN_POSITIVE} to {MAX_LEARNING_RATE:,.0f}",
    "weight_init": 'an object such as {"scheme": "lecun"}',
    "scheme": 'one of "normal", "lecun", "xavier", "he"',
    "std": f"a number from {MIN_POSITIVE} to 1,000,000",
    "colour": f"a whole number from 0 to {MAX_MODELS - 1}",
    "layers": f"a list of at most {MAX_LAYERS} layers",
    "type": 'one of "dense", "batch_norm", "sigmoid", "relu"',
    "units": f"a whole number from 1 to {MAX_UNITS:,}",
}
"""What would be right for each key of the document, wherever it stands."""
_RIGHT_ITEM = {
    "models": "an object that describes a model",
    "layers": 'an object such as {"type": "dense", "units": 300}',
}
_PARTS: dict[str, type[Part]] = {
    "Experiment": Experiment,
    "ModelSetup": ModelSetup,
    "models": ModelSetup,
    "dense": DenseSpec,
    "batch_norm": BatchNormSpec,
    "sigmoid": SigmoidSpec,
    "relu": ReLUSpec,
    "normal": NormalInit,
    "lecun": LeCunInit,
    "xavier": XavierInit,
    "he": HeInit,
}
"""By what pydantic calls the object that a key stands in."""

Location = tuple[int | str, ...]


def explain(error: ValidationError) -> str:
    """Return a message for a person: one line, or several with at most `MAX_PROBLEMS` problems.

    Each problem names its place, for example ``models[0].layers[2].units``, what was found there and what
    would be right.
    """
    problems = [
        _problem(details, error.title) for details in error.errors(include_url=False) if not _is_echo(details)
    ]
    return listed(problems)


def listed(problems: list[str]) -> str:
    """Return one message for all `problems`."""
    if len(problems) == 1:
        return problems[0]
    lines = [f"{len(problems)} problems:", *(f"  {problem}" for problem in problems[:MAX_PROBLEMS])]
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"  and {len(problems) - MAX_PROBLEMS} more")
    return "\n".join(lines)


def shown(value: Any) -> str:
    """Return a value as it would stand in a file, shortened."""
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict | Part):
        return "an object"
    text = json.dumps(value, ensure_ascii=False, default=repr)[: _MAX_SHOWN + 1]
    # Nothing that a terminal obeys, that turns the writing round, or that is no character by itself.
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def place_name(location: Location) -> str:
    """Return a place in the document as one would write it, for example ``models[0].layers[2].units``."""
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        elif part.isidentifier() and len(part) <= _MAX_SHOWN:
            name += f".{part}"
        else:
            name += f"[{shown(part)}]"
    return name.removeprefix(".")


def _problem(details: ErrorDetails, title: str) -> str:
    kind = details["type"]
    found = details["input"]
    context = details.get("ctx", {})
    location = _without_tags(details["loc"])
    if kind == "json_invalid":
        return f"is not JSON: {context['error']}"
    if kind == "value_error":
        is_simple = not isinstance(found, dict | list | tuple | Part)
        return _at(
            location, f"found {shown(found)}; {context['error']}" if is_simple else str(context["error"])
        )
    if kind == "extra_forbidden":
        return _at(location, f"unknown key; {_known_keys(details['loc'], title)}")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = context["discriminator"].strip("'")
        location = (*location, tag)
        is_missing = not isinstance(found, dict) or tag not in found
        kind = "missing" if is_missing else kind
        found = None if is_missing else found[tag]
    right = _right(location)
    if right is None:
        return _at(location, details["msg"])
    return _at(
        location, f"{'missing' if kind == 'missing' else f'found {shown(found)}'}; right would be {right}"
    )


def _at(location: Location, text: str) -> str:
    return f"{place_name(location)}: {text}" if location else text


def _right(location: Location) -> str | None:
    match location:
        case (*_, str(key), int()):
            return _RIGHT_ITEM.get(key)
        case (*_, str(key)):
            return RIGHT.get(key)
    return None


def _known_keys(location: Location, title: str) -> str:
    parents = [part for part in location[:-1] if isinstance(part, str)]
    part = _PARTS.get(parents[-1] if parents else title)
    return f"known here: {', '.join(part.model_fields)}" if part else "right would be none"


def _is_echo(details: ErrorDetails) -> bool:
    """Whether pydantic misses models only because it has left out those with errors of their own."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _without_tags(location: Location) -> Location:
    """Drop what pydantic adds for unions: after a layer's index its type, after "weight_init" its scheme."""
    kept: list[int | str] = []
    for i, part in enumerate(location):
        is_layer_type = i >= 2 and location[i - 2] == "layers"
        is_scheme = i >= 1 and location[i - 1] == "weight_init"
        if not is_layer_type and not is_scheme:
            kept.append(part)
    return tuple(kept)
