"""The gradient flow in words: for the legend, for tooltips, and for people who do not see the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.curves.legend import LegendContent, LegendEntry
from bnstudio.gui.curves.samples import Sample
from bnstudio.gui.instruments.profiles import Quantity, n_columns, value_at
from bnstudio.gui.number_format import MINUS, format_count, format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.gui.instruments.profiles import Profile

translate = QCoreApplication.translate

_NONE = "–"
_EXACT_DIGITS = 5


def title() -> str:
    """Return what the instrument is called."""
    return translate("GradientFlow", "Gradient flow")


def layer_name(column: int, columns: int) -> str:
    """Return what the Dense layer in a column is called."""
    if column == columns - 1:
        return translate("GradientFlow", "head")
    return translate("GradientFlow", "Dense {n}").format(n=format_count(column + 1))


def quantity_name(quantity: Quantity) -> str:
    """Return what is drawn, in short."""
    if quantity is Quantity.GRADIENT:
        return translate("GradientFlow", "RMS ∂L/∂W")
    return translate("GradientFlow", "update / weight")


def fraction(numerator: float, denominator: float) -> str:
    """Return how many times as large one value is as another, with two digits: 1/3,600, 1, 2.5."""
    if not denominator or not math.isfinite(numerator / denominator):
        return _NONE
    ratio = numerator / denominator
    if not ratio:
        return "0"
    rounded = float(f"{max(ratio, 1 / ratio):.2g}")
    text = format_number(rounded)
    return text if ratio >= 1 or rounded == 1 else f"1/{text}"


def first_to_last(profile: Profile) -> str:
    """Return how the gradient in the first Dense layer compares with that in the head."""
    if profile.flow is None:
        return _NONE
    return fraction(profile.flow.grad_rms[0], profile.flow.grad_rms[-1])


def value_text(value: float | None, digits: int = 3) -> str:
    """Return a value, with an exponent as the axis has; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return _NONE
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def state_of(profile: Profile, step: int) -> str:
    """Return in a word or two what is not as usual about a model, if its values are asked for at `step`."""
    if profile.divergence is not None:
        return translate("GradientFlow", "diverged")
    if profile.flow is None:
        return translate("GradientFlow", "nothing yet")
    if profile.n_zeros:
        return translate("GradientFlow", "no gradient in {n}").format(n=format_count(profile.n_zeros))
    if profile.flow.step != step:
        return translate("GradientFlow", "at {n}").format(n=format_count(profile.flow.step))
    return ""


def legend_content(profiles: Sequence[Profile], quantity: Quantity, column: int | None) -> LegendContent:
    """Return what the legend shows: the values in `column`, or else what sums up each model."""
    columns = n_columns(profiles)
    step = _common_step(profiles)
    in_brief = column is None and quantity is Quantity.GRADIENT
    what = translate("GradientFlow", "first/last layer") if in_brief else layer_name(column or 0, columns)
    heading = (
        translate("GradientFlow", "{quantity} · step {n} · {what}:")
        if step
        else translate("GradientFlow", "{quantity} · {what}:")
    ).format(quantity=quantity_name(quantity), n=format_count(step), what=what)
    entries = []
    for profile in profiles:
        if in_brief:
            value = first_to_last(profile)
        else:
            value = value_text(value_at(profile.values(quantity), column or 0, columns))
        if profile.flow is not None and profile.flow.step != step:  # there may be no room for the note
            value = translate("GradientFlow", "({value})").format(value=value)
        tooltip = summary(profile, quantity)
        if not profile.look.selected:
            tooltip += "\n" + translate("GradientFlow", "Click to select this model.")
        entries.append(
            LegendEntry(Sample.MODEL, profile.look, profile.name, value, state_of(profile, step), tooltip)
        )
    return LegendContent(heading, entries)


def values_in_column(profiles: Sequence[Profile], quantity: Quantity, column: int) -> str:
    """Return the exact values of all models in one column, a line each."""
    columns = n_columns(profiles)
    lines = [_line(layer_name(column, columns), quantity_name(quantity))]
    for profile in profiles:
        value = value_text(value_at(profile.values(quantity), column, columns), _EXACT_DIGITS)
        line, state = _line(profile.name, value), state_of(profile, _common_step(profiles))
        if state:
            line = translate("GradientFlow", "{line} ({state})").format(line=line, state=state)
        lines.append(line)
    return "\n".join(lines)


