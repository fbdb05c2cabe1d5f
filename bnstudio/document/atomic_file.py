"""Reads only what is a file, and replaces one in one move: either the old or the new is there, whole."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from errno import EACCES, EISDIR
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPORARY_FILES = ".bnstudio-*.tmp"
"""Which files, as a pattern, are half-written ones; one stays where a program was killed."""


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` that takes its place when the block is left, or is gone if that fails.

    A link stays a link: the file that it points to is replaced. A file that was there keeps its permissions.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    target = Path(os.path.realpath(path))
    mode: int | None = None
    with suppress(FileNotFoundError):
        check_is_file(target)
        mode = target.stat().st_mode
        # It could be replaced all the same, but somebody protected it for a reason.
        if not os.access(target, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    # Not tempfile's: its files are for the owner alone, whatever the user's umask says.
    temporary = target.with_name(TEMPORARY_FILES.replace("*", secrets.token_hex(8)))
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def check_is_file(path: Path) -> None:
    """Refuse a folder, and what would be read for ever; asked before opening, as opening a pipe waits.

    Raises
    ------
    OSError
        Where `path` is no file, or there is nothing.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError("it is a device or a pipe; right would be a file")


def reason(error: Exception) -> str:
    """Return in words why a file could not be read or written."""
    match error:
        case FileNotFoundError():
            return "there is no such file or folder"
        case IsADirectoryError():
            return "it is a folder; right would be a file"
        case PermissionError():
            return "permission denied"
        case OSError():
            return error.strerror or str(error)
    return str(error)
