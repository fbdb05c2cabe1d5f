import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.document.experiment import new_experiment
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import ExperimentFile, read_experiment, write_experiment
from bnstudio.gui.file_actions import FileActions
from bnstudio.gui.recent_files import MOST_RECENT, RecentFiles
from bnstudio.gui.run_files import RunFiles
from bnstudio.training.session import Session


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def run_files(document, window):
    """Of a session that never starts; what it does with runs is seen in test_run_actions.py."""
    return RunFiles(Session(document.experiment), window)


@pytest.fixture
def files(document, run_files, window):
    return FileActions(document, run_files, window)


def dirty(document):
    document.edit(document.experiment.replaced(epochs=9), "epochs")


def dialog(qtbot, window, kind):
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(kind)))
    return next(box for box in window.findChildren(kind) if box.isVisible())


def answer(qtbot, window, button):
    dialog(qtbot, window, QMessageBox).button(button).click()


def test_saving_asks_for_a_file_once_and_then_writes_to_it(qtbot, files, document, window, tmp_path):
    path = tmp_path / "mine.bnstudio"
    files.save_action.trigger()
    with qtbot.waitSignal(files.answered) as answered:
        dialog(qtbot, window, QFileDialog).fileSelected.emit(str(path))
    dialog(qtbot, window, QFileDialog).close()
    assert answered.args == ["Saved mine.bnstudio: the setup. Save the run to keep what was learned."]
    assert document.path == path
    dirty(document)
    with qtbot.waitSignal(files.answered):
        files.save_action.trigger()
    assert read_experiment(path) == document.experiment
    assert files.is_safe


@pytest.mark.parametrize("typed", ["mine", "S6 lr 0.5", "mine.bnrun"])
def test_save_as_adds_the_suffix_that_was_not_typed(qtbot, files, document, window, tmp_path, *, typed):
    files.save_as_action.trigger()
    box = dialog(qtbot, window, QFileDialog)
    box.setDirectory(str(tmp_path))
    box.selectFile(typed)
    box.accept()
    qtbot.waitUntil(lambda: document.path == tmp_path / f"{typed}.bnstudio")
    assert read_experiment(document.path) == document.experiment


@pytest.mark.parametrize("replaces", [True, False])
def test_a_file_of_the_name_with_its_suffix_is_replaced_only_when_that_is_agreed_to(
    qtbot, files, document, window, tmp_path, *, replaces
):
    path = tmp_path / "lr 0.5.bnstudio"
    path.write_text("another")
    files.save_as_action.trigger()
    dialog(qtbot, window, QFileDialog).fileSelected.emit(str(tmp_path / "lr 0.5"))
    dialog(qtbot, window, QFileDialog).close()
    box = dialog(qtbot, window, QMessageBox)
    assert box.text() == "lr 0.5.bnstudio already exists. Replace it?"
    box.button(QMessageBox.StandardButton.Yes if replaces else QMessageBox.StandardButton.No).click()
    if replaces:
        qtbot.waitUntil(lambda: document.path == path)
    assert (path.read_text() == "another") is not replaces


def test_a_file_that_cannot_be_written_gives_its_message_and_the_document_stays_unsaved(
    qtbot, files, document, window, tmp_path
):
    dirty(document)
    document.file = ExperimentFile(tmp_path / "no such folder" / "mine.bnstudio", b"")
    files.save()
    box = dialog(qtbot, window, QMessageBox)
    assert "mine.bnstudio" in box.text()
    box.close()
    assert not document.undo_stack.isClean()


def test_open_shows_the_file_that_was_chosen(qtbot, files, document, window, tmp_path):
    path = tmp_path / "other.bnstudio"
    write_experiment(new_experiment(), path)
    files.open_action.trigger()
    box = dialog(qtbot, window, QFileDialog)
    box.setDirectory(str(tmp_path))
    box.selectFile(path.name)
    box.accept()
    qtbot.waitUntil(lambda: document.path == path)
    assert document.experiment == new_experiment().coloured()


def test_a_file_that_cannot_be_read_gives_its_message_and_the_open_document_stays(
    qtbot, files, document, window, tmp_path
):
    before = document.experiment
    path = tmp_path / "bad.bnstudio"
    path.write_text("<b>no</b> experiment")
    files.open_file(path)
    box = dialog(qtbot, window, QMessageBox)
    assert "is not JSON" in box.text()
    box.close()
    assert document.experiment is before
    assert document.path is None
    assert files.recent_files.paths() == []


