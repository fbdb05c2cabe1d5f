"""Reads and writes experiments as files, and says in words what is wrong with one.

A file is written beside the old one and takes its place in one move, so that at any moment either the old or
the new one is there, whole. What is read is untrusted: whatever a file holds, reading gives an Experiment or
raises a StorageError.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from bnstudio.document.atomic_file import check_is_file, reason, replacing
from bnstudio.document.experiment import Experiment
from bnstudio.document.explanation import explain, listed, place_name, shown

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.explanation import Location

SUFFIX = ".bnstudio"
"""Of the files' names."""
VERSION = 1
"""Of the format; a newer one is refused."""
MAX_FILE_SIZE = 1_000_000
"""Bytes. The largest possible experiment takes less than a twentieth of it."""
MAX_VALUES = 10_000
"""In a file. The largest possible experiment has fewer than 3,000, and each can be a problem to tell."""
_DEPTH = 5
"""Keys and indices on the way to the innermost value of an experiment, as in models[0].layers[2].units."""


class ExperimentFile(NamedTuple):
    """A file, and what stood in it when it was last read or written here."""

    path: Path
    content: bytes


class StorageError(Exception):
    """A file cannot be read or written; `str()` is the whole message, the file's name included."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem
        """The message without the file's name."""


class FileAccessError(StorageError):
    """The file is missing, out of reach, or no file."""


class ChangedFileError(StorageError):
    """Another program has changed the file since it was read or written here."""


class NotJSONError(StorageError):
    """The file is not JSON text."""


class NotABnstudioFileError(StorageError):
    """The file is JSON, but not bnstudio's."""


class NewerVersionError(StorageError):
    """A newer bnstudio wrote the file."""


class InvalidExperimentError(StorageError):
    """The file is bnstudio's, but something in it is missing, unknown, of a wrong type or out of bounds."""


def read_experiment(path: Path) -> Experiment:
    """Read an experiment from a file.

    Raises
    ------
    StorageError
        One of its subclasses, when the file cannot be read or holds no valid experiment.
    """
    return read_file(path)[0]


def read_file(path: Path) -> tuple[Experiment, ExperimentFile]:
    """Read an experiment from a file, and keep what stands in it; raises like `read_experiment`."""
    try:
        content = _read(path)
    except (OSError, ValueError) as error:
        raise FileAccessError(path, f"cannot be read: {reason(error)}") from error
    return parse_experiment(content, path), ExperimentFile(path, content)


def parse_experiment(content: bytes, path: Path) -> Experiment:
    """Return the experiment that a file holds, or a part of one.

    Parameters
    ----------
    content
        The file's bytes. What is larger than `MAX_FILE_SIZE` is refused.
    path
        The file, for messages.

    Raises
    ------
    StorageError
        One of its subclasses, when it is no valid experiment.
    """
    text = _decoded(content, path)
    parsed = _parse(text, path)
    if not isinstance(parsed, dict) or parsed.get("format") != "bnstudio":
        raise NotABnstudioFileError(
            path, 'is JSON, but not a bnstudio experiment: it does not have "format": "bnstudio" at its top'
        )
    version = parsed.get("version")
    # bool is an int and 1.0 equals 1 in Python; in the file they are no versions.
    if type(version) is not int or version < 1:
        found = shown(version) if "version" in parsed else "none"
        raise InvalidExperimentError(path, f"version: found {found}; right would be {VERSION}")
    if version > VERSION:
        raise NewerVersionError(
            path,
            f"was written by a newer bnstudio: its version is {shown(version)}, this program reads up to "
            f"{VERSION}. Update bnstudio to open it; the file was left as it is.",
        )
    repeated = _repeated_keys(parsed, path)
    if repeated:
        problems = [f"{place}: stands more than once; right would be once" for place in repeated]
        raise InvalidExperimentError(path, listed(problems))
    try:
        # From the text, because only JSON mode takes a list for a tuple and is as strict as ever otherwise.
        return Experiment.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise NotJSONError(path, explain(error)) from error
        raise InvalidExperimentError(path, explain(error)) from error


