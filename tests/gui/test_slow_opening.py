"""While a slow folder gives a file away the window answers; what was asked for last is what is opened."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

import bnstudio
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import write_experiment
from bnstudio.gui import threaded_work
from tests.gui.run_windows import digits, make_window, train, visible, wait_for_dialog  # noqa: F401 (fixtures)
from tests.gui.slow_folders import begin_to_save, edit, slow_reading, slow_writing

ROOT = Path(bnstudio.__file__).parents[1]
STANDARD = QMessageBox.StandardButton


@pytest.fixture
def window(make_window, document):  # noqa: F811
    return make_window(document)


@pytest.fixture
def other(tmp_path):
    (tmp_path / "files").mkdir()
    other = tmp_path / "files" / "other.bnstudio"
    write_experiment(load_preset("S3"), other)
    return other


@pytest.fixture
def slow_read(monkeypatch, other):
    with slow_reading(monkeypatch, other) as gate:
        yield gate


@pytest.fixture
def impatient(monkeypatch):
    """What takes long is said at once."""
    monkeypatch.setattr(threaded_work, "PATIENCE_MS", 1)


def test_while_a_file_is_read_the_window_answers_and_says_so(qtbot, window, other, slow_read, impatient):
    window.files.open_file(other)
    qtbot.waitUntil(lambda: window.status_line.text == "Opening other.bnstudio…")
    assert window._document.model.name == "small"
    train(qtbot, window, 1)
    slow_read.open()
    qtbot.waitUntil(lambda: window._document.model.name == "S3")
    assert window.status_line.text == "Opened other.bnstudio."


def test_who_closes_while_a_file_is_read_and_all_is_saved_does_close(
    qtbot, window, other, slow_read, monkeypatch
):
    window._document.file = write_experiment(window._document.experiment, other.with_name("own.bnstudio"))
    window.files.open_file(other)
    edit(window, 5)
    window.close()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    with slow_writing(monkeypatch) as slow_write:
        slow_read.open()
        box.button(STANDARD.Save).click()
        qtbot.waitUntil(lambda: slow_write.n_waiting == 1)
        qtbot.wait(150)  # longer than it takes to look whether a dialog is open
        slow_write.open()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window._document.model.name == "small"


def test_who_closes_while_a_file_is_read_and_another_saved_does_close(
    qtbot, window, other, slow_read, monkeypatch
):
    window._document.file = write_experiment(window._document.experiment, other.with_name("own.bnstudio"))
    window.files.open_file(other)
    with slow_writing(monkeypatch) as slow_write:
        begin_to_save(qtbot, window, slow_write)
        window.close()
        slow_read.open()
        qtbot.wait(50)
        slow_write.open()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window._document.model.name == "small"


def test_what_is_edited_while_a_file_is_read_is_asked_about(qtbot, window, other, slow_read):
    window.files.open_file(other)
    edit(window, 5)
    slow_read.open()
    wait_for_dialog(qtbot, window, QMessageBox).button(STANDARD.Cancel).click()
    assert window._document.experiment.epochs == 5


def test_what_was_given_up_before_a_file_is_read_is_not_asked_about_again(qtbot, window, other, slow_read):
    edit(window, 5)
    window.files.open_file(other)
    wait_for_dialog(qtbot, window, QMessageBox).button(STANDARD.Discard).click()
    slow_read.open()
    qtbot.waitUntil(lambda: window._document.path == other)
    assert visible(window, QMessageBox) == []


def test_a_save_that_begins_while_a_file_is_read_is_waited_for(qtbot, window, other, slow_read, monkeypatch):
    window._document.file = write_experiment(window._document.experiment, other.with_name("mine.bnstudio"))
    with slow_writing(monkeypatch) as slow_disk:
        window.files.open_file(other)
        begin_to_save(qtbot, window, slow_disk)
        slow_read.open()
        qtbot.waitUntil(lambda: window.files._leaving is not None)
        assert window._document.path.name == "mine.bnstudio"
        slow_disk.open()
        qtbot.waitUntil(lambda: window._document.path == other)


def test_a_file_that_comes_after_another_was_opened_is_not_wanted(qtbot, window, other, slow_read, impatient):
    window.files.open_file(other)
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    window.files.open_preset("S4")
    assert window._document.model.name == "S4"
    works = window.files._opening.findChildren(threaded_work.ThreadedWork)
    with qtbot.waitSignal(works[0].ended):
        slow_read.open()
    assert window._document.model.name == "S4"
    assert window.status_line.text == "Opened the preset S4."


def let_it_be_read(qtbot, window, gate):
    *_, work = window.files._opening.findChildren(threaded_work.ThreadedWork)
    with qtbot.waitSignal(work.ended):
        gate.open()


def open_save_as(qtbot, window):
    window.files.save_as_action.trigger()
    return wait_for_dialog(qtbot, window, QFileDialog)


def test_a_file_that_comes_while_a_dialog_is_open_is_opened_after_it(qtbot, window, other, slow_read):
    window.files.open_file(other)
    dialog = open_save_as(qtbot, window)
    let_it_be_read(qtbot, window, slow_read)
    assert window._document.model.name == "small"
    dialog.close()
    qtbot.waitUntil(lambda: window._document.path == other)


@pytest.mark.qt_log_ignore("does not support raise", "does not support grabbing")
def test_a_file_that_comes_while_a_menu_is_open_is_opened_after_it(qtbot, window, other, slow_read):
    window.files.open_file(other)
    menu = QMenu(window)
    menu.addAction("about the document that is shown")
    menu.popup(window.pos())
    let_it_be_read(qtbot, window, slow_read)
    assert window._document.model.name == "small"
    menu.close()
    qtbot.waitUntil(lambda: window._document.path == other)


def test_what_is_opened_after_a_dialog_is_what_was_chosen_last(qtbot, window, other, slow_read, tmp_path):
    last = tmp_path / "files" / "last.bnstudio"
    write_experiment(load_preset("S4"), last)
    opened = []
    window._document.opened.connect(lambda experiment: opened.append(experiment.models[0].name))
    window.files.open_file(other)
    dialog = open_save_as(qtbot, window)
    let_it_be_read(qtbot, window, slow_read)
    window.files.open_file(last)
    let_it_be_read(qtbot, window, slow_read)
    dialog.close()
    qtbot.waitUntil(lambda: window._document.path == last)
    assert opened == ["S4"]


def test_a_recent_file_on_a_slow_folder_is_looked_for_while_the_window_answers(
    qtbot, window, other, slow_read
):
    window.files.recent_files.add(other)
    window.files.recent_menu.aboutToShow.emit()
    window.files.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    train(qtbot, window, 1)
    slow_read.open(2)
    qtbot.waitUntil(lambda: window._document.path == other)


def test_a_recent_file_that_is_found_after_another_was_opened_is_not_wanted(qtbot, window, other, slow_read):
    window.files.recent_files.add(other)
    window.files._on_recent_chosen(other)
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    window.files.open_preset("S4")
    (work,) = window.files._opening.findChildren(threaded_work.ThreadedWork)
    with qtbot.waitSignal(work.ended):
        slow_read.open()
    assert window._document.model.name == "S4"
    assert slow_read.n_waiting == 0


def test_what_is_edited_while_a_recent_file_is_looked_for_is_asked_about_once(
    qtbot, window, other, slow_read
):
    window.files._on_recent_chosen(other)
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    edit(window, 5)
    slow_read.open(2)
    wait_for_dialog(qtbot, window, QMessageBox).button(STANDARD.Discard).click()
    qtbot.waitUntil(lambda: window._document.path == other)


def test_a_recent_file_that_is_gone_when_it_is_looked_for_asks_about_nothing(qtbot, window, other, slow_read):
    window.files._on_recent_chosen(other)
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    edit(window, 5)
    other.unlink()
    slow_read.open()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "is not there any more" in box.text()
    box.close()
    assert window._document.experiment.epochs == 5


def test_a_read_that_never_comes_back_does_not_keep_the_window(qtbot, window, other, slow_read):
    window.files.open_file(other)
    qtbot.waitUntil(lambda: slow_read.n_waiting == 1)
    window.close()
    assert not window.isVisible()


HANGS = """
import os, sys, threading
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from bnstudio.document.presets import load_preset
from bnstudio.gui import application
from bnstudio.gui.main_window import MainWindow

path, stat = Path(sys.argv[1]), os.stat
asked = threading.Event()

def hang(asked_for, *arguments, **named):
    if asked_for == path:
        asked.set()
        threading.Event().wait()
    return stat(asked_for, *arguments, **named)

def open_it():
    (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    os.stat = hang
    window.files.open_file(path)
    asked.wait()
    window.close()

if __name__ == "__main__":
    app = application._application()
    QTimer.singleShot(0, open_it)
    sys.exit(application.run_window(load_preset("S3"), autosaves=Path(sys.argv[2])))
"""


def test_a_read_that_never_comes_back_does_not_keep_the_program(tmp_path, other):
    script = tmp_path / "hangs.py"
    script.write_text(HANGS)
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(other), str(tmp_path / "autosave")]
    assert subprocess.run(command, cwd=tmp_path, env=environment, timeout=60, check=False).returncode == 0
