"""Where the program starts: without a word on the command line the window opens, else it is read."""

# ruff: noqa: PLC0415 (the window comes up without waiting for what reads the command line)

from __future__ import annotations

import signal
import sys

from bnstudio.cli.streams import watch_streams

FIRST_PRESET = "S6_BN_lr"
INTERRUPTED = 130


def main() -> None:
    """Run the command line; ends with SystemExit."""
    watch_streams()
    try:
        _run()
    except KeyboardInterrupt:  # while the program is being loaded; later, whoever is at work sees to it
        _ignore_ctrl_c()
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _ignore_ctrl_c()
        raise


def _run() -> None:
    if sys.argv[1:]:
        from bnstudio.cli.commands import app

        app(prog_name="bnstudio")
    else:
        from bnstudio.cli.window import open_window

        open_window(FIRST_PRESET)


def _ignore_ctrl_c() -> None:
    """Have one more Ctrl+C not disturb the end that has begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
