"""Reads gzipped IDX files, the format of MNIST, and believes nothing that they say about themselves.

An IDX file of bytes is two zeros, 0x08 for the type, the number of dimensions, each dimension as a big-endian
32-bit number, then the values. The reader is told the shape to expect, so that no file, however broken or
hostile, makes it use more memory than the right one would.
"""

from __future__ import annotations

import math
import os
import stat
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_TYPE_NAMES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "16-bit integers",
    0x0C: "32-bit integers",
    0x0D: "32-bit floats",
    0x0E: "64-bit floats",
}
_UNSIGNED_BYTES = 0x08
_GZIP_WINDOW = 31
"""zlib's way of asking for the gzip format, its checksum verified."""
COMPRESSED_PIECE = 1 << 18
"""Bytes read at a time."""
_PIECE = 1 << 20
"""Bytes decompressed at a time: large enough that other threads run meanwhile, as zlib lets them."""
_MOST_AROUND = 1 << 20
"""Bytes that a gzip file may be larger than its content: gzip adds less, but for a name of any length."""


class DataError(Exception):
    """A data file cannot be used; `str()` names the file, what was found and what would be right."""


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Return the header of an IDX file of unsigned bytes with this shape."""
    return struct.pack(f">HBB{len(shape)}I", 0, _UNSIGNED_BYTES, len(shape), *shape)


def read_idx(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        The dimensions that the file must have.

    Returns
    -------
    values : `shape` uint8
        Read-only.

    Raises
    ------
    DataError
        When the file is missing, unreadable, corrupt, cut short or too long, or of another type or shape.
    """
    try:
        # Asked first, because opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError(f"{path}: is a folder, a device or a pipe; right would be a file")
        with path.open("rb") as file:
            return _read(_Gzip(file, path, math.prod(shape) + _MOST_AROUND), path, shape)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read(stream: _Gzip, path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    expected_header = idx_header(shape)
    header = b"".join(stream.read(len(expected_header)))
    if header != expected_header:
        raise DataError(f"{path}: {_difference(header, shape)}")

    values = np.empty(math.prod(shape), np.uint8)
    n_read = 0
    for piece in stream.read(values.size):
        values[n_read : n_read + len(piece)] = np.frombuffer(piece, np.uint8)
        n_read += len(piece)
    if n_read < values.size:
        raise DataError(f"{path}: ends after {n_read:,} values; its header promises {values.size:,}")
    stream.expect_end(values.size)

    values = values.reshape(shape)
    values.flags.writeable = False
    return values


def _difference(header: bytes, shape: tuple[int, ...]) -> str:
    """Say what about a wrong header is wrong, the most telling thing first."""
    magic = header[:4]
    right = f"{_dimensions(shape)} of unsigned bytes"
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPE_NAMES:
        found = magic.hex(" ") or "nothing"
        return f"is not an IDX file: it starts with {found}; right would be {idx_header(shape)[:4].hex(' ')}"
    if magic[2] != _UNSIGNED_BYTES:
        return f"holds {_TYPE_NAMES[magic[2]]}; right would be {right}"
    if magic[3] != len(shape):
        return f"has {magic[3]} dimensions; right would be {len(shape)}: {right}"
    if len(header) < len(idx_header(shape)):
        return f"ends within its header, after {len(header)} bytes; right would be {right}"
    return f"holds {_dimensions(struct.unpack(f'>{len(shape)}I', header[4:]))}; right would be {right}"


def _dimensions(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape)


class _Gzip:
    """A gzip file with one member, read in bounded pieces."""

    def __init__(self, file: BinaryIO, path: Path, max_size: int) -> None:
        self._file = file
        self._path = path
        self._max_size = max_size
        self._n_read = 0
        self._zlib = zlib.decompressobj(_GZIP_WINDOW)
        self._compressed = b""

    def read(self, n_bytes: int) -> Iterator[bytes]:
        """Yield pieces with `n_bytes` altogether, fewer only where the content ends sooner."""
        while n_bytes > 0 and not self._zlib.eof:
            # What zlib has not used goes in again; an empty input still lets out what zlib has inside.
            self._compressed = self._compressed or self._read_piece()
            at_end = not self._compressed
            try:
                piece = self._zlib.decompress(self._compressed, min(n_bytes, _PIECE))
            except zlib.error as error:
                raise DataError(f"{self._path}: is corrupt or not a gzip file ({error})") from error
            self._compressed = self._zlib.unconsumed_tail
            if at_end and not piece and not self._zlib.eof:
                raise DataError(f"{self._path}: is cut short: the gzip data end before their end mark")
            n_bytes -= len(piece)
            yield piece

    def expect_end(self, n_values: int) -> None:
        """Check that content and file end here."""
        if any(self.read(1)):
            raise DataError(f"{self._path}: goes on after the {n_values:,} values that its header promises")
        if self._zlib.unused_data or self._file.read(1):
            raise DataError(f"{self._path}: has bytes after the end of the gzip data; right would be none")

    def _read_piece(self) -> bytes:
        """Read on, but not for ever in a file that grows and never yields what it promises."""
        piece = self._file.read(COMPRESSED_PIECE)
        self._n_read += len(piece)
        if self._n_read > self._max_size:
            raise DataError(f"{self._path}: is too large; right would be at most {self._max_size:,} bytes")
        return piece
