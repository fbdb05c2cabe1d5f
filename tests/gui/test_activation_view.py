import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolTip

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    LeCunInit,
    ModelSetup,
    ReLUSpec,
    SigmoidSpec,
)
from bnstudio.gui.instruments.activation_view import ActivationView
from bnstudio.gui.theme import LIGHT, palette_of
from bnstudio.training.activation import ActivationInspection, measure_activation
from bnstudio.training.snapshot import Divergence, RunSnapshot

SIGMOID_ROW, RELU_ROW = 2, 4
MODEL = ModelSetup(
    name="m",
    learning_rate=0.1,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=3), BatchNormSpec(), SigmoidSpec(), DenseSpec(units=3), ReLUSpec()),
)


def finding(kind, *values, step=7, n_values=None):
    inputs = np.array([values], np.float64)
    outputs = 1 / (1 + np.exp(-inputs)) if kind == "sigmoid" else np.maximum(inputs, 0)
    return measure_activation(kind, inputs, outputs, step, n_values or inputs.size)


def run(found=None, row=SIGMOID_ROW, run_id=1, step=7, **more):
    findings = {} if found is None else {ActivationInspection("m", row): found}
    return RunSnapshot(run_id, "m", step, 0.1, 0, [], [], findings=findings, **more)


@pytest.fixture
def view(qtbot):
    view = ActivationView()
    view.setPalette(palette_of(LIGHT))
    view.resize(350, 250)
    view.turn_to(MODEL, SIGMOID_ROW)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    return view


def pixels_of(view, colour):
    image = view.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    wanted = int(colour[1:], 16)
    return sum(pixel & 0xFFFFFF == wanted for pixel in memoryview(image.constBits()).cast("I"))


def test_it_asks_for_what_goes_into_its_row(view):
    assert view.inspections() == {ActivationInspection("m", SIGMOID_ROW)}


def test_the_sentence_has_the_numbers_of_the_flat_part(view):
    view.show_run(run(finding("sigmoid", 0, 0, 0, -20)), looking_back=False)
    assert view.label.text() == (
        "25\N{NO-BREAK SPACE}% of the values lie where the slope is below 0.01 · "
        "mean slope 0.19 (largest 0.25) · step 7, all 4 values"
    )


def test_a_relu_says_how_many_values_are_not_above_zero(view):
    view.turn_to(MODEL, RELU_ROW)
    view.show_run(run(finding("relu", 0, -1, 2, -3), RELU_ROW), looking_back=False)
    assert view.label.text().startswith("75\N{NO-BREAK SPACE}% of the values are not above 0")
    assert "mean slope 0.25 (largest 1)" in view.label.text()


def test_a_sample_and_what_lies_outside_are_said(view):
    values = [*np.linspace(-1, 1, 1_000), 500]
    view.show_run(run(finding("sigmoid", *values, n_values=5_005)), looking_back=False)
    assert "1,001 of 5,005 values" in view.label.text()
    assert "outside the axis: 1" in view.label.text()


def test_the_values_curve_and_slope_are_drawn_in_their_colours(view):
    view.show_run(run(finding("sigmoid", 0, 1, -1, 2)), looking_back=False)
    for colour in (LIGHT.forward, LIGHT.forward_pale, LIGHT.backward):
        assert pixels_of(view, colour) > 50


def test_without_values_there_is_a_message_and_no_curve(view):
    view.show_run(run(step=0), looking_back=False)
    assert "Press Train (F5)" in view.plot.message
    assert pixels_of(view, LIGHT.backward) == 0


def test_a_run_that_diverged_without_a_finding_says_so(view):
    view.show_run(run(divergence=Divergence(8, 0, "dense", 0.1)), looking_back=False)
    assert "diverged at step 8" in view.plot.message


def test_a_run_that_diverged_keeps_its_last_finite_picture(view):
    view.show_run(run(finding("sigmoid", 0), divergence=Divergence(8, 0, "dense", 0.1)), looking_back=False)
    assert view.plot.message == ""
    assert "step 7" in view.label.text()


def test_what_was_not_recorded_is_said_while_looking_back(view):
    view.show_run(run(finding("sigmoid", 0)), looking_back=False)
    view.show_run(run(), looking_back=True)
    assert "Nothing was recorded" in view.plot.message
    assert view.label.text() == ""


