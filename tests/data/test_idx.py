"""Each way in which an IDX file can be wrong has its own message, and none gets past the reader."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnstudio.data.idx import COMPRESSED_PIECE, DataError, idx_header, read_idx

VALUES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
RIGHT = idx_header(VALUES.shape) + VALUES.tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "digits.gz"


def write(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))


def test_values_come_back_in_their_shape_and_are_read_only(path: Path) -> None:
    write(path, RIGHT)
    values = read_idx(path, VALUES.shape)
    np.testing.assert_array_equal(values, VALUES)
    assert values.dtype == np.uint8
    assert not values.flags.writeable


def test_files_larger_than_one_piece_come_back_whole(path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, 3_000_000, dtype=np.uint8)
    write(path, idx_header(values.shape) + values.tobytes())
    np.testing.assert_array_equal(read_idx(path, values.shape), values)


def test_the_header_is_that_of_the_format() -> None:
    assert idx_header((60_000, 28, 28)) == bytes.fromhex("00000803 0000ea60 0000001c 0000001c")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file: it starts with nothing; right would be 00 00 08 03"),
        (b"\x89PNG" + RIGHT, "is not an IDX file: it starts with 89 50 4e 47; right would be 00 00 08 03"),
        (b"\0\0\x07\x03" + RIGHT[4:], "is not an IDX file: it starts with 00 00 07 03"),
        (b"\0\0\x0d\x03" + RIGHT[4:], "holds 32-bit floats; right would be 4 x 3 x 2 of unsigned bytes"),
        (b"\0\0\x08\x01" + RIGHT[4:], "has 1 dimensions; right would be 3: 4 x 3 x 2"),
        (RIGHT[:10], "ends within its header, after 10 bytes"),
        (
            struct.pack(">4B3I", 0, 0, 8, 3, 5, 3, 2) + RIGHT[16:],
            "holds 5 x 3 x 2; right would be 4 x 3 x 2 of unsigned bytes",
        ),
        (RIGHT[:-1], "ends after 23 values; its header promises 24"),
        (RIGHT + b"\0", "goes on after the 24 values that its header promises"),
    ],
)
def test_wrong_content_is_named_with_what_would_be_right(path: Path, content: bytes, message: str) -> None:
    write(path, content)
    with pytest.raises(DataError) as error:
        read_idx(path, VALUES.shape)
    assert str(error.value).startswith(f"{path}: {message}")


COMPRESSED = gzip.compress(RIGHT)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is cut short"),
        (b"not gzip at all", "is corrupt or not a gzip file"),
        (RIGHT, "is corrupt or not a gzip file"),
        (COMPRESSED[:-12], "is cut short"),
        (COMPRESSED[:-1], "is cut short"),
        (COMPRESSED[:-8] + bytes(8), "is corrupt or not a gzip file"),  # its checksum
        (COMPRESSED + b"x", "has bytes after the end of the gzip data; right would be none"),
        (COMPRESSED + COMPRESSED, "has bytes after the end of the gzip data; right would be none"),
    ],
)
def test_damaged_gzip_is_named(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx(path, VALUES.shape)
    assert str(error.value).startswith(f"{path}: {message}")


def test_garbage_far_behind_the_end_is_found(path: Path) -> None:
    path.write_bytes(COMPRESSED + bytes(1_000_000))
    with pytest.raises(DataError, match="has bytes after the end"):
        read_idx(path, VALUES.shape)


def test_garbage_that_begins_with_the_next_piece_read_is_found(path: Path) -> None:
    # A gzip header may hold a file name of any length: flag 8, the name after 10 bytes, ended by a zero.
    name = b"n" * (COMPRESSED_PIECE - len(COMPRESSED) - 1) + b"\0"
    padded = COMPRESSED[:3] + b"\x08" + COMPRESSED[4:10] + name + COMPRESSED[10:]
    path.write_bytes(padded)
    np.testing.assert_array_equal(read_idx(path, VALUES.shape), VALUES)
    path.write_bytes(padded + b"x")
    with pytest.raises(DataError, match="has bytes after the end"):
        read_idx(path, VALUES.shape)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(DataError, match=r"digits\.gz: cannot be read: No such file"):
        read_idx(path, VALUES.shape)


def test_a_bomb_is_not_unpacked(path: Path) -> None:
    import tracemalloc

    write(path, RIGHT + bytes(200_000_000))
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="goes on after"):
            read_idx(path, VALUES.shape)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.data(), inside=st.booleans())
def test_whatever_is_changed_in_a_file_gives_a_data_error_or_other_values(
    path: Path, data: st.DataObject, inside: bool
) -> None:
    original = RIGHT if inside else COMPRESSED
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, len(original)))
    content = original[:start] + data.draw(st.binary(max_size=8)) + original[end:]
    path.write_bytes(gzip.compress(content) if inside else content)
    try:
        values = read_idx(path, VALUES.shape)
    except DataError:
        pass
    else:
        assert values.shape == VALUES.shape
        if inside:
            assert idx_header(VALUES.shape) + values.tobytes() == content
        else:
            np.testing.assert_array_equal(values, VALUES)
