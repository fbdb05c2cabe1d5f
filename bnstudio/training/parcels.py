"""Snapshots on their way through a pipe: as plain tuples, and without what the other side has already.

Findings stay the same for many frames. Packed anew with each they would cost both sides more than the news,
and what comes out of the pipe would be equal but never the same object, so that all of it would look new.
Classes are left out because pickle looks each of them up by its name again in every parcel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio.training.snapshot import RunSnapshot, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.training.inspection import Inspection
    from bnstudio.training.readings import Readings

    _Known = dict[int, tuple[Readings | None, Mapping[Inspection[Any], Any]]]
    """By `run_id`, the readings and findings in the snapshot before."""

Parcel = tuple[Any, ...]
"""What is sent: the fields of a snapshot, and of its runs."""

_SAME = True
"""Stands for readings or findings that are the same object as in the snapshot before."""
_NOTHING: tuple[None, Mapping[Any, Any]] = (None, {})


class Packer:
    """The sending side: all that it packs has to reach one Unpacker, in order."""

    def __init__(self) -> None:
        self._sent: _Known = {}

    def pack(self, snapshot: Snapshot) -> Parcel:
        """Return what has to be sent of `snapshot`."""
        runs = tuple(self._pack_run(run) for run in snapshot.runs)
        self._sent = {run.run_id: (run.readings, run.findings) for run in snapshot.runs}
        return tuple({**vars(snapshot), "state": snapshot.state.value, "runs": runs}.values())

    def _pack_run(self, run: RunSnapshot) -> Parcel:
        readings, findings = self._sent.get(run.run_id, _NOTHING)
        marked = {
            inspection: _SAME if found is findings.get(inspection) else found
            for inspection, found in run.findings.items()
        }
        all_same = marked.keys() == findings.keys() and all(found is _SAME for found in marked.values())
        fields = {
            **vars(run),
            "losses": run.losses.tobytes(),
            "accuracies": run.accuracies.tobytes(),
            "readings": _SAME if run.readings is readings is not None else run.readings,
            "findings": _SAME if all_same else marked,
        }
        return tuple(fields.values())


class Unpacker:
    """The receiving side."""

    def __init__(self) -> None:
        self._received: _Known = {}

    def unpack(self, parcel: Parcel) -> Snapshot:
        """Return the snapshot; readings and findings that were the same object are so here too."""
        snapshot = Snapshot(*parcel)
        runs = tuple(self._unpack_run(RunSnapshot(*fields)) for fields in snapshot.runs)  # type: ignore[misc]
        self._received = {run.run_id: (run.readings, run.findings) for run in runs}
        vars(snapshot).update(state=State(snapshot.state), runs=runs)
        return snapshot

    def _unpack_run(self, run: RunSnapshot) -> RunSnapshot:
        """Put in place what stands for something else in a run that nobody has seen yet."""
        readings, findings = self._received.get(run.run_id, _NOTHING)
        fields = vars(run)
        fields["losses"] = np.frombuffer(fields["losses"], np.float64)
        fields["accuracies"] = np.frombuffer(fields["accuracies"], np.float64)
        if fields["readings"] is _SAME:
            fields["readings"] = readings
        if fields["findings"] is _SAME:
            fields["findings"] = findings
        else:
            fields["findings"] = {
                inspection: findings[inspection] if found is _SAME else found
                for inspection, found in run.findings.items()
            }
        return run
