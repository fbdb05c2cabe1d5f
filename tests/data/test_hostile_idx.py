"""Data files that want to harm: none makes the reader wait, or use more memory than the right one would."""

import gzip
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnstudio.data.datasets import load_mnist
from bnstudio.data.idx import DataError, read_idx
from tests.fuzz.kinds import IDX, IDX_FILES, VALUES, hostile_idx
from tests.fuzz.reading import outcome_of
from tests.fuzz.special_files import SPECIAL_FILES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "digits.gz"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=200,
    deadline=None,
    derandomize=True,
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_a_file_holds_it_is_read_or_refused_with_its_name(path: Path, random: Random) -> None:
    path.write_bytes(hostile_idx(random))
    outcome_of(IDX_FILES, path)


def test_blocks_without_content_end_somewhere(path: Path) -> None:
    def padded(n: int) -> bytes:
        compressed = gzip.compress(IDX, mtime=0)
        return compressed[:10] + b"\0\0\0\xff\xff" * n + compressed[10:]

    path.write_bytes(padded(1_000))
    np.testing.assert_array_equal(read_idx(path, VALUES.shape), VALUES)
    path.write_bytes(padded(2_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(
            DataError, match=r"digits\.gz: is too large; right would be at most 1,048,600 bytes"
        ):
            read_idx(path, VALUES.shape)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", SPECIAL_FILES.values(), ids=SPECIAL_FILES)
def test_what_is_no_file_is_refused_and_not_waited_for(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with pytest.raises(DataError, match=r"digits\.gz: "):
        read_idx(path, VALUES.shape)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes of that kind")
def test_a_pipe_in_place_of_mnist_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train-images-idx3-ubyte.gz")
    with pytest.raises(DataError, match="right would be a file"):
        load_mnist(tmp_path)
