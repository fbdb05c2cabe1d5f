"""What is told of an exploded loss, and for how long."""

from dataclasses import replace

import numpy as np
import pytest

from bnstudio.gui.controls.divergence_notices import DivergenceNotices
from bnstudio.gui.controls.notice_bar import NoticeBar
from bnstudio.gui.models.model_edits import duplicated, renamed
from bnstudio.training.snapshot import Divergence, Explosion, RunSnapshot, Snapshot, State


@pytest.fixture
def bar(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def notices(document, bar):
    return DivergenceNotices(document, bar)


def training(exploded_at=None, name="small"):
    explosion = Explosion(exploded_at, 41.0, 8.9) if exploded_at else None
    run = RunSnapshot(1, name, 500, 8.9, 0, np.ones(500), np.ones(500), explosion=explosion)
    return Snapshot(State.TRAINING, 500, runs=(run,))


def test_an_explosion_is_told_until_the_run_has_recovered(notices, bar):
    notices.show_snapshot(training(exploded_at=37))
    assert "exploded to 41 at step 37" in bar.text
    assert not bar.isHidden()
    notices.show_snapshot(training())
    assert bar.isHidden()


def test_an_explosion_after_one_that_was_put_away_is_told(notices, bar):
    notices.show_snapshot(training(exploded_at=37))
    bar.close_button.click()
    notices.show_snapshot(training(exploded_at=37))
    assert bar.isHidden()
    notices.show_snapshot(training())
    notices.show_snapshot(training(exploded_at=300))
    assert not bar.isHidden()
    assert "at step 300" in bar.text


def test_a_model_that_is_renamed_is_told_of_by_its_new_name(notices, bar):
    notices.show_snapshot(training(exploded_at=37))
    notices.show_snapshot(training(exploded_at=37, name="deep"))
    assert bar.text.startswith("deep:")
    assert not bar.isHidden()


def test_the_answer_is_for_the_model_that_exploded_also_when_another_has_its_name_now(
    qtbot, notices, bar, document
):
    rate = document.model.learning_rate
    document.edit(duplicated(document.experiment, 0), "another")
    notices.show_snapshot(training(exploded_at=37))
    for index, name in enumerate(("deep", "small")):
        document.edit(renamed(document.experiment, index, name), "rename")
    notices.show_snapshot(training(exploded_at=37, name="deep"))
    with qtbot.waitSignal(notices.taking_back_asked) as asked:
        bar.answer_button.click()
    assert asked.args == ["deep"]
    exploded, other = document.experiment.models
    assert exploded.learning_rate != rate
    assert other.learning_rate == rate


def test_the_offered_rate_is_never_more_than_that_of_the_model(notices, bar, document):
    notices.show_snapshot(training(exploded_at=37))
    assert bar.answer_button.text() == "Back to the start, rate 1"
    lowered = training(exploded_at=37)
    notices.show_snapshot(replace(lowered, runs=(replace(lowered.runs[0], learning_rate=0.01),)))
    assert bar.answer_button.text() == "Back to the start, rate 0.01"
    bar.answer_button.click()
    assert document.model.learning_rate == 0.01


@pytest.mark.parametrize("trouble", ["explosion", "divergence"])
def test_before_any_update_the_initial_weights_are_to_blame_and_no_rate(notices, bar, trouble):
    first = {"explosion": Explosion(1, 6e7, 0.01), "divergence": Divergence(1, 0, "dense", 0.01)}[trouble]
    snapshot = training()
    notices.show_snapshot(replace(snapshot, runs=(replace(snapshot.runs[0], **{trouble: first}),)))
    assert "the initial weights are too large" in bar.text
    assert "learning rate" not in bar.text
    assert bar.answer_button.isHidden()
    assert bar.details_button.isHidden() == (trouble == "explosion")
