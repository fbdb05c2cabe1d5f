"""The document: an Experiment holds ModelSetups, each of them LayerSpecs.

All of it is immutable and always valid: every way of making one checks the bounds. It describes networks,
it does not compute; bnstudio.training.build turns a ModelSetup into a Network.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

N_INPUTS = 784
"""Pixels of an MNIST image."""
N_CLASSES = 10
"""Units of the head, which every network has."""
MAX_LAYERS = 100
MAX_MODELS = 8
MAX_PARAMETERS = 50_000_000
MAX_UNITS = 4_096
MAX_BATCH_SIZE = 10_000
MAX_EPOCHS = 10_000
MAX_SEED = 2**32 - 1
MAX_LEARNING_RATE = 1e6
MIN_POSITIVE = 1e-300
"""Learning rates and standard deviations are at least this: below 2.2e-308 they would be zero in training."""

_FORBIDDEN_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff/\\:*?"<>|]')
_RESERVED_NAMES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
"""On Windows: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file"""


def _check_name(name: str) -> str:
    if _FORBIDDEN_IN_NAMES.search(name):
        raise ValueError('a name is also a folder name: no control characters and none of / \\ : * ? " < > |')
    if name != name.strip() or name.endswith("."):
        raise ValueError("a name starts and ends with neither a space nor (at its end) a dot")
    if not any(map(str.isprintable, name)):
        raise ValueError("a name has at least one character that can be seen")
    if _RESERVED_NAMES.fullmatch(name):
        raise ValueError(f"{name!r} is a reserved name on some systems; choose another")
    return name


class Part(BaseModel):
    """A frozen, strictly typed piece of the document; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with `changes`, checked like any other.

        Raises
        ------
        pydantic.ValidationError
            When the result would be out of bounds.
        """
        return type(self).model_validate({**dict(self), **changes})


class DenseSpec(Part):
    """A hidden fully connected layer."""

    type: Literal["dense"] = "dense"
    units: int = Field(ge=1, le=MAX_UNITS)

    def n_outputs(self, n_inputs: int) -> int:
        """Return the width of what the layer puts out, given the width of what comes in."""
        return self.units

    def n_parameters(self, n_inputs: int) -> int:
        """Count the trained values: weight and bias."""
        return n_inputs * self.units + self.units


class _KeepsWidth(Part):
    def n_outputs(self, n_inputs: int) -> int:
        """Return the width of what the layer puts out, given the width of what comes in."""
        return n_inputs

    def n_parameters(self, n_inputs: int) -> int:
        """Count the trained values: none."""
        return 0


class BatchNormSpec(_KeepsWidth):
    """Batch normalization with learned gamma and beta."""

    type: Literal["batch_norm"] = "batch_norm"

    def n_parameters(self, n_inputs: int) -> int:
        """Count the trained values: gamma and beta."""
        return 2 * n_inputs


class SigmoidSpec(_KeepsWidth):
    """The logistic activation."""

    type: Literal["sigmoid"] = "sigmoid"


class ReLUSpec(_KeepsWidth):
    """The rectified linear activation."""

    type: Literal["relu"] = "relu"


LayerSpec = Annotated[DenseSpec | BatchNormSpec | SigmoidSpec | ReLUSpec, Field(discriminator="type")]


class NormalInit(Part):
    """Weights from a normal distribution with the given standard deviation."""

    scheme: Literal["normal"] = "normal"
    std: float = Field(ge=MIN_POSITIVE, le=1e6)


class LeCunInit(Part):
    """Normal weights with std = 1 / sqrt(n_inputs)."""

    scheme: Literal["lecun"] = "lecun"


class XavierInit(Part):
    """Normal weights with std = sqrt(2 / (n_inputs + n_outputs))."""

    scheme: Literal["xavier"] = "xavier"


class HeInit(Part):
    """Normal weights with std = sqrt(2 / n_inputs)."""

    scheme: Literal["he"] = "he"


WeightInit = Annotated[NormalInit | LeCunInit | XavierInit | HeInit, Field(discriminator="scheme")]


class LayerShape(NamedTuple):
    """What one row of the stack looks like from outside."""

    n_inputs: int
    n_outputs: int
    n_parameters: int


class ModelSetup(Part):
    """One model: its hidden layers, how its weights start and how fast it learns."""

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_check_name)]
    learning_rate: float = Field(ge=MIN_POSITIVE, le=MAX_LEARNING_RATE)
    weight_init: WeightInit
    colour: int | None = Field(default=None, ge=0, le=MAX_MODELS - 1)
    """Which of the eight colours and line styles the model has; None is the first that is free."""
    layers: Annotated[tuple[LayerSpec, ...], Field(max_length=MAX_LAYERS)]

    def shapes(self) -> tuple[LayerShape, ...]:
        """Shapes of the hidden rows in order, and of the head's Dense last."""
        shapes = []
        n_inputs = N_INPUTS
        for spec in (*self.layers, DenseSpec(units=N_CLASSES)):
            shape = LayerShape(n_inputs, spec.n_outputs(n_inputs), spec.n_parameters(n_inputs))
            shapes.append(shape)
            n_inputs = shape.n_outputs
        return tuple(shapes)

    @property
    def kinds(self) -> tuple[Literal["dense", "batch_norm", "sigmoid", "relu", "head"], ...]:
        """What each row is, the head's Dense last as a kind of its own."""
        return (*(spec.type for spec in self.layers), "head")

    @property
    def n_parameters(self) -> int:
        """Number of trained values of the whole network, head included."""
        return sum(shape.n_parameters for shape in self.shapes())


