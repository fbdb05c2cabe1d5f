"""The timeline in words: what step is looked back at, and that the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.number_format import format_count
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.training.snapshot import Snapshot

translate = QCoreApplication.translate


def place_text(step: int | None) -> str:
    """Return which step is shown; None is the latest."""
    if step is None:
        return translate("Timeline", "live · drag to look back")
    return translate("Timeline", "Looking back at step {n}").format(n=format_count(step))


def looking_back_text(snapshot: Snapshot) -> str:
    """Return for the status line that the panels show the past; empty where they do not."""
    if snapshot.at_step is None:
        return ""
    going_on = {
        State.TRAINING: translate("Timeline", "{place}; training goes on"),
        State.FAILED: translate(
            "Timeline", "{place}; training met an error and ended. Train starts again from step 0."
        ),
    }
    text = going_on.get(snapshot.state, translate("Timeline", "{place}. Live returns to the latest step."))
    return text.format(place=place_text(snapshot.at_step))
