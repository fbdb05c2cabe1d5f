"""Readings of a whole network: small, read-only, the same in another process, in plain numbers for a row."""

import pickle

import numpy as np
import pytest

from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model


@pytest.fixture
def readings(dataset):
    trainer = Trainer(experiment(model("m", DENSE, BATCH_NORM, SIGMOID)), dataset)
    trainer.advance()
    (readings,) = Prober().measure(trainer.runs, Look(), every_value=False).values()
    return readings


def test_a_row_has_the_numbers_of_the_matrices(readings):
    assert len(readings) == 4
    for row, reading in enumerate(readings):
        assert reading.kind == readings.kinds[row]
        for side, of_row in ((readings.forward, reading.forward), (readings.backward, reading.backward)):
            histogram = of_row.histogram
            for name in ("mean", "std", "minimum", "maximum", "n_values", "n_counted", "zero_share"):
                assert getattr(of_row, name) == getattr(side, name)[row], name
            for name in ("low", "high", "underflow", "overflow", "n_zeros"):
                assert getattr(histogram, name) == getattr(side, name)[row], name
            assert histogram.counts.tolist() == side.counts[row].tolist()
        assert reading.forward.signal == readings.forward.signal[row]
        signal = reading.forward.signal_histogram
        assert signal.counts.tolist() == readings.forward.signal_counts[row].tolist()
        assert (signal.underflow, signal.overflow) == (
            readings.forward.signal_underflow[row],
            readings.forward.signal_overflow[row],
        )


def test_a_row_has_plain_numbers(readings):
    forward = readings[0].forward
    assert {type(forward.mean), type(forward.signal), type(forward.zero_share)} == {float}
    assert {type(forward.n_values), type(forward.histogram.underflow)} == {int}


def test_only_forward_has_a_signal(readings):
    backward = readings.backward
    assert backward.signal_counts is backward.signal_underflow is backward.signal_overflow is None
    assert np.isnan(backward.signal).all()


def test_there_is_no_row_below_the_last(readings):
    with pytest.raises(IndexError):
        readings[4]


def test_another_process_gets_the_same_readings(readings):
    sent = pickle.loads(pickle.dumps(readings))
    assert (sent.kinds, sent.n_outputs) == (readings.kinds, readings.n_outputs)
    assert sent.log_magnitude == readings.log_magnitude
    assert sent.statistics.tobytes() == readings.statistics.tobytes()
    assert sent.binned.dtype == readings.binned.dtype
    assert np.array_equal(sent.binned, readings.binned)


def test_nothing_in_it_can_be_written(readings):
    for known in (readings, pickle.loads(pickle.dumps(readings))):
        for array in (known.forward.counts, known.backward.mean, known[0].forward.histogram.counts):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_a_set_is_small_enough_to_keep_thousands(readings):
    assert readings.statistics.nbytes + readings.binned.nbytes < 700 * len(readings)
