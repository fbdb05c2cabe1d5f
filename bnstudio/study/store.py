"""The folder of a study: each training's result as soon as it is done, and the report.

Whatever happens, a file here is either the old one or the new one, whole. A result that is damaged, or that
another version wrote, counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

import bnstudio
from bnstudio.document.atomic_file import check_is_file
from bnstudio.document.file_lock import try_lock
from bnstudio.study.result import from_content, to_content
from bnstudio.training.snapshot import LayerKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.document.experiment import Experiment
    from bnstudio.study.result import Result

FORMAT = {"format": "bnstudio-study-result", "version": 1, "bnstudio": bnstudio.__version__}
"""A result that says otherwise is not used: other code may have come to other numbers."""
METRICS = "metrics.csv"
_RESULT = "result.json"
"""A training's files, in its folder."""
MARK = ".bnstudio-study"
"""The file that tells a folder of ours from others. Whoever writes into the folder holds a lock on it."""
_N_TRAIN = 60_000
"""Images of MNIST to train on."""
_BYTES_PER_STEP = 100
_BYTES_BESIDE = 2_000_000
"""More than a result takes for a step, and for its layers."""


class StoreError(Exception):
    """The folder can't be used; `str()` is the whole message."""


class WriteError(StoreError):
    """Something could not be written to the folder, which was fit before."""


class Store:
    """The results in a folder; made by `open_store`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, experiment: Experiment) -> Result | None:
        """Return the result of a training, None where there is no sound one.

        Raises
        ------
        StoreError
            When its file is there but can't be read.
        """
        path = self.folder / training_folder(experiment) / _RESULT
        n_steps = experiment.epochs * (_N_TRAIN // experiment.batch_size + 1)
        try:
            text = _read(path, _BYTES_BESIDE + _BYTES_PER_STEP * n_steps)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
        content = _unsealed(text)
        if content is None or content["experiment"] != experiment.model_dump(mode="json"):
            return None
        return from_content(content, experiment)

    def save(self, result: Result) -> None:
        """Write the result of a training.

        Raises
        ------
        WriteError
            When it can't be written.
        """
        self.write(training_folder(result.experiment) / _RESULT, _sealed(to_content(result)))

    def write(self, relative: Path, content: bytes) -> None:
        """Write a file of the folder, whole or not at all; make the folders that it stands in.

        Raises
        ------
        WriteError
            When it can't be written.
        """
        path = self.folder / relative
        # Only one process writes here, so a name that stays the same leaves no heap of half-written files.
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            try:
                # A new file: were there a link of that name, what it points to would be overwritten.
                with temporary.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise WriteError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """Take a folder for the study, and make it if need be; nobody else can until the block is left.

    Raises
    ------
    StoreError
        When it holds something else, is in use, or can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = [] if (folder / MARK).exists() else sorted(path.name for path in folder.iterdir())
        if strangers:
            raise StoreError(
                f"{folder} holds something else ({strangers[0]}); choose a new folder, or an empty one"
            )
        if (folder / MARK).exists():
            check_is_file(folder / MARK)
        mark = (folder / MARK).open("ab")
    except OSError as error:
        raise StoreError(f"cannot write to the folder {folder}: {error.strerror or error}") from error
    with mark:
        try:
            is_ours = try_lock(mark)
        except OSError as error:
            raise StoreError(f"cannot lock {folder / MARK}: {error.strerror or error}") from error
        if not is_ours:
            raise StoreError(
                f"another `bnstudio reproduce` is at work in {folder}; wait for it, or choose another folder"
            )
        store = Store(folder)
        # Better now than after hours of training.
        store.write(Path(".trial"), b"")
        (folder / ".trial").unlink()
        yield store


def training_folder(experiment: Experiment) -> Path:
    """Return where the files of a training are, from the study's folder."""
    return Path(f"epochs-{experiment.epochs}", f"seed-{experiment.seed}", experiment.models[0].name)


def _read(path: Path, max_size: int) -> bytes:
    check_is_file(path)
    with path.open("rb") as file:
        content = file.read(max_size + 1)
    if len(content) > max_size:
        raise OSError(f"it is too large; right would be at most {max_size:,} bytes")
    return content


def _sealed(content: dict[str, Any]) -> bytes:
    content = {**FORMAT, **content}
    return json.dumps({"sha256": _digest(content), **content}).encode()


def _unsealed(text: bytes) -> dict[str, Any] | None:
    """Return the content of a result's file, None where it is damaged or of another version."""
    try:
        content = json.loads(text)
        if not isinstance(content, dict) or content.pop("sha256", None) != _digest(content):
            return None
        if any(content.pop(key, None) != value for key, value in FORMAT.items()):
            return None
        return _Content.model_validate(content).model_dump()
    except (ValueError, RecursionError):  # a ValidationError is a ValueError
        return None


def _digest(content: dict[str, Any]) -> str:
    # Numbers are written as the shortest text that reads back the same, so what was read gives the same text.
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class _Part(BaseModel):
    """The seal is against damage, not against a forger: what is under it has the right types too."""

    model_config = ConfigDict(strict=True, extra="forbid")


class _Binned(_Part):
    low: float
    high: float
    counts: list[int]
    n_outside: int


class _Layer(_Part):
    kind: LayerKind
    pooled_std: float
    signal: float
    gradient_rms: float
    values: _Binned
    deviations: _Binned
    gradients: _Binned


class _Evaluation(_Part):
    step: int
    examples: Literal["test", "subset"]
    loss: float
    accuracy: float


class _Content(_Part):
    """What `to_content` returns."""

    experiment: dict[str, Any]
    steps_per_epoch: PositiveInt
    diverged_at: int | None
    losses: list[float]
    accuracies: list[float]
    evaluations: list[_Evaluation]
    moments: dict[Annotated[str, Field(pattern="^[0-9]{1,9}$")], list[_Layer]]

    @model_validator(mode="after")
    def _check_steps(self) -> Self:
        if len(self.losses) != len(self.accuracies):
            raise ValueError("each step has one loss and one accuracy")
        return self
