"""A file that another program has changed is replaced only when a person says so."""

import os

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.cli.sources import read_source
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import read_experiment, write_experiment
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.file_actions import FileActions
from bnstudio.gui.run_files import RunFiles
from bnstudio.training.session import Session
from tests.gui.run_windows import visible, wait_for_dialog


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.bnstudio"
    write_experiment(load_preset("S3"), path)
    return path


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def document(path):
    """What the program begins with when it is started with the file."""
    experiment, file = read_source(str(path))
    document = ExperimentDocument(experiment)
    document.file = file
    return document


@pytest.fixture
def files(document, window):
    return FileActions(document, RunFiles(Session(document.experiment), window), window)


def edit(document, epochs):
    document.edit(document.experiment.replaced(epochs=epochs), "epochs")


def change_underneath(path):
    """Write what has the same size and the same times."""
    before, times = path.read_bytes(), path.stat()
    path.write_bytes(before.replace(b'"seed": 0', b'"seed": 7'))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == len(before)
    assert path.read_bytes() != before
    return path.read_bytes()


def button(box, text):
    return next(button for button in box.buttons() if button.text() == text)


def question(qtbot, files, window):
    files.save_action.trigger()
    return wait_for_dialog(qtbot, window, QMessageBox)


def save(qtbot, files):
    with qtbot.waitSignal(files.answered) as answered:
        files.save_action.trigger()
    assert answered.args[0].startswith("Saved ")


def test_save_asks_before_it_replaces_what_another_program_wrote(qtbot, files, document, window, path):
    edit(document, 9)
    theirs = change_underneath(path)
    box = question(qtbot, files, window)
    assert box.text() == "mine.bnstudio was changed by another program."
    assert str(path) in box.informativeText()
    assert [b.text() for b in box.buttons() if box.defaultButton() is b] == ["Save &As…"]
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert visible(window, QMessageBox) == visible(window, QFileDialog) == []
    assert path.read_bytes() == theirs
    assert not files.is_safe


def test_it_asks_again_until_it_is_told_to_replace_and_then_no_more(qtbot, files, document, window, path):
    edit(document, 9)
    change_underneath(path)
    question(qtbot, files, window).button(QMessageBox.StandardButton.Cancel).click()
    with qtbot.waitSignal(files.answered):
        button(question(qtbot, files, window), "&Replace it").click()
    assert read_experiment(path) == document.experiment
    assert files.is_safe
    edit(document, 10)
    save(qtbot, files)
    assert read_experiment(path).epochs == 10


def test_save_as_leaves_what_another_program_wrote(qtbot, files, document, window, path):
    other = path.with_name("other.bnstudio")
    edit(document, 9)
    theirs = change_underneath(path)
    button(question(qtbot, files, window), "Save &As…").click()
    dialog = wait_for_dialog(qtbot, window, QFileDialog)
    with qtbot.waitSignal(files.answered):
        dialog.fileSelected.emit(str(other))
    dialog.close()
    assert path.read_bytes() == theirs
    assert read_experiment(other).epochs == 9
    assert document.path == other
    assert files.is_safe


def test_a_file_that_was_opened_in_the_window_is_watched_too(qtbot, files, document, window, tmp_path):
    other = tmp_path / "other.bnstudio"
    write_experiment(load_preset("S4"), other)
    files.open_file(other)
    qtbot.waitUntil(lambda: document.path == other)
    other.write_bytes(b"no experiment any more")
    assert "changed" in question(qtbot, files, window).text()
    assert other.read_bytes() == b"no experiment any more"


def test_nothing_is_asked_where_nothing_would_be_lost(qtbot, files, document, window, path):
    os.utime(path, (0, 0))
    save(qtbot, files)
    edit(document, 9)
    write_experiment(document.experiment, path)  # another window saved the very same
    save(qtbot, files)
    edit(document, 10)
    path.unlink()
    save(qtbot, files)
    assert read_experiment(path).epochs == 10
    assert visible(window, QMessageBox) == []


def test_what_waits_for_the_save_goes_on_when_the_file_is_replaced(qtbot, files, document, window, path):
    edit(document, 9)
    change_underneath(path)
    done = []
    files.when_safe(lambda: done.append(True))
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Save).click()
    qtbot.waitUntil(lambda: any("changed by" in box.text() for box in visible(window, QMessageBox)))
    assert done == []
    button(visible(window, QMessageBox)[0], "&Replace it").click()
    qtbot.waitUntil(lambda: done == [True])
    assert read_experiment(path).epochs == 9


def test_a_name_with_markup_is_shown_as_it_is(qtbot, window, tmp_path):
    path = tmp_path / "<b>mine<b>.bnstudio"
    document = ExperimentDocument(load_preset("S3"))
    document.file = write_experiment(load_preset("S3"), path)
    files = FileActions(document, RunFiles(Session(document.experiment), window), window)
    change_underneath(path)
    box = question(qtbot, files, window)
    assert box.textFormat() is Qt.TextFormat.PlainText
    assert box.text().startswith("<b>mine<b>.bnstudio was")
