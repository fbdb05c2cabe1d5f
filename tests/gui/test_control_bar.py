import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from bnstudio.gui.controls.control_bar import ControlBar
from bnstudio.gui.controls.rate_slider import rate_at
from bnstudio.training.snapshot import Snapshot, State
from tests.gui.model_experiments import add_twin, open_twin, select_twin


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.setLayout(QVBoxLayout())
    qtbot.addWidget(window)
    window.resize(1280, 80)
    return window


@pytest.fixture
def bar(window, document):
    bar = ControlBar(document, QMenu(window))
    window.layout().addWidget(bar)
    window.show()
    return bar


def snapshot(state, **fields):
    return Snapshot(state, **{"step": 600, "target": 3000, "steps_per_epoch": 600, **fields})


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_one_button_asks_to_train_and_to_pause(qtbot, bar):
    bar.show_snapshot(snapshot(State.PAUSED))
    with qtbot.waitSignal(bar.train_asked):
        click(qtbot, bar.train_button)
    bar.show_snapshot(snapshot(State.TRAINING))
    assert bar.train_button.text() == "Pause"
    with qtbot.waitSignal(bar.pause_asked):
        click(qtbot, bar.train_button)
    bar.show_snapshot(snapshot(State.FINISHED))
    assert bar.train_button.text() == "Train"


def test_train_pressed_while_the_data_loads_is_shown_at_once_and_can_be_taken_back(qtbot, bar):
    bar.show_snapshot(Snapshot(State.LOADING))
    with qtbot.waitSignal(bar.train_asked):
        click(qtbot, bar.train_button)
    assert bar.training
    bar.show_snapshot(Snapshot(State.LOADING))
    assert bar.training
    with qtbot.waitSignal(bar.pause_asked):
        click(qtbot, bar.train_button)
    assert not bar.training


def test_after_a_failure_training_can_be_asked_for_and_the_button_answers_at_once(qtbot, bar):
    bar.show_snapshot(snapshot(State.FAILED))
    assert bar.step_action.isEnabled()
    click(qtbot, bar.train_button)
    assert bar.training
    bar.show_snapshot(Snapshot(State.LOADING))
    assert bar.training


@pytest.mark.parametrize(
    ("action", "signal"),
    [("step_action", "step_asked"), ("epoch_action", "epoch_asked"), ("restart_action", "restart_asked")],
)
def test_the_other_actions_ask_for_what_they_say(qtbot, bar, action, signal):
    with qtbot.waitSignal(getattr(bar, signal)):
        getattr(bar, action).trigger()


def test_a_new_seed_is_an_edit_that_can_be_undone(bar, document):
    bar.new_seed_action.trigger()
    assert document.experiment.seed != 0
    document.undo_stack.undo()
    assert document.experiment.seed == 0


def test_a_new_seed_is_another_one_and_short(bar, document):
    for _ in range(50):
        before = document.experiment.seed
        bar.new_seed_action.trigger()
        assert document.experiment.seed != before
        assert 0 <= document.experiment.seed < 10_000