@pytest.mark.parametrize("name", ["S3", "article"])
def test_a_preset_opens_as_an_untitled_document(files, document, tmp_path, name):
    document.file = ExperimentFile(tmp_path / "mine.bnstudio", b"")
    action = next(a for a in files.presets_menu.actions() if a.text().startswith(f"{name} –"))
    action.trigger()
    assert document.experiment == load_preset(name).coloured()
    assert document.path is None
    assert document.undo_stack.isClean()


def test_every_preset_stands_in_the_menu_with_what_it_shows(files):
    for action in (action for action in files.presets_menu.actions() if not action.isSeparator()):
        name, _, description = action.text().partition(" – ")
        assert load_preset(name)
        assert description


def test_new_is_a_small_untitled_model(files, document):
    files.new_action.trigger()
    assert document.experiment == new_experiment().coloured()
    assert document.path is None


def test_what_a_restored_document_is_not_the_next_is(files, document):
    document.undo_stack.resetClean()
    assert not files.is_safe
    document.open(load_preset("S3"), None)
    assert files.is_safe


def test_nothing_is_asked_about_a_document_without_changes(files, window):
    done = []
    files.when_safe(lambda: done.append(True))
    assert done == [True]
    assert window.findChildren(QMessageBox) == []


def test_changes_that_are_not_saved_are_given_up_only_when_told_so(qtbot, files, document, window):
    dirty(document)
    files.new_action.trigger()
    answer(qtbot, window, QMessageBox.StandardButton.Discard)
    assert document.experiment == new_experiment().coloured()


def test_cancel_leaves_everything_as_it_was(qtbot, files, document, window):
    dirty(document)
    files.new_action.trigger()
    answer(qtbot, window, QMessageBox.StandardButton.Cancel)
    assert document.experiment.epochs == 9
    assert not document.undo_stack.isClean()


def test_save_saves_first_and_then_goes_on(qtbot, files, document, window, tmp_path):
    path = tmp_path / "mine.bnstudio"
    document.set_file(ExperimentFile(path, b""))
    dirty(document)
    files.new_action.trigger()
    answer(qtbot, window, QMessageBox.StandardButton.Save)
    qtbot.waitUntil(lambda: document.experiment == new_experiment().coloured())
    assert read_experiment(path).epochs == 9


def test_when_the_save_fails_nothing_goes_on(qtbot, files, document, window, tmp_path):
    document.file = ExperimentFile(tmp_path / "no such folder" / "mine.bnstudio", b"")
    dirty(document)
    done = []
    files.when_safe(lambda: done.append(True))
    answer(qtbot, window, QMessageBox.StandardButton.Save)
    qtbot.waitUntil(
        lambda: any("cannot be written" in box.text() for box in window.findChildren(QMessageBox))
    )
    assert done == []


def test_recent_files_come_newest_first_each_once_and_not_without_end(tmp_path):
    recent = RecentFiles()
    paths = [tmp_path / f"{i}.bnstudio" for i in range(MOST_RECENT + 3)]
    for path in (*paths, paths[5]):
        recent.add(path)
    assert recent.paths() == [paths[5], *reversed(paths[6:]), *reversed(paths[3:5])][:MOST_RECENT]
    assert RecentFiles().paths() == recent.paths()
    assert recent.folder() == tmp_path


def test_a_recent_file_opens_again(qtbot, files, document, tmp_path):
    path = tmp_path / "other.bnstudio"
    write_experiment(new_experiment(), path)
    files.recent_files.add(path)
    files.recent_menu.aboutToShow.emit()
    files.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: document.path == path)


def test_the_file_that_the_program_was_started_with_is_recent(document, run_files, window, tmp_path):
    document.file = ExperimentFile(tmp_path / "given.bnstudio", b"")
    FileActions(document, run_files, window)
    assert RecentFiles().paths() == [document.path]


def test_a_recent_file_that_is_gone_is_said_to_be_and_leaves_the_list(qtbot, files, window, tmp_path):
    files.recent_files.add(tmp_path / "gone.bnstudio")
    files.recent_menu.aboutToShow.emit()
    files.recent_menu.actions()[0].trigger()
    assert "gone.bnstudio" in dialog(qtbot, window, QMessageBox).text()
    assert files.recent_files.paths() == []


def test_settings_that_somebody_spoilt_are_no_recent_files(own_settings):
    from PySide6.QtCore import QSettings

    QSettings().setValue("files/recent", "{not json")
    assert RecentFiles().paths() == []
