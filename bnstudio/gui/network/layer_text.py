"""What layers are called on the screen: their names in plain words, their shapes, and why the head stays.

Knows layer specs and shapes, no widget; every text is translatable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from bnstudio.document.experiment import LayerShape
    from bnstudio.training.snapshot import LayerKind

_translate = QCoreApplication.translate


def kind_name(kind: LayerKind) -> str:
    """Return the name of a kind of layer."""
    return {
        "dense": _translate("LayerText", "Dense"),
        "batch_norm": _translate("LayerText", "BatchNorm"),
        "sigmoid": _translate("LayerText", "Sigmoid"),
        "relu": _translate("LayerText", "ReLU"),
        "head": _translate("LayerText", "Dense"),
    }[kind]


def row_name(kind: LayerKind, shape: LayerShape) -> str:
    """Return the name of a row: with its units where a person chose them."""
    if kind == "dense":
        return _translate("LayerText", "Dense {units}").format(units=shape.n_outputs)
    if kind == "head":
        return _translate("LayerText", "Dense {units} + softmax").format(units=shape.n_outputs)
    return kind_name(kind)


def shape_texts(shape: LayerShape) -> tuple[str, ...]:
    """Return the shape and the number of parameters in words, the longest form first."""
    sizes = {
        "inputs": format_count(shape.n_inputs),
        "outputs": format_count(shape.n_outputs),
        "parameters": format_count(shape.n_parameters),
    }
    if not shape.n_parameters:
        return (
            _translate("LayerText", "{inputs} → {outputs} · no parameters").format(**sizes),
            _translate("LayerText", "{inputs} → {outputs}").format(**sizes),
        )
    return (
        _translate("LayerText", "{inputs} → {outputs} · {parameters} parameters").format(**sizes),
        _translate("LayerText", "{inputs} → {outputs} · {parameters} par.").format(**sizes),
        _translate("LayerText", "{inputs} → {outputs}").format(**sizes),
    )


def divergence_texts() -> tuple[str, ...]:
    """Return what is said of the layer in which a run diverged, the longest form first."""
    return (
        _translate("LayerText", "first value that is not finite"),
        _translate("LayerText", "first value not finite"),
        _translate("LayerText", "not finite"),
    )


def layer_explanation(kind: LayerKind) -> str:
    """Return one or two sentences on what the layer does and what a person can do with its row."""
    return {
        "dense": _translate(
            "LayerText",
            "Fully connected: inputs × weight + bias. Double-click, F2 or Enter changes the number of units.",
        ),
        "batch_norm": _translate(
            "LayerText",
            "Batch normalization: brings each unit to mean 0 and variance 1 over the mini-batch, "
            "then scales by gamma and shifts by beta, which are learned.",
        ),
        "sigmoid": _translate(
            "LayerText", "1 / (1 + e⁻ˣ): squeezes every value between 0 and 1. Its slope is at most 0.25."
        ),
        "relu": _translate(
            "LayerText", "max(0, x): passes what is positive, with slope 1; the rest becomes exactly 0."
        ),
        "head": _translate(
            "LayerText",
            "The head: ten outputs, one for each digit, then softmax and cross-entropy. Every network needs "
            "it, so it stays at the end: it cannot be moved, changed or deleted. Its row shows the values "
            "before softmax.",
        ),
    }[kind]
