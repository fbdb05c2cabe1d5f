"""One step in slow motion, stage by stage, on what a real trainer computed."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QKeySequence

from bnstudio.data.datasets import Dataset
from bnstudio.document.experiment import DenseSpec, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.gui.network.reveal import Reveal
from bnstudio.gui.slow_motion.slow_motion import ROW_MS, STAGE_MS, SlowMotion
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.training.inspection import Inspector
from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look, RunSnapshot, Snapshot, State
from bnstudio.training.trainer import Trainer

PLAIN = ModelSetup(
    name="plain",
    learning_rate=0.1,
    weight_init=LeCunInit(),
    layers=(DenseSpec(units=8), SigmoidSpec()),
)


class Bench:
    """A slow motion whose wishes a trainer fulfils, which stands in for the session."""

    def __init__(self, document):
        generator = np.random.default_rng(3)
        images = generator.integers(0, 256, (40, 784), dtype=np.uint8)
        labels = generator.integers(0, 10, 40, dtype=np.uint8)
        self.document = document
        self.trainer = Trainer(document.experiment, Dataset(images, labels, images, labels))
        self.slow_motion = SlowMotion(document)
        self.reveals = []
        self.slow_motion.begin_asked.connect(self.trainer.begin_step)
        self.slow_motion.finish_asked.connect(self.trainer.advance)
        self.slow_motion.reveal_changed.connect(self.reveals.append)
        self._inspector = Inspector()

    def snapshot(self, **changes):
        """What a paused session would say now."""
        trainer, wanted = self.trainer, self.slow_motion.inspections()
        self._inspector.begin(trainer, wanted, at_full_speed=False)
        able = [run for run in trainer.runs if run.holds_values]
        readings = Prober().measure(able, Look(), True)
        nothing = np.zeros(0)
        runs = tuple(
            RunSnapshot(
                run.run_id,
                run.model.name,
                run.step,
                run.model.learning_rate,
                run.step,
                nothing,
                nothing,
                readings=readings.get(run.run_id),
                readings_step=run.latest_step,
                findings=self._inspector.findings(run, wanted),
                half_step=run.half_step,
                divergence=run.divergence,
            )
            for run in trainer.runs
        )
        state = State.PAUSED if trainer.able else State.STOPPED
        return replace(Snapshot(state, trainer.step, runs=runs, catch_up=trainer.catch_up), **changes)

    def bring(self, **changes):
        self.slow_motion.show_snapshot(self.snapshot(**changes))

    def press(self):
        """Press the key until all rows of the next stage are there."""
        self.slow_motion.go_on()
        self.bring()
        if self.slow_motion.lighting:
            self.slow_motion.go_on()

    def begin(self):
        self.slow_motion.go_on()
        self.bring()


@pytest.fixture
def bench(document):
    bench = Bench(document)
    yield bench
    bench.slow_motion.end()


@pytest.fixture
def slow_motion(bench):
    return bench.slow_motion


# Through the stages


def test_it_begins_with_the_values_of_the_first_row(bench, slow_motion):
    bench.begin()
    assert slow_motion.stage is Stage.FORWARD
    assert slow_motion.lighting
    assert slow_motion.reveal == Reveal(1, 4, lit=0, way="down")
    assert slow_motion.text.startswith("Row 1, Dense: mean ")


def test_rows_are_lit_from_the_first_to_the_head_and_then_the_stage_is_told(bench, slow_motion):
    bench.begin()
    lit = []
    while slow_motion.lighting:
        lit.append(slow_motion.reveal.lit)
        slow_motion.advance()
    assert lit == [0, 1, 2, 3]
    assert slow_motion.reveal == Reveal(4, 4)
    assert slow_motion.text.startswith("20 digits go through 4 layers. Signal ")


def test_rows_that_come_while_others_are_lit_have_taken_no_part(bench, slow_motion):
    document = bench.document
    bench.begin()
    for _ in range(3):
        slow_motion.advance()
    model = document.model
    document.edit_model(model.replaced(layers=(*model.layers, *model.layers)), "more rows")
    while slow_motion.lighting:
        assert slow_motion.text == f"{model.name} takes no part in this step."
        slow_motion.advance()


def test_gradients_are_lit_from_the_head_up(bench, slow_motion):
    for _ in range(2):
        bench.press()
    slow_motion.go_on()
    seen = []
    while slow_motion.lighting:
        seen.append((slow_motion.reveal.lit, slow_motion.reveal.backward_from, slow_motion.reveal.way))
        slow_motion.advance()
    assert seen == [(3, 3, "up"), (2, 2, "up"), (1, 1, "up"), (0, 0, "up")]
    assert slow_motion.reveal == Reveal(4, 0)


def test_each_press_goes_to_the_next_stage_and_after_the_last_to_the_next_step(bench, slow_motion):
    stages = []
    for _ in range(5):
        bench.press()
        stages.append(slow_motion.stage)
    assert stages == [*Stage, Stage.FORWARD]
    assert bench.trainer.step == 1
    assert slow_motion.mini_batch.half_step.step == 2


def test_a_press_while_rows_are_lit_shows_all_of_them_at_once(bench, slow_motion):
    bench.begin()
    slow_motion.go_on()
    assert (slow_motion.stage, slow_motion.lighting) == (Stage.FORWARD, False)


def test_the_loss_is_the_step_s(bench, slow_motion):
    for _ in range(2):
        bench.press()
    run = bench.trainer.runs[0]
    right = round(run.half_step.accuracy * 20)
    assert slow_motion.text == (
        f"Loss {run.half_step.loss:.4g}; {right} of 20 digits right. Guessing would be 2.303 = ln 10."
    )


def test_only_the_update_waits_for_its_stage(bench, slow_motion):
    weight = bench.trainer.runs[0].network.layers[0].params["weight"]
    before = weight.copy()
    for _ in range(3):
        bench.press()
    assert (weight == before).all()
    bench.press()
    assert slow_motion.stage is Stage.UPDATE
    assert (weight != before).any()
    assert bench.trainer.step == 1


def test_the_update_tells_how_far_the_weights_really_moved(bench, slow_motion):
    run = bench.trainer.runs[0]
    bench.trainer.advance()
    before = [layer.params["weight"].copy() for layer in (run.network.layers[0], run.network.layers[3])]
    for _ in range(4):
        bench.press()
    after = [layer.params["weight"] for layer in (run.network.layers[0], run.network.layers[3])]
    first, head = (
        100 * np.sqrt(np.mean((new - old) ** 2) / np.mean(new**2))
        for old, new in zip(before, after, strict=True)
    )
    assert slow_motion.text == (
        f"Weights − 0.5 × gradient: the first Dense layer's move by {first:.2g} % of their size, "
        f"the head's by {head:.2g} %."
    )


def test_the_rate_that_is_told_is_the_one_of_the_update(bench, slow_motion, document):
    for _ in range(3):
        bench.press()
    document.edit_model(document.model.replaced(learning_rate=0.25), "rate")
    assert slow_motion.stage is Stage.BACKWARD
    bench.press()
    assert slow_motion.text.startswith("Weights − 0.25 × gradient")
    document.edit_model(document.model.replaced(learning_rate=0.125), "rate")
    assert slow_motion.text.startswith("Weights − 0.25 × gradient")


def test_all_rows_of_a_deep_stack_take_two_seconds_at_most(bench, slow_motion, document):
    assert slow_motion._timer.interval() == 0
    bench.begin()
    assert slow_motion._timer.interval() == ROW_MS
    layers = (DenseSpec(units=2), SigmoidSpec()) * 30
    document.edit_model(document.model.replaced(layers=layers), "deep")
    slow_motion._show_stage(Stage.FORWARD)
    assert slow_motion._timer.interval() * 61 <= STAGE_MS


# What is measured


def test_nothing_is_measured_unless_somebody_goes_through_a_step(bench, slow_motion, qtbot):
    assert slow_motion.inspections() == frozenset()
    with qtbot.waitSignal(slow_motion.look_changed):
        bench.begin()
    assert {inspection.model for inspection in slow_motion.inspections()} == {"small"}
    with qtbot.waitSignal(slow_motion.look_changed):
        slow_motion.end()
    assert slow_motion.inspections() == frozenset()


def test_what_is_to_be_measured_is_said_before_the_step_begins(bench, slow_motion):
    order = []
    slow_motion.look_changed.connect(lambda: order.append("look"))
    slow_motion.begin_asked.connect(lambda: order.append("begin"))
    slow_motion.go_on()
    assert order == ["look", "begin"]


def test_what_is_of_another_step_is_not_told(bench, slow_motion):
    bench.begin()
    snapshot = bench.snapshot()
    run = replace(snapshot.runs[0], readings_step=7, findings={})
    slow_motion.show_snapshot(replace(snapshot, runs=(run,)))
    assert slow_motion.mini_batch.readings is None
    assert slow_motion.mini_batch.digits is None


# How it ends


def test_finish_does_the_rest_and_shows_all_of_it(bench, slow_motion):
    bench.begin()
    slow_motion.finish()
    assert bench.trainer.step == 1
    assert (slow_motion.stage, slow_motion.reveal) == (Stage.UPDATE, Reveal(4, 0))
    slow_motion.finish()
    assert bench.trainer.step == 1


def test_close_does_the_rest_and_leaves_the_rows_as_they_were(bench, slow_motion):
    bench.begin()
    slow_motion.close()
    assert bench.trainer.step == 1
    assert not slow_motion.active
    assert bench.reveals[-1] is None


def test_close_after_the_update_trains_nothing(bench, slow_motion):
    for _ in range(4):
        bench.press()
    slow_motion.close()
    assert bench.trainer.step == 1


def test_a_step_that_somebody_else_asks_for_is_the_update(bench, slow_motion):
    bench.begin()
    bench.trainer.advance()
    bench.bring()
    assert slow_motion.stage is Stage.UPDATE
    assert not slow_motion.lighting
    bench.trainer.advance()
    bench.bring()
    assert not slow_motion.active


def test_training_ends_it(bench, slow_motion):
    bench.begin()
    bench.bring(state=State.TRAINING)
    assert not slow_motion.active
    assert bench.reveals[-1] is None
    assert not slow_motion.lighting


def test_a_restart_ends_it(bench, slow_motion):
    bench.press()
    bench.trainer.restart()
    bench.bring()
    assert not slow_motion.active


def test_looking_back_ends_it(bench, slow_motion):
    bench.press()
    bench.bring(at_step=0)
    assert not slow_motion.active


def test_an_edit_of_the_layers_ends_it(bench, slow_motion, document):
    bench.press()
    document.edit_model(document.model.replaced(layers=(SigmoidSpec(),)), "other layers")
    bench.trainer.set_experiment(document.experiment)
    bench.bring()
    assert not slow_motion.active


def test_another_document_ends_it_at_once(bench, slow_motion, document, experiment):
    bench.press()
    document.open(experiment, None)
    assert not slow_motion.active


def test_a_new_name_does_not_end_it(bench, slow_motion, document):
    bench.press()
    document.edit_model(document.model.replaced(name="renamed"), "name")
    bench.bring()  # as it was under way when the name was changed
    assert slow_motion.stage is Stage.FORWARD
    bench.trainer.set_experiment(document.experiment)
    bench.bring()
    assert slow_motion.stage is Stage.FORWARD
    assert slow_motion.mini_batch is not None


# When it can't begin


def test_while_a_model_catches_up_it_says_so_and_ends_when_training_goes_on(bench, slow_motion, document):
    document.edit(document.experiment.replaced(models=(document.model, PLAIN)), "another model")
    bench.trainer.advance()
    bench.trainer.set_experiment(document.experiment)
    bench.begin()
    assert slow_motion.stage is None
    assert "catching up: let it finish first" in slow_motion.text
    bench.bring(state=State.TRAINING)
    assert not slow_motion.active


def test_once_it_has_caught_up_another_press_begins(bench, slow_motion, document):
    document.edit(document.experiment.replaced(models=(document.model, PLAIN)), "another model")
    bench.trainer.advance()
    bench.trainer.set_experiment(document.experiment)
    bench.begin()
    bench.trainer.advance()
    bench.begin()
    assert slow_motion.stage is Stage.FORWARD


def test_training_that_was_under_way_when_it_was_asked_for_does_not_end_it(bench, slow_motion):
    slow_motion.go_on()
    snapshot = bench.snapshot(state=State.TRAINING)
    before = replace(snapshot.runs[0], half_step=None, step=0)
    slow_motion.show_snapshot(replace(snapshot, runs=(before,)))
    assert slow_motion.active
    bench.bring()
    assert slow_motion.stage is Stage.FORWARD


def test_a_snapshot_from_before_the_update_is_not_the_next_step(bench, slow_motion):
    for _ in range(3):
        bench.press()
    before = bench.snapshot()
    slow_motion.go_on()
    slow_motion.go_on()
    slow_motion.show_snapshot(before)
    assert slow_motion.stage is Stage.UPDATE
    bench.bring()
    assert slow_motion.mini_batch.half_step.step == 2


def test_a_loss_that_is_not_finite_leaves_no_step_to_take(bench, slow_motion):
    bench.trainer.runs[0].network.layers[-1].params["weight"][:] = np.inf
    bench.begin()
    assert slow_motion.stage is None
    assert slow_motion.text == "There is no step to take: every model has diverged."


def test_while_the_window_looks_back_it_says_so_and_waits(bench, slow_motion):
    slow_motion.go_on()
    bench.bring(at_step=3)
    assert slow_motion.text == "The window looks back: go to the latest step first."
    bench.bring()
    assert slow_motion.stage is Stage.FORWARD


# Two stacks


@pytest.fixture
def pair(document):
    document.edit(document.experiment.replaced(models=(document.model, PLAIN)), "another model")
    document.compare(1)
    bench = Bench(document)
    yield bench
    bench.slow_motion.end()


def test_rows_beside_each_other_are_lit_together(pair):
    slow_motion = pair.slow_motion
    pair.begin()
    slow_motion.advance()  # BatchNorm, beside which the other stack has a gap
    assert slow_motion.text.startswith("small: Row 2, BatchNorm: ")
    pair.document.select(1)
    assert slow_motion.reveal == Reveal(2, 4, lit=1, way="down")
    assert slow_motion.text.startswith("plain: Row 1, Dense: ")
    slow_motion.advance()
    assert slow_motion.text.startswith("plain: Row 2, Sigmoid: ")


def test_another_model_can_be_selected_on_the_way(pair):
    pair.press()
    pair.press()
    text = pair.slow_motion.text
    pair.document.select(1)
    pair.bring()
    assert pair.slow_motion.stage is Stage.LOSS
    assert pair.slow_motion.text != text
    assert pair.slow_motion.mini_batch.digits is not None


def test_a_model_that_has_diverged_takes_no_part(pair):
    pair.trainer.runs[1].network.layers[-1].params["weight"][:] = np.inf
    pair.press()
    pair.document.select(1)
    assert pair.slow_motion.text == "plain takes no part in this step."
    pair.bring()
    assert pair.slow_motion.active


def test_the_action_has_a_key_of_its_own(slow_motion):
    assert slow_motion.stage_action.shortcut() == QKeySequence("Shift+F10")
    slow_motion.stage_action.trigger()
    assert slow_motion.active
