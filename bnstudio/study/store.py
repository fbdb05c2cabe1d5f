"""The folder of a study: each training's result as soon as it is done, and the report.

Whatever happens, a file here is either the old one or the new one, whole. A result that is damaged, or that
another version wrote, counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import bnstudio
from bnstudio.study.result import from_content, to_content

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


class StoreError(Exception):
    """The folder can't be used; `str()` is the whole message."""


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
        try:
            content = _unsealed(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
        if content is None or content["experiment"] != experiment.model_dump(mode="json"):
            return None
        return from_content(content, experiment)

    def save(self, result: Result) -> None:
        """Write the result of a training.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        self.write(training_folder(result.experiment) / _RESULT, _sealed(to_content(result)))

    def write(self, relative: Path, content: bytes) -> None:
        """Write a file of the folder, whole or not at all; make the folders that it stands in.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        path = self.folder / relative
        # Only one process writes here, so a name that stays the same leaves no heap of half-written files.
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


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
        mark = (folder / MARK).open("ab")
    except OSError as error:
        raise StoreError(f"cannot write to the folder {folder}: {error.strerror or error}") from error
    with mark:
        try:
            _lock(mark)
        except (BlockingIOError, PermissionError) as error:
            raise StoreError(
                f"another `bnstudio reproduce` is at work in {folder}; wait for it, or choose another folder"
            ) from error
        except OSError as error:
            raise StoreError(f"cannot lock {folder / MARK}: {error.strerror or error}") from error
        store = Store(folder)
        # Better now than after hours of training.
        store.write(Path(".trial"), b"")
        (folder / ".trial").unlink()
        yield store


def training_folder(experiment: Experiment) -> Path:
    """Return where the files of a training are, from the study's folder."""
    return Path(f"epochs-{experiment.epochs}", f"seed-{experiment.seed}", experiment.models[0].name)


def _lock(file: IO[bytes]) -> None:
    """Lock a file for this process alone; the lock goes when the process does, however that happens."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 (is on Windows only)

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 (is elsewhere only)

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sealed(content: dict[str, Any]) -> bytes:
    content = {**FORMAT, **content}
    return json.dumps({"sha256": _digest(content), **content}).encode()


def _unsealed(text: bytes) -> dict[str, Any] | None:
    """Return the content of a result's file, None where it is damaged or of another version."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.pop("sha256", None) != _digest(content):
        return None
    return content if all(content.get(key) == value for key, value in FORMAT.items()) else None


def _digest(content: dict[str, Any]) -> str:
    # Numbers are written as the shortest text that reads back the same, so what was read gives the same text.
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
