"""The standard streams where they cannot be written: the disk is full, or whoever read them has gone."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from bnstudio.cli.failure import fail

if TYPE_CHECKING:
    from collections.abc import Callable


def watch_streams() -> None:
    """From now on leave out messages that can't be written, and end with one where the output can't be."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without, say, a tick shall see a question mark, not a traceback.
        with contextlib.suppress(AttributeError):  # Under pythonw on Windows there is no stream.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # There is nobody to tell it to, and hours of training are not lost for a line of progress.
    sys.stderr = _watched(sys.stderr, lambda error: None)
    sys.stdout = _watched(sys.stdout, _end)


def _watched(stream: TextIO | None, on_failure: Callable[[OSError], None]) -> TextIO:
    return cast("TextIO", stream and _WatchedStream(stream, on_failure))


class _WatchedStream:
    """A stream that asks what to do where it cannot be written."""

    def __init__(self, stream: TextIO, on_failure: Callable[[OSError], None]) -> None:
        self._stream = stream
        self._on_failure = on_failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError as error:
            self._on_failure(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._on_failure(error)


def _end(error: OSError) -> None:
    if isinstance(error, BrokenPipeError):
        raise error  # As in `bnstudio presets | head -1`; typer and rich end without a word then.
    # What is left in the stream goes nowhere, or Python would try to write it once more when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    fail(f"the output cannot be written: {error.strerror or error}", 1)
