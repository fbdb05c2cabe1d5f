"""The folder that a training without a window leaves: each model's metrics.csv and the experiment itself.

Whatever happens, a file here is either the old one or the new one, whole.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnstudio.document.storage import StorageError, read_experiment, write_experiment
from bnstudio.training.metrics import metrics_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bnstudio.document.experiment import Experiment
    from bnstudio.training.run import Run

_METRICS = "metrics.csv"
_EXPERIMENT = "experiment.bnstudio"


class ResultsError(Exception):
    """The folder can't take the results; str() is the whole message."""


def prepare_folder(folder: Path, experiment: Experiment, *, force: bool) -> None:
    """Make sure, before hours of training, that the results can be written; make the folder if need be.

    Parameters
    ----------
    folder
        Where the results are to go.
    experiment
        Whose results.
    force
        Whether results that are already there may be replaced.

    Raises
    ------
    ResultsError
        When the folder can't be written to, or holds results and `force` is not given.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".trial.{os.getpid()}.tmp"
        trial.touch()
        trial.unlink()
        old = [path for path in (folder / _EXPERIMENT, *folder.glob(f"*/{_METRICS}")) if path.exists()]
        for model in experiment.models:
            if (folder / model.name).exists() and not (folder / model.name).is_dir():
                raise ResultsError(
                    f"{folder / model.name} is in the way: the model's results need a folder there"
                )
    except OSError as error:
        raise ResultsError(f"cannot write to the folder {folder}: {error.strerror or error}") from error
    if old and not force:
        raise ResultsError(
            f"{folder} already holds results ({old[0].relative_to(folder)}); "
            "choose another folder, or replace them with --force"
        )


def write_results(folder: Path, experiment: Experiment, runs: Sequence[Run], steps_per_epoch: int) -> None:
    """Write `<model>/metrics.csv` for each run, then `experiment.bnstudio`.

    Old results are touched only when all of the new metrics are on the disk. Metrics of models that the
    experiment before had and this one has not are removed then, for they would belong to no experiment.

    Raises
    ------
    ResultsError
        When something can't be written; the results that were there before still are.
    """
    new: list[tuple[Path, Path]] = []
    try:
        for run in runs:
            path = folder / run.model.name / _METRICS
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(f".{_METRICS}.{os.getpid()}.tmp")
            new.append((temporary, path))
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in metrics_lines(run.history, steps_per_epoch))
                file.flush()
                os.fsync(file.fileno())
        stale = _stale_metrics(folder, experiment)
        for temporary, path in new:
            temporary.replace(path)
        write_experiment(experiment, folder / _EXPERIMENT)
        for path in stale:
            path.unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
    except OSError as error:
        raise ResultsError(f"cannot write the results to {folder}: {error.strerror or error}") from error
    except StorageError as error:
        raise ResultsError(str(error)) from error
    finally:
        for temporary, _ in new:
            temporary.unlink(missing_ok=True)


def _stale_metrics(folder: Path, experiment: Experiment) -> list[Path]:
    """Find metrics of the models in the folder's old experiment that the new one does not have."""
    try:
        before = read_experiment(folder / _EXPERIMENT)
    except StorageError:  # None there, or not ours: then we don't know which files are its results.
        return []
    # Ignoring case, because on some disks S6 and s6 are one folder.
    names = {model.name.casefold() for model in experiment.models}
    return [
        folder / model.name / _METRICS
        for model in before.models
        if model.name.casefold() not in names and (folder / model.name / _METRICS).exists()
    ]
