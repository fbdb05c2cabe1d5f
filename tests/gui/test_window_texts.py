from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from bnstudio.gui.dialogs.about_dialog import AboutDialog
from bnstudio.gui.messages import divergence_text, state_text
from bnstudio.training.snapshot import Divergence, HalfStep, RunSnapshot, Snapshot, State


@pytest.mark.parametrize(
    ("snapshot", "text"),
    [
        (Snapshot(State.LOADING), "Loading MNIST…"),
        (Snapshot(State.PAUSED, steps_per_epoch=600), "Ready to train"),
        (Snapshot(State.PAUSED, step=7, steps_per_epoch=600), "Paused"),
        (Snapshot(State.TRAINING, step=7, steps_per_epoch=600), "Training"),
        (
            Snapshot(State.FINISHED, step=3000, target=3000, steps_per_epoch=600),
            "Trained 5 epochs. Train goes on for 5 more.",
        ),
        (
            Snapshot(State.FINISHED, step=600, target=600, steps_per_epoch=600),
            "Trained 1 epoch. Train goes on for 5 more.",
        ),
    ],
)
def test_the_state_is_said_in_a_sentence(snapshot, text):
    assert state_text(snapshot, planned_epochs=5, waits_to_train=False) == text


def test_waiting_for_the_data_to_train_is_said():
    assert "training starts" in state_text(Snapshot(State.LOADING), 5, waits_to_train=True)


def test_a_divergence_names_the_step_the_row_and_a_smaller_rate():
    text = divergence_text("S6", Divergence(step=37, layer=5, kind="sigmoid", learning_rate=0.5))
    assert text == (
        "S6: the loss was not finite at step 37; the first such value was in Sigmoid (row 6)."
        " Try a learning rate below 0.5, e.g. 0.17."
    )


def test_a_divergence_of_the_loss_alone_blames_no_layer():
    text = divergence_text("S6", Divergence(step=2, layer=None, kind=None, learning_rate=1e6))
    assert "row" not in text
    assert "below 1000000, e.g. 1." in text  # a third of it would diverge as well


def test_about_names_the_licences(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    text = dialog.findChildren(QLabel)[1].text()
    for what in ("bnstudio", "LGPL", "NumPy", "MNIST", "CC BY-SA 3.0"):
        assert what in text


def test_a_step_that_was_begun_by_stages_and_left_is_said():
    nothing = np.zeros(0)
    run = RunSnapshot(1, "S3", 3, 0.1, 3, nothing, nothing)
    begun = replace(run, half_step=HalfStep(4, 2.3, 0.1))
    for runs, text in (
        ((run,), "Paused"),
        ((run, begun), "Paused in the middle of step 4, before the update"),
    ):
        assert state_text(Snapshot(State.PAUSED, step=3, steps_per_epoch=600, runs=runs), 5, False) == text
