"""How far one model's run has come: the few numbers of its row, and how they are written and explained.

It reads a run's news and its History, and knows nothing of widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.messages import divergence_text
from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from bnstudio.training.history import History
    from bnstudio.training.snapshot import CatchUp, Divergence, RunSnapshot

N_AVERAGED = 100
"""Mini-batches whose mean is the current loss; fewer where fewer were trained."""

translate = QCoreApplication.translate


class Place(NamedTuple):
    """Where a run stands; as long as this is the same, so is its Progress."""

    run_id: int
    step: int
    n_evaluations: int
    catch_up_target: int | None
    """The step at which it has caught up; None where it is not catching up."""
    late_by: int
    divergence: Divergence | None


def place_of(run: RunSnapshot, history: History, catch_up: CatchUp | None) -> Place:
    """Return where the run of these news stands."""
    target = catch_up.target if catch_up is not None and run.name in catch_up.names else None
    return Place(run.run_id, history.n_steps, len(history.evaluations), target, run.late_by, run.divergence)


class Progress(NamedTuple):
    """What a row says of a run."""

    place: Place
    n_averaged: int
    """Mini-batches that `loss` is the mean of; 0 before the first step."""
    loss: float
    accuracy: float
    """0 to 1."""
    examples: Literal["test", "subset", "batches"]
    """What `accuracy` is of: test images, a subset of them or, before the first evaluation, the mini-batches
    that `loss` is of."""
    evaluated_step: int


def progress_of(place: Place, history: History) -> Progress:
    """Return the numbers of a run; they cost about 10 microseconds."""
    n = min(N_AVERAGED, history.n_steps)
    if n == 0:
        return Progress(place, 0, 0.0, 0.0, "batches", 0)
    loss = float(history.losses[-n:].sum()) / n
    if history.evaluations:
        latest = history.evaluations[-1]
        return Progress(place, n, loss, latest.accuracy, latest.examples, latest.step)
    accuracy = float(history.accuracies[-n:].sum()) / n
    return Progress(place, n, loss, accuracy, "batches", place.step)


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
