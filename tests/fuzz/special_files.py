"""What may stand where a file is expected, and would be waited for, or read, for ever."""

import os
from collections.abc import Callable
from pathlib import Path


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


SPECIAL_FILES: dict[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "pipe": _pipe,
    "endless": _endless,
    "loop": _loop,
    "dangling": _dangling,
}
"""By name, what makes one at a path; not on Windows."""
