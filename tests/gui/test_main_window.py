import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QLabel,
    QMessageBox,
    QSlider,
    QWidget,
)

from bnstudio.data.datasets import Dataset
from bnstudio.document.experiment import DenseSpec, new_experiment
from bnstudio.document.storage import ExperimentFile, write_experiment
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.dialogs.shortcuts_dialog import ShortcutsDialog, shortcut_groups
from bnstudio.gui.live_feed import HIDDEN_INTERVAL_MS
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.lasting_session import LastingSession
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State


@pytest.fixture(scope="module")
def dataset():
    """210 training images and 30 test images of noise: 11 steps of 20 an epoch."""
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (240, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, 240, dtype=np.uint8)
    return Dataset(images[:210], labels[:210], images[210:], labels[210:])


@pytest.fixture
def appearance(qapp):
    appearance = Appearance(qapp)
    yield appearance
    appearance.deleteLater()


@pytest.fixture
def make_window(qtbot, appearance):
    """Make a window with a session of its own; each session is closed in the end."""
    sessions = []

    def make(document, load_dataset):
        session = LastingSession(document.experiment, lambda experiment: Session(experiment, load_dataset))
        sessions.append(session)
        window = MainWindow(document, session, appearance)
        window.snapshots = []
        window.feed.snapshot_arrived.connect(window.snapshots.append)
        # Nobody is there to answer the question about unsaved changes.
        qtbot.addWidget(window, before_close_func=lambda _window: document.undo_stack.setClean())
        window.show()
        session.start()
        return window

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def window(qtbot, make_window, document, dataset):
    window = make_window(document, lambda: dataset)
    wait_for(qtbot, window, State.PAUSED)
    return window


def wait_for(qtbot, window, state, step=0):
    def check():
        latest = window.snapshots[-1] if window.snapshots else None
        return latest is not None and latest.state is state and latest.step >= step

    qtbot.waitUntil(check)


def press(qtbot, window, keys):
    combination = QKeySequence(keys)[0]
    qtbot.keyClick(window, combination.key(), combination.keyboardModifiers())


def visible(window, kind):
    return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]


def wait_for_dialog(qtbot, window, kind):
    qtbot.waitUntil(lambda: bool(visible(window, kind)))
    return visible(window, kind)[0]


def test_f5_trains_to_the_end_of_the_plan_and_says_so(qtbot, window):
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.FINISHED, step=22)
    assert window.snapshots[-1].step == 22
    assert window.status_line.text == "Trained 2 epochs. Train goes on for 2 more."
    assert window.histories.current("small").n_steps == 22
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.FINISHED, step=44)


def test_f10_trains_one_mini_batch(qtbot, window):
    for step in (1, 2):
        press(qtbot, window, "F10")
        wait_for(qtbot, window, State.PAUSED, step=step)
        assert window.snapshots[-1].step == step


def test_shift_f5_trains_to_the_end_of_the_epoch(qtbot, window):
    press(qtbot, window, "Shift+F5")
    wait_for(qtbot, window, State.PAUSED, step=11)
    assert window.snapshots[-1].step == 11


def test_restart_goes_back_to_step_0_with_the_same_weights(qtbot, window):
    press(qtbot, window, "F10")
    wait_for(qtbot, window, State.PAUSED, step=1)
    first_loss = window.histories.current("small").losses[0]
    press(qtbot, window, "Ctrl+R")
    qtbot.waitUntil(lambda: window.snapshots[-1].step == 0)
    press(qtbot, window, "F10")
    wait_for(qtbot, window, State.PAUSED, step=1)
    assert window.histories.current("small").losses[0] == first_loss
    assert len(window.histories.ghosts("small")) == 1


def test_train_pressed_while_the_data_loads_trains_when_it_is_there(qtbot, make_window, document, dataset):
    import threading

    may_load = threading.Event()

    def load():
        may_load.wait()
        return dataset

    window = make_window(document, load)
    wait_for(qtbot, window, State.LOADING)
    press(qtbot, window, "F5")
    assert window.control_bar.train_button.text() == "Pause"
    may_load.set()
    wait_for(qtbot, window, State.FINISHED, step=22)


