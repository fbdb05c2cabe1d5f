"""From what a person typed to the Experiment that they mean, or to one message that says what is wrong."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bnstudio.document.explanation import explain
from bnstudio.document.presets import load_preset, preset_names
from bnstudio.document.storage import SUFFIX, StorageError, read_file
from bnstudio.resources import MissingResourceError
from bnstudio.training.run_file import is_run_name, read_summary

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment
    from bnstudio.document.storage import ExperimentFile


class InputError(Exception):
    """What was typed can't be used; str() is the whole message."""


def read_source(source: str) -> tuple[Experiment, ExperimentFile | None]:
    """Read the experiment that a preset's name or a path stands for; a preset's name wins.

    Returns
    -------
    tuple
        The experiment, and the file it was read from, None where it is a preset.

    Raises
    ------
    InputError
        When there is no such preset or file, the file holds no experiment, or the preset's file is lost.
    """
    if not source:  # a shell's variable that is not set; Path would take it for the folder one is in
        raise InputError("found nothing; right would be a preset or a file, as in S6_BN or ./S6_BN.bnstudio")
    names = preset_names()
    path = Path(source)
    try:
        if source in names:
            return load_preset(source), None
        if is_run_name(path):
            raise InputError(f"{path} holds a run; only the window goes on with it: bnstudio {path}")
        # Unlike Path's method, this takes a name that is too long for the system.
        if os.path.exists(path) or path.suffix == SUFFIX or path.name != source:
            return read_file(path)
    except (StorageError, MissingResourceError) as error:
        raise InputError(str(error)) from error
    by_folded_name = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(source.casefold(), by_folded_name, n=1)
    advice = f"did you mean {by_folded_name[near[0]]}?" if near else f"the presets are {', '.join(names)}"
    raise InputError(f"{source!r} is neither a preset nor a file; {advice}")


def read_run_source(source: str) -> tuple[Experiment, Path] | None:
    """Return the experiment of a run's file, and its path; None where `source` names no such file.

    Raises
    ------
    InputError
        When the file cannot be read or holds no run.
    """
    path = Path(source)
    if not is_run_name(path):
        return None
    try:
        return read_summary(path).experiment, path
    except StorageError as error:
        raise InputError(str(error)) from error


def with_overrides(experiment: Experiment, **options: int | None) -> Experiment:
    """Return the experiment with the options that were given, like ``epochs=3``, in place of its own values.

    Raises
    ------
    InputError
        When one is out of bounds.
    """
    try:
        return experiment.replaced(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise InputError(f"option --{explain(error)}") from error
