"""Where autosaves lie: a folder for each running program, locked by it, with all that it writes in there.

A folder whose lock is free was left by a program that did not end properly. What else lies among these
folders, or in them, is the user's, and is let be.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

from bnstudio.document.atomic_file import TEMPORARY_FILES, reason
from bnstudio.document.file_lock import try_lock
from bnstudio.training.run_file import RUN_SUFFIX, DamagedRunError, RunFileError, read_summary

if TYPE_CHECKING:
    from bnstudio.training.run_file import RunSummary

_N_NAME_BYTES = 8
_NAME = re.compile(f"[0-9a-f]{{{2 * _N_NAME_BYTES}}}")
_LOCK = "lock"
_LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def autosaves_folder() -> Path:
    """Return where all programs of this user keep their autosaves."""
    location = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(location)) / "autosave"


class AutosaveFolder:
    """A folder that this program has taken, for itself until it leaves or removes that, or ends."""

    def __init__(self, path: Path, lock: IO[bytes]) -> None:
        self._path = path
        self._lock = lock

    @classmethod
    def make(cls, root: Path) -> AutosaveFolder:
        """Take a new folder.

        Raises
        ------
        OSError
            Where it cannot be made or locked; nothing is left behind then.
        """
        path = root / secrets.token_hex(_N_NAME_BYTES)
        with ExitStack() as undoing:
            path.mkdir(parents=True)
            undoing.callback(path.rmdir)
            undoing.callback((path / _LOCK).unlink, missing_ok=True)
            lock = undoing.enter_context(open(path / _LOCK, "xb", buffering=0))
            if not try_lock(lock):
                raise OSError("another program has locked what was made for this one")
            lock.write(b"bnstudio\n")  # only now others may take it for left; see `_is_left`
            undoing.pop_all()
        return cls(path, lock)

    @classmethod
    def take(cls, path: Path) -> AutosaveFolder | None:
        """Take a folder that is there; None where a running program has it.

        Raises
        ------
        OSError
            Where it cannot be locked.
        """
        lock_path = path / _LOCK
        # To lock a file on a disk that is read-only, it is enough to read it.
        is_read_only = lock_path.exists() and not os.access(lock_path, os.W_OK)
        with ExitStack() as undoing:
            lock = undoing.enter_context(open(lock_path, "rb" if is_read_only else "ab"))
            if not try_lock(lock):
                return None
            undoing.pop_all()
        return cls(path, lock)

    @property
    def file(self) -> Path:
        """The run's file in it, whether it is there or not."""
        return _run_file(self._path)

    def leave(self) -> None:
        """Let others take it, with what is in it."""
        self._lock.close()

    def remove(self) -> None:
        """Delete what programs write in it, half-written files included, and it, if nothing else is there."""
        with suppress(OSError):  # what cannot be deleted now is deleted by a later start
            with closing(self._lock):
                for path in (self.file, *self._path.glob(TEMPORARY_FILES)):
                    path.unlink(missing_ok=True)
            (self._path / _LOCK).unlink()  # closed before, as Windows deletes no open file
            self._path.rmdir()


@dataclass(frozen=True)
class LeftAutosave:
    """What a program left that did not end properly."""

    folder: AutosaveFolder
    summary: RunSummary
    saved: datetime


def find_left(root: Path) -> tuple[LeftAutosave | None, str | None]:
    """Look for autosaves of programs that run no more, and take the newest; the others stay for later.

    Folders that were left with nothing in them are deleted. A damaged file is set aside, as it would only be
    found damaged again; one that cannot be read by this program, or not now, stays where it is.

    Returns
    -------
    tuple
        The newest, None where there is none; and what is wrong with one that cannot be read, if one is.
    """
    found: list[LeftAutosave] = []
    problem = None
    try:
        paths = sorted(path for path in root.iterdir() if _is_ours(path))
    except (FileNotFoundError, NotADirectoryError):  # there never was one
        return None, None
    except OSError as error:
        return None, f"{root}: {reason(error)}"
    for path in paths:
        try:
            left = take_left(path)
        except FileNotFoundError:  # another program has put it away meanwhile
            continue
        except RunFileError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{path}: {reason(error)}"
        else:
            if left is not None:
                found.append(left)
    found.sort(key=lambda left: left.saved)
    for other in found[:-1]:
        other.folder.leave()
    return (found[-1] if found else None), problem


def take_left(path: Path) -> LeftAutosave | None:
    """Take a folder with what a program left in it; None where it left nothing, or is running.

    Raises
    ------
    RunFileError, OSError
        When that cannot be read; the folder is free then.
    """
    folder = AutosaveFolder.take(path) if _is_left(path) else None
    if folder is None:
        return None
    try:
        if not folder.file.exists():
            folder.remove()
            return None
        # A clock that was wrong may have stamped the file with a time for which there is no date.
        seconds = min(max(0, folder.file.stat().st_mtime), _LAST_DAY)
        return LeftAutosave(folder, read_summary(folder.file), datetime.fromtimestamp(seconds))
    except DamagedRunError as error:
        raise _set_aside(folder, error) from error
    except BaseException:
        folder.leave()
        raise


def _is_ours(path: Path) -> bool:
    """Whether a program made the folder: one by that name, and no link to elsewhere."""
    return _NAME.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def _is_left(path: Path) -> bool:
    """Whether a program ever had the folder; in a new one the lock is missing or empty until it is locked."""
    lock = path / _LOCK
    return _run_file(path).exists() or (lock.exists() and lock.stat().st_size > 0)


def _set_aside(folder: AutosaveFolder, damage: DamagedRunError) -> RunFileError:
    """Move a damaged file out of the folder, and the folder away; return what to say of it."""
    path = folder.file.parent
    aside = path.with_name(f"damaged-{path.name}{RUN_SUFFIX}")
    try:
        os.replace(folder.file, aside)
    except OSError as error:
        folder.leave()
        return RunFileError(folder.file, f"{damage.problem}; it cannot be set aside: {reason(error)}")
    folder.remove()
    return RunFileError(aside, damage.problem)


def _run_file(path: Path) -> Path:
    return path / f"run{RUN_SUFFIX}"
