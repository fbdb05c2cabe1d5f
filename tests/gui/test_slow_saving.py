"""A slow folder never holds the window up, and what is edited meanwhile is not taken for saved."""

import os
import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from bnstudio.document.storage import read_experiment, write_experiment
from bnstudio.gui import file_actions, threaded_work
from tests.gui.run_windows import digits, make_window, visible, wait_for_dialog  # noqa: F401 (fixtures)
from tests.gui.slow_folders import begin_to_save, edit, slow_writing

STANDARD = QMessageBox.StandardButton


@pytest.fixture
def folder(tmp_path):
    """Where the files are, apart from the settings."""
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def path(folder, document):
    path = folder / "mine.bnstudio"
    document.file = write_experiment(document.experiment, path)
    return path


@pytest.fixture
def window(make_window, document, path):  # noqa: F811
    return make_window(document)


@pytest.fixture
def slow_disk(monkeypatch):
    with slow_writing(monkeypatch) as gate:
        yield gate


@pytest.fixture
def impatient(monkeypatch):
    """What takes long is said at once."""
    monkeypatch.setattr(threaded_work, "PATIENCE_MS", 1)


def test_what_is_edited_while_a_file_is_written_stays_unsaved(qtbot, window, path, slow_disk):
    before = path.read_bytes()
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    edit(window, 6)
    assert path.read_bytes() == before
    slow_disk.open()
    qtbot.waitUntil(lambda: window.status_line.text.startswith("Saved mine.bnstudio"))
    assert read_experiment(path).epochs == 5
    assert window.isWindowModified()
    window._document.undo_stack.undo()
    assert not window.isWindowModified()
    window._document.undo_stack.undo()
    assert window.isWindowModified()


def test_an_edit_of_the_same_gesture_that_goes_on_meanwhile_is_no_part_of_what_is_saved(
    qtbot, window, path, slow_disk
):
    document = window._document
    document.edit(document.experiment.replaced(epochs=5), "epochs", "gesture")
    begin_to_save(qtbot, window, slow_disk)
    document.edit(document.experiment.replaced(epochs=6), "epochs", "gesture")
    slow_disk.open()
    qtbot.waitUntil(lambda: read_experiment(path).epochs == 5)
    qtbot.waitUntil(lambda: window.status_line.text.startswith("Saved"))
    assert window.isWindowModified()
    document.undo_stack.undo()
    assert document.experiment.epochs == 5
    assert not window.isWindowModified()


def test_the_title_shows_unsaved_changes_until_the_file_is_there(qtbot, window, path, slow_disk):
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    assert window.isWindowModified()
    slow_disk.open()
    qtbot.waitUntil(lambda: not window.isWindowModified())
    assert read_experiment(path).epochs == 5


def test_it_says_that_it_is_saving_when_that_takes_long(qtbot, window, path, slow_disk, impatient):
    begin_to_save(qtbot, window, slow_disk)
    qtbot.waitUntil(lambda: window.status_line.text == "Saving mine.bnstudio…")
    window.status_line.show_answer("something else")
    qtbot.waitUntil(lambda: window.status_line.text == "Saving mine.bnstudio…")
    slow_disk.open()
    qtbot.waitUntil(lambda: window.status_line.text.startswith("Saved mine.bnstudio"))


def test_saves_that_follow_each_other_are_written_in_their_order(qtbot, window, path, slow_disk):
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    edit(window, 6)
    for _ in range(3):
        window.files.save_action.trigger()
    slow_disk.open()
    qtbot.waitUntil(lambda: slow_disk.n_waiting == 1 and read_experiment(path).epochs == 5)
    slow_disk.open()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(path).epochs == 6
    assert slow_disk.n_waiting == 0
    assert visible(window, QMessageBox) == []
    assert [p.name for p in path.parent.iterdir()] == ["mine.bnstudio"]


def test_save_while_the_first_file_of_a_document_is_written_asks_for_no_other(
    qtbot,
    make_window,  # noqa: F811
    document,
    folder,
    slow_disk,
):
    window = make_window(document)
    window.files.save_action.trigger()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    dialog.fileSelected.emit(str(folder / "new.bnstudio"))
    dialog.close()
    edit(window, 6)
    window.files.save_action.trigger()
    assert visible(window, QFileDialog) == []
    slow_disk.open(2)
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(folder / "new.bnstudio").epochs == 6


def test_what_is_to_be_saved_elsewhere_is_so_also_where_the_save_before_it_fails(
    qtbot, window, path, tmp_path, slow_disk
):
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    window.files.save_as_action.trigger()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "elsewhere.bnstudio"))
    dialog.close()
    shutil.rmtree(path.parent)
    slow_disk.open(2)
    wait_for_dialog(qtbot, window, QMessageBox).close()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(tmp_path / "elsewhere.bnstudio").epochs == 5


def test_who_has_waited_long_for_a_save_can_close_without_it(qtbot, window, path, slow_disk, monkeypatch):
    monkeypatch.setattr(file_actions, "PATIENCE_MS", 0)
    before = path.read_bytes()
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    window.close()
    assert visible(window, QMessageBox) == []
    qtbot.wait(5)  # more than no time at all
    window.close()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "mine.bnstudio is still being saved" in box.text()
    qtbot.mouseClick(box.defaultButton(), Qt.MouseButton.LeftButton)
    assert window.isVisible()
    window.close()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    leave = next(button for button in box.buttons() if "without" in button.text())
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    assert not window.isVisible()
    assert path.read_bytes() == before


