"""What is told of an exploded loss, and for how long."""

import numpy as np
import pytest

from bnstudio.gui.controls.divergence_notices import DivergenceNotices
from bnstudio.gui.controls.notice_bar import NoticeBar
from bnstudio.training.snapshot import Explosion, RunSnapshot, Snapshot, State


@pytest.fixture
def bar(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def notices(document, bar):
    return DivergenceNotices(document, bar)


def training(exploded_at=None):
    explosion = Explosion(exploded_at, 41.0, 8.9) if exploded_at else None
    run = RunSnapshot(1, "small", 500, 8.9, 0, np.ones(500), np.ones(500), explosion=explosion)
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
