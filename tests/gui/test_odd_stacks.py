"""Stacks and rates that are seldom met: every instrument says something true of whatever can be assembled."""

import math

import pytest

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    NormalInit,
    ReLUSpec,
    SigmoidSpec,
)
from bnstudio.gui.dialogs.divergence_dialog import DivergenceDialog
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.snapshot import State
from bnstudio.training.weights import WeightsInspection
from tests.gui.test_main_window import appearance, dataset, make_window  # noqa: F401 (fixtures)
from tests.gui.window_walk import GRADIENT_FLOW, Walker

pytestmark = pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows

DENSE, BATCH_NORM, SIGMOID, RELU = DenseSpec(units=8), BatchNormSpec(), SigmoidSpec(), ReLUSpec()
ONE, WIDE = DenseSpec(units=1), DenseSpec(units=4_096)
SEED_OF_A_DEAD_UNIT = 16
"""With it the weights of an only unit are such that no image of the data set brings it above 0."""
TOO_FAST = 1e6
NOTHING_YET = "Press Train (F5)"


def setup(*layers, name="odd", learning_rate=0.1, weight_init=None):
    init = weight_init or LeCunInit()
    return ModelSetup(name=name, learning_rate=learning_rate, weight_init=init, layers=layers)


def of(*models, **common):
    return Experiment(**{"batch_size": 20, "epochs": 1, **common}, models=models)


DEAD = of(setup(*(ONE, RELU) * 3), seed=SEED_OF_A_DEAD_UNIT)
TRAINABLE = {
    "no activation": of(setup(DENSE, DENSE, learning_rate=0.001)),
    "no layer": of(setup()),
    "only BatchNorm": of(setup(BATCH_NORM)),
    "only Sigmoid": of(setup(SIGMOID)),
    "only ReLU": of(setup(RELU)),
    "BatchNorm on the pixels": of(setup(BATCH_NORM, DENSE, RELU)),
    "30 rows": of(setup(*(DENSE, BATCH_NORM, SIGMOID) * 10)),
    "100 rows": of(setup(*(SIGMOID,) * 100)),
    "one unit": of(setup(ONE, BATCH_NORM, SIGMOID, ONE, RELU)),
    "dead": DEAD,
    "too slow": of(setup(DENSE, SIGMOID, learning_rate=1e-12)),
    "batches of two": of(setup(DENSE, BATCH_NORM, SIGMOID), batch_size=2),
    "wide": of(setup(WIDE, BATCH_NORM, RELU)),
}
DIVERGING = {
    "without activation": of(setup(DENSE, DENSE, learning_rate=TOO_FAST)),
    "with weights that are not finite": of(setup(*(DENSE, BATCH_NORM, RELU) * 3, learning_rate=TOO_FAST)),
    "in the first step": of(setup(*(DENSE,) * 8, weight_init=NormalInit(std=1e6))),
}


@pytest.fixture
def opened(qtbot, make_window, dataset):  # noqa: F811
    """Open an experiment in a window, and return who walks through it."""

    def open_(experiment):
        document = ExperimentDocument(experiment)
        window = make_window(document, lambda: dataset)
        qtbot.waitUntil(lambda: bool(window.snapshots) and window.snapshots[-1].state is State.PAUSED)
        return Walker(qtbot, window, document)

    return open_


def run_of(walker, name="odd"):
    return next(run for run in walker.latest.runs if run.name == name and not run.replaced)


# Everywhere


@pytest.mark.parametrize("name", TRAINABLE)
def test_every_instrument_has_something_to_say_at_any_time(opened, name):
    walker = opened(TRAINABLE[name])
    before = walker.walk()
    assert before.gradients == before.updates == NOTHING_YET
    assert len(walker.go_through_stages()) >= 4
    assert walker.latest.step == 1
    walker.train()
    live = walker.walk()
    walker.look_back(1)
    first = walker.walk()
    assert "step 1," in first.gradients
    assert all("Live only" in text for text in first.tries[1:])
    walker.look_back(None)
    assert walker.walk() == live


@pytest.mark.parametrize("name", DIVERGING)
def test_every_instrument_has_something_to_say_of_a_run_that_diverged(opened, name):
    walker = opened(DIVERGING[name])
    walker.walk()
    walker.train()
    assert walker.latest.state is State.STOPPED
    walk = walker.walk()
    divergence = run_of(walker).divergence
    assert f"diverged at step {divergence.step}" in walk.gradients
    assert walk.tries[1:] == [
        "No answer: not finite",
        *[f"No answer: after step {divergence.step - 1}, values of the network are not finite."] * 2,
    ]
    assert walker.go_through_stages() == ["There is no step to take: every model has diverged."] * 4
    if divergence.step > 2:
        walker.look_back(1)
        assert "step 1," in walker.walk().gradients


