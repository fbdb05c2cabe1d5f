"""In words what tells one model from another: the layers that it has more or less, its rate, its weights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.document.experiment import DenseSpec
from bnstudio.gui.network.alignment import alignment
from bnstudio.gui.network.layer_text import kind_name
from bnstudio.gui.number_format import format_count, format_number

if TYPE_CHECKING:
    from bnstudio.document.experiment import LayerSpec, ModelSetup, WeightInit

_translate = QCoreApplication.translate


def difference_text(model: ModelSetup, other: ModelSetup) -> str:
    """Return `model` in terms of `other`, such as "S6_BN_lr = S6 + 4 BatchNorm"."""
    added: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for theirs, ours in alignment(other.layers, model.layers):
        if theirs is None and ours is not None:
            added[_name(model.layers[ours])] += 1
        elif ours is None and theirs is not None:
            missing[_name(other.layers[theirs])] += 1
        elif ours is not None and theirs is not None and model.layers[ours] != other.layers[theirs]:
            changed[_instead(_changed_name(model.layers[ours]), _changed_name(other.layers[theirs]))] += 1
    sum_ = [other.name]
    sum_ += [f"+ {_times(n, name)}" for name, n in added.items()]
    sum_ += [f"− {_times(n, name)}" for name, n in missing.items()]
    details = [_times(n, name) for name, n in changed.items()]
    if model.learning_rate != other.learning_rate:
        details.append(
            _translate("Difference", "learning rate {change}").format(
                change=_instead(_rate(model.learning_rate), _rate(other.learning_rate))
            )
        )
    if model.weight_init != other.weight_init:
        details.append(
            _translate("Difference", "weights {change}").format(
                change=_instead(_init(model.weight_init), _init(other.weight_init))
            )
        )
    right = ", ".join([" ".join(sum_), *details]) if details else " ".join(sum_)
    return f"{model.name} = {right}"


def common_text(model: ModelSetup, other: ModelSetup, apart: bool) -> str:
    """Return what both have in common, so that nothing else can be the reason of a difference.

    Parameters
    ----------
    model, other : ModelSetup
        The models that are compared.
    apart : bool
        Whether one of them was begun later and is not at the step of the other.
    """
    if model.weight_init == other.weight_init:
        weights = _translate("Difference", "the same initial weights where the shapes are the same")
    else:
        weights = _translate("Difference", "other initial weights")
    if apart:
        return _translate("Difference", "not at the same step; {weights}").format(weights=weights)
    return _translate("Difference", "the same mini-batches, {weights}").format(weights=weights)


def _times(n: int, name: str) -> str:
    return f"{format_count(n)} {name}" if n > 1 else name


def _instead(new: str, old: str) -> str:
    return _translate("Difference", "{new} instead of {old}").format(new=new, old=old)


def _name(spec: LayerSpec) -> str:
    return kind_name(spec.type)


def _changed_name(spec: LayerSpec) -> str:
    return (
        f"{kind_name(spec.type)} {format_count(spec.units)}" if isinstance(spec, DenseSpec) else _name(spec)
    )


def _rate(rate: float) -> str:
    return format_number(rate, 3)


def _init(init: WeightInit) -> str:
    names = {"lecun": "LeCun", "xavier": "Xavier", "he": "He"}
    if init.scheme == "normal":
        return _translate("Difference", "Normal {std}").format(std=format_number(init.std, 3))
    return names[init.scheme]
