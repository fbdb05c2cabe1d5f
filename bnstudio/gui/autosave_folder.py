"""Where autosaves lie: a folder for each running program, locked by it, with all that it writes in there.

A folder that is still there when its program runs no more was left by one that did not end properly.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QStandardPaths

from bnstudio.training.run_file import RUN_SUFFIX, RunFileError, read_summary

if TYPE_CHECKING:
    from bnstudio.training.run_file import RunSummary

_LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_DAMAGED = f"damaged{RUN_SUFFIX}"


def autosaves_folder() -> Path:
    """Return where all programs of this user keep their autosaves."""
    location = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(location)) / "autosave"


class AutosaveFolder:
    """A folder that this program has taken; nobody else does until it is left or removed."""

    def __init__(self, path: Path, lock: QLockFile) -> None:
        self._path = path
        self._lock = lock

    @classmethod
    def make(cls, root: Path) -> AutosaveFolder | None:
        """Take a new folder, None where that cannot be written."""
        path = root / secrets.token_hex(8)
        try:
            path.mkdir(parents=True)
        except OSError:
            return None
        return cls.take(path)

    @classmethod
    def take(cls, path: Path) -> AutosaveFolder | None:
        """Take a folder that is there; None where a running program has it."""
        lock = QLockFile(str(path / "lock"))
        lock.setStaleLockTime(0)  # however old a lock is, only the end of its program frees it
        return cls(path, lock) if lock.tryLock(0) else None

    @property
    def file(self) -> Path:
        """The run's file in it, whether it is there or not."""
        return self._path / f"run{RUN_SUFFIX}"

    def leave(self) -> None:
        """Let others take it, with what is in it."""
        self._lock.unlock()

    def remove(self) -> None:
        """Delete it with all that is in it, half-written files included."""
        with suppress(OSError):  # what cannot be deleted now is deleted by a later start
            for path in self._path.iterdir():
                if path.name != "lock":
                    path.unlink()
        self._lock.unlock()
        with suppress(OSError):
            self._path.rmdir()


@dataclass(frozen=True)
class LeftAutosave:
    """What a program left that did not end properly."""

    folder: AutosaveFolder
    summary: RunSummary
    saved: datetime


def find_left(root: Path) -> tuple[LeftAutosave | None, str | None]:
    """Look for autosaves of programs that run no more, and take the newest; the others stay for later.

    Folders with nothing in them are deleted. One damaged file is set aside, as its folder would only be found
    damaged again.

    Returns
    -------
    tuple
        The newest, None where there is none; and what is wrong with one that cannot be read, if one is.
    """
    found, problem = [], None
    try:
        paths = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError:  # there never was one, or it cannot be looked into
        return None, None
    for path in paths:
        folder = AutosaveFolder.take(path)
        if folder is None:
            continue
        try:
            if not folder.file.exists():
                folder.remove()
                continue
            # A clock that was wrong may have stamped the file with a time for which there is no date.
            seconds = min(max(0, folder.file.stat().st_mtime), _LAST_DAY)
            saved = datetime.fromtimestamp(seconds)
            found.append(LeftAutosave(folder, read_summary(folder.file), saved))
        except (RunFileError, OSError) as error:
            problem = str(error)
            with suppress(OSError):
                os.replace(folder.file, root / _DAMAGED)
                problem = problem.replace(str(folder.file), str(root / _DAMAGED))
            folder.remove()
    found.sort(key=lambda left: left.saved)
    for other in found[:-1]:
        other.folder.leave()
    return (found[-1] if found else None), problem
