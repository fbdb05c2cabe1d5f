from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolTip

from bnstudio.data.datasets import Dataset
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.gui.try_it.digit_view import digit_image
from bnstudio.gui.try_it.try_it_panel import CONFUSION, DRAW, MISTAKES, TEST_IMAGE, TryItPanel
from bnstudio.training.inspection import Inspector
from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot, State
from bnstudio.training.trainer import Trainer
from bnstudio.training.try_it import ConfusionInspection, ExampleInspection

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def dataset():
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (60, 784), dtype=np.uint8)
    labels = np.arange(60, dtype=np.uint8) % 10
    return Dataset(images, labels, images, labels)


class Bench:
    """A shown panel with a small network that answers what it asks."""

    def __init__(self, qtbot, document):
        self.qtbot = qtbot
        self.document = document
        self.trainer = Trainer(document.experiment, dataset())
        self.inspector = Inspector()
        self.panel = TryItPanel(document)
        self.panel.setPalette(palette_of(LIGHT))
        self.panel.resize(370, 290)
        qtbot.addWidget(self.panel)
        self.told = []
        self.panel.example_changed.connect(lambda name, values: self.told.append((name, values)))
        self.page, self.answer = self.panel.example_page, self.panel.example_page.answer
        self.surface = self.page.surface
        self.all_images = self.panel.confusion_page

    def show(self):
        self.panel.show()
        self.qtbot.waitExposed(self.panel)
        return self

    def snapshot(self, *, answered=True, **changes):
        run = self.trainer.runs[0]
        self.inspector.begin(self.trainer, self.panel.wanted, at_full_speed=False)
        while self.inspector.busy:
            self.inspector.advance()
        findings = self.inspector.findings(run, self.panel.wanted) if answered else {}
        nothing = np.zeros(0)
        shown = RunSnapshot(run.run_id, run.model.name, run.step, 0.5, 0, nothing, nothing, findings=findings)
        return Snapshot(State.PAUSED, step=run.step, runs=(replace(shown, **changes),))

    def bring(self, **changes):
        self.panel.refresh(self.snapshot(**changes))

    def say(self, digit):
        """Make the network say `digit`, whatever it sees."""
        head = self.trainer.runs[0].network.layers[-1]
        head.params["weight"][:] = 0
        head.params["bias"][:] = 0
        head.params["bias"][digit] = 3

    def press(self, x, y, button=LEFT):
        square = self.surface.square()
        pixel = square.width() / 28
        place = QPoint(round(square.left() + (x + 0.5) * pixel), round(square.top() + (y + 0.5) * pixel))
        self.qtbot.mousePress(self.surface, button, pos=place)
        self.qtbot.mouseRelease(self.surface, button, pos=place)

    def draw_dot(self):
        """Put a dot on the surface, and wait until the panel asks about it."""
        self.press(14, 14)
        self.qtbot.waitUntil(lambda: bool(self.panel.wanted))


@pytest.fixture
def bench(qtbot, document):
    return Bench(qtbot, document).show()


def asked(bench):
    (inspection,) = bench.panel.wanted
    return inspection


# What is asked


def test_hidden_it_asks_nothing_and_marks_nothing(qtbot, document):
    bench = Bench(qtbot, document)
    assert bench.panel.wanted == frozenset()
    bench.show()
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    assert bench.told[-1][1] is not None
    bench.panel.hide()
    assert bench.panel.wanted == frozenset()
    assert bench.told[-1] == ("small", None)


def test_a_blank_surface_asks_nothing_and_says_what_to_do(bench):
    bench.bring()
    assert bench.panel.wanted == frozenset()
    assert "Draw a digit" in bench.answer.text


def test_what_is_asked_about_is_exactly_what_is_on_the_surface(bench):
    bench.draw_dot()
    assert asked(bench) == ExampleInspection("small", bench.surface.drawing.pixels.tobytes())
    assert bench.surface.drawing.pixels[14, 14] == 255


