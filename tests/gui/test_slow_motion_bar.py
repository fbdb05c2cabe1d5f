"""The bar that leads through a step: its buttons, its chips, and the digits with their answers."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.data.datasets import Dataset
from bnstudio.gui.live_feed import LiveFeed
from bnstudio.gui.network.network_panel import NetworkPanel
from bnstudio.gui.slow_motion.digit_strip import DigitStrip
from bnstudio.gui.slow_motion.slow_motion import SlowMotion
from bnstudio.gui.slow_motion.slow_motion_bar import SlowMotionBar
from bnstudio.gui.slow_motion.stage_chips import StageChips
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.digits import Digits
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look


def digits(n=3):
    """A 2 taken for a 2, a 5 taken for a 7, a 0 taken for a 0."""
    probabilities = np.full((3, 10), 0.02)
    for row, answer in enumerate((2, 7, 0)):
        probabilities[row, answer] = 0.82
    labels = np.array([2, 5, 0], np.uint8)
    losses = -np.log(probabilities[np.arange(3), labels])
    images = np.zeros((3, 784), np.uint8)
    images[:, :392] = 255
    return Digits(1, 100, images[:n], labels[:n], probabilities[:n], losses[:n])


# The digits


@pytest.fixture
def strip(qtbot):
    strip = DigitStrip()
    qtbot.addWidget(strip)
    strip.setPalette(palette_of(LIGHT))
    strip.resize(strip.sizeHint())
    return strip


def picture_of(widget):
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def test_before_the_head_is_reached_there_is_no_answer(strip):
    strip.show_digits(digits(), answered=False, judged=False)
    assert strip.text_of(0) == "digit 1: no answer yet"
    assert "taken" not in strip.accessibleDescription()


def test_then_the_network_answers_and_nobody_knows_whether_it_is_right(strip):
    strip.show_digits(digits(), answered=True, judged=False)
    assert strip.text_of(1) == "digit 2: taken for a 7 with 82\N{NO-BREAK SPACE}%"


def test_with_the_loss_it_is_judged(strip):
    strip.show_digits(digits(), answered=True, judged=True)
    assert strip.text_of(0).endswith(", right")
    assert strip.text_of(1).endswith(", wrong, it is a 5")
    assert strip.accessibleDescription().count("digit") == 3


def test_right_and_wrong_have_a_sign_besides_the_colour(strip):
    strip.show_digits(digits(), answered=True, judged=True)
    assert [strip._answer_texts(i)[0] for i in range(3)] == ["2 ✓", "7 ✗", "0 ✓"]


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_a_tip_tells_the_likeliest_and_the_digit_s_own_loss(strip, qtbot):
    strip.show_digits(digits(), answered=True, judged=True)
    place = QPoint(round(1.5 * strip._cell_width()), 5)
    event = QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place))
    QApplication.sendEvent(strip, event)
    assert "loss −ln(2\N{NO-BREAK SPACE}%) = 3.91" in QToolTip.text()
    assert "7: 82" in QToolTip.text()
    QToolTip.hideText()


@pytest.mark.parametrize(("theme", "ink_is_dark"), [(LIGHT, True), (DARK, False)])
def test_ink_stands_out_from_the_surface(strip, theme, ink_is_dark):
    strip.setPalette(palette_of(theme))
    strip.show_digits(digits(), answered=True, judged=True)
    image = picture_of(strip)
    inked, blank = image.pixelColor(14, 8).lightness(), image.pixelColor(14, strip.height() - 8).lightness()
    assert (inked < blank) == ink_is_dark


def test_where_room_is_short_whole_digits_are_left_away(strip):
    strip.show_digits(digits(), answered=True, judged=True)
    strip.resize(round(2.5 * strip._cell_width()), strip.height())
    assert strip._n_shown() == 2


def test_without_digits_nothing_is_painted(strip):
    blank = picture_of(strip)
    strip.show_digits(digits(), answered=True, judged=True)
    assert picture_of(strip) != blank
    strip.show_digits(None, answered=True, judged=True)
    assert picture_of(strip) == blank
    assert strip.accessibleDescription() == ""


# The chips


@pytest.fixture
def chips(qtbot):
    chips = StageChips()
    qtbot.addWidget(chips)
    return chips


def test_done_present_and_coming_are_told_apart_without_colour(chips):
    chips.show_stage(Stage.BACKWARD)
    assert chips.texts == ["✓ Forward", "✓ Loss", "3 Backward", "4 Update"]
    assert chips.accessibleDescription() == "Stage 3 of 4: Backward"


def test_a_stage_moves_no_chip(chips):
    chips.show_stage(Stage.FORWARD)
    before = chips.sizeHint()
    chips.show_stage(Stage.UPDATE)
    assert chips.sizeHint() == before


# The bar, with a session that trains


class Bench:
    """What the window will connect."""

    def __init__(self, document, session, qtbot):
        self.slow_motion = SlowMotion(document)
        self.panel = NetworkPanel(document)
        self.bar = SlowMotionBar(self.slow_motion)
        self.feed = LiveFeed(session)
        self.snapshots = []
        self._session = session
        for widget in (self.panel, self.bar):
            qtbot.addWidget(widget)
        self.panel.resize(700, 500)
        self.panel.show()
        self.slow_motion.begin_asked.connect(session.begin_step)
        self.slow_motion.finish_asked.connect(session.step)
        self.slow_motion.look_changed.connect(self._follow_look)
        self.slow_motion.reveal_changed.connect(self.panel.set_reveal)
        self.feed.snapshot_arrived.connect(self.snapshots.append)
        self.feed.snapshot_arrived.connect(self.panel.show_snapshot)
        self.feed.snapshot_arrived.connect(self.slow_motion.show_snapshot)
        self._follow_look()
        self.feed.start()

    def _follow_look(self):
        self._session.look(Look(names=self.panel.look.names, inspections=self.slow_motion.inspections()))

    @property
    def step(self):
        return self.snapshots[-1].step if self.snapshots else None


@pytest.fixture
def bench(document, qtbot):
    generator = np.random.default_rng(3)
    images = generator.integers(0, 256, (40, 784), dtype=np.uint8)
    labels = generator.integers(0, 10, 40, dtype=np.uint8)
    session = Session(document.experiment, lambda: Dataset(images, labels, images, labels))
    bench = Bench(document, session, qtbot)
    session.start()
    yield bench
    bench.feed.stop()
    bench.slow_motion.end()
    session.close()


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_is_there_only_while_a_step_is_gone_through(bench, qtbot):
    assert bench.bar.isHidden()
    bench.slow_motion.stage_action.trigger()
    assert not bench.bar.isHidden()
    click(qtbot, bench.bar.close_button)
    assert bench.bar.isHidden()


def test_its_buttons_lead_through_a_step(bench, qtbot):
    bar, slow_motion = bench.bar, bench.slow_motion
    slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: slow_motion.stage is Stage.FORWARD and bar.text.startswith("Row "))
    click(qtbot, bar.next_button)
    assert bar.text.startswith("20 digits go through 4 layers.")
    assert "taken for a" in bar.strip.text_of(0)
    click(qtbot, bar.next_button)
    assert bar.text.startswith("Loss ")
    first = slow_motion.mini_batch.digits
    is_right = first.answers[0] == first.labels[0]
    assert bar.strip.text_of(0).endswith("right" if is_right else f"wrong, it is a {first.labels[0]}")
    click(qtbot, bar.next_button)
    click(qtbot, bar.next_button)
    assert bar.text.startswith("The gradient reaches row 1 (Dense) with std ")
    assert bench.step == 0
    click(qtbot, bar.next_button)
    qtbot.waitUntil(lambda: bench.step == 1 and "of their size" in bar.text)
    assert bar.next_button.text() == "Next step"
    assert not bar.finish_button.isEnabled()


def test_finish_trains_the_rest(bench, qtbot):
    bench.slow_motion.stage_action.trigger()
    qtbot.waitUntil(bench.bar.finish_button.isEnabled)
    click(qtbot, bench.bar.finish_button)
    qtbot.waitUntil(lambda: bench.step == 1)
    assert bench.slow_motion.stage is Stage.UPDATE


def test_while_a_model_catches_up_there_is_nothing_to_begin(bench, document, qtbot):
    bar, session = bench.bar, bench._session
    session.step()
    other = document.model.replaced(name="other", colour=1)
    document.edit(document.experiment.replaced(models=(document.model, other)), "another model")
    session.set_experiment(document.experiment)
    bench.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: "catching up" in bar.text)
    assert not bar.next_button.isEnabled()
    session.step()
    qtbot.waitUntil(bar.isHidden)
    bench.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: bench.slow_motion.stage is Stage.FORWARD)
    assert bar.next_button.isEnabled()


def test_escape_puts_it_away_and_the_step_is_done(bench, qtbot):
    bench.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: bench.slow_motion.stage is Stage.FORWARD)
    qtbot.keyClick(bench.bar, Qt.Key.Key_Escape)
    assert bench.bar.isHidden()
    qtbot.waitUntil(lambda: bench.step == 1)


def test_the_light_goes_on_by_itself(bench, qtbot):
    bench.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: bench.slow_motion.stage is Stage.FORWARD)
    qtbot.waitUntil(lambda: not bench.slow_motion.lighting)
    assert bench.slow_motion.stage is Stage.FORWARD


@pytest.mark.qt_log_ignore(r"raise\(\)")
def test_a_click_on_the_question_mark_explains(bench, qtbot):
    bench.slow_motion.stage_action.trigger()
    click(qtbot, bench.bar.help_button)
    assert "softmax" in QToolTip.text()
    QToolTip.hideText()
