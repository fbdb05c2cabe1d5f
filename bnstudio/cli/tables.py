"""Tables on a terminal, in a pipe or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDEST = 10_000


def print_whole(console: Console, table: Table) -> None:
    """Print a table as wide as it is: where there is less room its lines are broken, and no cell is lost."""
    before = console.width
    width = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    console.width = max(before, width)
    console.print(table, crop=False)
    console.width = before
