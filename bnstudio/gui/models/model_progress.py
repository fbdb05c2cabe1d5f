"""How far one model's run has come, or had come at a step that is looked back at: the few numbers of its row.

It writes and explains them. It reads a run's news and its History, and knows nothing of widgets.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.messages import divergence_text
from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from bnstudio.gui.curves.run_histories import RecordedRun
    from bnstudio.training.history import History
    from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot

N_AVERAGED = 100
"""Mini-batches whose mean is the current loss; fewer where fewer were trained."""

translate = QCoreApplication.translate


class Place(NamedTuple):
    """Where a run stands; as long as this is the same, so is its Progress."""

    run_id: int
    step: int
    """The step that is shown: the latest or, where one is looked back at, that one if the run has it."""
    n_evaluations: int
    """Up to that step."""
    looked_at: int | None
    """The step that is looked back at; None while live."""
    catch_up_target: int | None
    """The step at which it has caught up; None where it is not catching up."""
    late_by: int
    divergence: Divergence | None

    @property
    def is_missing(self) -> bool:
        """Whether the run has no such step as is looked back at."""
        return self.looked_at is not None and self.step < self.looked_at


def place_of(run: RunSnapshot, history: History, snapshot: Snapshot) -> Place:
    """Return where the run of these news stands, or stood at the step that `snapshot` looks back at."""
    looked_at, n_evaluations = snapshot.at_step, len(history.evaluations)
    step, divergence = history.n_steps, run.divergence
    if looked_at is not None:
        step = min(looked_at, step)
        n_evaluations = bisect_right(history.evaluations, step, key=lambda evaluation: evaluation.step)
        if divergence is not None and divergence.step > looked_at:
            divergence = None
    target: int | None = None
    catch_up = snapshot.catch_up
    if catch_up is not None and run.name in catch_up.names and (looked_at is None or step < looked_at):
        target = catch_up.target
    return Place(run.run_id, step, n_evaluations, looked_at, target, run.late_by, divergence)


class Progress(NamedTuple):
    """What a row says of a run."""

    place: Place
    n_averaged: int
    """Mini-batches that `loss` is the mean of; 0 before the first step, and where the step is missing."""
    loss: float
    accuracy: float
    """0 to 1."""
    examples: Literal["test", "subset", "batches"]
    """What `accuracy` is of: test images, a subset of them or, before the first evaluation, the mini-batches
    that `loss` is of."""
    evaluated_step: int
    rate: float | None = None
    """The learning rate of the step that is looked back at; None while live."""


def progress_of(place: Place, history: RecordedRun) -> Progress:
    """Return the numbers of a run; they cost about 10 microseconds."""
    n = 0 if place.is_missing else min(N_AVERAGED, place.step)
    if n == 0:
        return Progress(place, 0, 0.0, 0.0, "batches", 0)
    rate = None if place.looked_at is None else history.rate_at(place.step)
    averaged = slice(place.step - n, place.step)
    loss = float(history.losses[averaged].sum()) / n
    if place.n_evaluations:
        latest = history.evaluations[place.n_evaluations - 1]
        return Progress(place, n, loss, latest.accuracy, latest.examples, latest.step, rate)
    accuracy = float(history.accuracies[averaged].sum()) / n
    return Progress(place, n, loss, accuracy, "batches", place.step, rate)


class ProgressText(NamedTuple):
    """A Progress as its row writes it; empty where there is nothing to say."""

    loss: str = ""
    accuracy: str = ""
    notes: tuple[str, ...] = ()
    """Instead of the numbers: what keeps the run from training with the others; the same in fewer words."""
    warns: bool = False
    """Whether that is a thing to worry about."""
    late: str = ""
    """Below the numbers."""


def text_of(progress: Progress) -> ProgressText:
    """Write `progress` for its row."""
    place = progress.place
    late = ""
    if place.late_by:
        late = translate("ModelList", "started {n} steps later").format(n=format_count(place.late_by))
    if place.divergence is not None:
        step = format_count(place.divergence.step)
        notes = (
            translate("ModelList", "diverged at step {n}").format(n=step),
            translate("ModelList", "diverged"),
        )
        return ProgressText(notes=notes, warns=True, late=late)
    if place.catch_up_target is not None:
        step, target = format_count(place.step), format_count(place.catch_up_target)
        notes = (
            translate("ModelList", "catching up {n} / {target}").format(n=step, target=target),
            translate("ModelList", "{n} / {target}").format(n=step, target=target),
        )
        return ProgressText(notes=notes, late=late)
    if progress.n_averaged == 0:
        return ProgressText(late=late)
    return ProgressText(_loss_text(progress.loss), _percent(progress.accuracy, 1), late=late)


def explained(name: str, progress: Progress) -> list[str]:
    """Say in full sentences what `text_of` writes: what the numbers are of, and what has happened."""
    place = progress.place
    sentences = []
    if place.looked_at is not None:
        step = format_count(place.looked_at)
        sentences.append(translate("ModelList", "Looking back at step {n}.").format(n=step))
    if place.divergence is not None:
        sentences.append(divergence_text(name, place.divergence))
    if place.catch_up_target is not None:
        sentences.append(
            translate(
                "ModelList",
                "Catching up: it has done {n} of the {target} steps that the others are ahead, on the same"
                " mini-batches, while they wait.",
            ).format(n=format_count(place.step), target=format_count(place.catch_up_target))
        )
    if place.late_by:
        sentences.append(
            translate(
                "ModelList",
                "It started when the others had done {n} steps, and did not catch up: compare it at equal"
                " steps, not at equal times.",
            ).format(n=format_count(place.late_by))
        )
    if progress.n_averaged:
        sentences += [_loss_sentence(progress), _accuracy_sentence(progress)]
    elif place.is_missing:
        sentences.append(translate("ModelList", "This model has no such step."))
    else:
        sentences.append(translate("ModelList", "Not trained yet."))
    return sentences


def _loss_sentence(progress: Progress) -> str:
    return translate("ModelList", "Loss {loss}: the mean over the latest {n} mini-batches.").format(
        loss=_loss_text(progress.loss), n=format_count(progress.n_averaged)
    )


def _accuracy_sentence(progress: Progress) -> str:
    sentence = {
        "test": translate("ModelList", "Accuracy {accuracy}: of all test images, at step {n}."),
        "subset": translate(
            "ModelList", "Accuracy {accuracy}: of a fixed tenth of the test images, at step {n}."
        ),
        "batches": translate(
            "ModelList",
            "Accuracy {accuracy}: of the images of the same mini-batches; no test images were evaluated yet.",
        ),
    }[progress.examples]
    return sentence.format(accuracy=_percent(progress.accuracy, 2), n=format_count(progress.evaluated_step))


def _loss_text(loss: float) -> str:
    return f"{loss:.3f}" if 0.01 <= loss < 100 else format_number(loss, digits=2)


def _percent(share: float, decimals: int) -> str:
    return f"{100 * share:.{decimals}f} %"
