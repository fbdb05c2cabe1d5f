"""Writes what is exported, one file or a folder of them: whole or not at all.

Everything is first written under another name on the same disk, and then takes its place in one move. Knows
nothing of Qt, nor of what the files hold.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bnstudio.document.atomic_file import TEMPORARY_FILES, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class ExportError(Exception):
    """Something cannot be written; `str()` is the whole message, the place included."""


class CancelledError(Exception):
    """The person does not want it any more."""


class Progress:
    """How far the writing is. The thread that writes counts, the window's reads and may cancel."""

    def __init__(self) -> None:
        self.n_pieces = 1
        self.n_written = 0
        self.cancelled = False

    def advance(self) -> None:
        """Count a piece.

        Raises
        ------
        CancelledError
            When the export has been cancelled.
        """
        if self.cancelled:
            raise CancelledError
        self.n_written += 1


@dataclass(frozen=True)
class Part:
    """One file of an export."""

    path: str
    """Inside the folder, with forward slashes."""
    pieces: Callable[[], Iterable[bytes]]
    """Makes the contents, piece by piece, in the thread that writes."""
    n_pieces: int = 1
    """About how many there are, for the progress."""


def write_file(target: Path, part: Part, progress: Progress) -> None:
    """Write `part` to `target`, whatever its own path is; a link stays a link.

    Raises
    ------
    ExportError
        When it cannot be written; what stood there before still does.
    CancelledError
        When it was cancelled; likewise.
    """
    progress.n_pieces = part.n_pieces
    try:
        with replacing(target) as file:
            _write_pieces(file, part, progress)
    except (OSError, ValueError) as error:  # a ValueError: the system's file names cannot hold the name
        raise ExportError(f"{target}: cannot be written: {_reason(error)}") from error


def write_folder(folder: Path, parts: Sequence[Part], progress: Progress) -> None:
    """Write `parts` into `folder`, which is made unless it is there.

    In a folder that is there, files of the same name are replaced and all others left alone.

    Raises
    ------
    ExportError
        When something cannot be written; the folder is then as it was before.
    CancelledError
        When it was cancelled; likewise.
    """
    _check_apart([part.path for part in parts])
    progress.n_pieces = sum(part.n_pieces for part in parts)
    exists = os.path.exists(folder)  # unlike Path's method, this takes a name that is too long for the system
    # Beside the folder or, where it is there, in it: its parent may be another disk, or somebody else's.
    temporary = (folder if exists else folder.parent) / _temporary_name()
    place = folder
    try:
        temporary.mkdir()
        new, old = temporary / "new", temporary / "old"
        for part in parts:
            place = folder / part.path
            (new / part.path).parent.mkdir(parents=True, exist_ok=True)
            with (new / part.path).open("xb") as file:
                _write_pieces(file, part, progress)
                file.flush()
                os.fsync(file.fileno())
        if exists:
            with contextlib.ExitStack() as undo:
                for part in parts:
                    place = folder / part.path
                    _put_in_place(part.path, new, old, folder, undo)
                undo.pop_all()  # nothing failed: nothing is taken back
        else:
            place = folder
            new.rename(folder)
    except (OSError, ValueError) as error:
        raise ExportError(
            f"{place}: cannot be written: {_reason(error)}. Nothing was exported, and nothing was changed."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(path: str, new: Path, old: Path, folder: Path, undo: contextlib.ExitStack) -> None:
    """Move a file from `new` to `folder`, and what it replaces to `old`; tell `undo` how to go back."""
    target = folder / path
    for parent in reversed(target.relative_to(folder).parents[:-1]):
        if not (folder / parent).exists():
            (folder / parent).mkdir()
            undo.callback((folder / parent).rmdir)
    if os.path.lexists(target):
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if not target.is_symlink():  # else it is replaced by a file of ours, and what it led to stays
            shutil.copymode(target, new / path)
        (old / path).parent.mkdir(parents=True, exist_ok=True)
        target.rename(old / path)
        undo.callback((old / path).rename, target)
    (new / path).rename(target)
    undo.callback(target.rename, new / path)


def _check_apart(paths: Sequence[str]) -> None:
    """Refuse a model whose folder would have to be where one of the export's files is."""
    # Ignoring case, because on some disks README.md and readme.md are one.
    files = {path.casefold() for path in paths}
    for path in paths:
        for parent in Path(path).parents[:-1]:
            if str(parent).casefold() in files:
                raise ExportError(
                    f"The model {parent} needs a folder of its name, but a file of the export is called so. "
                    "Rename the model."
                )


def _write_pieces(file: IO[bytes], part: Part, progress: Progress) -> None:
    for piece in part.pieces():
        file.write(piece)
        progress.advance()


def _temporary_name() -> str:
    return TEMPORARY_FILES.replace("*", secrets.token_hex(8))


def _reason(error: Exception) -> str:
    match error:
        case IsADirectoryError():
            return "it is a folder; right would be a file"
        case FileExistsError() | NotADirectoryError():
            return "a file stands where a folder is needed"
        case FileNotFoundError():
            return "there is no such folder"
        case PermissionError():
            return "permission denied"
        case OSError():
            return error.strerror or str(error)
    return str(error)