class Experiment(Part):
    """The whole document: what is common, and the models to compare."""

    format: Literal["bnstudio"] = "bnstudio"
    version: Literal[1] = 1
    batch_size: int = Field(default=100, ge=2, le=MAX_BATCH_SIZE)
    epochs: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    dataset: Literal["mnist"] = "mnist"
    models: Annotated[tuple[ModelSetup, ...], Field(min_length=1, max_length=MAX_MODELS)]

    @model_validator(mode="after")
    def _check_models_together(self) -> Self:
        names = [model.name.casefold() for model in self.models]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise ValueError(
                    f"two models are named {self.models[i].name!r}; names must differ, ignoring case"
                )
        colours = [model.colour for model in self.models if model.colour is not None]
        for i, colour in enumerate(colours):
            if colour in colours[:i]:
                raise ValueError(f"two models have the colour {colour}; each needs one of its own")
        n_parameters = sum(model.n_parameters for model in self.models)
        if n_parameters > MAX_PARAMETERS:
            found = f"the models have {n_parameters:,} parameters together"
            raise ValueError(f"{found}; right would be at most {MAX_PARAMETERS:,}")
        return self

    def free_colours(self) -> list[int]:
        """Return the colours that no model has chosen, in order."""
        return sorted(set(range(MAX_MODELS)) - {model.colour for model in self.models})

    def coloured(self) -> Self:
        """Return a copy in which every model has a colour, so that it keeps it wherever it is moved."""
        free = iter(self.free_colours())
        models = (m if m.colour is not None else m.replaced(colour=next(free)) for m in self.models)
        return self.replaced(models=tuple(models))

    def with_model(self, index: int, model: ModelSetup) -> Self:
        """Return a copy in which the model at `index` is replaced by `model`."""
        return self.replaced(models=(*self.models[:index], model, *self.models[index + 1 :]))


def new_experiment() -> Experiment:
    """Return what a new document begins with: one small model that trains."""
    layers = (DenseSpec(units=300), SigmoidSpec())
    model = ModelSetup(name="Model 1", learning_rate=0.1, weight_init=LeCunInit(), layers=layers)
    return Experiment(models=(model,))
