"""What is said at each stage of a step: one sentence with the numbers of that very mini-batch.

Plain functions of what was measured; they know no widget. A number that is missing is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.document.experiment import N_CLASSES
from bnstudio.gui.instruments.flow_words import fraction
from bnstudio.gui.network.layer_text import kind_name
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.training.digits import DigitsInspection
from bnstudio.training.gradient_flow import GradientFlowInspection

if TYPE_CHECKING:
    from bnstudio.training.digits import Digits
    from bnstudio.training.gradient_flow import GradientFlow
    from bnstudio.training.readings import Readings
    from bnstudio.training.snapshot import HalfStep, RunSnapshot

_translate = QCoreApplication.translate

_NONE = "–"


@dataclass(frozen=True)
class MiniBatch:
    """What is known of the step that a model is in: of that step alone, so that some of it may be missing."""

    half_step: HalfStep
    learning_rate: float
    """That the update is made with."""
    readings: Readings | None = None
    digits: Digits | None = None
    flow: GradientFlow | None = None

    @classmethod
    def of(cls, run: RunSnapshot, half_step: HalfStep, learning_rate: float) -> MiniBatch:
        """Return what `run` has of that very step."""
        digits = DigitsInspection(run.name).found_in(run)
        flow = GradientFlowInspection(run.name).found_in(run)
        return cls(
            half_step,
            learning_rate,
            readings=run.readings if run.readings_step == half_step.step else None,
            digits=digits if digits is not None and digits.step == half_step.step else None,
            flow=flow if flow is not None and flow.step == half_step.step else None,
        )


def stage_names() -> tuple[str, ...]:
    """Return what the stages are called, in order."""
    return (
        _translate("SlowMotion", "Forward"),
        _translate("SlowMotion", "Loss"),
        _translate("SlowMotion", "Backward"),
        _translate("SlowMotion", "Update"),
    )


def sentence(stage: Stage, batch: MiniBatch, row: int | None) -> str:
    """Return what is said at a stage, of `row` alone where one is being reached; rows are counted from 0."""
    if stage is Stage.FORWARD:
        return forward_text(batch) if row is None else forward_row_text(batch, row)
    if stage is Stage.LOSS:
        return loss_text(batch)
    if stage is Stage.BACKWARD:
        return backward_text(batch) if row is None else backward_row_text(batch, row)
    return update_text(batch)


def forward_row_text(batch: MiniBatch, row: int) -> str:
    """Return what the values of a row are."""
    if batch.readings is None:
        return _not_measured()
    forward = batch.readings.forward
    return _translate("SlowMotion", "{row}: mean {mean}, signal {signal}").format(
        row=_row_title(batch.readings, row),
        mean=format_number(float(forward.mean[row])),
        signal=format_number(float(forward.signal[row])),
    )


def forward_text(batch: MiniBatch) -> str:
    """Return how many digits went through how many layers, and what became of the signal on the way."""
    readings = batch.readings
    if readings is None:
        return _not_measured()
    n_layers = len(readings)
    if batch.digits is None:
        through = _translate("SlowMotion", "The mini-batch goes through {layers} layers.")
    elif n_layers == 1:
        through = _translate("SlowMotion", "{digits} digits go through the head, the only layer.")
    else:
        through = _translate("SlowMotion", "{digits} digits go through {layers} layers.")
    n_digits = 0 if batch.digits is None else batch.digits.n_examples
    sentences = [through.format(digits=format_count(n_digits), layers=format_count(n_layers))]
    if n_layers > 1:
        sentences.append(_signal_text(readings))
    return " ".join(sentences)


def _signal_text(readings: Readings) -> str:
    """Return the signal in the first and in the last hidden layer of a kind: only those can be compared."""
    last = len(readings) - 2
    first = readings.kinds.index(readings.kinds[last])
    signal = readings.forward.signal
    if first == last:
        return _translate("SlowMotion", "Signal {signal} in {row}.").format(
            signal=format_number(float(signal[last])), row=_row_name(readings, last)
        )
    return _translate("SlowMotion", "Signal {before} in {first_row}, {after} in {last_row}.").format(
        before=format_number(float(signal[first])),
        first_row=_row_name(readings, first),
        after=format_number(float(signal[last])),
        last_row=_row_name(readings, last),
    )


def loss_text(batch: MiniBatch) -> str:
    """Return the loss, how many digits were right, and what guessing would have got."""
    guessing = _translate("SlowMotion", "Guessing would be {loss} = ln {classes}.").format(
        loss=f"{math.log(N_CLASSES):.3f}", classes=N_CLASSES
    )
    loss, accuracy = batch.half_step.loss, batch.half_step.accuracy
    if batch.digits is None:
        text = _translate("SlowMotion", "Loss {loss}.").format(loss=format_number(loss, 4))
    else:
        n_digits = batch.digits.n_examples
        text = _translate("SlowMotion", "Loss {loss}; {right} of {digits} digits right.").format(
            loss=format_number(loss, 4),
            right=format_count(round(accuracy * n_digits)),
            digits=format_count(n_digits),
        )
    return f"{text} {guessing}"


def backward_row_text(batch: MiniBatch, row: int) -> str:
    """Return how large the gradient at the outputs of a row is."""
    if batch.readings is None:
        return _not_measured()
    return _translate("SlowMotion", "{row}: gradient std {std}").format(
        row=_row_title(batch.readings, row), std=format_number(float(batch.readings.backward.std[row]))
    )


def backward_text(batch: MiniBatch) -> str:
    """Return what is left of the gradient in the first row."""
    readings = batch.readings
    if readings is None:
        return _not_measured()
    first, last = float(readings.backward.std[0]), float(readings.backward.std[-1])
    if len(readings) == 1:
        return _translate("SlowMotion", "The gradient at the head's outputs has std {std}.").format(
            std=format_number(first)
        )
    row = _row_name(readings, 0)
    if first == 0:
        return _translate("SlowMotion", "No gradient reaches {row}: it is exactly 0 there.").format(row=row)
    text = _translate("SlowMotion", "The gradient reaches {row} with std {std}, {share} of the head's.")
    if first >= last:
        text = _translate("SlowMotion", "The gradient reaches {row} with std {std}, {share} × the head's.")
    return text.format(row=row, std=format_number(first), share=fraction(first, last))


def update_text(batch: MiniBatch) -> str:
    """Return by what share of their size the weights of the first Dense layer and of the head move."""
    formula = _translate("SlowMotion", "Weights − {rate} × gradient").format(
        rate=format_number(batch.learning_rate, 3)
    )
    if batch.flow is None:
        return _translate("SlowMotion", "{formula}.").format(formula=formula)
    moves = _moves(batch.flow, batch.learning_rate)
    first, head = moves[0], moves[-1]
    if len(moves) == 1:
        text = _translate("SlowMotion", "{formula}: the head's move by {head} of their size.")
    else:
        text = _translate(
            "SlowMotion",
            "{formula}: the first Dense layer's move by {first} of their size, the head's by {head}.",
        )
    return text.format(formula=formula, first=first, head=head)


def _moves(flow: GradientFlow, learning_rate: float) -> list[str]:
    """Return for each Dense layer RMS(rate × gradient) / RMS(weight) in percent.

    It is not `update_ratios`, because the rate may have been changed since the flow was measured.
    """
    return [
        _percent(learning_rate * grad / weight) if weight else _NONE
        for grad, weight in zip(flow.grad_rms, flow.weight_rms, strict=True)
    ]


def _percent(share: float) -> str:
    """Return a share in percent with two digits, however small it is: 0.0012 %."""
    return _translate("SlowMotion", "{number} %").format(number=format_number(100 * share))


def _not_measured() -> str:
    return _translate("SlowMotion", "Nothing was measured of this mini-batch.")


def _row_title(readings: Readings, row: int) -> str:
    """Return which row it is, to begin with."""
    if row == len(readings) - 1:
        return _translate("SlowMotion", "Row {number}, the head").format(number=row + 1)
    return _translate("SlowMotion", "Row {number}, {kind}").format(
        number=row + 1, kind=kind_name(readings.kinds[row])
    )


def _row_name(readings: Readings, row: int) -> str:
    """Return which row it is, within a sentence."""
    return _translate("SlowMotion", "row {number} ({kind})").format(
        number=row + 1, kind=kind_name(readings.kinds[row])
    )
