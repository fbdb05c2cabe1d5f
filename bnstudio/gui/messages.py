"""Sentences about the training: what the session is doing, and why a run could not go on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.document.experiment import N_CLASSES
from bnstudio.gui.controls.number_fields import rounded_rate, short_number
from bnstudio.gui.number_format import format_number
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.training.snapshot import Divergence, Explosion, LayerKind, Snapshot


def layer_kind_name(kind: LayerKind) -> str:
    """Return what people call a kind of layer."""
    translate = QCoreApplication.translate
    return {
        "dense": translate("Messages", "Dense"),
        "batch_norm": translate("Messages", "BatchNorm"),
        "sigmoid": translate("Messages", "Sigmoid"),
        "relu": translate("Messages", "ReLU"),
        "head": translate("Messages", "the head's Dense"),
    }[kind]


def suggested_rate(learning_rate: float) -> float:
    """Return the learning rate to try after `learning_rate` was too large: about a third of it, at most 1.

    Above 1 hardly any network trains, so that thirds would only be so many more failures.
    """
    return min(rounded_rate(learning_rate / 3), 1.0)


def divergence_text(name: str, divergence: Divergence) -> str:
    """Say where a run stopped, what was the first sign of it, and what to try."""
    translate = QCoreApplication.translate
    if divergence.layer is None or divergence.kind is None:
        place = translate("Messages", "every layer's values were still finite")
    else:
        place = translate("Messages", "the first such value was in {layer} (row {row})").format(
            layer=layer_kind_name(divergence.kind), row=divergence.layer + 1
        )
    text = translate("Messages", "{name}: the loss was not finite at step {step}; {place}. {advice}")
    return text.format(name=name, step=f"{divergence.step:,}", place=place, advice=_advice(divergence))


def explosion_text(name: str, explosion: Explosion) -> str:
    """Say since when the loss of a run has been so large, and what to try."""
    translate = QCoreApplication.translate
    if is_of_the_start(explosion):
        text = translate(
            "Messages", "{name}: the loss was {loss} at step {step}; guessing would have {guess}. {advice}"
        )
    else:
        text = translate(
            "Messages",
            "{name}: the loss exploded to {loss} at step {step}; guessing would have {guess}."
            " What was learned is lost. {advice}",
        )
    return text.format(
        name=name,
        loss=format_number(explosion.loss),
        step=f"{explosion.step:,}",
        guess=format_number(math.log(N_CLASSES)),
        advice=_advice(explosion),
    )


def is_of_the_start(trouble: Divergence | Explosion) -> bool:
    """Whether it came before any update, so that no learning rate is to blame."""
    return trouble.step == 1


def _advice(trouble: Divergence | Explosion) -> str:
    if is_of_the_start(trouble):
        return QCoreApplication.translate(
            "Messages",
            "Nothing had been updated yet: the initial weights are too large. Choose others under Setup.",
        )
    text = QCoreApplication.translate("Messages", "Try a learning rate below {rate}, e.g. {suggestion}.")
    rate = trouble.learning_rate
    return text.format(rate=short_number(rate), suggestion=short_number(suggested_rate(rate)))


def state_text(snapshot: Snapshot, planned_epochs: int, waits_to_train: bool) -> str:
    """Say what the session is doing, and what can be done next."""
    translate = QCoreApplication.translate
    if snapshot.state is State.FINISHED:
        return _finished_text(snapshot.step // snapshot.steps_per_epoch, planned_epochs)
    if snapshot.problem is not None and snapshot.state is State.PAUSED:
        return translate("Messages", "Not enough memory to train")
    text = {
        State.LOADING: translate("Messages", "Loading MNIST…"),
        State.PAUSED: _paused_text(snapshot),
        State.TRAINING: translate("Messages", "Training"),
        State.STOPPED: translate(
            "Messages", "Stopped: the loss is not finite. Train starts again from step 0."
        ),
        State.FAILED: translate(
            "Messages", "Training met an error and ended. Train starts again from step 0."
        ),
    }[snapshot.state]
    if snapshot.state is State.LOADING and waits_to_train:
        return translate("Messages", "Loading MNIST; training starts when it is there…")
    if snapshot.evaluating and snapshot.state is not State.TRAINING:
        return translate("Messages", "{state} · measuring on the test images").format(state=text)
    return text


def _paused_text(snapshot: Snapshot) -> str:
    runs = [run for run in snapshot.runs if not run.replaced]
    begun = [run.half_step.step for run in runs if run.half_step is not None]
    if begun:
        text = QCoreApplication.translate("Messages", "Paused in the middle of step {n}, before the update")
        return text.format(n=f"{max(begun):,}")
    if snapshot.step:
        return QCoreApplication.translate("Messages", "Paused")
    return QCoreApplication.translate("Messages", "Ready to train")


def _finished_text(n_done: int, n_more: int) -> str:
    translate = QCoreApplication.translate
    done = (
        translate("Messages", "Trained 1 epoch.")
        if n_done == 1
        else translate("Messages", "Trained {n} epochs.").format(n=f"{n_done:,}")
    )
    return f"{done} {translate('Messages', 'Train goes on for {n} more.').format(n=f'{n_more:,}')}"