def test_each_view_asks_its_own(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    assert asked(bench) == ExampleInspection("small", 0)
    for view in (MISTAKES, CONFUSION):
        bench.panel.switch.choose(view)
        assert asked(bench) == ConfusionInspection("small")
    bench.panel.switch.choose(DRAW)
    assert bench.panel.wanted == frozenset()


def test_the_selected_model_is_asked(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    document = bench.document
    other = document.model.replaced(name="other", colour=1)
    document.edit(document.experiment.replaced(models=(document.model, other)), "two")
    document.select(1)
    assert asked(bench).model == "other"
    assert bench.told[-1][1] is None
    assert "right" not in bench.answer.text
    assert "is 0" not in bench.answer.text


# One example


def test_the_answer_is_said_with_its_share_and_marked(bench):
    bench.say(7)
    bench.draw_dot()
    bench.bring()
    assert bench.answer.text == "Says 7, 69\N{NO-BREAK SPACE}%"
    assert "Says 7, 69\N{NO-BREAK SPACE}%, small · step 0" in bench.answer.accessibleDescription()
    assert "3: 3.4\N{NO-BREAK SPACE}%" in bench.answer.accessibleDescription()
    name, values = bench.told[-1]
    assert name == "small"
    assert [len(of_row) for of_row in values] == [8, 8, 8, 10]
    assert values[-1].argmax() == 7


def test_of_a_test_image_it_is_said_what_it_is(bench):
    bench.say(7)
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    assert bench.answer.text == "Says 7, 69\N{NO-BREAK SPACE}%: is 0"
    bench.panel.try_test_image(17)
    bench.bring()
    assert bench.answer.text == "Says 7, 69\N{NO-BREAK SPACE}%: right"
    assert (bench.page.test_view.pixels == bench.trainer.dataset.test_images[17]).all()


def test_buttons_and_keys_go_through_the_test_images(bench, qtbot):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    qtbot.mouseClick(bench.page.next_button, LEFT)
    qtbot.keyClick(bench.page.number_field, Qt.Key.Key_Up)
    assert asked(bench).image == 2
    for _ in range(3):
        qtbot.mouseClick(bench.page.previous_button, LEFT)
    assert asked(bench).image == 59  # from the first to the last, of as many as there are


def test_a_number_that_no_test_image_has_is_refused_with_words(bench, qtbot):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.page.number_field.setValue(5)
    bench.page.number_field.selectAll()
    qtbot.keyClicks(bench.page.number_field, "123456")
    with qtbot.waitSignal(bench.panel.message_raised) as raised:
        qtbot.keyClick(bench.page.number_field, Qt.Key.Key_Return)
    assert "0 to 9,999" in raised.args[0]
    assert asked(bench).image == 5


def test_what_is_not_new_is_not_told_again(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    n_told = len(bench.told)
    bench.bring()
    assert len(bench.told) == n_told
    bench.trainer.advance()
    bench.bring()
    assert len(bench.told) == n_told + 1
    assert "step 1" in bench.answer.accessibleDescription()


def test_clearing_takes_the_answer_and_the_marks_away(bench, qtbot):
    bench.draw_dot()
    bench.bring()
    qtbot.mouseClick(bench.page.clear_button, LEFT)
    qtbot.waitUntil(lambda: not bench.panel.wanted)
    assert "Draw a digit" in bench.answer.text
    assert bench.told[-1] == ("small", None)


def test_a_run_that_began_anew_has_not_answered_yet(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    bench.bring(answered=False, run_id=10_000)
    assert bench.answer.text == ""
    assert bench.told[-1] == ("small", None)


def test_looking_back_it_says_that_it_is_live_only(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.bring()
    bench.panel.refresh(replace(bench.snapshot(), at_step=3))
    assert "Live only" in bench.answer.text
    assert bench.told[-1] == ("small", None)
    bench.panel.switch.choose(CONFUSION)
    assert "Live only" in bench.all_images.summary.text()
    bench.bring()
    assert "right" in bench.all_images.summary.text()


def test_a_network_with_values_that_are_not_finite_has_no_answer(bench):
    bench.panel.switch.choose(TEST_IMAGE)
    bench.trainer.runs[0].network.layers[-1].params["bias"][:] = np.nan
    divergence = Divergence(1, None, None, 0.5)
    bench.bring(divergence=divergence)
    assert bench.answer.text == "No answer: not finite"
    assert all(values is None for _, values in bench.told)
    bench.panel.switch.choose(CONFUSION)
    bench.bring(divergence=divergence)
    assert "not finite" in bench.all_images.summary.text()


# The drawing surface


def test_the_left_button_draws_and_the_right_one_rubs_out(bench):
    bench.press(8, 20)
    assert bench.surface.drawing.pixels[20, 8] == 255
    bench.press(8, 20, RIGHT)
    assert bench.surface.drawing.blank


def test_a_drag_draws_a_line(bench, qtbot):
    square = bench.surface.square()
    middle = square.center().toPoint()
    qtbot.mousePress(bench.surface, LEFT, pos=middle)
    qtbot.mouseMove(bench.surface, middle + QPoint(0, 60))
    qtbot.waitUntil(lambda: bench.surface.drawing.pixels[20, 14] > 0)
    qtbot.mouseRelease(bench.surface, LEFT, pos=middle + QPoint(0, 60))
    column = bench.surface.drawing.pixels[14:22, 13:15].max(axis=1)
    assert (column == 255).all()


def test_keys_move_the_pen_put_it_down_lift_it_and_clear(bench, qtbot):
    surface = bench.surface
    keys = [Qt.Key.Key_Left] * 4
    for key in (*keys, Qt.Key.Key_Space, *[Qt.Key.Key_Down] * 5, Qt.Key.Key_Return, *[Qt.Key.Key_Right] * 8):
        qtbot.keyClick(surface, key)
    pixels = surface.drawing.pixels
    assert (pixels[14:20, 10] == 255).all()
    assert pixels[:, 16:].sum() == 0
    assert "column 19, row 20, pen up" in surface.accessibleDescription()
    qtbot.keyClick(surface, Qt.Key.Key_Delete)
    assert surface.drawing.blank


def test_centring_shows_what_it_does(bench, qtbot):
    bench.press(4, 4)
    before = bench.surface.pixels
    qtbot.mouseClick(bench.page.centre_button, LEFT)
    assert (bench.surface.pixels != before).any()
    assert (bench.surface.pixels == bench.surface.drawing.pixels).all()
    assert bench.surface.pixels[13:15, 13:15].min() > 200


def test_a_digit_has_the_colours_of_the_theme():
    pixels = np.array([0, 255] * 392, np.uint8)
    for theme in (LIGHT, DARK):
        image = digit_image(pixels, theme)
        assert image.pixelColor(0, 0).name() == theme.panel
        assert image.pixelColor(1, 0).name() == theme.text


# All test images


def test_mistakes_are_listed_in_words_and_open_as_a_test_image(bench, qtbot):
    bench.say(7)
    bench.panel.switch.choose(MISTAKES)
    bench.bring()
    model = bench.all_images.images.model()
    assert model.rowCount() == 54
    assert bench.all_images.summary.text() == "54 of 60 wrong, the surest first · small · step 0"
    assert model.index(1, 0).data() == "said 7 (69\N{NO-BREAK SPACE}%), is 1"
    bench.all_images.images.setCurrentIndex(model.index(1, 0))
    qtbot.keyClick(bench.all_images.images, Qt.Key.Key_Return)
    assert bench.panel.switch.index == TEST_IMAGE
    assert asked(bench) == ExampleInspection("small", 1)


def test_a_click_on_a_mistake_opens_it(bench, qtbot):
    bench.say(7)
    bench.panel.switch.choose(MISTAKES)
    bench.bring()
    view = bench.all_images.images
    place = view.visualRect(view.model().index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=place)
    assert asked(bench) == ExampleInspection("small", 2)


def test_what_was_looked_at_stays_current_when_the_mistakes_change(bench):
    bench.say(7)
    bench.panel.switch.choose(MISTAKES)
    bench.bring()
    view = bench.all_images.images
    view.setCurrentIndex(view.model().index(11, 0))
    image = int(view.examples.confusion.indices[11])
    bench.say(0)  # and so 0, 10, … are no longer among them
    bench.trainer.advance()
    bench.bring()
    row = view.currentIndex().row()
    assert row != 11
    assert int(view.examples.confusion.indices[row]) == image


def test_keys_read_the_table_and_open_a_cell(bench, qtbot):
    bench.say(7)
    bench.panel.switch.choose(CONFUSION)
    bench.bring()
    table = bench.all_images.table
    assert bench.all_images.summary.text() == "10\N{NO-BREAK SPACE}% right, 54 of 60 wrong · small · step 0"
    keys = (Qt.Key.Key_Right, *[Qt.Key.Key_Right] * 7, *[Qt.Key.Key_Down] * 4)
    for key in keys:
        qtbot.keyClick(table, key)
    assert bench.all_images.summary.text() == "true 4, said 7: 6 of 6 (100\N{NO-BREAK SPACE}%)"
    assert table.accessibleDescription() == bench.all_images.summary.text()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert bench.panel.switch.index == MISTAKES
    assert asked(bench) == ConfusionInspection("small", (4, 7))
    bench.bring()
    assert bench.all_images.summary.text().startswith("true 4, said 7: 6 images")
    assert set(bench.all_images.images.examples.confusion.labels) == {4}
    qtbot.mouseClick(bench.all_images.all_button, LEFT)
    assert asked(bench) == ConfusionInspection("small")


def test_the_mouse_reads_a_cell_and_a_click_opens_it(bench, qtbot):
    bench.say(7)
    bench.panel.switch.choose(CONFUSION)
    bench.bring()
    table = bench.all_images.table
    place = table.cell_rect((2, 7)).center().toPoint()
    qtbot.mouseMove(table, place + QPoint(1, 1))
    qtbot.mouseMove(table, place)
    qtbot.waitUntil(lambda: table.cell == (2, 7))
    qtbot.mouseClick(table, LEFT, pos=place)
    assert asked(bench) == ConfusionInspection("small", (2, 7))


def test_the_table_is_painted_with_its_strongest_mistakes_standing_out(bench):
    bench.say(7)
    bench.panel.switch.choose(CONFUSION)
    bench.bring()
    image = bench.all_images.table.grab().toImage()

    def colour(cell):
        corner = bench.all_images.table.cell_rect(cell).topLeft().toPoint() + QPoint(3, 3)
        return image.pixelColor(corner)

    assert colour((3, 3)).name() == LIGHT.grid
    assert colour((3, 4)).saturation() < 20
    assert colour((3, 7)).saturation() > 100


@pytest.mark.qt_log_ignore(r"raise\(\)")  # the offscreen platform has no order of windows
def test_the_explanation_says_that_nothing_is_preprocessed(bench, qtbot):
    qtbot.mouseClick(bench.panel.help_button, LEFT)
    assert "exactly the 28 × 28 pixels" in QToolTip.text()
    QToolTip.hideText()
