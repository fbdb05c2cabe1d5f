"""Reads and writes a training as a file: the experiment and all that was learned, to go on bit for bit.

The file is a zip in which nothing is compressed: `experiment.bnstudio` as in a file of its own, `run.json`
(run_record.py), and each array as `.npy` (run_arrays.py). What is read is untrusted. As nothing is
compressed, nothing is larger than the file itself; which arrays there have to be, and how large, follows from
the experiment and the steps done, and is compared before any is read. No name in it is used as a path.
"""

from __future__ import annotations

import os
import struct
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from bnstudio.document import storage
from bnstudio.document.atomic_file import check_is_file, reason, replacing
from bnstudio.document.explanation import shown
from bnstudio.document.storage import NewerVersionError, StorageError, parse_experiment, to_json
from bnstudio.training.run_arrays import (
    CURVE,
    ArrayForm,
    array_forms,
    arrays_of,
    layer_array_name,
    layer_shapes,
    read_array,
    write_array,
)
from bnstudio.training.run_record import (
    NewerRecordError,
    RecordError,
    TrainingRecord,
    check_version,
    parse_record,
    record_of,
)
from bnstudio.training.run_state import RunState, TrainingState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bnstudio.document.experiment import Experiment, ModelSetup
    from bnstudio.training.run_record import RunRecord

RUN_SUFFIX = ".bnrun"
"""Of the files' names."""
MAX_FILE_SIZE = 2**31 - 1
"""Bytes; what is larger would need another kind of zip."""
_EXPERIMENT, _RECORD = "experiment.bnstudio", "run.json"
_MAX_TEXT_SIZES = {_EXPERIMENT: storage.MAX_FILE_SIZE, _RECORD: 50_000_000}
_MOST_SHOWN = 200
_MAX_DIRECTORY_SIZE = 1_000_000
"""Bytes of the zip's list of what is in it; the largest that is needed has a third of that."""


class RunFileError(StorageError):
    """A run's file cannot be read or written; `str()` is the whole message, the file's name included."""


class DamagedRunError(RunFileError):
    """The file is no sound run, now or later, neither for this bnstudio nor for a newer one."""


class _NewerError(Exception):
    """A newer bnstudio wrote a part of the file."""


def is_run_name(path: Path) -> bool:
    """Whether a file is a run's by its name, however its suffix is written."""
    return path.suffix.lower() == RUN_SUFFIX


@dataclass(frozen=True)
class RunSummary:
    """What a file says of its training before any array is read."""

    experiment: Experiment
    step: int
    """Steps done by the run that is furthest ahead."""


def write_run(training: TrainingState, path: Path) -> None:
    """Write a training into a file, whole or not at all; what stands at `path` stays if anything fails.

    Raises
    ------
    RunFileError
        When it cannot be written.
    """
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w", allowZip64=False) as archive:
            archive.writestr(_EXPERIMENT, to_json(training.experiment))
            archive.writestr(_RECORD, _record_text(training))
            for i, run in enumerate(training.runs):
                for name, array in arrays_of(run).items():
                    write_array(archive, _member_name(i, name), array)
    except zipfile.LargeZipFile as error:
        raise RunFileError(path, "cannot be written: it would have more than 2 GB") from error
    except (OSError, ValueError) as error:
        raise RunFileError(path, f"cannot be written: {reason(error)}") from error


def read_run(path: Path) -> TrainingState:
    """Read a training from a file.

    Raises
    ------
    RunFileError
        When the file cannot be read or holds no valid training; a `DamagedRunError` where it never will.
    """
    with _opened(path) as contents:
        experiment, record = contents.experiment, contents.read_record()
        runs = tuple(
            contents.read_run(i, run, model)
            for i, (run, model) in enumerate(zip(record.runs, experiment.models, strict=True))
        )
        return TrainingState(experiment, record.target, runs)


def read_summary(path: Path) -> RunSummary:
    """Read what a file is about, in no time even after millions of steps.

    The list of the arrays and their sizes are checked, but neither `run.json` nor what stands in the arrays.

    Raises
    ------
    RunFileError
        As of `read_run`.
    """
    with _opened(path) as contents:
        return RunSummary(contents.experiment, max(contents.read_steps()))


def _record_text(training: TrainingState) -> bytes:
    text = record_of(training).model_dump_json().encode()
    if len(text) > _MAX_TEXT_SIZES[_RECORD]:
        raise ValueError(f"its {_RECORD} would have more than {_MAX_TEXT_SIZES[_RECORD]:,} bytes")
    return text


