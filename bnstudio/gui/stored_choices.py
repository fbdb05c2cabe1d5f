"""Reads what was chosen before the program was last closed; a file of settings may hold anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

Choice = TypeVar("Choice", str, int)


def stored_text(key: str) -> str:
    """Return the text that is stored under `key`, an empty one where there is something else or nothing."""
    # Asked for a type, PySide raises various errors for values that are of another.
    stored = QSettings().value(key)
    return str(stored) if isinstance(stored, str | int) else ""


def stored_choice(key: str, choices: Iterable[Choice], default: Choice) -> Choice:
    """Return which of `choices` is stored under `key`, else `default`."""
    text = stored_text(key)
    return next((choice for choice in choices if str(choice) == text), default)
