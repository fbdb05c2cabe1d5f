"""Opens the window with what a person named, or says what keeps it from opening."""

# ruff: noqa: PLC0415 (nothing is loaded before the collector rests; and where no window opens there need be no Qt)

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from bnstudio.cli.failure import fail

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.storage import ExperimentFile


def open_window(source: str) -> NoReturn:
    """Show the window until it is closed; ends with SystemExit.

    Parameters
    ----------
    source
        A preset's name, or the path of an experiment or a run.
    """
    # What is loaded now stays. To look for garbage in it time and again would take a sixteenth of the start.
    gc.disable()
    try:
        _open(source)
    finally:
        gc.enable()


def _open(source: str) -> NoReturn:
    from bnstudio.cli.display import WITHOUT_A_WINDOW, describe, find_problems
    from bnstudio.cli.sources import InputError, read_run_source, read_source

    file: ExperimentFile | None = None
    run: Path | None = None
    try:
        of_run = read_run_source(source)
        if of_run is not None:
            experiment, run = of_run
        else:
            experiment, file = read_source(source)
    except InputError as error:
        fail(str(error), 2)
    problems = find_problems(os.environ)
    if problems:
        fail(describe(problems), 1)
    try:
        from bnstudio.gui.application import run_window
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("PySide6", "shiboken6"):
            raise
        fail(f"what draws the window cannot be loaded: {error}\n{WITHOUT_A_WINDOW}", 1)
    sys.exit(run_window(experiment, file, run))
