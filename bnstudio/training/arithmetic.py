"""How training computes: matrix products on one thread, and numbers that are all but zero as zero."""

from __future__ import annotations

import ctypes
import platform
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = 8
"""Of 32 bits, in the floating-point environment that the C library keeps for a thread on x86-64."""
_CONTROL = 7
"""Which of them is MXCSR, the control word of the instructions that NumPy and BLAS compute with."""
_FLUSH_TO_ZERO, _SUBNORMALS_ARE_ZERO = 1 << 15, 1 << 6
"""Bits of MXCSR, for results and for operands (Intel 64 and IA-32 Software Developer's Manual, 10.2.3)."""


def use_one_blas_thread() -> None:
    """Set BLAS to one thread for the whole process, whatever the environment says.

    Two give other bits than one, help little at these sizes and become erratic as soon as the window draws.
    """
    threadpool_limits(limits=1, user_api="blas")


@contextmanager
def subnormals_as_zero() -> Iterator[None]:
    """Have this thread compute with zero in place of what is closer to it than 1.2e-38, until the end.

    Below that float32 goes on with ever fewer digits, and many processors with ever more patience: a matrix
    product of such subnormal numbers takes them two hundred times as long. Gradients get there that vanish in
    a deep stack, and values behind weights that are as good as none.

    Only for Linux on x86-64 it is known how to. Elsewhere nothing changes.
    """
    library = ctypes.CDLL(None) if (sys.platform, platform.machine()) == ("linux", "x86_64") else None
    if not hasattr(library, "fesetenv"):  # part of what Python and NumPy have loaded, as a rule
        yield
        return
    assert library is not None
    before = (ctypes.c_uint32 * _WORDS)()
    library.fegetenv(before)
    changed = type(before)(*before)
    changed[_CONTROL] |= _FLUSH_TO_ZERO | _SUBNORMALS_ARE_ZERO
    library.fesetenv(changed)
    try:
        yield
    finally:
        library.fesetenv(before)