# What is known by hand


@pytest.mark.parametrize("name", ["no layer", "only BatchNorm", "only Sigmoid", "only ReLU", "100 rows"])
def test_without_a_dense_the_head_alone_has_a_gradient(opened, name):
    walker = opened(TRAINABLE[name])
    said = walker.go_through_stages()
    gradients, _ = walker.read_gradient_flow()
    assert "first/last = 1, head: " in gradients
    assert "Dense 1" not in gradients
    assert "the head's move by" in said[-1]
    head = len(TRAINABLE[name].models[0].layers)
    assert "units 1 to 10 of 10" in walker.read_layer(head)[1]  # its weights are images of the pixels


def test_units_that_are_all_dead_are_said_to_be_so_everywhere(opened):
    walker = opened(DEAD)
    assert walker.read_units(1) == walker.read_units(3) == "The only unit is dead"
    said = walker.go_through_stages()
    assert "No gradient reaches row 1 (Dense): it is exactly 0 there." in said
    walker.train()
    walk = walker.walk()
    assert walk.units == {0: "The only unit is not constant", 1: "The only unit is dead"} | {
        5: "The only unit is dead",
        6: "10 of 10 units are constant",
    }
    (text,) = walk.layers[1]
    assert "100\N{NO-BREAK SPACE}% of the values are not above 0" in text
    assert "mean slope 0 (largest 1)" in text
    # Nothing comes out of the last ReLU, so that not even the head's weights have a gradient.
    assert "Dense layers without any gradient: 4 of 4" in walk.gradients
    assert "first/last = –" in walk.gradients
    for row in (0, 6):
        assert walk.layers[row][0].startswith("‖W − W₀‖ / ‖W₀‖ = 0 ·")


def test_a_unit_killed_by_one_step_that_was_too_long_is_dead_from_then_on(opened):
    walker = opened(of(setup(*(DENSE, RELU) * 3, learning_rate=TOO_FAST)))
    assert "8 of 8" not in walker.read_units(5)
    walker.train()
    assert walker.latest.state is State.FINISHED
    assert walker.read_units(5) == "8 of 8 units are dead"
    assert "without any gradient: 4 of 4" in walker.read_gradient_flow()[0]
    assert "the loss exploded" in walker.window.notice_bar.text
    assert not walker.window.notice_bar.details_button.isVisible()


def test_a_rate_that_is_too_small_for_float32_moves_no_weight_of_the_head(opened):
    walker = opened(TRAINABLE["too slow"])
    walker.train()
    assert walker.read_layer(2)[0].startswith("‖W − W₀‖ / ‖W₀‖ = 0 ·")
    walker.window.instruments.bar.setCurrentIndex(GRADIENT_FLOW)
    walker.settle()
    flow = GradientFlowInspection("odd").found_in(run_of(walker))
    assert flow.update_ratios[-1] == 1e-12 * flow.grad_rms[-1] / flow.weight_rms[-1] > 0


def test_a_batch_of_two_is_normalized_to_two_values(opened):
    walker = opened(TRAINABLE["batches of two"])
    said = walker.go_through_stages()
    assert any(text.startswith("2 digits go through 4 layers.") for text in said)
    values, _, statistics, modes = walker.read_layer(1)
    assert "Step 1, images × units: 2 × 8. No unit is constant over the batch." in values
    assert "batch std / running std" in statistics
    assert "0.9" in modes


def test_a_wide_layer_shows_its_units_by_the_page(opened):
    walker = opened(TRAINABLE["wide"])
    walker.step()
    assert " of 4,096 units " in walker.read_units(2)
    histogram, images = walker.read_layer(0)
    assert "3,211,264 weights, step 1" in histogram
    assert images.startswith("units 1 to ")
    assert "of 4,096" in images
    assert "all 81,920 values" in walker.read_layer(2)[0]  # 20 images: few enough to take them all


# A run that diverges


