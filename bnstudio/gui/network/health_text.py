"""What a layer's health says in words and numbers: the signs on its row, their tooltips, the units concerned.

Saturated, dead and constant are three things, and each text says which it is of. Knows no widget and no
layout; every text is translatable. Units are counted from 1, as rows and steps are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count, format_number, format_share
from bnstudio.training.health import CONSTANT_SPREAD, SATURATED_SLOPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.training.health import Condition, Health, LayerHealth

_translate = QCoreApplication.translate

_LARGEST_SLOPE = 0.25
_N_LISTED = 16
"""Units that a sentence lists at most."""


def own_condition(layer: LayerHealth) -> Condition | None:
    """Return what only this kind of layer can be in, which its row always tells, also where it is 0 %."""
    return next((condition for condition in layer.conditions if condition != "constant"), None)


def shows_constant(layer: LayerHealth) -> bool:
    """Return whether a row tells that units are constant: others than the dead ones, which always are."""
    dead_share = 0.0 if layer.dead is None else layer.dead.share
    return layer.constant.share > dead_share


def condition_name(condition: Condition) -> str:
    """Return what a condition is called."""
    return {
        "saturated": _translate("HealthText", "saturated"),
        "dead": _translate("HealthText", "dead"),
        "constant": _translate("HealthText", "constant"),
    }[condition]


def sign_texts(condition: Condition, share: float) -> tuple[str, ...]:
    """Return what stands beside a sign, the longest form first."""
    texts = {
        "saturated": (
            _translate("HealthText", "saturated {share}"),
            _translate("HealthText", "sat. {share}"),
        ),
        "dead": (_translate("HealthText", "dead {share}"),),
        "constant": (
            _translate("HealthText", "constant {share}"),
            _translate("HealthText", "const. {share}"),
        ),
    }[condition]
    return tuple(text.format(share=format_share(share)) for text in (*texts, "{share}"))


def definition(condition: Condition, n_images: int) -> str:
    """Return what a condition means, with its thresholds."""
    if condition == "saturated":
        low = (1 - math.sqrt(1 - 4 * SATURATED_SLOPE)) / 2  # where y * (1 - y) is just that slope
        return _translate(
            "HealthText",
            "Saturated: the output y of a sigmoid where its slope y(1 − y) is below {slope}, {share} of the "
            "largest, {largest}: y below {low} or above {high}. Hardly any gradient passes there. The share "
            "is of all outputs, units × images; a unit counts as saturated if more than half of its are.",
        ).format(
            slope=format_number(SATURATED_SLOPE),
            share=format_share(SATURATED_SLOPE / _LARGEST_SLOPE),
            largest=format_number(_LARGEST_SLOPE),
            low=format_number(low, 3),
            high=format_number(1 - low, 4),
        )
    if condition == "dead":
        return _translate(
            "HealthText",
            "Dead: a ReLU unit that puts out 0 for every one of the {count} images. No gradient passes "
            "through it on any of them.",
        ).format(count=format_count(n_images))
    return _translate(
        "HealthText",
        "Constant: a unit that says the same whatever the image is. Its standard deviation over the {count} "
        "images is at most {share} of its root mean square; one that puts out 0 for all is constant too.",
    ).format(count=format_count(n_images), share=format_share(CONSTANT_SPREAD))


def measured_text(health: Health) -> str:
    """Return on what the health was measured, and when."""
    return _translate(
        "HealthText",
        "Measured in inference mode on the first {count} test images, with the weights after step {step}.",
    ).format(count=format_count(health.n_images), step=format_count(health.step))


def health_tip(health: Health, row: int, condition: Condition) -> str:
    """Return what a sign on a row means: the counts, the definition, what it was measured on."""
    layer = health.layers[row]
    extent = layer.extent(condition)
    lines = [units_text(layer, condition, n_listed=0)]
    if condition == "saturated":
        n_outputs = layer.n_units * health.n_images
        text = _translate("HealthText", "{count} of {total} outputs are saturated: {share}").format(
            count=format_count(round(extent.share * n_outputs)),
            total=format_count(n_outputs),
            share=format_share(extent.share),
        )
        lines.insert(0, text)
    lines += [
        "",
        definition(condition, health.n_images),
        "",
        measured_text(health),
        _translate("HealthText", "A click shows which units."),
    ]
    return "\n".join(lines)


def health_description(layer: LayerHealth) -> str:
    """Return the conditions of a layer in a few words, for those who hear the row instead of seeing it."""
    own = own_condition(layer)
    conditions: tuple[Condition, ...] = () if own is None else (own,)
    if shows_constant(layer):
        conditions += ("constant",)
    return ", ".join(sign_texts(condition, layer.extent(condition).share)[0] for condition in conditions)


def units_text(layer: LayerHealth, condition: Condition, n_listed: int = _N_LISTED) -> str:
    """Return how many units of a layer are in a condition, and which: the first `n_listed` of them."""
    units = layer.extent(condition).units
    if layer.n_units == 1:
        is_in = _translate("HealthText", "The only unit is {condition}")
        is_not = _translate("HealthText", "The only unit is not {condition}")
        return (is_in if len(units) else is_not).format(condition=condition_name(condition))
    texts = _units_texts(condition)
    form = texts[min(len(units), 2)]
    text = form.format(count=format_count(len(units)), total=format_count(layer.n_units))
    if n_listed == 0 or len(units) in (0, layer.n_units):
        return text
    numbers = [format_count(unit + 1) for unit in units[:n_listed].tolist()]
    if len(units) > n_listed:
        numbers.append("…")
    return _translate("HealthText", "{sentence}: {numbers}").format(
        sentence=text, numbers=_translate("HealthText", ", ").join(numbers)
    )


def unit_text(layer: LayerHealth | None, unit: int, conditions: Sequence[Condition]) -> str:
    """Return the conditions that one unit, an index from 0, is in, and those that it is not in."""
    name = _translate("HealthText", "unit {number}").format(number=format_count(unit + 1))
    if layer is None:
        return name
    parts = []
    for condition in conditions:
        is_in = unit in layer.extent(condition).units
        form = "{condition}" if is_in else _translate("HealthText", "not {condition}")
        parts.append(form.format(condition=condition_name(condition)))
    return f"{name}: {', '.join(parts)}"


def _units_texts(condition: Condition) -> tuple[str, str, str]:
    """Return the sentence for no, for one and for more units."""
    return {
        "saturated": (
            _translate(
                "HealthText", "None of the {total} units is saturated on more than half of the images"
            ),
            _translate("HealthText", "{count} of {total} units is saturated on more than half of the images"),
            _translate(
                "HealthText", "{count} of {total} units are saturated on more than half of the images"
            ),
        ),
        "dead": (
            _translate("HealthText", "None of the {total} units is dead"),
            _translate("HealthText", "{count} of {total} units is dead"),
            _translate("HealthText", "{count} of {total} units are dead"),
        ),
        "constant": (
            _translate("HealthText", "None of the {total} units is constant"),
            _translate("HealthText", "{count} of {total} units is constant"),
            _translate("HealthText", "{count} of {total} units are constant"),
        ),
    }[condition]
