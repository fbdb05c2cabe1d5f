"""The dialog that checks the gradient of the selected model, from the question to the verdict."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from bnstudio.data.datasets import Dataset
from bnstudio.document.experiment import BatchNormSpec, DenseSpec, Experiment, LeCunInit, ModelSetup, ReLUSpec
from bnstudio.gui.dialogs.gradient_check_action import GradientCheckAction
from bnstudio.gui.dialogs.gradient_check_dialog import GradientCheckDialog
from bnstudio.gui.dialogs.gradient_check_table import ERROR, LAYER, VERDICT
from bnstudio.gui.dialogs.gradient_check_words import explanation
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.snapshot import RunSnapshot, Snapshot, State
from bnstudio.training.trainer import Trainer

pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)

NORMED = (DenseSpec(units=8), BatchNormSpec(), ReLUSpec())


def setup(name, *layers):
    return ModelSetup(name=name, learning_rate=0.5, weight_init=LeCunInit(), layers=layers)


class Bench:
    """A dialog, with a trainer that answers it as a session would."""

    def __init__(self, qtbot, dataset, n_steps=0):
        models = (setup("normed", *NORMED), setup("plain", DenseSpec(units=8)))
        self.document = ExperimentDocument(Experiment(batch_size=20, models=models))
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.trainer = Trainer(self.document.experiment, dataset)
        for _ in range(n_steps):
            self.trainer.advance()
        self.told = []
        self.open()

    def open(self):
        self.dialog = GradientCheckDialog(self.document, self.window)
        self.dialog.look_changed.connect(lambda: self.told.append(self.dialog.inspections()))
        self.dialog.show()

    def answer(self, n_arrays=None):
        """Do the check that is asked for, up to so many arrays, and bring what was found."""
        (inspection,) = self.dialog.inspections()
        (run,) = (run for run in self.trainer.runs if run.model.name == inspection.model)
        for found in inspection.measure(run, self.trainer):
            if found is not None:
                self.bring(inspection, found)
                if len(found.checks) == n_arrays:
                    return

    def bring(self, inspection, found):
        run = RunSnapshot(1, inspection.model, found.step, 0.5, 0, [], [], findings={inspection: found})
        self.dialog.refresh(Snapshot(State.PAUSED, runs=(run,)))

    def texts(self, column):
        table = self.dialog.table
        return [table.index(row, column).data().strip() for row in range(table.rowCount())]

    def wrong_rows(self):
        return [
            layer
            for layer, verdict in zip(self.texts(LAYER), self.texts(VERDICT), strict=True)
            if "WRONG" in verdict
        ]


@pytest.fixture
def dataset():
    import numpy as np

    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (70, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, 70, dtype=np.uint8)
    return Dataset(images[:60], labels[:60], images[60:], labels[60:])


@pytest.fixture
def bench(qtbot, dataset):
    return Bench(qtbot, dataset)


# The check


def test_it_asks_at_once_for_a_check_of_the_selected_model(bench):
    (inspection,) = bench.dialog.inspections()
    assert inspection.model == "normed"
    assert not inspection.wrong_batch_norm
    assert bench.dialog.sentence.text() == "Checking…"
    assert bench.dialog.cancel_button.isEnabled()
    assert not bench.dialog.again_button.isEnabled()


def test_right_gradients_pass(bench):
    bench.answer()
    assert bench.texts(LAYER)[::2] == ["1  Dense 8", "2  BatchNorm", "4  Dense 10 + softmax"]
    assert bench.texts(VERDICT) == ["✓ passes", "– too small to check", *["✓ passes"] * 4]
    assert bench.dialog.sentence.text() == "✓ No wrong gradient in 6 arrays, 1 of them too small to check"
    assert bench.dialog.occasion.text() == "At the initial weights, with 20 images of the first mini-batch"


def test_it_says_after_how_many_steps_the_weights_were_checked(qtbot, dataset):
    bench = Bench(qtbot, dataset, n_steps=2)
    bench.answer()
    assert bench.dialog.occasion.text() == "After 2 steps, with 20 images of the latest mini-batch"


def test_nothing_is_asked_for_once_it_is_done(bench):
    bench.answer()
    assert bench.told == [frozenset()]
    assert not bench.dialog.progress.isVisible()
    assert bench.dialog.again_button.isEnabled()


def test_rows_and_progress_grow_with_the_arrays(bench):
    bench.answer(n_arrays=4)
    assert bench.dialog.table.rowCount() == bench.dialog.progress.value() == 4
    assert bench.dialog.progress.maximum() == 6
    assert bench.dialog.progress.isVisible()
    assert bench.dialog.sentence.text().startswith("Checking, 4 of 6. ✓ No wrong gradient in 4 arrays")


def test_cancelling_asks_no_more_and_keeps_what_is_done(bench, qtbot):
    bench.answer(n_arrays=4)
    qtbot.mouseClick(bench.dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert bench.told == [frozenset()]
    assert bench.dialog.table.rowCount() == 4
    assert bench.dialog.sentence.text().startswith("Cancelled after 4 of 6. ✓ No wrong")
    assert not bench.dialog.cancel_button.isEnabled()


def test_check_again_is_another_check(bench, qtbot):
    (first,) = bench.dialog.inspections()
    bench.answer()
    qtbot.mouseClick(bench.dialog.again_button, Qt.MouseButton.LeftButton)
    (again,) = bench.dialog.inspections()
    assert again != first
    assert bench.dialog.table.rowCount() == 0
    bench.answer()
    assert bench.dialog.table.rowCount() == 6


def test_a_check_that_starts_over_because_the_run_did_shows_its_rows_alone(bench):
    bench.answer(n_arrays=4)
    bench.trainer.restart()
    bench.answer(n_arrays=1)
    assert bench.dialog.table.rowCount() == 1


def test_findings_of_an_earlier_check_are_not_shown(bench):
    (first,) = bench.dialog.inspections()
    (run, _) = bench.trainer.runs
    found = [finding for finding in first.measure(run, bench.trainer) if finding is not None]
    bench.dialog.check()
    bench.bring(first, found[-1])
    assert bench.dialog.table.rowCount() == 0


def test_a_network_that_is_not_finite_is_called_neither_right_nor_wrong(bench):
    bench.trainer.runs[0].network.layers[-1].params["weight"][:] = float("nan")
    bench.answer()
    assert set(bench.texts(VERDICT)) == {"? not finite"}
    assert set(bench.texts(ERROR)) == {"NaN"}
    assert bench.dialog.sentence.text().startswith("? There is nothing to measure")


# The article's gradient


def test_the_articles_gradient_is_found_wrong(bench, qtbot):
    bench.answer()
    box = bench.dialog.article_box
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    (inspection,) = bench.dialog.inspections()
    assert inspection.wrong_batch_norm
    bench.answer()
    assert bench.wrong_rows() == ["1  Dense 8"]
    assert bench.dialog.sentence.text().startswith("✗ Wrong in 1 of 6 arrays, most in row 1 (Dense, weight)")


def test_without_batch_norm_there_is_no_such_gradient_and_it_says_so(qtbot, bench):
    bench.document.select(1)
    bench.open()
    assert not bench.dialog.article_box.isEnabled()
    assert bench.dialog.article_text.text() == "plain has no BatchNorm whose gradient could be the article's."
    bench.answer()
    assert bench.dialog.sentence.text() == "✓ No wrong gradient in 4 arrays"


def test_when_the_last_batch_norm_is_removed_the_box_is_off(bench):
    bench.dialog.article_box.setChecked(True)
    bench.document.edit_model(setup("normed", DenseSpec(units=8)).replaced(colour=0), "edit", index=0)
    assert not bench.dialog.article_box.isChecked()
    assert not bench.dialog.article_box.isEnabled()


# The document


def test_it_stays_with_its_model_when_another_is_selected(bench):
    bench.document.select(1)
    (inspection,) = bench.dialog.inspections()
    assert inspection.model == "normed"


def test_it_follows_a_new_name(bench):
    bench.document.edit_model(bench.document.model.replaced(name="renamed"), "rename")
    (inspection,) = bench.dialog.inspections()
    assert inspection.model == "renamed"
    assert bench.dialog.windowTitle() == "Check the gradient of renamed"


def test_it_closes_with_its_model_and_asks_no_more(bench):
    _, plain = bench.document.experiment.models
    dialog = bench.dialog
    with_plain_alone = bench.document.experiment.replaced(models=(plain,))
    bench.document.edit(with_plain_alone, "remove")
    assert not dialog.isVisible()
    assert bench.told == [frozenset()]


def test_it_closes_with_its_document(bench):
    bench.document.open(bench.document.experiment, None)
    assert not bench.dialog.isVisible()


# Looks


def test_wrong_stands_out_in_both_themes(bench, qapp):
    bench.dialog.article_box.setChecked(True)
    bench.answer()
    verdict = bench.dialog.table.index(0, VERDICT)
    for theme in (LIGHT, DARK):
        bench.dialog.setPalette(palette_of(theme))
        assert verdict.data(Qt.ItemDataRole.ForegroundRole).name() == theme.warning
    assert verdict.data(Qt.ItemDataRole.FontRole).bold()
    assert "mistake" in verdict.data(Qt.ItemDataRole.ToolTipRole)


def test_the_columns_have_room_for_what_stands_in_them(bench):
    bench.answer()
    view = bench.dialog.view
    for column in range(bench.dialog.table.columnCount()):
        assert view.sizeHintForColumn(column) <= view.columnWidth(column)


def test_the_keyboard_reaches_everything(bench):
    bench.answer()
    dialog = bench.dialog
    reached, widget = set(), dialog.view
    for _ in range(30):
        reached.add(widget)
        widget = widget.nextInFocusChain()
    buttons = {button for button in dialog.findChildren(QPushButton) if button.isVisible()}
    assert {dialog.view, dialog.article_box, dialog.help_button} | buttons <= reached
    assert dialog.help_button.accessibleDescription() == explanation()
    assert "(loss(w + h) − loss(w − h)) / 2h" in explanation()


# The action


@pytest.fixture
def action(bench):
    bench.dialog.close()
    return GradientCheckAction(bench.document, bench.window)


def test_the_action_opens_the_dialog_and_asks_for_it(action, qtbot):
    with qtbot.waitSignal(action.look_changed):
        action.trigger()
    assert action.dialog.isVisible()
    assert action.inspections() == action.dialog.inspections() != frozenset()


def test_a_check_ends_when_training_has_failed(action):
    action.trigger()
    action.refresh(Snapshot(State.FAILED))
    assert action.inspections() == frozenset()
    assert not action.isEnabled()
    dialog = action.dialog
    assert dialog.sentence.text() == "Training met an error and ended before the check did."
    assert not dialog.again_button.isEnabled()
    assert not dialog.article_box.isEnabled()
    dialog.check()
    assert action.inspections() == frozenset()
    action.refresh(Snapshot(State.PAUSED))
    assert dialog.again_button.isEnabled()
    dialog.again_button.click()
    assert action.inspections() != frozenset()
    dialog.close()


def test_the_action_asks_for_nothing_once_the_dialog_is_closed(action, qtbot):
    action.trigger()
    dialog = action.dialog
    with qtbot.waitSignal(action.look_changed):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert action.inspections() == frozenset()
    assert action.dialog is None


def test_the_action_checks_what_is_selected_then_in_place_of_what_is_open(action, bench):
    action.trigger()
    first = action.dialog
    bench.document.select(1)
    action.trigger()
    assert not first.isVisible()
    (inspection,) = action.inspections()
    assert inspection.model == "plain"
    action.dialog.close()