def test_where_it_cannot_be_saved_elsewhere_nothing_is_unsaved_that_was_not_before(
    qtbot, window, path, tmp_path
):
    window.files.save_as_action.trigger()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "no folder" / "mine.bnstudio"))
    dialog.close()
    wait_for_dialog(qtbot, window, QMessageBox).close()
    assert window.files.is_safe
    assert not window.isWindowModified()


def test_closing_waits_for_the_save_and_asks_about_what_was_edited_meanwhile(qtbot, window, path, slow_disk):
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    edit(window, 6)
    for _ in range(3):
        window.close()
    assert window.isVisible()
    assert visible(window, QMessageBox) == []
    slow_disk.open()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "has changes that are not saved" in box.text()
    assert visible(window, QMessageBox) == [box]
    slow_disk.open()
    box.button(STANDARD.Save).click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert read_experiment(path).epochs == 6


def test_what_is_edited_after_save_was_chosen_on_closing_is_asked_about(qtbot, window, path, slow_disk):
    edit(window, 5)
    window.close()
    wait_for_dialog(qtbot, window, QMessageBox).button(STANDARD.Save).click()
    edit(window, 6)
    slow_disk.open()
    qtbot.waitUntil(lambda: bool(visible(window, QMessageBox)))
    assert window.isVisible()
    visible(window, QMessageBox)[0].button(STANDARD.Cancel).click()
    assert window._document.experiment.epochs == 6


def test_another_document_waits_for_the_save(qtbot, window, path, slow_disk):
    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    window.files.open_preset("S4")
    window.files.open_preset("S3")
    assert window._document.path == path
    slow_disk.open()
    qtbot.waitUntil(lambda: window._document.model.name == "S3")
    assert read_experiment(path).epochs == 5
    assert window._document.path is None


def test_another_document_waits_for_the_dialog_that_is_open_when_the_save_ends(
    qtbot, window, path, slow_disk
):
    begin_to_save(qtbot, window, slow_disk)
    window.files.open_preset("S4")
    window.files.open_preset("S3")
    window.files.save_as_action.trigger()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    slow_disk.open()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert window._document.path == path
    dialog.close()
    qtbot.waitUntil(lambda: window._document.model.name == "S3")


@pytest.mark.qt_log_ignore("does not support raise", "does not support grabbing")
def test_what_is_chosen_from_a_menu_that_is_open_when_the_save_ends_is_what_is_opened(
    qtbot, window, path, slow_disk
):
    opened = []
    window._document.opened.connect(lambda experiment: opened.append(experiment.models[0].name))
    begin_to_save(qtbot, window, slow_disk)
    window.files.open_preset("S4")
    menu = window.files.presets_menu
    menu.popup(window.pos())
    slow_disk.open()
    qtbot.waitUntil(lambda: window.files.is_safe)
    menu.close()
    menu.chosen.emit("S3")
    qtbot.waitUntil(lambda: window.files._leaving is None)
    assert opened == ["S3"]


def test_when_a_save_fails_all_stays_unsaved_and_nothing_that_waited_goes_on(
    qtbot, window, path, slow_disk, monkeypatch
):
    def refuse(*paths):
        raise PermissionError("no")

    edit(window, 5)
    begin_to_save(qtbot, window, slow_disk)
    window.files.open_preset("S3")
    window.files.save_action.trigger()
    monkeypatch.setattr(os, "replace", refuse)
    slow_disk.open()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert box.text() == f"{path}: cannot be written: permission denied"
    assert visible(window, QMessageBox) == [box]
    box.close()
    assert window._document.experiment.epochs == 5
    assert window.isWindowModified()
    assert slow_disk.n_waiting == 0


def test_a_mistake_of_ours_in_the_thread_is_shown_and_leaves_all_unsaved(qtbot, window, path, monkeypatch):
    def fail(descriptor):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(os, "fsync", fail)
    edit(window, 5)
    with qtbot.captureExceptions() as exceptions:
        window.files.save_action.trigger()
        qtbot.waitUntil(lambda: bool(exceptions))
    assert str(exceptions[0][1]) == "a fault of ours"
    assert window.isWindowModified()
    assert not window.files._saving.busy


def test_a_run_that_is_saved_meanwhile_does_not_make_the_file_up_to_date(
    qtbot,
    make_window,  # noqa: F811
    document,
    folder,
    slow_disk,
):
    window = make_window(document)
    window.files.save_as_action.trigger()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    dialog.fileSelected.emit(str(folder / "new.bnstudio"))
    dialog.close()
    qtbot.waitUntil(lambda: slow_disk.n_waiting == 1)
    edit(window, 6)
    window.files._write_run(folder / "new.bnrun")
    window.feed.wake()
    qtbot.waitUntil(lambda: slow_disk.n_waiting == 2)
    slow_disk.open(2)
    qtbot.waitUntil(lambda: not window.files._is_saving)
    assert read_experiment(folder / "new.bnstudio").epochs == 2
    assert window.isWindowModified()


def test_the_own_file_is_saved_though_another_could_not_be_meanwhile(qtbot, window, document, path, folder):
    document.edit(document.experiment.replaced(epochs=7), "epochs")
    window.files._saving.save(folder / "nowhere" / "other.bnstudio", None)
    window.files.save_action.trigger()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(path).epochs == 7
    wait_for_dialog(qtbot, window, QMessageBox).close()