def test_space_trains_where_the_focus_has_no_use_for_it(qtbot, window):
    window.control_bar.pace_combo.setCurrentIndex(5)
    slider = window.findChild(QSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    wait_for(qtbot, window, State.TRAINING)
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    wait_for(qtbot, window, State.PAUSED)


def test_space_still_presses_the_focused_button_and_writes_into_fields(qtbot, window):
    started = []
    window.control_bar.train_asked.connect(lambda: started.append(True))
    log_button = window.loss_panel.log_button
    log_button.setFocus()
    before = log_button.isChecked()
    qtbot.keyClick(log_button, Qt.Key.Key_Space)
    assert log_button.isChecked() is not before
    name_field = window.setup_panel.name_field
    name_field.setFocus()
    qtbot.keyClicks(name_field, " b")
    assert " b" in name_field.text()
    assert started == []


def test_edits_reach_the_training_and_undo_takes_them_back_there_too(qtbot, window, document):
    press(qtbot, window, "F10")
    wait_for(qtbot, window, State.PAUSED, step=1)
    document.edit_model(document.model.replaced(learning_rate=0.25), "slower")
    qtbot.waitUntil(lambda: window.snapshots[-1].runs[0].learning_rate == 0.25)
    assert window.snapshots[-1].step == 1
    document.edit_model(document.model.replaced(layers=(DenseSpec(units=4),)), "other layers")
    qtbot.waitUntil(lambda: window.snapshots[-1].step == 0)
    press(qtbot, window, "Ctrl+Z")
    press(qtbot, window, "Ctrl+Z")
    qtbot.waitUntil(lambda: window.snapshots[-1].runs[0].learning_rate == 0.5)


def test_undo_reaches_the_document_from_a_field_that_was_just_used(qtbot, window, document):
    field = window.setup_panel.batch_size_field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "30")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert document.experiment.batch_size == 30
    line_edit = field.lineEdit()
    press(qtbot, line_edit, "Ctrl+Z")
    assert document.experiment.batch_size == 20


def test_another_document_starts_paused_and_with_empty_curves(qtbot, window, document, experiment):
    window.control_bar.pace_combo.setCurrentIndex(1)
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.TRAINING, step=2)
    document.open(experiment, None)
    assert window.histories.current("small") is None
    qtbot.waitUntil(lambda: window.snapshots[-1].step == 0 and window.snapshots[-1].state is State.PAUSED)
    assert window.histories.ghosts("small") == []


def test_a_divergence_is_told_without_stopping_anything_and_its_answer_lowers_the_rate(
    qtbot, window, document
):
    document.edit_model(
        document.model.replaced(learning_rate=1e6, layers=(DenseSpec(units=8),) * 3), "too fast"
    )
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.STOPPED)
    assert window.notice_bar.isVisible()
    assert "Try a learning rate below 1000000, e.g. 1." in window.notice_bar.text
    assert visible(window, QDialog) == []
    window.notice_bar.answer_button.setFocus()
    window.notice_bar.answer_button.click()
    assert document.model.learning_rate == 1
    assert window.focusWidget() is window.control_bar.train_button
    qtbot.waitUntil(lambda: len(window.histories.ghosts("small")) == 1)
    wait_for(qtbot, window, State.STOPPED)
    assert "Try a learning rate below 1, e.g. 0.33." in window.notice_bar.text


def test_train_after_a_divergence_begins_again_from_step_0(qtbot, window, document):
    document.edit_model(
        document.model.replaced(learning_rate=1e6, layers=(DenseSpec(units=8),) * 3), "too fast"
    )
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.STOPPED)
    qtbot.waitUntil(lambda: not window.control_bar.step_action.isEnabled())
    document.edit_model(document.model.replaced(learning_rate=0.01), "slower")
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.FINISHED, step=22)
    assert window.control_bar.step_action.isEnabled()


def test_a_notice_goes_when_its_run_is_replaced(qtbot, window, document):
    document.edit_model(
        document.model.replaced(learning_rate=1e6, layers=(DenseSpec(units=8),) * 3), "too fast"
    )
    press(qtbot, window, "F5")
    wait_for(qtbot, window, State.STOPPED)
    press(qtbot, window, "Ctrl+Z")
    qtbot.waitUntil(lambda: not window.notice_bar.isVisible())


def test_a_failure_of_the_training_is_shown_with_its_traceback(qtbot, make_window, document):
    def load():
        raise OSError("the digits are gone")

    window = make_window(document, load)
    dialog = wait_for_dialog(qtbot, window, ErrorDialog)
    assert "the digits are gone" in dialog.details.toPlainText()
    assert window.isVisible()
    dialog.close()
    assert not window.gradient_check_action.isEnabled()


def test_the_title_shows_the_file_and_unsaved_changes(window, document, tmp_path):
    assert window.windowTitle() == "Untitled[*] – bnstudio"
    document.set_file(ExperimentFile(tmp_path / "mine.bnstudio", b""))
    assert window.windowTitle() == "mine.bnstudio[*] – bnstudio"
    assert not window.isWindowModified()
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    assert window.isWindowModified()


def test_closing_asks_about_unsaved_changes(qtbot, window, document):
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    window.close()
    assert window.isVisible()
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Cancel).click()
    assert window.isVisible()
    window.close()
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Discard).click()
    assert not window.isVisible()