def _read(path: Path) -> bytes:
    check_is_file(path)
    with open(path, "rb") as file:
        return file.read(MAX_FILE_SIZE + 1)


def _decoded(content: bytes, path: Path) -> str:
    if len(content) > MAX_FILE_SIZE:
        raise NotABnstudioFileError(
            path, f"is too large for a bnstudio experiment: right would be at most {MAX_FILE_SIZE:,} bytes"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJSONError(
            path, f"is not text: byte {error.start + 1:,} is no UTF-8; right would be JSON in UTF-8"
        ) from error


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it was given more than once."""

    repeated: tuple[str, ...] = ()

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            self.repeated = tuple(key for key, n in counts.items() if n > 1)


def _parse(text: str, path: Path) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise NotJSONError(
            path, f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise NotJSONError(path, "is nested too deeply for a bnstudio experiment") from error
    except ValueError as error:  # Python's limit for the digits of a whole number
        raise NotJSONError(path, "holds a number with thousands of digits") from error


def _repeated_keys(content: Any, path: Path) -> list[str]:
    """Return the places of all keys that stand more than once in their object.

    Places that are deeper than an experiment are not looked at: nothing there is right.
    """
    places: list[str] = []
    n_values = 0
    waiting: list[tuple[Location, Any]] = [((), content)]
    while waiting:
        location, value = waiting.pop()
        if not isinstance(value, _Object | list) or len(location) == _DEPTH:
            continue
        n_values += len(value)
        if n_values > MAX_VALUES:
            place = f"{place_name(location)}: " if location else ""
            found = f"found {shown(value)}; right would be fewer than {MAX_VALUES:,} values in the whole file"
            raise InvalidExperimentError(path, place + found)
        if isinstance(value, _Object):
            places.extend(place_name((*location, key)) for key in value.repeated)
            waiting.extend(((*location, key), item) for key, item in value.items())
        else:
            waiting.extend(((*location, i), item) for i, item in enumerate(value))
    return places


def write_experiment(experiment: Experiment, path: Path, before: bytes | None = None) -> ExperimentFile:
    """Write an experiment into a file, whole or not at all, and return the file as it is then.

    What stands at `path` before stays as it is if anything fails. A link stays a link: the file that it
    points to is replaced. A file that was there keeps its permissions.

    Parameters
    ----------
    experiment, path
        What, and where to.
    before
        What the file, if it is still there, has to hold so that it may be replaced; None is anything.

    Raises
    ------
    ChangedFileError
        When it holds something else than `before`, that is not what is to be written either.
    FileAccessError
        When it cannot be written.
    """
    content = to_json(experiment).encode()
    try:
        if before is not None and _found(path) not in (None, before, content):
            raise ChangedFileError(path, "was changed by another program")
        with replacing(path) as file:
            file.write(content)
    except (OSError, ValueError) as error:
        raise FileAccessError(path, f"cannot be written: {reason(error)}") from error
    return ExperimentFile(path, content)


def _found(path: Path) -> bytes | None:
    try:
        return _read(path)
    except FileNotFoundError:
        return None


def to_json(experiment: Experiment) -> str:
    """Return the text of a file: readable, each layer on its line, and exact."""
    return _indented(experiment.model_dump(mode="json", exclude_none=True), "") + "\n"


def _indented(value: Any, indent: str) -> str:
    """Like json.dumps, but an object of plain values goes on one line."""
    inner = indent + "  "
    if isinstance(value, list) and value:
        items = [_indented(item, inner) for item in value]
        return f"[\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}]"
    if isinstance(value, dict) and any(isinstance(item, list | dict) for item in value.values()):
        items = [f"{json.dumps(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return f"{{\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}}}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