def summary(profile: Profile, quantity: Quantity) -> str:
    """Return all that is known of one model, in lines."""
    lines = [profile.name]
    if profile.divergence is not None:
        lines.append(
            translate("GradientFlow", "diverged at step {n}").format(n=format_count(profile.divergence.step))
        )
    flow = profile.flow
    if flow is None:
        lines.append(
            translate("GradientFlow", "nothing yet")
            if profile.divergence is None
            else translate("GradientFlow", "no finite gradients to show")
        )
        return "\n".join(lines)
    lines.append(
        translate("GradientFlow", "step {n}, learning rate {rate}").format(
            n=format_count(flow.step), rate=format_number(flow.learning_rate, 3)
        )
    )
    lines.append(translate("GradientFlow", "first/last = {ratio}").format(ratio=first_to_last(profile)))
    if profile.n_zeros:
        lines.append(
            translate("GradientFlow", "Dense layers without any gradient: {n} of {all}").format(
                n=format_count(profile.n_zeros), all=format_count(len(flow.grad_rms))
            )
        )
    values = profile.values(quantity)
    lines += [
        _line(layer_name(i, len(values)), value_text(value, _EXACT_DIGITS)) for i, value in enumerate(values)
    ]
    return "\n".join(lines)


def described(profiles: Sequence[Profile], quantity: Quantity, column: int | None) -> str:
    """Return the picture in sentences, the selected model's first and with all its values."""
    if column is not None:
        return values_in_column(profiles, quantity, column)
    selected_first = sorted(profiles, key=lambda profile: not profile.look.selected)
    sentences = [
        summary(profile, quantity).replace("\n", ", ")
        if profile.look.selected
        else translate("GradientFlow", "{model}: first/last = {ratio} {state}")
        .format(
            model=profile.name,
            ratio=first_to_last(profile),
            state=state_of(profile, _common_step(profiles)),
        )
        .rstrip()
        for profile in selected_first
    ]
    return translate("GradientFlow", "{quantity} of each Dense layer. Selected: {sentences}").format(
        quantity=quantity_name(quantity), sentences="; ".join(sentences)
    )


def explanation() -> str:
    """Return what the instrument measures, its formulas, and how to read it."""
    return translate(
        "GradientFlow",
        "How much of the learning signal reaches each Dense layer, from the first to the head.\n"
        "\n"
        "Gradient: RMS(∂L/∂W) = √ mean (∂L/∂w)², over all weights of the layer, in the latest mini-batch;\n"
        "of the loss alone. It is per weight, so the size of a layer does not matter.\n"
        "A level line: all layers get as much. Falling towards the first layer: the gradient vanishes;\n"
        "first/last = 1/3,600 means that it is 3,600 times smaller in the first layer than in the head.\n"
        "Rising towards the first layer: it explodes.\n"
        "0: every weight's gradient is exactly zero, so the layer cannot learn in this step.\n"
        "\n"
        "Update: learning rate × RMS(∂L/∂W) / RMS(W), on a log10 axis: by what share of their size one step\n"
        "changes the weights (W after the step). A rule of thumb is about 1e−3, a log10 of −3 (the guide\n"
        "line): far below, a layer hardly moves; far above, training tends to be unstable. Below about\n"
        "3e−8 rounding to the 24 binary digits of float32 leaves most weights as they are.\n"
        "\n"
        "Models of different depths share the columns of their first layers and of their heads. A value in\n"
        "brackets is of an earlier step than the others, as of a model that diverged.",
    )


def key_help() -> str:
    """Return what mouse and keys do."""
    return translate(
        "GradientFlow",
        "Left and Right go from layer to layer, Home and End to the first and the head, Esc leaves.\n"
        "A click on a line selects its model; Up and Down, [ and ] or Page Up and Page Down the one\n"
        "before or after.",
    )


def _common_step(profiles: Sequence[Profile]) -> int:
    """Return the latest step that values are of; 0 where there are none."""
    return max((profile.flow.step for profile in profiles if profile.flow is not None), default=0)


def _line(name: str, value: str) -> str:
    return translate("GradientFlow", "{name}: {value}").format(name=name, value=value)