@pytest.mark.parametrize(
    ("name", "why"),
    [("without activation", "too long makes weights too large"), ("in the first step", "as they were drawn")],
)
def test_the_explanation_names_the_layer_whose_values_were_the_first_that_were_not_finite(opened, name, why):
    walker = opened(DIVERGING[name])
    walker.train()
    divergence, notice = run_of(walker).divergence, walker.window.notice_bar
    assert f"(row {divergence.layer + 1})" in notice.text
    notice.details_button.click()
    (dialog,) = walker.window.findChildren(DivergenceDialog)
    assert why in dialog.how.text()
    n_columns = dialog.table.columnCount()
    texts = [dialog.table.item(row, n_columns - 1).text() for row in range(dialog.table.rowCount())]
    marked = [row for row, text in enumerate(texts) if text.endswith("← first")]
    assert marked == [divergence.layer]
    assert [math.isfinite(value) for value in divergence.largest].index(False) == divergence.layer
    assert not any("∞" in text or "NaN" in text for text in texts[: divergence.layer])
    dialog.close()


def test_weights_that_are_not_finite_after_a_divergence_are_counted(opened):
    walker = opened(DIVERGING["with weights that are not finite"])
    walker.train()
    histogram, images = walker.read_layer(0)
    text = "Nothing to draw: after step 3, 6,272 of 6,272 weights are not finite."
    assert text in histogram
    assert text in images
    assert "largest magnitude" in walker.read_layer(9)[0]  # those of the head still are
    weights = WeightsInspection("odd", 9).found_in(run_of(walker))
    assert (weights.step, math.isfinite(weights.distance)) == (3, True)


def test_back_to_the_start_with_the_rate_that_is_offered(qtbot, opened):
    walker = opened(DIVERGING["without activation"])
    walker.train()
    ended = run_of(walker)
    answer = walker.window.notice_bar.answer_button
    assert answer.text() == "Back to the start, rate 1"
    answer.click()
    qtbot.waitUntil(lambda: run_of(walker).run_id != ended.run_id)
    qtbot.waitUntil(lambda: walker.latest.state in (State.STOPPED, State.FINISHED))
    assert run_of(walker).learning_rate == 1
    walker.settle()
    walker.walk()


# Several models


def test_of_eight_models_one_diverges_and_the_others_tell_on(opened):
    models = [setup(*(DENSE, SIGMOID) * n, name=f"model {n}").replaced(colour=n) for n in range(7)]
    odd = setup(DENSE, DENSE, learning_rate=TOO_FAST).replaced(colour=7)
    walker = opened(of(odd, *models))
    document, panel = walker._document, walker.window.instruments.gradient_flow_panel
    document.compare(3)
    walker.walk()
    walker.train()
    assert walker.latest.state is State.FINISHED
    assert walker.latest.step == 11
    divergence = run_of(walker).divergence
    assert walker.window.notice_bar.text.startswith("odd: the loss was not finite")
    walker.walk()
    walker.window.instruments.bar.setCurrentIndex(GRADIENT_FLOW)
    walker.settle()
    panel.redraw()
    assert [profile.name for profile in panel.plot.picture.profiles] == [
        model.name for model in (odd, *models)
    ]
    assert [profile.divergence is None for profile in panel.plot.picture.profiles] == [False] + [True] * 7
    walker.look_back(divergence.step + 2)
    panel.redraw()
    flows = {profile.name: profile.flow for profile in panel.plot.picture.profiles}
    assert flows["odd"] is None
    assert {flow.step for name, flow in flows.items() if name != "odd"} == {divergence.step + 2}
    assert all("Live only: the timeline does not keep weights." in text for text in walker.read_layer(0))
    document.select(3)  # the one beside it
    walker.look_back(None)
    assert "step 11" in walker.walk().gradients
    said = walker.go_through_stages()
    assert "odd" not in said[-1]
    document.select(0)
    assert walker.window.slow_motion.text == "odd takes no part in this step."


# While it trains


def test_looking_back_while_it_trains_goes_on_training(qtbot, opened):
    walker = opened(of(setup(DENSE, BATCH_NORM, SIGMOID), epochs=10_000))
    walker.window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: walker.latest.step > 5)
    walker.walk()
    walker.look_back(1)
    at = walker.latest.step
    walker.walk()
    # While it trains the instruments take turns in being refreshed: an answer may come a little later.
    qtbot.waitUntil(lambda: "step 1," in walker.read_gradient_flow()[0])
    qtbot.waitUntil(lambda: "After step 1 half of the units" in walker.read_layer(1)[1])
    qtbot.waitUntil(lambda: walker.latest.step > at)
    assert walker.latest.at_step == 1
    walker.look_back(None)
    walker.walk()
    walker.window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: walker.latest.state is State.PAUSED)
