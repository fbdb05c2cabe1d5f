"""Reads one hostile file, and holds its reader to what it promises."""

import os
import sys
from pathlib import Path
from typing import Any

from tests.fuzz.kinds import Kind

_LONGEST_MESSAGE = 5_000
_PYTHON = tuple({os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)})
_NEVER = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.", "pickle.", "ctypes.")
_FILES = ("open", "os.listdir", "os.remove", "os.rename", "os.mkdir", "os.symlink", "shutil.")


class BrokenPromiseError(Exception):
    """A reader did what none may do."""


class Watch:
    """Sees, while it is on, every file that Python opens and every program that it starts.

    Allowed are files in `folder`, and those of Python itself. As Python takes no audit hook back, a process
    should have one for all its inputs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._is_on = False
        self.seen: list[str] = []
        sys.addaudithook(self._see)

    def start(self) -> None:
        """Forget what was seen, and look."""
        self.seen.clear()
        self._is_on = True

    def stop(self) -> None:
        """Look away."""
        self._is_on = False

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event.startswith(_NEVER):
            self.seen.append(event)
        elif event.startswith(_FILES) and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((self._folder, *_PYTHON)):
                self.seen.append(f"{event} {path}")


def outcome_of(kind: Kind, path: Path, watch: Watch | None = None) -> str:
    """Read the file at `path`; return what became of it: the name of the error, where it was refused.

    Raises
    ------
    BrokenPromiseError
        When its error is of another class or tells nothing, or something else was opened or run.
    """
    if watch is not None:
        watch.start()
    try:
        outcome, message = kind.read(path), str(path)
    except kind.refusal as error:
        outcome, message = type(error).__name__, str(error)
    except Exception as error:
        raise BrokenPromiseError(f"{type(error).__name__}: {error}"[:500]) from error
    finally:
        if watch is not None:
            watch.stop()
    if watch is not None and watch.seen:
        raise BrokenPromiseError(f"touched {watch.seen[0]}")
    if path.name not in message:
        raise BrokenPromiseError(f"the message does not name the file: {message[:200]}")
    if len(message) > _LONGEST_MESSAGE:
        raise BrokenPromiseError(f"a message of {len(message)} characters")
    if not message.replace("\n", "").isprintable():
        raise BrokenPromiseError(f"a message that is not fit to print: {ascii(message)[:200]}")
    return outcome