def test_size_and_splitters_are_remembered(qtbot, window, make_window, document, dataset):
    # The screen of the tests is small, so only the height is free.
    window.resize(window.width(), 700)
    curves = window.central_area.splitters["curves"]
    curves.setSizes([200, 400])
    sizes = curves.sizes()
    window.close()
    again = make_window(document, lambda: dataset)
    assert again.height() == 700
    assert again.central_area.splitters["curves"].sizes() == sizes


def test_the_choice_of_axes_is_remembered(window, make_window, document, dataset):
    window.network_panel.choose_axes(log_magnitude=True, own_range=True)
    window.loss_panel.log_button.click()
    window.close()
    again = make_window(document, lambda: dataset)
    assert again.network_panel.look.log_magnitude
    assert not again.network_panel.look.shared_range
    assert again.loss_panel.view.logarithmic


def test_a_file_dropped_anywhere_on_the_window_is_opened(qtbot, window, document, tmp_path):
    path = tmp_path / "other.bnstudio"
    write_experiment(new_experiment(), path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(600, 400), copy, mime, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(600, 400), copy, mime, left, none))
    qtbot.waitUntil(lambda: document.path == path)
    assert not window.loss_panel.view.acceptDrops()


def test_another_kind_of_file_is_not_taken(window, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "picture.png"))])
    enter = QDragEnterEvent(
        QPoint(600, 400),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_a_minimized_window_asks_seldom(qtbot, window):
    window.showMinimized()
    qtbot.waitUntil(lambda: window.feed.interval_ms == HIDDEN_INTERVAL_MS)
    window.showNormal()
    qtbot.waitUntil(lambda: window.feed.interval_ms != HIDDEN_INTERVAL_MS)


def test_the_sheet_shows_every_shortcut_that_a_menu_has(qtbot, window):
    shown = {keys for group in shortcut_groups(window, "others") for _what, keys in group.rows}
    for action in window.findChildren(QAction):
        if not action.shortcut().isEmpty() and action.text():
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            assert any(keys in row.split(", ") for row in shown), action.text()
    press(qtbot, window, "F1")
    sheet = visible(window, ShortcutsDialog)[0]
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert {"F5", "F10", "Ctrl+S", "Space", "Home"} <= texts
    sheet.close()


def test_no_two_actions_have_the_same_shortcut(window):
    keys = [
        key.toString()
        for action in window.findChildren(QAction)
        for key in action.shortcuts()
        if action.shortcutContext() is Qt.ShortcutContext.WindowShortcut
    ]
    assert sorted(keys) == sorted(set(keys))


def test_no_two_access_keys_are_the_same(window):
    texts = [action.text() for action in window.menuBar().actions()]
    texts += [label.text() for label in window.findChildren(QLabel) if label.buddy() is not None]
    keys = [QKeySequence.mnemonic(text).toString() for text in texts]
    assert all(keys)
    assert sorted(keys) == sorted(set(keys))


def test_everything_that_takes_the_focus_has_a_name_for_those_who_do_not_see_it(window):
    def is_stop(widget):
        is_part_of_a_widget = widget.objectName().startswith("qt_") or isinstance(
            widget.parent(), QAbstractScrollArea
        )
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
        return takes_tab and widget.isVisible() and not is_part_of_a_widget

    stops = [widget for widget in window.findChildren(QWidget) if is_stop(widget)]
    assert len(stops) > 20
    for stop in stops:
        assert stop.accessibleName() or (isinstance(stop, QAbstractButton) and stop.text()), stop


def test_panels_can_be_hidden_and_shown(window):
    panel = window.accuracy_panel
    menu = next(a.menu() for a in window.menuBar().actions() if a.text() == "&View")
    action = next(a for a in menu.actions() if a.text() == "&Accuracy and instruments")
    action.trigger()
    assert not panel.isVisible()
    assert QSettings().value("panels/accuracy", True, type=bool) is False
    action.trigger()
    assert panel.isVisible()


def test_the_models_stay_at_the_top_without_the_setup(window):
    models, setup = (window.central_area.panels[key][1] for key in ("models", "setup"))
    height = models.height()
    setup.hide()
    QApplication.processEvents()
    assert (models.y(), models.height()) == (0, height)


def test_it_fits_a_small_screen(window):
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 760


def test_answers_are_shown_in_the_status_line(qtbot, window):
    name_field = window.setup_panel.name_field
    name_field.selectAll()
    qtbot.keyClicks(name_field, "con")
    qtbot.keyClick(name_field, Qt.Key.Key_Return)
    assert "reserved name" in window.status_line.text