def test_another_row_begins_without_values(view):
    view.show_run(run(finding("sigmoid", 0)), looking_back=False)
    view.turn_to(MODEL, RELU_ROW)
    assert view.plot.finding is None
    assert view.label.text() == ""
    assert "ReLU" in view.legend.accessibleName()


def test_another_run_of_the_model_begins_without_values(view):
    view.show_run(run(finding("sigmoid", 0)), looking_back=False)
    view.show_run(run(run_id=2, step=0), looking_back=False)
    assert view.plot.finding is None
    assert "Press Train" in view.plot.message


def test_what_is_not_new_is_not_drawn_again(view, monkeypatch):
    view.show_run(run(finding("sigmoid", 0)), looking_back=False)
    drawn = []
    monkeypatch.setattr(view.plot, "update", lambda: drawn.append(1))
    found = finding("sigmoid", 0, 1)
    for _ in range(3):
        view.show_run(run(found), looking_back=False)
    assert len(drawn) == 1


def test_the_axis_grows_at_once_and_does_not_jitter(view):
    wide, narrow = finding("sigmoid", 40, -40), finding("sigmoid", 1, -1)
    ends = []
    for found in (narrow, wide, narrow):
        view.show_run(run(found), looking_back=False)
        ends.append(view.plot.x_range)
        narrow = finding("sigmoid", 1, -1)
    assert ends == [(-7, 7), (-50, 50), (-50, 50)]


def test_in_the_past_the_axis_is_that_of_the_moment(view):
    view.show_run(run(finding("sigmoid", 40, -40)), looking_back=False)
    view.show_run(run(finding("sigmoid", 1, -1)), looking_back=True)
    assert view.plot.x_range == (-7, 7)


def test_a_place_is_read_with_curve_slope_and_count(view):
    view.show_run(run(finding("sigmoid", 0.05, 0.1, 3)), looking_back=False)
    assert view.plot.text_at(0.1) == (
        "x = 0.1: sigmoid(x) = 0.525, slope 0.249\n2 of 3 values lie between 0 and 0.175"
    )


def test_a_place_beyond_the_bins_reads_what_lies_there(view):
    view.show_run(run(finding("sigmoid", 40, -40)), looking_back=False)
    view.show_run(run(finding("sigmoid", 1, -1)), looking_back=False)
    assert "0 of 2 values lie between 7 and ∞" in view.plot.text_at(30.0)
    assert "0 of 2 values lie between −∞ and −7" in view.plot.text_at(-30.0)


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_arrow_keys_read_it(view, qtbot):
    view.show_run(run(finding("sigmoid", 0.05)), looking_back=False)
    qtbot.keyClick(view.plot, Qt.Key.Key_Home)
    assert "x = −7" in view.plot.accessibleDescription()
    QToolTip.hideText()


@pytest.fixture
def read_at_the_end(view, qtbot):
    """The plot of values up to 40, read at 50, the end of the axis."""
    view.show_run(run(finding("sigmoid", 40, -40)), looking_back=False)
    qtbot.keyClick(view.plot, Qt.Key.Key_End)
    QToolTip.hideText()
    assert view.plot.place == 50
    return view.plot


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_the_place_that_is_read_stays_within_a_narrower_axis(view, read_at_the_end):
    view.show_run(run(finding("sigmoid", 1, -1)), looking_back=True)
    assert read_at_the_end.place == 7
    assert read_at_the_end.accessibleDescription() == read_at_the_end.text_at(7.0)


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_the_place_that_is_read_is_described_by_the_new_values(view, read_at_the_end):
    view.show_run(run(finding("sigmoid", 1, 2, 3)), looking_back=False)
    assert read_at_the_end.place == 50
    assert "of 3 values" in read_at_the_end.accessibleDescription()


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_with_a_message_nothing_is_read(view, read_at_the_end):
    view.show_run(run(), looking_back=True)
    assert read_at_the_end.place is None
    assert read_at_the_end.accessibleDescription() == ""


def test_the_explanation_says_what_the_slope_does(view):
    assert "multiplied by the slope" in view.explanation
