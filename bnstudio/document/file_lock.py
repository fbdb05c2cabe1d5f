"""Locks a file for one process: the system frees it when that process ends, however that happens.

Who has it is asked of the system, not of a number that stands in the file: in a container every start of a
program may have the same process number. On a network file system without locks there is none, only an error.
"""

from __future__ import annotations

import sys
from typing import IO


def try_lock(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed; return False where another has it, in this process or elsewhere.

    Raises
    ------
    OSError
        When the file system cannot lock it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 (is on Windows only)

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 (is elsewhere only)

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
