"""The folder that a training without a window leaves: each model's metrics.csv and the experiment itself.

Whatever happens, a file here is either the old one or the new one, whole.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from bnstudio.document.atomic_file import check_is_file, reason
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
        When the folder can't take them, or holds results and `force` is not given.
    """
    for model in experiment.models:
        try:
            os.fsencode(model.name)
        except UnicodeEncodeError as error:
            raise ResultsError(
                f"the model {model.name!a} needs a folder of its name, but file names are in "
                f"{sys.getfilesystemencoding()} here, which cannot hold it; rename the model, or set LC_ALL"
            ) from error
        # Ignoring case, because on some disks the two are one.
        if model.name.casefold() == _EXPERIMENT:
            raise ResultsError(
                f"the model {model.name} needs a folder of its name in {folder}, but a file of the results "
                "is called so; rename the model"
            )
    of_models = [folder / model.name for model in experiment.models]
    place = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, *filter(os.path.lexists, of_models)):
            if not place.is_dir():
                raise ResultsError(f"{place} is in the way: the model's results need a folder there")
            trial = place / f".trial.{os.getpid()}.tmp"
            trial.touch()
            trial.unlink()
        for place in (folder / _EXPERIMENT, *(of_model / _METRICS for of_model in of_models)):
            if place.exists():
                check_is_file(place)
        place = folder
        old = _results_in(folder)
    except (FileExistsError, NotADirectoryError) as error:
        in_the_way = next(path for path in (place, *place.parents) if os.path.lexists(path))
        raise ResultsError(f"cannot write to {place}: {in_the_way} is no folder") from error
    except OSError as error:
        raise ResultsError(f"cannot write to {place}: {reason(error)}") from error
    if old and not force:
        raise ResultsError(
            f"{folder} already holds results ({old[0].relative_to(folder)}); "
            "choose another folder, or replace them with --force"
        )


def write_results(
    folder: Path, experiment: Experiment, runs: Sequence[Run], steps_per_epoch: int, *, force: bool
) -> None:
    """Write `<model>/metrics.csv` for each run, then `experiment.bnstudio`.

    Old results are touched only when all of the new metrics are on the disk. Metrics of models that the
    experiment before had and this one has not are removed then, for they would belong to no experiment.

    Parameters
    ----------
    folder
        Where to write; it is made again where it is gone.
    experiment, runs, steps_per_epoch
        What was trained.
    force
        Whether to replace results. Where there are some and it is not given, as when another training wrote
        them meanwhile, a folder inside takes the new ones.

    Raises
    ------
    ResultsError
        When something can't be written; the results that were there before still are. And when a folder
        inside has taken them; it says which.
    """
    new: list[tuple[Path, Path]] = []
    try:
        for run in runs:
            path = folder / run.model.name / _METRICS
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{_METRICS}.{os.getpid()}.tmp")
            new.append((temporary, path))
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in metrics_lines(run.history, steps_per_epoch))
                file.flush()
                os.fsync(file.fileno())
        foreign = [] if force else _results_in(folder)
        if not foreign:
            _put_in_place(new, folder, experiment)
    except OSError as error:
        raise ResultsError(f"cannot write the results to {folder}: {error.strerror or error}") from error
    except StorageError as error:
        raise ResultsError(str(error)) from error
    finally:
        for temporary, _ in new:
            temporary.unlink(missing_ok=True)
    if foreign:
        inside = folder / f"results-{os.getpid()}"
        write_results(inside, experiment, runs, steps_per_epoch, force=False)
        raise ResultsError(
            f"{folder} has come to hold other results meanwhile ({foreign[0].relative_to(folder)}); "
            f"they were left alone, and the new ones are in {inside}"
        )


def _results_in(folder: Path) -> list[Path]:
    return [path for path in (folder / _EXPERIMENT, *folder.glob(f"*/{_METRICS}")) if path.exists()]


def _put_in_place(new: Sequence[tuple[Path, Path]], folder: Path, experiment: Experiment) -> None:
    stale = _stale_metrics(folder, experiment)
    for temporary, path in new:
        temporary.replace(path)
    write_experiment(experiment, folder / _EXPERIMENT)
    for path in stale:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


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