class _Contents:
    """An open file, whose experiment has been checked."""

    def __init__(self, archive: zipfile.ZipFile, path: Path, file_size: int) -> None:
        self._archive = archive
        self._members = _check_members(archive, file_size)
        try:
            self.experiment = parse_experiment(self._read_text(_EXPERIMENT), path)
        except NewerVersionError as error:
            raise _NewerError(f"{_EXPERIMENT}: {error.problem}") from error
        except StorageError as error:
            raise ValueError(f"{_EXPERIMENT}: {error.problem}") from error

    def read_record(self) -> TrainingRecord:
        """Read what `run.json` says, and check the list of the arrays by it."""
        with _in_record():
            record = parse_record(self._read_text(_RECORD), self.experiment)
        self._check_sizes([run.step for run in record.runs])
        return record

    def read_steps(self) -> list[int]:
        """Return how many steps each run has done, by the sizes of the arrays, and check those."""
        empty = ArrayForm((0,), CURVE)
        names = [_member_name(i, "losses") for i in range(len(self.experiment.models))]
        sizes = [max(0, self._members.get(name, 0) - empty.n_bytes) for name in names]
        steps = [size // empty.dtype.itemsize for size in sizes]
        try:
            self._check_sizes(steps)
        except ValueError:
            with _in_record():  # a newer bnstudio may keep other arrays
                check_version(self._read_text(_RECORD))
            raise
        return steps

    def read_run(self, i: int, record: RunRecord, model: ModelSetup) -> RunState:
        """Read the arrays of the run at `i`, and check what stands in them."""
        arrays = {
            name: read_array(self._archive, _member_name(i, name), form)
            for name, form in array_forms(model, record.step).items()
        }
        losses, accuracies = arrays["losses"], arrays["accuracies"]
        if not np.isfinite(losses).all():
            raise ValueError(f"runs/{i}/losses.npy: found a value that is not finite; right would be none")
        if not ((accuracies >= 0) & (accuracies <= 1)).all():
            raise ValueError(f"runs/{i}/accuracies.npy: found a value out of bounds; right would be 0 to 1")
        layers = tuple(
            {name: arrays[layer_array_name(row, name)] for name in shapes}
            for row, shapes in enumerate(layer_shapes(model))
        )
        return RunState(
            losses,
            accuracies,
            layers,
            record.rate_in_use,
            record.late_by,
            record.divergence,
            record.explosion,
            record.evaluations,
            record.rate_changes,
        )

    def _check_sizes(self, steps: list[int]) -> None:
        """Compare the list of the arrays, and their sizes, with what the experiment and the steps ask for."""
        expected = {
            _member_name(i, name): form.n_bytes
            for i, (n_steps, model) in enumerate(zip(steps, self.experiment.models, strict=True))
            for name, form in array_forms(model, n_steps).items()
        }
        found = {name: size for name, size in self._members.items() if name not in (_EXPERIMENT, _RECORD)}
        for name in expected.keys() | found.keys():
            if found.get(name) != expected.get(name):
                raise ValueError(
                    f"{shown(name)}: found {_bytes_text(found.get(name))}; right would be"
                    f" {_bytes_text(expected.get(name))}"
                )

    def _read_text(self, name: str) -> bytes:
        size = self._members.get(name)
        if size is None:
            raise ValueError(f"{name}: is missing")
        if size > _MAX_TEXT_SIZES[name]:
            raise ValueError(
                f"{name}: found {size:,} bytes; right would be at most {_MAX_TEXT_SIZES[name]:,}"
            )
        return self._archive.read(name)


@contextmanager
def _in_record() -> Iterator[None]:
    """Name the part of the file in what is said of it."""
    try:
        yield
    except NewerRecordError as error:
        raise _NewerError(f"{_RECORD}: {error}") from error
    except RecordError as error:
        raise ValueError(f"{_RECORD}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[_Contents]:
    try:
        check_is_file(path)
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            _check_directory(file, size)
            with zipfile.ZipFile(file) as archive:
                yield _Contents(archive, path, size)
    except (zipfile.BadZipFile, EOFError, struct.error) as error:
        # Such a message may hold a name of 64 kB.
        raise DamagedRunError(path, f"is damaged: {str(error)[:_MOST_SHOWN]}") from error
    except (OSError, NotImplementedError, _NewerError) as error:
        raise RunFileError(path, f"cannot be opened: {reason(error)}") from error
    except ValueError as error:
        raise DamagedRunError(path, f"cannot be opened: {reason(error)}") from error


def _check_directory(file: IO[bytes], size: int) -> None:
    """Refuse what has not the simple end of our files, so that a list of a million files is never read."""
    end = struct.Struct("<4s4H2LH")
    if size > MAX_FILE_SIZE:
        raise ValueError(f"found {size:,} bytes; right would be at most {MAX_FILE_SIZE:,}")
    file.seek(max(0, size - end.size - 20))
    tail = file.read()
    signature, _, _, _, _, directory_size, start, comment_size = end.unpack(tail[-end.size :].rjust(end.size))
    if signature != b"PK\x05\x06" or comment_size:
        raise ValueError(
            "it is no bnstudio run, or its end is missing; right would be a zip that bnstudio wrote"
        )
    is_simple = directory_size + start + end.size == size and not tail.startswith(b"PK\x06\x07")
    if not is_simple or directory_size > _MAX_DIRECTORY_SIZE:
        raise ValueError("it is a zip, but not as bnstudio writes it")


def _check_members(archive: zipfile.ZipFile, file_size: int) -> dict[str, int]:
    """Return by name how many bytes each member has: uncompressed, as all must be."""
    members: dict[str, int] = {}
    for info in archive.infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ValueError(f"{shown(info.filename)}: is compressed; right would be not")
        if info.flag_bits & 1:
            raise ValueError(f"{shown(info.filename)}: is encrypted; right would be not")
        if info.filename in members:
            raise ValueError(f"{shown(info.filename)}: stands there more than once; right would be once")
        members[info.filename] = info.file_size
    if sum(members.values()) > file_size:
        raise ValueError(f"its parts claim more than the {file_size:,} bytes that it has")
    return members


def _member_name(i: int, name: str) -> str:
    return f"runs/{i}/{name}.npy"


def _bytes_text(n_bytes: int | None) -> str:
    return "none" if n_bytes is None else f"{n_bytes:,} bytes"
