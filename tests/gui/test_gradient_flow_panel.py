import math

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.instruments.flow_words import fraction, value_text
from bnstudio.gui.instruments.gradient_flow_panel import GradientFlowPanel
from bnstudio.gui.instruments.profiles import DecadesAxis, Quantity
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.gradient_flow import GradientFlow, GradientFlowInspection
from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot, State

S6_GRADS = (1e-6, 1e-5, 1e-4, 3.6e-3)
S4_GRADS = (1e-4, 4e-3)


def setup(name, n_hidden):
    return ModelSetup(
        name=name,
        learning_rate=0.1,
        weight_init=LeCunInit(),
        layers=(DenseSpec(units=30), SigmoidSpec()) * n_hidden,
    )


def run(name, grads, run_id=1, step=300, **more):
    flow = None if grads is None else GradientFlow(step, 0.1, grads, (0.05,) * len(grads))
    findings = {} if flow is None else {GradientFlowInspection(name): flow}
    return RunSnapshot(run_id, name, step, 0.1, 0, [], [], findings=findings, **more)


class Bench:
    """A shown panel of two models with what it stands on."""

    def __init__(self, qtbot):
        self.document = ExperimentDocument(Experiment(models=(setup("S6", 3), setup("S4", 1))))
        self.panel = GradientFlowPanel(self.document)
        self.panel.setPalette(palette_of(LIGHT))
        self.panel.resize(420, 300)
        self.told = []
        self.panel.look_changed.connect(lambda: self.told.append(self.wanted))
        qtbot.addWidget(self.panel)
        self.plot, self.legend = self.panel.plot, self.panel.legend
        self.picture = self.plot.picture

    @property
    def wanted(self):
        return {inspection.model for inspection in self.panel.wanted}

    def bring(self, *runs):
        self.panel.refresh(Snapshot(State.TRAINING, steps_per_epoch=600, runs=runs))

    def bring_both(self):
        self.bring(run("S6", S6_GRADS), run("S4", S4_GRADS, run_id=2))
        self.panel.redraw()

    def points(self, name):
        profile = next(profile for profile in self.picture.profiles if profile.name == name)
        return [point for piece in self.picture.pieces(profile) for point in piece]

    def pixels_of(self, colour):
        image = self.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        wanted = int(colour[1:], 16)
        pixels = memoryview(image.constBits()).cast("I")
        return sum(pixel & 0xFFFFFF == wanted for pixel in pixels)


@pytest.fixture
def bench(qtbot):
    bench = Bench(qtbot)
    bench.panel.show()
    qtbot.waitExposed(bench.panel)
    return bench


# What is asked for


def test_nothing_is_wanted_before_it_is_shown(qtbot):
    assert Bench(qtbot).wanted == set()


def test_shown_it_wants_the_visible_models_and_hidden_none(bench):
    assert bench.wanted == {"S6", "S4"}
    bench.panel.hide()
    assert bench.wanted == set()
    assert bench.told == [{"S6", "S4"}, frozenset()]


def test_a_model_that_is_not_visible_is_not_wanted(bench):
    bench.document.set_visible(1, False)
    assert bench.wanted == {"S6"}
    assert bench.told[-1] == {"S6"}


def test_another_name_is_wanted_after_a_renaming(bench):
    bench.document.edit_model(bench.document.model.replaced(name="S6b"), "Rename")
    assert bench.told[-1] == {"S6b", "S4"}


def test_a_hidden_panel_draws_nothing_and_catches_up_when_shown(bench):
    bench.panel.hide()
    bench.bring(run("S6", S6_GRADS), run("S4", S4_GRADS, run_id=2))
    assert bench.points("S6") == []
    bench.panel.show()
    assert len(bench.points("S6")) == 4


# The picture


def test_before_the_first_step_it_says_how_to_train(bench):
    bench.bring(run("S6", None, step=0), run("S4", None, 2, step=0))
    assert "F5" in bench.picture.message
    bench.bring_both()
    assert bench.picture.message == ""


def test_a_decade_is_as_high_everywhere(bench):
    bench.bring_both()
    heights = [point.y() for point in bench.points("S6")[:3]]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert heights[0] > heights[1]


def test_first_layers_stand_together_and_so_do_heads(bench):
    bench.bring_both()
    deep, shallow = bench.points("S6"), bench.points("S4")
    assert [shallow[0].x(), shallow[-1].x()] == [deep[0].x(), deep[-1].x()]


def test_every_model_is_painted_in_its_colour(bench):
    without = [bench.pixels_of(LIGHT.series[i]) for i in (0, 1)]
    bench.bring_both()
    assert all(bench.pixels_of(LIGHT.series[i]) > without[i] + 30 for i in (0, 1))


def test_it_follows_the_theme(bench):
    bench.bring_both()
    bench.panel.setPalette(palette_of(DARK))
    assert bench.pixels_of(DARK.series[0]) > 30
    assert bench.pixels_of(LIGHT.series[0]) == 0


