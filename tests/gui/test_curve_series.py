import numpy as np
import pytest
from PySide6.QtCore import Qt

from bnstudio.gui.curves.run_histories import RecordedRun
from bnstudio.gui.curves.series import CurveSeries, Look
from bnstudio.gui.model_style import ModelStyle


@pytest.fixture
def series():
    look = Look(ModelStyle("#000000", Qt.PenStyle.SolidLine, filled=True), "#000000")
    return CurveSeries(RecordedRun(1, "S6"), "loss", look)


def record(series, losses):
    for loss in losses:
        series.history.record(loss, 0.5)
    series.update()


def test_steps_outside_are_counted_as_they_come(series):
    record(series, [3.0, 1.0, 0.1])
    assert series.n_outside(0.5, 2.0) == (1, 1)
    record(series, [4.0, 5.0, 1.0])
    assert series.n_outside(0.5, 2.0) == (1, 3)


def test_with_another_axis_all_are_counted_anew(series):
    record(series, [3.0, 1.0, 0.1])
    assert series.n_outside(0.5, 2.0) == (1, 1)
    assert series.n_outside(0.0, 2.0) == (0, 1)
    assert series.n_outside(2.0, 10.0) == (2, 0)


def test_a_last_loss_that_is_not_finite_is_no_step(series):
    record(series, [3.0, np.nan])
    assert series.n_steps == 1
