"""How a command ends that cannot be carried out."""

from __future__ import annotations

import sys
from typing import NoReturn


def fail(message: str, code: int) -> NoReturn:
    """Say why, and end the process with this exit code."""
    print(f"bnstudio: {message}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
