"""What "Export everything" writes: copies of all that is known now, put into files by their meaning.

The pictures are drawn by whoever asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.document.storage import SUFFIX, to_json
from bnstudio.gui.export.folder import Part
from bnstudio.gui.export.readme import curves_meaning, histograms_meaning, readme_text
from bnstudio.gui.export.tables import ModelCurves, copied, curves_part, histograms_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bnstudio.document.experiment import Experiment
    from bnstudio.gui.curves.run_histories import RecordedRun
    from bnstudio.gui.export.tables import ShownReadings


def everything(
    *,
    experiment: Experiment,
    runs: Mapping[str, RecordedRun],
    steps_per_epoch: int,
    shown: Sequence[ShownReadings],
    pictures: Iterable[tuple[Part, str]],
    hidden_panels: Sequence[str],
    now: datetime,
) -> list[Part]:
    """Return all files of an export.

    Parameters
    ----------
    experiment
        What is open.
    runs
        By model's name, the runs that have done a step.
    steps_per_epoch
        Of the experiment's batch size.
    shown
        The histograms on the screen.
    pictures
        The files of the pictures, and what they show.
    hidden_panels
        Titles of the panels that there are no pictures of.
    now
        With its time zone.
    """
    meaning = QCoreApplication.translate(
        "Export",
        "the experiment as it was at the time of the export; bnstudio opens it. A new run of it has the"
        " learning rates above from its first step.",
    )
    files = [(_text_part(f"experiment{SUFFIX}", to_json(experiment)), meaning)]
    for name, run in runs.items():
        curves = ModelCurves(name, copied(run), steps_per_epoch)
        files.append((curves_part(f"{name}/metrics.csv", [curves]), curves_meaning(name)))
    if shown:
        steps = [(of_model.model, of_model.step) for of_model in shown]
        files.append((histograms_part("histograms.csv", shown), histograms_meaning(steps)))
    files.extend(pictures)
    meanings = [(part.path, meaning) for part, meaning in files]
    readme = readme_text(experiment, runs, meanings, hidden_panels, now)
    return [_text_part("README.md", readme), *(part for part, _ in files)]


def _text_part(path: str, text: str) -> Part:
    return Part(path, lambda: (text.encode(),))
