"""Where the program starts: without a word on the command line the window opens, else it is read."""

# ruff: noqa: PLC0415 (the window comes up without waiting for what reads the command line)

from __future__ import annotations

import sys

from bnstudio.cli.streams import watch_streams

FIRST_PRESET = "S6_BN_lr"
INTERRUPTED = 130


def main() -> None:
    """Run the command line; ends with SystemExit."""
    watch_streams()
    if sys.argv[1:]:
        from bnstudio.cli.commands import app

        app(prog_name="bnstudio")
    else:
        from bnstudio.cli.window import open_window

        try:
            open_window(FIRST_PRESET)
        except KeyboardInterrupt:  # before the window is there to be closed by it
            sys.exit(INTERRUPTED)
