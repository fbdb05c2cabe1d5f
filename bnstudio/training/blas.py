"""How many threads the matrix products use: one, always.

Two give other bits than one, help little at these sizes and become erratic as soon as the window draws.
"""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def use_one_blas_thread() -> None:
    """Set BLAS to one thread for the whole process, whatever the environment says."""
    threadpool_limits(limits=1, user_api="blas")
