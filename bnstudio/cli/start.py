"""Where the program starts: without a word on the command line the window opens, else it is read."""

# ruff: noqa: PLC0415 (the window comes up without waiting for what reads the command line)

from __future__ import annotations

import contextlib
import sys

FIRST_PRESET = "S6_BN_lr"
INTERRUPTED = 130


def main() -> None:
    """Run the command line; ends with SystemExit."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without, say, a tick shall see a question mark, not a traceback.
        with contextlib.suppress(AttributeError):  # Under pythonw on Windows there is no stream.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if sys.argv[1:]:
        from bnstudio.cli.commands import app

        app(prog_name="bnstudio")
    else:
        from bnstudio.cli.window import open_window

        try:
            open_window(FIRST_PRESET)
        except KeyboardInterrupt:  # before the window is there to be closed by it
            sys.exit(INTERRUPTED)
