"""The embedded MNIST is the canonical one, and a file that is not is refused by name."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset, load_mnist
from bnstudio.data.idx import DataError
from bnstudio.resources import resource_path


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_mnist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in resource_path("mnist").glob("*.gz"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_mnist_has_60000_images_to_train_on_and_10000_to_test_on(mnist: Dataset) -> None:
    assert mnist.train_images.shape == (60_000, 784)
    assert mnist.train_labels.shape == (60_000,)
    assert mnist.test_images.shape == (10_000, 784)
    assert mnist.test_labels.shape == (10_000,)


def test_mnist_starts_with_the_known_digits(mnist: Dataset) -> None:
    assert mnist.train_labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert mnist.test_labels[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    assert mnist.train_images.mean() == pytest.approx(33.318, abs=1e-3)


def test_mnist_stays_bytes_and_cannot_be_written(mnist: Dataset) -> None:
    for array in vars(mnist).values():
        assert array.dtype == np.uint8
        assert not array.flags.writeable


def test_one_changed_pixel_is_refused_with_both_checksums(folder: Path) -> None:
    path = folder / "t10k-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[5_000] ^= 1
    path.write_bytes(gzip.compress(content, 1))
    with pytest.raises(DataError) as error:
        load_mnist(folder)
    assert str(error.value).startswith(f"{path}: is not the original: the SHA-256 of its content is ")
    assert "right would be 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7" in str(
        error.value
    )


def test_files_that_were_mixed_up_are_refused(folder: Path) -> None:
    shutil.copy(folder / "t10k-labels-idx1-ubyte.gz", folder / "train-labels-idx1-ubyte.gz")
    with pytest.raises(
        DataError, match=r"train-labels.* holds 10,000; right would be 60,000 of unsigned bytes"
    ):
        load_mnist(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz: cannot be read"):
        load_mnist(folder)
