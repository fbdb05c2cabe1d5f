import csv
import io
import math
from collections import defaultdict

import numpy as np
import pytest

from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.export.tables import (
    ModelCurves,
    ShownReadings,
    copied,
    curves_lines,
    curves_part,
    histogram_lines,
)
from bnstudio.training.metrics import metrics_lines
from bnstudio.training.snapshot import Evaluation, RunSnapshot, Snapshot, State
from tests.gui.stack_snapshots import run_of

LOSSES = np.array([2.302585092994046, 1.0 / 3.0, 0.1])


@pytest.fixture
def run():
    """Three steps with an evaluation of each kind."""
    histories = RunHistories()
    evaluations = (Evaluation(2, "subset", 0.5, 0.75), Evaluation(3, "test", 0.4, 0.875))
    news = RunSnapshot(1, "S6", 3, 0.1, 0, LOSSES, LOSSES / 3, evaluations)
    histories.apply(Snapshot(State.TRAINING, steps_per_epoch=2, runs=(news,)))
    return histories.current("S6")


def rows(lines):
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_the_curves_of_one_model_are_its_metrics_file(run):
    assert list(curves_lines([ModelCurves("S6", run, 2)])) == list(metrics_lines(run, 2))


def test_the_curves_of_several_read_back_as_they_were_with_a_column_for_the_model(run):
    table = rows(curves_lines([ModelCurves("S6", run, 2), ModelCurves("a, b", run, 2)]))
    assert [row["model"] for row in table] == ["S6"] * 3 + ["a, b"] * 3
    for start in (0, 3):
        assert [float(row["train_loss"]) for row in table[start : start + 3]] == LOSSES.tolist()
    assert [row["epoch"] for row in table[:3]] == ["1", "1", "2"]
    assert table[4]["subset_accuracy"] == "0.75"
    assert table[5]["test_loss"] == "0.4"
    assert table[3]["test_loss"] == ""


def test_a_copy_of_a_history_stays_while_the_run_goes_on(run):
    copy = copied(run)
    news = RunSnapshot(1, "S6", 4, 0.1, 3, LOSSES[:1], LOSSES[:1], (Evaluation(4, "test", 1.0, 0.5),))
    run.extend(news)
    assert copy.losses.tolist() == LOSSES.tolist()
    assert len(copy.evaluations) == 2


def test_a_file_of_curves_is_made_in_pieces_that_are_the_lines(run):
    curves = [ModelCurves("S6", run, 2)]
    part = curves_part("curves.csv", curves)
    assert b"".join(part.pieces()).decode().splitlines() == list(curves_lines(curves))


@pytest.mark.parametrize("log_magnitude", [False, True])
@pytest.mark.parametrize("every_value", [False, True])
def test_the_lines_of_a_histogram_add_up_to_what_was_counted(experiment, log_magnitude, every_value):
    readings = run_of(experiment, log_magnitude=log_magnitude, every_value=every_value).readings
    counts = defaultdict(int)
    for row in rows(histogram_lines([ShownReadings("small", 1, readings)])):
        key = int(row["layer"]), row["direction"], row["quantity"]
        counts[key] += int(row["count"])
    for layer, reading in enumerate(readings, start=1):
        assert counts[layer, "forward", "values"] == reading.forward.n_counted
        assert counts[layer, "forward", "signal"] == reading.forward.n_counted
        assert counts[layer, "backward", "values"] == reading.backward.n_counted
        assert (layer, "backward", "signal") not in counts


@pytest.mark.parametrize("log_magnitude", [False, True])
def test_the_bins_read_back_as_the_histogram_that_was_shown(experiment, log_magnitude):
    readings = run_of(experiment, log_magnitude=log_magnitude).readings
    table = rows(histogram_lines([ShownReadings("small", 7, readings)]))
    sigmoid = [row for row in table if (row["layer"], row["direction"]) == ("3", "forward")]
    values = [row for row in sigmoid if row["quantity"] == "values"]
    histogram = readings[2].forward.histogram
    assert {row["kind"] for row in sigmoid} == {"sigmoid"}
    assert {row["axis"] for row in sigmoid} == {"log10" if log_magnitude else "linear"}
    assert {row["step"] for row in table} == {"7"}
    assert {int(row["n_values"]) for row in sigmoid} == {readings[2].forward.n_values}
    finite = [
        (float(row["low"]), float(row["high"]), int(row["count"]))
        for row in values
        if math.isfinite(float(row["low"])) and math.isfinite(float(row["high"]))
    ]
    assert [count for _, _, count in finite] == histogram.counts.tolist()
    assert (finite[0][0], finite[-1][1]) == (histogram.low, histogram.high)
    assert [high for _, high, _ in finite[:-1]] == [low for low, _, _ in finite[1:]]
    outside = [row for row in values if row["high"] == "inf" or row["low"] == "-inf"]
    assert int(outside[-1]["count"]) == histogram.overflow
    assert int(outside[-2]["count"]) == histogram.underflow
    if log_magnitude:
        assert (outside[0]["high"], int(outside[0]["count"])) == ("-inf", histogram.n_zeros)
