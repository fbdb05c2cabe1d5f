"""The images that networks learn from: MNIST, which ships with the program and is checked when it is loaded.

MNIST is by Yann LeCun, Corinna Cortes and Christopher J. C. Burges (http://yann.lecun.com/exdb/mnist/).
Images stay bytes in memory; batches are scaled as they are read (see batches.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.data.idx import DataError, idx_header, read_idx
from bnstudio.resources import MissingResourceError, resource_path

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their labels, to train on and to test on."""

    train_images: NDArray[np.uint8]
    """(n_train, n_pixels) uint8."""
    train_labels: NDArray[np.uint8]
    """(n_train,) uint8, the digit each image shows."""
    test_images: NDArray[np.uint8]
    """(n_test, n_pixels) uint8."""
    test_labels: NDArray[np.uint8]
    """(n_test,) uint8."""


class _File(NamedTuple):
    name: str
    shape: tuple[int, ...]
    sha256: str
    """Of the uncompressed file."""


_TRAIN_IMAGES = _File(
    "train-images-idx3-ubyte.gz",
    (60_000, 28, 28),
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
_TRAIN_LABELS = _File(
    "train-labels-idx1-ubyte.gz",
    (60_000,),
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
_TEST_IMAGES = _File(
    "t10k-images-idx3-ubyte.gz",
    (10_000, 28, 28),
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
_TEST_LABELS = _File(
    "t10k-labels-idx1-ubyte.gz",
    (10_000,),
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)


def load_mnist(folder: Path | None = None) -> Dataset:
    """Read MNIST and verify its checksums.

    Parameters
    ----------
    folder : Path, optional
        Where the four gzipped IDX files are; by default those that ship with the program.

    Returns
    -------
    dataset : Dataset
        60,000 images to train on and 10,000 to test on, each of 784 pixels; the arrays are read-only.

    Raises
    ------
    DataError
        When a file is missing, damaged, or not byte for byte the canonical one; it says what to do, too.
    """
    try:
        folder = folder or resource_path("mnist")
        return Dataset(
            train_images=_load(folder, _TRAIN_IMAGES).reshape(60_000, -1),
            train_labels=_load(folder, _TRAIN_LABELS),
            test_images=_load(folder, _TEST_IMAGES).reshape(10_000, -1),
            test_labels=_load(folder, _TEST_LABELS),
        )
    except MissingResourceError as error:
        raise DataError(str(error)) from error
    except DataError as error:
        raise DataError(f"{error}. The file ships with bnstudio: install it again.") from error


def _load(folder: Path, file: _File) -> NDArray[np.uint8]:
    path = folder / file.name
    values = read_idx(path, file.shape)
    digest = hashlib.sha256(idx_header(file.shape))  # the reader made sure that the header is exactly this
    digest.update(values.data)
    if digest.hexdigest() != file.sha256:
        raise DataError(
            f"{path}: is not the original: the SHA-256 of its content is {digest.hexdigest()}; "
            f"right would be {file.sha256}"
        )
    return values
