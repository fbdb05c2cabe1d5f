"""A run is saved and opened in the window, which never waits for it."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from bnstudio.document.experiment import DenseSpec, Experiment
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import ExperimentFile
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.recent_files import RecentFiles
from bnstudio.training.run_file import read_run, read_summary
from bnstudio.training.snapshot import State
from tests.gui.run_windows import digits, make_window, train, visible, wait_for_dialog  # noqa: F401 (fixtures)


@pytest.fixture
def window(make_window, document):  # noqa: F811
    return make_window(document)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.bnrun"


def save(qtbot, window, path):
    window.files.save_run_action.trigger()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(path))
    box.close()
    qtbot.waitUntil(lambda: not window.run_files.busy)


def other_window(make_window):  # noqa: F811
    return make_window(ExperimentDocument(load_preset("S3")))


def opened(qtbot, window, path):
    window.files.open_file(path)
    qtbot.waitUntil(lambda: not window.run_files.busy)


def n_steps(window, name):
    run = window.histories.current(name)
    return None if run is None else run.n_steps


def test_of_a_run_that_has_diverged_no_histograms_are_promised(qtbot, window, make_window, document, path):  # noqa: F811
    document.edit_model(
        document.model.replaced(learning_rate=1e6, layers=(DenseSpec(units=8),) * 3), "too fast"
    )
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.STOPPED)
    step = window.snapshots[-1].step
    save(qtbot, window, path)
    again = other_window(make_window)
    opened(qtbot, again, path)
    expected = f"Opened mine.bnrun after step {step}. Every model has diverged: Train begins again."
    assert again.status_line.text == expected


@pytest.mark.parametrize("diverged", [False, True])
def test_train_pressed_as_soon_as_a_run_is_open_goes_on_with_it(
    qtbot,
    window,
    make_window,  # noqa: F811
    path,
    diverged,
):
    train(qtbot, window, 4)
    save(qtbot, window, path)
    experiment, layers = window._document.experiment, (DenseSpec(units=8),) * 3
    model = experiment.models[0]
    if diverged:
        model = model.replaced(learning_rate=1e6, layers=layers)
    again = make_window(ExperimentDocument(experiment.replaced(epochs=1_000, models=(model,))))
    again.control_bar.train_action.trigger()
    state = State.STOPPED if diverged else State.TRAINING
    qtbot.waitUntil(lambda: again.snapshots[-1].state is state)
    train_now = again.control_bar.train_action.trigger
    again.files.answered.connect(lambda text: train_now() if text.startswith("Opened mine") else None)
    opened(qtbot, again, path)
    qtbot.waitUntil(lambda: n_steps(again, "small") == 22)
    assert again.histories.ghosts("small") == []


def test_a_run_is_saved_and_goes_on_in_another_window_with_its_whole_past(
    qtbot,
    window,
    make_window,  # noqa: F811
    document,
    path,
):
    train(qtbot, window, 13)
    save(qtbot, window, path)
    assert window.status_line.text == "Saved mine.bnrun: the setup and all that was learned until step 13."
    assert read_summary(path).step == 13
    again = other_window(make_window)
    opened(qtbot, again, path)
    assert again.status_line.text == "Opened mine.bnrun after step 13. Histograms come with the next one."
    assert again.windowTitle() == "mine.bnrun[*] – bnstudio"
    assert not again.isWindowModified()
    assert again._document.experiment == document.experiment
    assert again._document.path is None
    qtbot.waitUntil(lambda: again.histories.current("small") is not None)
    before, after = window.histories.current("small"), again.histories.current("small")
    assert after.losses.tolist() == before.losses.tolist()
    assert after.evaluations == before.evaluations
    assert again.histories.current("S3") is None
    assert again.histories.orphans() == []
    for each in (window, again):
        train(qtbot, each, 9)
    assert (
        again.histories.current("small").losses.tolist() == window.histories.current("small").losses.tolist()
    )
    assert again.histories.current("small").n_steps == 22


def test_nothing_from_before_a_run_was_opened_can_be_looked_back_at(qtbot, window, path):
    train(qtbot, window, 5)
    save(qtbot, window, path)
    opened(qtbot, window, path)
    train(qtbot, window, 3)
    window.timeline_bar.slider.setValue(0)
    qtbot.waitUntil(lambda: window.snapshots[-1].at_step == 6)
    (run,) = window.snapshots[-1].runs
    assert run.readings_step == 6


def test_saving_while_it_trains_goes_on_training(qtbot, make_window, experiment, path):  # noqa: F811
    window = make_window(ExperimentDocument(experiment.replaced(epochs=10_000)))
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: window.snapshots[-1].step > 5)
    save(qtbot, window, path)
    saved = read_run(path).step
    qtbot.waitUntil(lambda: window.snapshots[-1].step > saved)
    assert window.snapshots[-1].state is State.TRAINING


def test_it_says_that_it_is_saving_until_it_has(qtbot, window, path):
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(path))
    box.close()
    assert window.status_line.text == "Saving mine.bnrun…"
    qtbot.waitUntil(lambda: window.status_line.text.startswith("Saved mine.bnrun"))


@pytest.mark.parametrize("typed", ["other", "S6 lr 0.5", "mine.bnstudio"])
def test_the_suffix_that_was_not_typed_is_added(qtbot, window, tmp_path, typed):
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    assert box.selectedFiles()[0].endswith("small.bnrun")
    box.setDirectory(str(tmp_path))
    box.selectFile(typed)
    box.accept()
    qtbot.waitUntil((tmp_path / f"{typed}.bnrun").exists)


def test_a_run_is_known_by_its_suffix_however_that_is_written(qtbot, window, path):
    train(qtbot, window, 2)
    save(qtbot, window, path)
    shouted = path.rename(path.with_name("MINE.BNRUN"))
    window.files.open_file(shouted)
    qtbot.waitUntil(lambda: window.files.document_name() == "MINE.BNRUN")


def test_a_run_that_cannot_be_saved_gives_its_message_and_training_goes_on(qtbot, window, document, tmp_path):
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    save(qtbot, window, tmp_path / "no such folder" / "mine.bnrun")
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "cannot be written" in box.text()
    assert "there is no such file or folder" in box.text()
    box.close()
    assert not document.undo_stack.isClean()
    assert RecentFiles().paths() == []
    train(qtbot, window, 1)


def test_a_run_that_cannot_be_opened_gives_its_message_and_all_stays(qtbot, window, document, path):
    train(qtbot, window, 2)
    before = document.experiment
    path.write_text("no run")
    opened(qtbot, window, path)
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "it is no bnstudio run" in box.text()
    box.close()
    assert document.experiment is before
    train(qtbot, window, 1)
    assert window.histories.current("small").n_steps == 3
    assert RecentFiles().paths() == []


def test_a_document_without_a_file_is_safe_in_its_runs_file(qtbot, window, document, path):
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    assert window.isWindowModified()
    save(qtbot, window, path)
    assert not window.isWindowModified()
    assert window.windowTitle() == "mine.bnrun[*] – bnstudio"
    assert document.path is None


def test_a_document_with_a_file_still_has_changes_that_the_file_has_not(
    qtbot, window, document, path, tmp_path
):
    document.file = ExperimentFile(tmp_path / "setup.bnstudio", b"")
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    save(qtbot, window, path)
    assert window.isWindowModified()
    assert window.windowTitle() == "setup.bnstudio[*] – bnstudio"


def test_save_after_opening_a_run_asks_where_the_setup_shall_be(qtbot, window, path):
    save(qtbot, window, path)
    opened(qtbot, window, path)
    window.files.save_action.trigger()
    assert wait_for_dialog(qtbot, window, QFileDialog).selectedFiles()[0].endswith("small.bnstudio")


def test_opening_a_run_asks_about_unsaved_changes_once(qtbot, window, document, path):
    train(qtbot, window, 3)
    save(qtbot, window, path)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    window.files.open_file(path)
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Discard).click()
    qtbot.waitUntil(lambda: document.experiment.epochs == 2)
    assert visible(window, QMessageBox) == []


def test_what_was_changed_while_it_was_read_is_asked_about(qtbot, window, document, path):
    save(qtbot, window, path)
    window.files.open_file(path)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Cancel).click()
    assert document.experiment.epochs == 9


def test_what_would_leave_the_document_waits_until_the_run_is_saved(qtbot, window, document, path):
    train(qtbot, window, 3)
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(path))
    box.close()
    window.files.open_preset("S3")
    assert document.experiment.models[0].name == "small"
    qtbot.waitUntil(lambda: document.experiment.models[0].name == "S3")
    assert read_summary(path).step == 3


def test_closing_the_window_waits_until_the_run_is_saved(qtbot, window, path):
    train(qtbot, window, 3)
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(path))
    box.close()
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert read_summary(path).step == 3


def test_a_run_that_is_still_being_read_keeps_nobody_waiting(qtbot, window, document, path):
    train(qtbot, window, 3)
    save(qtbot, window, path)
    window.files.open_file(path)
    window.files.open_preset("S3")
    assert document.model.name == "S3"
    qtbot.waitUntil(lambda: not window.run_files.busy)
    assert document.model.name == "S3"
    window.files.open_file(path)
    window.close()
    assert not window.isVisible()


def test_when_the_run_cannot_be_saved_nothing_is_left(qtbot, window, document, tmp_path):
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(tmp_path / "no such folder" / "mine.bnrun"))
    box.close()
    window.files.open_preset("S3")
    wait_for_dialog(qtbot, window, QMessageBox).close()
    assert document.experiment.models[0].name == "small"


def test_a_dropped_run_and_a_recent_one_open(qtbot, window, document, path):
    train(qtbot, window, 4)
    save(qtbot, window, path)
    window.files.open_preset("S3")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(600, 400), copy, mime, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(600, 400), copy, mime, left, none))
    qtbot.waitUntil(lambda: document.experiment.models[0].name == "small")
    window.files.open_preset("S3")
    window.files.recent_menu.aboutToShow.emit()
    window.files.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: document.experiment.models[0].name == "small")
    qtbot.waitUntil(lambda: n_steps(window, "small") == 4)


def test_the_dialog_shows_both_kinds_of_files(qtbot, window):
    window.files.open_action.trigger()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    assert box.nameFilters()[0] == "bnstudio experiments and runs (*.bnstudio *.bnrun)"


@pytest.mark.parametrize("known", [False, True])
def test_where_training_has_failed_a_run_is_said_not_to_be_saved(qtbot, window, path, known):
    window._session.set_pace("no number")
    if known:
        wait_for_dialog(qtbot, window, ErrorDialog)
    window.files.save_run()
    box = wait_for_dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(path))
    box.close()
    assert "met an error" in wait_for_dialog(qtbot, window, QMessageBox).text()
    for dialog in (*visible(window, QMessageBox), *visible(window, ErrorDialog)):
        dialog.close()
    assert window.files.is_safe
    assert not path.exists()


def test_a_run_that_was_read_by_a_session_that_has_failed_since_is_not_opened(qtbot, window, document, path):
    train(qtbot, window, 2)
    save(qtbot, window, path)
    window.files.open_file(path)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    question = wait_for_dialog(qtbot, window, QMessageBox)
    window._session._session.set_pace("no number")
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.FAILED)
    wait_for_dialog(qtbot, window, ErrorDialog).close()
    question.button(QMessageBox.StandardButton.Discard).click()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert box.text() == "Training met an error before that was done."
    box.close()
    assert document.experiment.epochs == 9
    assert window.windowTitle().startswith("mine.bnrun")


def test_who_wants_to_close_twice_is_asked_once(qtbot, window, document):
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    for _ in range(2):
        window.close()
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Cancel).click()
    assert visible(window, QMessageBox) == []
    assert window.isVisible()


def test_an_edited_run_that_was_opened_catches_up_with_the_others(qtbot, make_window, experiment, path):  # noqa: F811
    small = experiment.models[0]
    both = Experiment(batch_size=20, epochs=2, models=(small, small.replaced(name="twin")))
    window = make_window(ExperimentDocument(both))
    train(qtbot, window, 6)
    save(qtbot, window, path)
    document = window._document
    opened(qtbot, window, path)
    qtbot.waitUntil(lambda: n_steps(window, "twin") == 6)
    document.edit_model(document.experiment.models[1].replaced(layers=small.layers[:1]), "layers", index=1)
    qtbot.waitUntil(lambda: window.snapshots[-1].catch_up is not None)
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.FINISHED)
    assert [window.histories.current(name).n_steps for name in ("small", "twin")] == [22, 22]
