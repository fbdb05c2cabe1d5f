"""Snapshots come out of the pipe as they went in, and what stays the same is sent once."""

import pickle
from dataclasses import dataclass, replace

import numpy as np

from bnstudio.training.inspection import Inspection
from bnstudio.training.parcels import Packer, Unpacker
from bnstudio.training.readings import STATISTICS, Readings
from bnstudio.training.snapshot import Evaluation, RateChange, RunSnapshot, Snapshot, State


@dataclass(frozen=True)
class Question(Inspection[bytes]):
    """Is never asked."""

    def measure(self, run, trainer):
        raise NotImplementedError


FINDING = bytes(range(256)) * 40
QUESTION = Question("S6")


def readings():
    return Readings(
        ("head",), (10,), False, np.zeros((2, 1), STATISTICS), np.arange(12, dtype=np.uint16).reshape(3, 1, 4)
    )


def run(run_id=1, **changes):
    losses = np.array([2.3, 0.1])
    return replace(RunSnapshot(run_id, "S6", 2, 0.5, 0, losses, losses / 10), **changes)


class Pipe:
    """A packer and an unpacker with pickle between them."""

    def __init__(self):
        self._packer, self._unpacker = Packer(), Unpacker()
        self.n_bytes = 0

    def send(self, *runs, **fields):
        parcel = pickle.dumps(self._packer.pack(Snapshot(State.TRAINING, runs=runs, **fields)))
        self.n_bytes = len(parcel)
        return self._unpacker.unpack(pickle.loads(parcel))


def test_every_field_arrives():
    evaluations, changes = (Evaluation(1, "test", 0.3, 0.9),), (RateChange(1, 0.1, 0.3),)
    sent = run(evaluations=evaluations, rate_changes=changes, late_by=3)
    snapshot = Pipe().send(sent, step=2, target=600, at_step=1, error="trouble")
    assert snapshot == Snapshot(
        State.TRAINING, runs=snapshot.runs, step=2, target=600, at_step=1, error="trouble"
    )
    arrived = snapshot.runs[0]
    assert arrived.losses.tolist() == [2.3, 0.1]
    assert arrived.accuracies.tolist() == sent.accuracies.tolist()
    assert not arrived.losses.flags.writeable
    apart_from_arrays = {"losses": None, "accuracies": None}
    assert {**vars(arrived), **apart_from_arrays} == {**vars(sent), **apart_from_arrays}


def test_what_is_the_same_stays_the_same_object_and_is_sent_once():
    pipe, measured = Pipe(), readings()
    sent = run(readings=measured, findings={QUESTION: FINDING})
    first, n_bytes = pipe.send(sent), pipe.n_bytes
    second = pipe.send(replace(sent, step=3))
    assert n_bytes > len(FINDING) > pipe.n_bytes
    assert second.runs[0].findings[QUESTION] is first.runs[0].findings[QUESTION] == FINDING
    assert second.runs[0].readings is first.runs[0].readings
    assert second.runs[0].readings.binned.tolist() == measured.binned.tolist()


def test_what_is_new_replaces_what_was_known():
    pipe, other = Pipe(), Question("S6_BN")
    first = pipe.send(run(readings=readings(), findings={QUESTION: FINDING, other: b"old"}))
    second = pipe.send(run(readings=readings(), findings={QUESTION: FINDING, other: b"new"}))
    assert second.runs[0].findings == {QUESTION: FINDING, other: b"new"}
    assert second.runs[0].readings is not first.runs[0].readings


def test_what_is_no_longer_asked_for_is_gone_and_comes_back_whole():
    pipe, sent = Pipe(), run(readings=readings(), findings={QUESTION: FINDING})
    pipe.send(sent)
    gone = pipe.send(run()).runs[0]
    assert (gone.readings, gone.findings) == (None, {})
    assert pipe.send(sent).runs[0].findings == {QUESTION: FINDING}


def test_runs_do_not_mix():
    pipe = Pipe()
    pipe.send(run(1, findings={QUESTION: FINDING}), run(2, findings={QUESTION: b"second"}))
    snapshot = pipe.send(run(2, findings={QUESTION: b"second"}), run(3, findings={QUESTION: FINDING}))
    assert [r.findings[QUESTION] for r in snapshot.runs] == [b"second", FINDING]
