"""The arrays in a run's file: which ones a model has, by what names, and their `.npy` form.

NumPy's own reader is not used on what is untrusted: an array of ours has exactly one possible header, so it
is compared, not understood, and nothing is allocated that the file does not hold.
"""

from __future__ import annotations

import struct
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bnstudio.document.experiment import N_CLASSES, BatchNormSpec, DenseSpec
from bnstudio.document.explanation import shown

if TYPE_CHECKING:
    import zipfile

    from numpy.typing import NDArray

    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.run_state import RunState

_PARAMETERS, CURVE = np.dtype("<f4"), np.dtype("<f8")
_CHUNK = 2**20


class ArrayForm(NamedTuple):
    """What an array has to be like."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def header(self) -> bytes:
        """What stands before its values, in NumPy's format 1.0.

        https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
        """
        text = str({"descr": self.dtype.str, "fortran_order": False, "shape": self.shape})
        text += " " * (-(len(text) + 11) % 64) + "\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1")

    @property
    def n_bytes(self) -> int:
        """Header and values."""
        return len(self.header) + prod(self.shape) * self.dtype.itemsize


def arrays_of(run: RunState) -> dict[str, NDArray[Any]]:
    """Return all arrays of a run by their names in the file."""
    arrays: dict[str, NDArray[Any]] = {
        "losses": run.losses.astype(CURVE, copy=False),
        "accuracies": run.accuracies.astype(CURVE, copy=False),
    }
    for row, named in enumerate(run.layers):
        for name, array in named.items():
            arrays[layer_array_name(row, name)] = array.astype(_PARAMETERS, copy=False)
    return arrays


def array_forms(model: ModelSetup, n_steps: int) -> dict[str, ArrayForm]:
    """Return what each array of a run of `model` after `n_steps` is like, by its name in the file."""
    forms = dict.fromkeys(("losses", "accuracies"), ArrayForm((n_steps,), CURVE))
    for row, shapes in enumerate(layer_shapes(model)):
        for name, shape in shapes.items():
            forms[layer_array_name(row, name)] = ArrayForm(shape, _PARAMETERS)
    return forms


def layer_shapes(model: ModelSetup) -> list[dict[str, tuple[int, ...]]]:
    """Return by name the shapes of what each layer of `build_network` has learned, without building it."""
    shapes: list[dict[str, tuple[int, ...]]] = []
    specs = (*model.layers, DenseSpec(units=N_CLASSES))
    for spec, (n_inputs, n_outputs, _) in zip(specs, model.shapes(), strict=True):
        match spec:
            case DenseSpec():
                shapes.append({"weight": (n_inputs, n_outputs), "bias": (n_outputs,)})
            case BatchNormSpec():
                names = ("gamma", "beta", "running_mean", "running_var")
                shapes.append(dict.fromkeys(names, (n_inputs,)))
            case _:
                shapes.append({})
    return shapes


def layer_array_name(row: int, name: str) -> str:
    """Return the name that an array of the layer at `row` has in the file."""
    return f"layers/{row}/{name}"


def write_array(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    """Add an array to an archive, under a name that ends in .npy."""
    with archive.open(name, "w") as member:
        member.write(ArrayForm(array.shape, array.dtype).header)
        member.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def read_array(archive: zipfile.ZipFile, name: str, form: ArrayForm) -> NDArray[Any]:
    """Read an array that has the size of `form`.

    Raises
    ------
    ValueError
        When it is another array.
    """
    with archive.open(name) as member:
        header = form.header
        found = member.read(len(header))
        if found != header:
            raise ValueError(f"{name}: found {_header_text(found)}; right would be {_header_text(header)}")
        array = np.empty(form.shape, form.dtype)
        content = array.reshape(-1).view(np.uint8)
        for first in range(0, len(content), _CHUNK):
            chunk = content[first : first + _CHUNK]
            chunk[:] = np.frombuffer(member.read(len(chunk)), np.uint8)
    return array


def _header_text(header: bytes) -> str:
    return shown(header[10:].decode("latin-1").strip().replace("'", ""))
