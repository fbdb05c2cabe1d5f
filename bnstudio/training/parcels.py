"""Snapshots on their way through a pipe: what the other side has already is not sent again, but named.

Findings stay the same for many frames. Packed anew with each they would cost both sides more than the news,
and what comes out of the pipe would be equal but never the same object, so that all of it would look new.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import Snapshot

    _Things = Mapping[tuple[int, Inspection[Any] | None], Any]
    """By run and inspection its finding; the readings of a run by None."""


class Mark(Enum):
    """Stands in a packed snapshot for something else."""

    SAME = "same"
    """As in the snapshot before."""


class Packer:
    """The sending side: every snapshot that it packs has to reach one Unpacker, in order."""

    def __init__(self) -> None:
        self._sent: _Things = {}

    def pack(self, snapshot: Snapshot) -> Snapshot:
        """Return `snapshot` with marks in the place of readings and findings that the one before had too."""
        sent, self._sent = self._sent, _things_in(snapshot)
        return _with(
            {key: Mark.SAME if sent.get(key) is thing else thing for key, thing in self._sent.items()},
            snapshot,
        )


class Unpacker:
    """The receiving side."""

    def __init__(self) -> None:
        self._received: _Things = {}

    def unpack(self, snapshot: Snapshot) -> Snapshot:
        """Return what was packed; things that stand for the same are the same object as before."""
        received = self._received
        self._received = {
            key: received[key] if thing is Mark.SAME else thing for key, thing in _things_in(snapshot).items()
        }
        return _with(self._received, snapshot)


def _things_in(snapshot: Snapshot) -> dict[tuple[int, Inspection[Any] | None], Any]:
    things: dict[tuple[int, Inspection[Any] | None], Any] = {}
    for run in snapshot.runs:
        if run.readings is not None:
            things[run.run_id, None] = run.readings
        for inspection, finding in run.findings.items():
            things[run.run_id, inspection] = finding
    return things


def _with(things: _Things, snapshot: Snapshot) -> Snapshot:
    """Return `snapshot` with these readings and findings in the place of its own."""
    if not things:
        return snapshot
    runs = tuple(
        replace(
            run,
            readings=things.get((run.run_id, None)),
            findings={inspection: things[run.run_id, inspection] for inspection in run.findings},
        )
        for run in snapshot.runs
    )
    return replace(snapshot, runs=runs)
