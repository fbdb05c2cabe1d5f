"""The instrument of a BatchNorm row: four pages, each with its plots and a sentence with numbers."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolTip

from bnstudio.document.experiment import BatchNormSpec, DenseSpec, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.gui.instruments.batch_norm_view import BatchNormView
from bnstudio.gui.instruments.batch_norm_words import learned_sentence
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.batch_norm import (
    BatchNormFinding,
    BatchNormHistory,
    BatchNormHistoryInspection,
    BatchNormInspection,
    ValueCounts,
    shown_units,
)
from bnstudio.training.batch_norm_modes import BatchNormModes, BatchNormModesInspection
from bnstudio.training.snapshot import Divergence, RunSnapshot

VALUES, LEARNED, STATISTICS, MODES = range(4)
MODEL = ModelSetup(
    name="m",
    learning_rate=0.1,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=300), BatchNormSpec(), SigmoidSpec()) * 2,
)


def counts(low, high, mean, std, outside=(0, 0)):
    binned = np.zeros(63, np.uint16)
    binned[1:-1] = np.rint(800 * np.exp(-0.5 * np.linspace(-3, 3, 61) ** 2))
    binned[0], binned[-1] = outside
    return ValueCounts(low, high, mean, std, binned)


def finding(step=600, n_constant=0, gamma=1.0, n_updates=None):
    spread = np.array([-0.2, -0.1, 0.0, 0.1, 0.3], np.float32)
    means = np.linspace(-1, 1, len(shown_units(300)), dtype=np.float32)
    return BatchNormFinding(
        step=step,
        n_updates=step if n_updates is None else n_updates,
        n_examples=100,
        n_units=300,
        n_constant=n_constant,
        before=counts(-2, 2, 0.25, 0.53),
        normalized=counts(-4, 4, 0, 1, outside=(3, 5)),
        after=counts(-4, 4, -0.5, 1.2),
        gamma=gamma + spread,
        beta=spread,
        means=np.array((means, 0.9 * means)),
        stds=np.array((0.2 + means**2, 0.3 + means**2)),
        mean_difference=0.0123,
        std_ratio=0.985,
    )


def history(*steps):
    spread = np.array([-0.2, -0.1, 0.0, 0.1, 0.3], np.float32)
    gamma = np.array([1 + step / 1000 + spread for step in steps], np.float32)
    return BatchNormHistory(np.array(steps), gamma, gamma - 1)


def modes(**changes):
    probabilities = np.full((2, 10), 0.05, np.float32)
    probabilities[0, 3] = probabilities[1, 9] = 0.55
    found = BatchNormModes(
        step=600,
        n_images=256,
        trained_batch_size=100,
        batch_sizes=(2, 4, 8, 16, 32, 64, 128, 256),
        differences=(1.04, 0.7, 0.5, 0.36, 0.26, 0.2, 0.16, 0.137),
        gamma=1.0,
        labels=np.array([7, 2], np.uint8),
        images=np.zeros((2, 784), np.uint8),
        training=probabilities,
        inference=probabilities[:, ::-1].copy(),
    )
    return replace(found, **changes)


class Bench:
    """A view of row 1, and what it was told."""

    def __init__(self, qtbot):
        self.view = BatchNormView()
        self.view.setPalette(palette_of(LIGHT))
        self.view.resize(346, 250)
        qtbot.addWidget(self.view)
        self.view.turn_to(MODEL, 1)
        self.pages = self.view.pages

    def bring(self, *found, looking_back=False, row=1, **more):
        kinds = {
            BatchNormFinding: BatchNormInspection,
            BatchNormHistory: BatchNormHistoryInspection,
            BatchNormModes: BatchNormModesInspection,
        }
        findings = {kinds[type(one)]("m", row): one for one in found}
        run = RunSnapshot(1, "m", more.pop("step", 600), 0.1, 0, [], [], findings=findings, **more)
        self.view.show_run(run, looking_back=looking_back)

    def turn_page(self, index):
        self.view.switch.choose(index)

    @property
    def message(self):
        return self.view.message_label.text() if self.view.message_label.isVisibleTo(self.view) else ""

    def pixels_of(self, plot, colour):
        image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        wanted = int(colour[1:], 16)
        return sum(pixel & 0xFFFFFF == wanted for pixel in memoryview(image.constBits()).cast("I"))


@pytest.fixture
def bench(qtbot):
    bench = Bench(qtbot)
    bench.view.show()
    qtbot.waitExposed(bench.view)
    return bench


# What is asked for


def test_only_what_the_chosen_page_shows_is_asked_for(bench):
    asked = []
    for index in (VALUES, LEARNED, STATISTICS, MODES):
        bench.turn_page(index)
        asked.append(bench.view.inspections())
    now = BatchNormInspection("m", 1)
    assert asked == [
        {now},
        {now, BatchNormHistoryInspection("m", 1)},
        {now},
        {BatchNormModesInspection("m", 1)},
    ]


def test_another_page_tells_that_something_else_has_to_be_measured(bench, qtbot):
    with qtbot.waitSignal(bench.view.inspections_changed):
        bench.turn_page(MODES)


def test_it_asks_for_the_row_that_it_was_turned_to(bench):
    bench.view.turn_to(MODEL, 4)
    assert bench.view.inspections() == {BatchNormInspection("m", 4)}


def test_before_it_is_about_a_row_it_asks_for_nothing(qtbot):
    view = BatchNormView()
    qtbot.addWidget(view)
    assert view.inspections() == frozenset()


# Why there is nothing


def test_before_the_first_step_it_says_how_to_train(bench):
    bench.view.show_run(None, looking_back=False)
    assert bench.message == "Press Train (F5)"
    bench.bring(step=0)
    assert bench.message == "Press Train (F5)"
    bench.bring(finding())
    assert bench.message == ""


def test_the_modes_are_live_only(bench):
    bench.turn_page(MODES)
    bench.bring(looking_back=True)
    assert bench.message.startswith("Live only")


def test_a_run_that_diverged_says_so_and_still_shows_its_past(bench):
    diverged = Divergence(5, 0, "dense", 1e6)
    bench.bring(history(1, 2, 3), divergence=diverged)
    assert "diverged at step 5" in bench.message
    bench.turn_page(LEARNED)
    assert bench.message == ""
    assert "After step 3" in bench.pages[LEARNED].sentence.text()


def test_of_another_row_nothing_stays(bench):
    bench.bring(finding())
    bench.view.turn_to(MODEL, 4)
    assert bench.message
    bench.bring(finding(), row=4)
    assert bench.message == ""


# Values


def test_the_three_histograms_have_their_axes_means_and_stds(bench):
    bench.bring(finding())
    page = bench.pages[VALUES]
    assert [plot.x_range for plot in page.plots] == [(-2, 2), (-4, 4), (-4, 4)]
    assert [label.text() for label in page.labels] == [
        "Before\nmean 0.25\nstd 0.53",
        "Normalized\nmean 0\nstd 1",
        "After γ and β\nmean −0.5\nstd 1.2",
    ]


def test_units_that_cannot_be_normalized_are_told(bench):
    bench.bring(finding(n_constant=120))
    text = bench.pages[VALUES].sentence.text()
    assert "100 × 300" in text
    assert "120 of the units (40\N{NO-BREAK SPACE}%) are constant" in text
    bench.bring(finding(n_constant=0))
    assert "No unit is constant" in bench.pages[VALUES].sentence.text()


def test_a_sample_is_told(bench):
    bench.bring(finding())
    n_counted = finding().before.n_counted
    text = f"Histograms of {n_counted:,} values, mean and std of all."
    assert text in bench.pages[VALUES].sentence.text()
    bench.bring(replace(finding(), n_examples=n_counted, n_units=1))
    assert "Histograms" not in bench.pages[VALUES].sentence.text()


def test_a_bin_and_what_lies_outside_are_read_in_words(bench):
    bench.bring(finding())
    text = bench.pages[VALUES].plots[1].text_at(0.0)
    n_all = finding().normalized.n_counted
    assert text.startswith(f"−0.0656 to 0.0656: 800 of {n_all:,} values")
    assert text.endswith("beyond the axis: 3 below, 5 above")


# Gamma and beta


def test_the_course_ends_now(bench):
    bench.turn_page(LEARNED)
    bench.bring(history(1, 100, 500), finding(step=600, gamma=1.75))
    page = bench.pages[LEARNED]
    assert page.gamma_plot.x_range == (0, 600)
    assert page.gamma_plot.text_at(600).startswith("step 600: median 1.75")
    assert page.gamma_plot.text_at(90).startswith("step 100: median 1.1")
    assert page.gamma_label.text() == "γ (scale)\nlargest 2.05\nmedian 1.75\nsmallest 1.55"
    assert "γ from 1.65 to 1.85 and β from −0.1 to 0.1. Recorded steps: 3." in page.sentence.text()


def test_looking_back_shows_the_whole_course_and_the_numbers_of_that_step(bench):
    bench.turn_page(LEARNED)
    bench.bring(history(1, 100, 500), finding(step=100), looking_back=True)
    page = bench.pages[LEARNED]
    assert page.gamma_plot.x_range == (0, 500)
    assert "After step 100" in page.sentence.text()
    assert "median 1.1\n" in page.gamma_label.text()


def test_in_the_middle_of_a_step_gamma_and_beta_are_those_of_the_step_before(bench):
    bench.turn_page(LEARNED)
    bench.bring(history(1, 2), finding(step=3, n_updates=2))
    page = bench.pages[LEARNED]
    assert page.gamma_plot.x_range == (0, 2)
    assert "After step 2 half of the units" in page.sentence.text()


def test_what_is_the_same_in_all_units_is_one_number():
    one = np.ones(5, np.float32)
    assert (
        learned_sentence(7, 0.5 * one, 0 * one, 3) == "After step 7 γ is 0.5 and β is 0. Recorded steps: 3."
    )


def test_a_course_of_one_step_can_be_drawn(bench):
    bench.turn_page(LEARNED)
    bench.bring(history(1), finding(step=1))
    assert bench.pixels_of(bench.pages[LEARNED].gamma_plot, LIGHT.forward) > 5


# Statistics


def test_how_far_the_statistics_are_apart_is_said(bench):
    bench.turn_page(STATISTICS)
    bench.bring(finding())
    text = bench.pages[STATISTICS].sentence.text()
    assert "differ by 0.0123 running std" in text
    assert "batch std / running std is 0.985 (median)" in text
    assert "Drawn: 48 of 300 units" in text


def test_both_axes_are_one_and_hold_all_units(bench):
    bench.turn_page(STATISTICS)
    bench.bring(finding())
    for plot, values in (
        (bench.pages[STATISTICS].mean_plot, finding().means),
        (bench.pages[2].std_plot, finding().stds),
    ):
        assert plot.x_range == plot.y_range
        assert plot.x_range[0] < values.min() < values.max() < plot.x_range[1]


def test_the_unit_next_to_the_place_is_read(bench):
    bench.turn_page(STATISTICS)
    bench.bring(finding())
    assert bench.pages[STATISTICS].mean_plot.text_at(-1) == "unit 1: over the batch −1, running −0.9"
    assert bench.pages[STATISTICS].mean_plot.text_at(9) == "unit 300: over the batch 1, running 0.9"


# Modes


def test_how_far_the_modes_are_apart_is_said(bench):
    bench.turn_page(MODES)
    bench.bring(modes())
    page = bench.pages[MODES]
    assert "1.04 γ apart in batches of 2, 0.137 γ in one of 256" in page.sentence.text()
    assert [page.plot.format_x(value) for value in page.plot.x_tick_values()][::7] == ["2", "256"]
    assert page.plot.text_at(2.2) == "batches of 4: 0.7 gamma from inference mode"


def test_what_the_network_says_in_each_mode_is_said(bench):
    bench.turn_page(MODES)
    bench.bring(modes())
    texts = [label.text().replace("\N{NO-BREAK SPACE}", " ") for label in bench.pages[MODES].predictions]
    assert texts == [
        "a 7 · in this batch of 2: 3 (55 %) · in inference mode: 6 (55 %)",
        "a 2 · in this batch of 2: 9 (55 %) · in inference mode: 0 (55 %)",
    ]


def test_without_gamma_the_modes_are_the_same(bench):
    bench.turn_page(MODES)
    bench.bring(modes(gamma=0.0, differences=(np.nan,) * 8))
    assert "in both modes" in bench.pages[MODES].plot.message
    bench.bring(modes())
    assert bench.pages[MODES].plot.message == ""


# Drawing


@pytest.mark.parametrize("index", [VALUES, LEARNED, STATISTICS, MODES])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_page_is_drawn_in_the_colours_of_the_theme(bench, index, theme):
    bench.view.setPalette(palette_of(theme))
    bench.turn_page(index)
    bench.bring(finding(), history(1, 100, 300), modes())
    assert bench.message == ""
    other = DARK if theme is LIGHT else LIGHT
    page = bench.view.page
    ours, others = (
        [bench.pixels_of(page, colour) for colour in (one.forward, one.forward_pale)]
        for one in (theme, other)
    )
    assert sum(ours) > 50
    assert others == [0, 0]


def test_it_fits_into_the_tab(bench):
    for index in (VALUES, LEARNED, STATISTICS, MODES):
        bench.turn_page(index)
        hint = bench.view.minimumSizeHint()
        assert hint.width() <= 346
        assert hint.height() <= 252


def test_what_is_not_new_is_not_drawn_again(bench, monkeypatch):
    drawn = []
    page = bench.pages[VALUES]
    monkeypatch.setattr(page, "show_findings", lambda *findings: drawn.append(findings))
    first, second = finding(), finding()
    for found in (first, first, first, second, second):
        bench.bring(found)
    assert drawn == [(first,), (second,)]


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_arrow_keys_read_a_plot(bench, qtbot):
    bench.turn_page(MODES)
    bench.bring(modes())
    plot = bench.pages[MODES].plot
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert plot.accessibleDescription() == "batches of 2: 1.04 gamma from inference mode"
    QToolTip.hideText()


def test_the_explanation_has_the_formula_and_all_four_pages(bench):
    for text in ("√(variance + ε)", "Values:", "γ, β:", "Statistics:", "Modes:"):
        assert text in bench.view.explanation
