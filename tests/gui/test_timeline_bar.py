"""The timeline, with real keys and a real mouse."""

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.timeline.timeline_bar import TimelineBar
from bnstudio.gui.timeline.words import looking_back_text
from bnstudio.training.snapshot import Divergence, HalfStep, RateChange, RunSnapshot, Snapshot, State

LEFT = Qt.MouseButton.LeftButton


def news(n_new, first_step=0, run_id=1, name="S6", **more):
    losses = np.ones(n_new)
    return RunSnapshot(run_id, name, first_step + n_new, 0.1, first_step, losses, losses, **more)


class Bench:
    """A shown timeline, and the steps that it has asked for."""

    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.histories = RunHistories()
        self.bar = TimelineBar(self.histories)
        self.slider = self.bar.slider
        self.chosen = []
        self.bar.step_chosen.connect(self.chosen.append)
        self.window = QWidget()
        QVBoxLayout(self.window).addWidget(self.bar)
        qtbot.addWidget(self.window)
        self.window.resize(900, 80)
        self.window.show()
        qtbot.waitExposed(self.window)

    def bring(self, *runs, **more):
        more = {"recorded_from": 1, **more}
        snapshot = Snapshot(State.TRAINING, steps_per_epoch=600, runs=runs, **more)
        self.histories.apply(snapshot)
        self.bar.show_snapshot(snapshot)

    def press(self, *keys):
        for key in keys:
            self.qtbot.keyClick(self.slider, key)

    def at(self, position):
        """Where a position stands in the slider."""
        return QPoint(round(self.slider.x_of(position)), self.slider.height() // 3)


@pytest.fixture
def bench(qtbot):
    return Bench(qtbot)


def test_it_is_there_once_there_is_a_step_to_look_back_at(bench):
    assert bench.bar.isHidden()
    bench.bring(news(1))
    assert bench.bar.isHidden()
    bench.bring(news(1, first_step=1))
    assert bench.bar.isVisible()
    assert bench.slider.n_moments == 1


def test_it_is_slim(bench):
    bench.bring(news(100))
    assert bench.bar.height() <= 40


def test_at_first_it_is_live_and_stays_so_while_steps_come(bench):
    bench.bring(news(50))
    bench.bring(news(300, first_step=50))
    assert bench.bar.step is None
    assert bench.bar.text.startswith("live")
    assert not bench.bar.live_button.isEnabled()
    assert bench.chosen == []


def test_left_and_right_go_by_one_recorded_step(bench):
    bench.bring(news(115))
    bench.press(Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right)
    assert bench.chosen == [112, 106, 100, 106]


def test_pages_go_by_ten_and_home_is_the_first_step(bench):
    bench.bring(news(100))
    bench.press(Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp, Qt.Key.Key_Home)
    assert bench.chosen == [90, 80, 90, 1]


@pytest.mark.parametrize("key", [Qt.Key.Key_End, Qt.Key.Key_Escape])
def test_end_and_escape_are_live(bench, key):
    bench.bring(news(100))
    bench.press(Qt.Key.Key_Home, key)
    assert bench.chosen == [1, None]
    assert bench.bar.step is None


def test_the_button_is_live_and_leaves_the_focus_on_the_slider(bench):
    bench.bring(news(100))
    bench.press(Qt.Key.Key_Home)
    bench.qtbot.mouseClick(bench.bar.live_button, LEFT)
    assert bench.bar.step is None
    assert bench.window.focusWidget() is bench.slider


def test_the_words_say_that_it_is_the_past(bench):
    bench.bring(news(3_000))
    bench.press(Qt.Key.Key_Left)
    words = f"Looking back at step {bench.bar.step:,}"
    assert bench.bar.text == words == bench.slider.accessibleDescription()
    assert bench.bar.live_button.isEnabled()


def test_a_press_of_the_mouse_takes_the_handle_there_and_it_can_be_dragged_on(bench):
    bench.bring(news(100))
    bench.qtbot.mousePress(bench.slider, LEFT, pos=bench.at(40))
    assert bench.bar.step == 40
    bench.qtbot.mouseMove(bench.slider, bench.at(60))
    assert bench.bar.step == 60
    bench.qtbot.mouseRelease(bench.slider, LEFT, pos=bench.at(60))
    bench.qtbot.mouseMove(bench.slider, bench.at(20))
    assert bench.bar.step == 60


def test_the_handle_does_not_jump_when_it_is_taken_beside_its_middle(bench):
    bench.bring(news(3_000))
    bench.slider.setValue(40)
    bench.qtbot.mousePress(bench.slider, LEFT, pos=bench.at(40) + QPoint(6, 0))
    assert bench.bar.step == 40
    bench.qtbot.mouseRelease(bench.slider, LEFT)


def test_dragging_to_the_end_is_live(bench):
    bench.bring(news(100))
    bench.qtbot.mousePress(bench.slider, LEFT, pos=bench.at(40))
    bench.qtbot.mouseMove(bench.slider, QPoint(bench.slider.width() + 30, 5))
    assert bench.chosen == [40, None]
    bench.qtbot.mouseRelease(bench.slider, LEFT)


def test_the_positions_stand_still_while_they_are_dragged_over(bench):
    bench.bring(news(50))
    bench.qtbot.mousePress(bench.slider, LEFT, pos=bench.at(20))
    before = bench.at(20)
    bench.bring(news(500, first_step=50))
    assert bench.at(20) == before
    bench.qtbot.mouseRelease(bench.slider, LEFT)
    bench.bring(news(1, first_step=550))
    assert bench.at(20) != before
    assert bench.bar.step == 20


def test_it_begins_where_the_record_does(bench):
    bench.bring(news(3_000, rate_changes=(RateChange(30, 0.5, 0.1),)), recorded_from=None)
    assert bench.bar.isHidden()
    bench.bring(news(400, first_step=3_000, rate_changes=(RateChange(3_215, 0.1, 0.5),)), recorded_from=3_118)
    assert bench.slider.n_moments == 2
    bench.press(Qt.Key.Key_Home, Qt.Key.Key_Left)
    assert bench.chosen == [3_118]
    assert bench.slider.text_at(0).splitlines()[:-1] == ["step 3,118 · epoch 6, batch 118 of 600"]
    bench.qtbot.mouseClick(bench.slider, LEFT, pos=bench.at(bench.slider.minimum() + 1))
    assert bench.bar.step == 3_312
    assert "learning rate 0.1" in bench.slider.text_at(bench.slider.x_of(bench.slider.minimum() + 0.5))


def test_what_is_looked_back_at_stays_while_training_goes_on(bench):
    bench.bring(news(50))
    bench.press(Qt.Key.Key_Home)
    bench.bring(news(1_000, first_step=50))
    assert bench.bar.step == 1
    assert bench.chosen == [1]
    assert bench.slider.n_moments > 100


def test_a_restart_goes_live_even_where_the_new_run_is_as_far(bench):
    bench.bring(news(50))
    bench.press(Qt.Key.Key_Home)
    bench.bring(news(50, run_id=2))
    assert bench.chosen == [1, None]


def test_one_model_that_starts_anew_leaves_the_past_of_the_others(bench):
    bench.bring(news(50), news(50, run_id=2, name="S4"))
    bench.press(Qt.Key.Key_Home)
    bench.bring(news(0, run_id=3), news(1, 50, run_id=2, name="S4"), news(0, 50, replaced=True))
    assert bench.bar.step == 1


def test_where_no_run_is_left_that_has_come_as_far_it_goes_live(bench):
    bench.bring(news(50), news(20, run_id=2, name="S4"))
    bench.slider.setValue(40)
    bench.bring(news(0, 20, run_id=2, name="S4"), news(0, 50, replaced=True))
    assert bench.chosen == [40, None]
    assert bench.slider.n_moments == 19


def test_after_a_restart_it_is_there_but_has_nowhere_to_go(bench):
    bench.bring(news(50))
    bench.bring(news(0, run_id=2))
    assert bench.bar.isVisible()
    assert not bench.slider.isEnabled()
    bench.bring(news(3, run_id=2))
    assert bench.slider.isEnabled()


def test_half_a_step_is_live_and_the_one_before_can_be_looked_back_at(bench):
    bench.bring(news(5, half_step=HalfStep(6, 1.0, 0.5)))
    bench.press(Qt.Key.Key_Left)
    assert bench.bar.step == 5


def test_it_reaches_as_far_as_the_run_that_is_ahead(bench):
    bench.bring(news(50, divergence=Divergence(51, None, None, 1.0)), news(80, run_id=2, name="S4"))
    assert bench.slider.n_moments == 79


def test_the_tooltip_says_which_step_is_pointed_at(bench):
    bench.bring(news(700))
    assert bench.slider.text_at(bench.at(37).x()).startswith("step 37 · epoch 1, batch 37 of 600")
    assert bench.slider.text_at(bench.slider.width()).startswith("live: step 700 · epoch 2, batch 100 of 600")


def test_the_tooltip_names_events_where_they_lie(bench):
    bench.bring(
        news(90, rate_changes=(RateChange(30, 0.5, 0.1),)),
        news(60, run_id=2, name="S4", divergence=Divergence(61, None, None, 1.0)),
    )
    assert "S6: learning rate 0.5 from step 31 on" in bench.slider.text_at(bench.at(30).x())
    assert "S4: diverged at step 61" in bench.slider.text_at(bench.at(61).x())
    assert "S4" not in bench.slider.text_at(bench.at(45).x())


def test_a_rate_that_was_dragged_takes_one_line_of_the_tooltip(bench):
    changes = tuple(RateChange(step, step / 1_000, 0.1) for step in range(500, 3_000))
    bench.bring(news(5_000, rate_changes=changes))
    lines = bench.slider.text_at(bench.slider.x_of(137)).splitlines()
    assert len(lines) == 3
    assert re.fullmatch(r"S6: \d+ changes of the learning rate; 0\.\d+ from step \d+ on", lines[1])


def test_the_events_of_a_run_are_gone_with_it(bench):
    bench.bring(news(90, rate_changes=(RateChange(30, 0.5, 0.1),)))
    bench.bring(news(90, run_id=2, rate_changes=(RateChange(60, 0.2, 0.1),)), news(0, 90, replaced=True))
    assert "learning rate" not in bench.slider.text_at(bench.at(30).x())
    assert "S6: learning rate 0.2 from step 61 on" in bench.slider.text_at(bench.at(60).x())


def test_epochs_and_events_are_painted(bench):
    bench.bring(news(90))
    plain = bench.slider.grab().toImage()
    bench.bring(news(0, first_step=90, rate_changes=(RateChange(30, 0.5, 0.1),)))
    assert bench.slider.grab().toImage() != plain


def test_the_slider_keeps_its_width_when_it_is_moved(bench):
    bench.bring(news(5_000))
    bench.qtbot.waitUntil(lambda: bench.slider.width() > 300)
    width = bench.slider.width()
    bench.press(Qt.Key.Key_Left)
    bench.bar.layout().activate()
    assert bench.slider.width() == width


def test_it_can_be_read_by_those_who_do_not_see_it(bench):
    bench.bring(news(50))
    assert bench.slider.accessibleName() == "Timeline"
    assert bench.slider.accessibleDescription().startswith("live")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.TRAINING, "Looking back at step 37; training goes on"),
        (State.PAUSED, "Looking back at step 37. Live returns to the latest step."),
        (
            State.FAILED,
            "Looking back at step 37; training met an error and ended. Train starts again from step 0.",
        ),
    ],
)
def test_the_status_line_s_words(state, words):
    assert looking_back_text(Snapshot(state, at_step=37)) == words


def test_while_live_the_status_line_is_free():
    assert looking_back_text(Snapshot(State.TRAINING)) == ""