def test_a_press_on_the_groove_brings_the_handle_there_as_part_of_the_drag(qtbot, bar, document):
    slider = bar.learning_rate_editor.slider
    middle = slider.height() // 2
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, middle))
    assert abs(slider.value() - slider.maximum() / 2) <= 1
    qtbot.mouseMove(slider, QPoint(slider.width() // 4, middle))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, middle))
    assert abs(slider.value() - slider.maximum() / 4) <= 2
    assert document.model.learning_rate == rate_at(slider.value())
    assert document.undo_stack.count() == 1


def test_the_train_button_does_not_jump_when_its_text_changes(bar):
    bar.show_snapshot(snapshot(State.PAUSED))
    width = bar.train_button.sizeHint().width()
    bar.show_snapshot(snapshot(State.TRAINING))
    assert bar.train_button.sizeHint().width() == width


def test_each_move_of_the_slider_is_in_the_document_and_a_drag_is_one_edit(qtbot, bar, document):
    slider = bar.learning_rate_editor.slider
    rates = []
    document.experiment_changed.connect(lambda experiment: rates.append(experiment.models[0].learning_rate))
    middle = slider.height() // 2
    handle = QPoint(round(slider.width() * slider.value() / slider.maximum()), middle)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
    for x in (slider.width() // 2, slider.width() // 3, slider.width() // 4):
        qtbot.mouseMove(slider, QPoint(x, middle))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, middle))
    assert len(rates) >= 3
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.model.learning_rate == 0.5


@pytest.mark.parametrize("show_its_twin", [select_twin, open_twin])
def test_a_drag_of_the_slider_ends_where_another_model_is_shown(qtbot, bar, document, show_its_twin):
    add_twin(document)
    slider = bar.learning_rate_editor.slider
    middle = slider.height() // 2
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, middle))
    show_its_twin(document)
    before = document.experiment
    qtbot.mouseMove(slider, QPoint(slider.width() // 4, middle))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, middle))
    assert document.experiment == before


def test_two_drags_are_two_edits(bar, document):
    slider = bar.learning_rate_editor.slider
    for position in (20, 40):
        slider.sliderPressed.emit()
        slider.setValue(position)
        slider.sliderReleased.emit()
    assert document.undo_stack.count() == 2


def test_a_typed_learning_rate_moves_the_slider_and_is_kept_exactly(qtbot, bar, document):
    editor = bar.learning_rate_editor
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "0.0123")
    assert document.model.learning_rate == 0.5
    qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert document.model.learning_rate == 0.0123
    assert editor.field.text() == "0.0123"
    assert abs(editor.slider.value() - 42) <= 1


def test_a_learning_rate_of_zero_is_refused_with_a_message(qtbot, bar, document):
    editor = bar.learning_rate_editor
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "0")
    with qtbot.waitSignal(bar.message_raised) as raised:
        qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert "from 1e-300 to 1,000,000" in raised.args[0]
    assert document.model.learning_rate == 0.5
    assert editor.field.text() == "0.5"


def test_escape_takes_typed_text_back(qtbot, bar, document):
    field = bar.learning_rate_editor.field
    field.selectAll()
    qtbot.keyClicks(field, "7")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "0.5"
    assert document.undo_stack.isClean()


def test_undo_shows_in_slider_and_field(bar, document):
    editor = bar.learning_rate_editor
    before = editor.slider.value()
    document.edit_model(document.model.replaced(learning_rate=0.001), "slower")
    assert (editor.slider.value(), editor.field.text()) == (20, "0.001")
    document.undo_stack.undo()
    assert (editor.slider.value(), editor.field.text()) == (before, "0.5")


def test_the_speed_is_asked_for_in_steps_per_second(qtbot, bar):
    with qtbot.waitSignal(bar.pace_chosen) as chosen:
        bar.pace_combo.setCurrentIndex(1)
    assert chosen.args == [30.0]
    with qtbot.waitSignal(bar.pace_chosen) as chosen:
        bar.pace_combo.setCurrentIndex(0)
    assert chosen.args == [None]


def test_progress_is_counted_as_people_count(bar, document):
    document.edit(document.experiment.replaced(epochs=5), "epochs")
    bar.show_snapshot(snapshot(State.TRAINING, step=700, steps_per_second=460.0))
    assert bar.progress_view.where_text() == "epoch 2 / 5 · step 700 / 3,000"
    assert bar.progress_view.speed_text() == "460 steps/s · 5 s left"
    bar.show_snapshot(snapshot(State.FINISHED, step=3000))
    assert bar.progress_view.where_text() == "epoch 5 / 5 · step 3,000 / 3,000"
    assert bar.progress_view.speed_text() == ""


def test_at_the_end_of_an_epoch_it_is_still_that_epoch(bar, document):
    document.edit(document.experiment.replaced(epochs=5), "epochs")
    for step, text in ((0, "epoch 1 / 5"), (1200, "epoch 2 / 5"), (1201, "epoch 3 / 5")):
        bar.show_snapshot(snapshot(State.PAUSED, step=step))
        assert bar.progress_view.where_text().startswith(text)


def test_a_narrow_bar_keeps_the_icons_and_gives_their_texts_up(qtbot, window, bar):
    window.resize(1600, 80)
    qtbot.waitUntil(lambda: bar.presets_button.width() > 2 * bar.presets_button.height())
    window.resize(window.minimumSizeHint().width(), 80)
    qtbot.waitUntil(lambda: bar.presets_button.width() < 2 * bar.presets_button.height())
    assert bar.presets_button.accessibleName() == "Presets"
    assert bar.train_button.text() == "Train"
    assert bar.layout().minimumSize().width() <= bar.width()