def test_the_other_quantity_is_the_update_ratio(bench):
    bench.bring_both()
    bench.panel.quantity_switch.choose(1)
    assert bench.picture.quantity is Quantity.UPDATE
    low, high = bench.picture.decades
    assert low <= math.log10(0.1 * 1e-6 / 0.05)
    assert high >= math.log10(0.1 * 4e-3 / 0.05)
    assert bench.legend.entry("S6").value == "2.00e−6"


def test_the_axis_of_ratios_always_shows_the_guide(bench):
    bench.bring(run("S6", (1e-12,) * 4), run("S4", (1e-12, 1e-12), 2))
    low, high = DecadesAxis().follow(bench.picture.profiles, Quantity.UPDATE)
    assert low < -3 < high


def test_the_last_values_of_a_diverged_model_do_not_press_the_others_flat(bench):
    diverged = Divergence(301, 0, "dense", 0.1)
    bench.bring(run("S6", S6_GRADS), run("S4", (1e20, 1e20), 2, divergence=diverged))
    assert bench.picture.decades[1] == -2
    assert all(point.y() < bench.picture.rect.top() for point in bench.points("S4"))


def test_a_model_alone_that_diverged_has_the_axis_to_itself(bench):
    bench.document.set_visible(1, False)
    bench.bring(run("S6", (1e20,) * 4, divergence=Divergence(301, 0, "dense", 0.1)))
    assert bench.picture.decades[1] == 21


def test_a_zero_gradient_stands_in_a_row_of_its_own_and_breaks_the_line(bench):
    bench.bring(run("S6", (0.0, 0.0, 1e-3, 1e-2)), run("S4", S4_GRADS, 2))
    assert [len(piece) for piece in bench.picture.pieces(bench.picture.profiles[0])] == [1, 1, 2]
    zero, _, least, _ = bench.points("S6")
    assert zero.y() > bench.picture.scale.bottom() >= least.y()
    assert bench.picture.has_zeros


def test_a_network_that_is_all_dead_can_be_drawn(bench):
    bench.bring(run("S6", (0.0,) * 4), run("S4", (0.0, 0.0), 2))
    bench.panel.redraw()
    for quantity in (0, 1):
        bench.panel.quantity_switch.choose(quantity)
        assert bench.pixels_of(LIGHT.series[0]) > 30
    assert bench.legend.entry("S6").note == "no gradient in 4"


def test_a_network_of_a_head_alone_can_be_drawn(bench):
    bench.document.edit(Experiment(models=(setup("head", 0),)), "Edit")
    bench.bring(run("head", (1e-2,)))
    bench.panel.redraw()
    assert len(bench.points("head")) == 1
    assert bench.legend.entry("head").value == "1"


# Words


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (1e-6, 3.6e-3, "1/3,600"),
        (1, 7.34, "1/7.3"),
        (2, 2, "1"),
        (2.51, 1, "2.5"),
        (1, 1.004, "1"),
        (0, 1, "0"),
        (0, 0, "–"),
        (1e-34, 1, "1/1e34"),
    ],
)
def test_a_fraction_is_said_with_two_digits(numerator, denominator, text):
    assert fraction(numerator, denominator) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.234e-5, "1.23e−5"), (0.5, "5.00e−1"), (0.0, "0"), (None, "–"), (math.nan, "–")]
)
def test_values_have_exponents_as_the_axis_has(value, text):
    assert value_text(value) == text


def test_the_legend_compares_the_first_layer_with_the_last(bench):
    bench.bring_both()
    assert bench.legend.text.startswith("RMS ∂L/∂W · step 300 · first/last layer:")
    assert bench.legend.entry("S6").value == "1/3,600"
    assert bench.legend.entry("S4").value == "1/40"
    assert "first/last = 1/3,600" in bench.legend.entry("S6").tooltip


def test_a_model_at_another_step_says_at_which(bench):
    bench.bring(run("S6", S6_GRADS), run("S4", S4_GRADS, 2, step=120))
    bench.panel.redraw()
    assert bench.legend.entry("S4").note == "at 120"
    assert bench.legend.entry("S4").value == "(1/40)"
    assert bench.legend.entry("S6").value == "1/3,600"


def test_a_model_that_diverged_says_so_with_or_without_values(bench):
    divergence = Divergence(301, 0, "dense", 0.1)
    bench.bring(run("S6", S6_GRADS, divergence=divergence), run("S4", None, 2, divergence=divergence))
    bench.panel.redraw()
    with_values, without = bench.legend.entry("S6"), bench.legend.entry("S4")
    assert (with_values.value, with_values.note) == ("1/3,600", "diverged")
    assert (without.value, without.note) == ("–", "diverged")
    assert "diverged at step 301" in with_values.tooltip
    assert "step 300" in with_values.tooltip
    assert "no finite gradients" in without.tooltip


def test_where_there_are_no_gradients_because_a_model_diverged_the_plot_says_so(bench):
    divergence = Divergence(1, 0, "dense", 1e6)
    bench.bring(run("S6", None, divergence=divergence), run("S4", None, 2))
    assert bench.plot.picture.message == "No finite gradients: S6 diverged at step 1."
    bench.bring(run("S6", None, divergence=divergence), run("S4", S4_GRADS, 2))
    assert bench.plot.picture.message == ""


def test_a_model_that_has_trained_is_not_to_be_trained_first(bench):
    bench.bring(run("S6", None, step=5), run("S4", None, 2, step=0))
    assert bench.plot.picture.message == "Gradients come with the next step."


def test_the_description_says_what_the_picture_shows(bench):
    assert bench.plot.accessibleName() == "Gradient flow"
    bench.bring_both()
    description = bench.plot.accessibleDescription()
    assert "Selected: S6, step 300" in description
    assert "Dense 1: 1.0000e−6" in description
    assert "head: 3.6000e−3" in description
    assert "S4: first/last = 1/40" in description


def test_the_description_follows_in_time(bench, qtbot):
    bench.bring(run("S6", S6_GRADS), run("S4", S4_GRADS, 2))
    qtbot.waitUntil(lambda: "1/3,600" in bench.plot.accessibleDescription())


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_the_question_mark_tells_formula_and_reading(bench, qtbot):
    qtbot.mouseClick(bench.panel.help_button, Qt.MouseButton.LeftButton)
    assert "√ mean (∂L/∂w)²" in QToolTip.text()
    assert "−3" in QToolTip.text()
    QToolTip.hideText()
    assert "vanishes" in bench.panel.help_button.accessibleDescription()


def test_another_document_begins_empty(bench):
    bench.bring_both()
    bench.document.open(Experiment(models=(setup("S6", 3),)), None)
    assert bench.points("S6") == []


# Mouse and keys


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_the_tooltip_has_the_exact_values_of_all_models_in_a_layer(bench):
    bench.bring(run("S6", (1.23456e-6, 1e-5, 1e-4, 1e-3)), run("S4", (9.87654e-5, 1e-3), 2))
    place = bench.points("S6")[0].toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, bench.plot.mapToGlobal(place))
    QApplication.sendEvent(bench.plot, event)
    assert QToolTip.text() == "Dense 1: RMS ∂L/∂W\nS6: 1.2346e−6\nS4: 9.8765e−5"
    QToolTip.hideText()


def test_arrows_go_from_layer_to_layer_and_read_it(bench, qtbot):
    bench.bring_both()
    read = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(bench.plot, key)
        read.append(bench.plot.column)
    assert read == [0, 1, 3, 3, 2]
    assert bench.legend.entry("S6").value == "1.00e−4"
    assert bench.legend.entry("S4").value == "–"
    assert "Dense 3: RMS" in bench.plot.accessibleDescription()
    qtbot.keyClick(bench.plot, Qt.Key.Key_Escape)
    assert bench.plot.column is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_BracketRight, Qt.Key.Key_PageUp])
def test_keys_select_another_model(bench, qtbot, key):
    qtbot.keyClick(bench.plot, key)
    assert bench.document.model.name == "S4"


def test_keys_that_mean_nothing_here_go_on_to_the_window(bench, qtbot):
    qtbot.keyClick(bench.plot, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(bench.plot, Qt.Key.Key_Space)
    assert bench.document.model.name == "S6"
    assert bench.plot.column is None


def test_the_mouse_reads_the_layer_under_it_and_takes_it_along(bench, qtbot):
    bench.bring_both()
    second = bench.points("S6")[1].toPoint()
    qtbot.mouseMove(bench.plot, second + QPoint(2, 30))
    qtbot.mouseMove(bench.plot, second + QPoint(3, 0))
    qtbot.waitUntil(lambda: bench.plot.column == 1)
    assert bench.picture.hovered == "S6"
    qtbot.mouseMove(bench.plot, QPoint(1, 1))
    qtbot.waitUntil(lambda: bench.plot.column is None)


def test_a_click_on_a_line_selects_its_model(bench, qtbot):
    bench.bring_both()
    first, head = bench.points("S4")
    middle = QPointF((first.x() + head.x()) / 2, (first.y() + head.y()) / 2).toPoint()
    qtbot.mouseClick(bench.plot, Qt.MouseButton.LeftButton, pos=middle)
    assert bench.document.model.name == "S4"


def test_a_click_in_the_legend_selects_too(bench, qtbot):
    bench.bring_both()
    place = bench.legend.entry_rect("S4").center().toPoint()
    qtbot.mouseClick(bench.legend, Qt.MouseButton.LeftButton, pos=place)
    assert bench.document.model.name == "S4"
    assert bench.legend.entry("S4").look.selected


def test_a_layer_that_is_no_longer_there_is_not_read(bench, qtbot):
    bench.bring_both()
    qtbot.keyClick(bench.plot, Qt.Key.Key_End)
    bench.document.edit(Experiment(models=(setup("S4", 1),)), "Edit")
    bench.bring(run("S4", S4_GRADS, 3))
    assert bench.plot.column is None
