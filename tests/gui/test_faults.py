"""What goes wrong outside, or inside, is said; the window stays up, and the document can be saved."""

import ast
import errno
import os
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

import bnstudio
from bnstudio.cli.sources import InputError, read_source
from bnstudio.data.datasets import load_mnist
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import ExperimentFile, read_experiment
from bnstudio.gui import autosave as autosave_module
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.application import run_window
from bnstudio.gui.autosave_folder import find_left
from bnstudio.gui.crash_safety import CrashSafety
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.main_window import MainWindow
from bnstudio.resources import resource_path
from bnstudio.training import memory as memory_module
from bnstudio.training import trainer as trainer_module
from bnstudio.training import worker as worker_module
from bnstudio.training.evaluation import Evaluator
from bnstudio.training.inspection import Inspector
from bnstudio.training.lasting_session import LastingSession
from bnstudio.training.memory import TrainingMemory
from bnstudio.training.outbox import Outbox
from bnstudio.training.probes import Prober
from bnstudio.training.recorder import Recorder
from bnstudio.training.run import Run
from bnstudio.training.run_file import write_run
from bnstudio.training.session import Session
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.gui.run_windows import digits, make_window, train, visible, wait_for_dialog  # noqa: F401 (fixtures)

CODE = Path(bnstudio.__file__).parent


@pytest.fixture
def window(make_window, document):  # noqa: F811
    return make_window(document)


@pytest.fixture
def files(tmp_path):
    """Where to save to, apart from the settings."""
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def fail(*arguments, **named):
    raise ZeroDivisionError("a fault of ours")


def box_text(qtbot, window):
    box = wait_for_dialog(qtbot, window, QMessageBox)
    text = box.text()
    box.close()
    return text


def save_run(window, path):
    window.files.save_run_action.trigger()
    (dialog,) = visible(window, QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def export_everything(window, path):
    window.exports.everything_action.trigger()
    (dialog,) = visible(window, QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def check_that_it_can_be_saved(qtbot, window, path):
    document = window._document
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    document.file = ExperimentFile(path, b"")
    window.files.save_action.trigger()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(path) == document.experiment


# The worker


STAGES = {
    "building": (trainer_module, "Run", lambda window, _: window._session.restart()),
    "stepping": (Run, "train_step", lambda window, _: window._session.step()),
    "evaluating": (Evaluator, "due", lambda window, _: window._session.step()),
    "recording": (Recorder, "record", lambda window, _: window._session.step()),
    "measuring": (Prober, "measure", lambda window, _: window._session.step()),
    "inspecting": (Inspector, "begin", lambda window, _: window._session.step()),
    "publishing": (Outbox, "_news", lambda window, _: window._session.step()),
    "saving": (worker_module, "write_run", save_run),
    "reading": (worker_module, "read_run", lambda window, path: window.files.open_file(path)),
}
"""By stage, what is broken there and how the worker gets to it."""


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_fails_in_the_worker_is_shown_and_the_document_can_be_saved(
    qtbot, window, files, monkeypatch, stage
):
    train(qtbot, window, 2)
    place, name, lead_there = STAGES[stage]
    monkeypatch.setattr(place, name, fail)
    lead_there(window, files / "mine.bnrun")
    window.feed.wake()
    dialog = wait_for_dialog(qtbot, window, ErrorDialog)
    assert dialog.details.toPlainText().startswith("Traceback")
    assert dialog.details.toPlainText().endswith("ZeroDivisionError: a fault of ours")
    dialog.close()
    for box in visible(window, QMessageBox):  # whoever waited for a file is told too
        assert "Training met an error before that was done" in box.text()
        box.close()
    assert window.histories.current("small").n_steps >= 2
    check_that_it_can_be_saved(qtbot, window, files / "mine.bnstudio")


@pytest.fixture
def remote_window(qapp, qtbot, document):
    appearance = Appearance(qapp)
    session = LastingSession(document.experiment)
    window = MainWindow(document, session, appearance)
    window.snapshots = []
    window.feed.snapshot_arrived.connect(window.snapshots.append)
    qtbot.addWidget(window, before_close_func=lambda _window: document.undo_stack.setClean())
    window.show()
    session.start()
    yield window
    session.close()
    appearance.deleteLater()


def test_a_training_process_that_is_killed_is_told_of_and_the_document_can_be_saved(
    qtbot, remote_window, files
):
    remote_window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: bool(remote_window.snapshots) and remote_window.snapshots[-1].step > 20)
    remote_window._session._session._process.kill()
    qtbot.waitUntil(remote_window.problem_bar.isVisible)
    assert "was ended from outside (SIGKILL" in remote_window.problem_bar.text
    assert visible(remote_window, ErrorDialog) == []
    assert remote_window.status_line.text.endswith("ended. Train starts again from step 0.")
    check_that_it_can_be_saved(qtbot, remote_window, files / "mine.bnstudio")


def test_after_a_training_process_was_killed_train_goes_on_with_another(qtbot, remote_window):
    window = remote_window
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: bool(window.snapshots) and window.snapshots[-1].step > 20)
    slider = window.timeline_bar.slider
    qtbot.waitUntil(lambda: slider.n_moments > 5)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.snapshots[-1].at_step is not None)
    window._session._session._process.kill()
    qtbot.waitUntil(window.problem_bar.isVisible)
    shown = window.network_panel.shown_readings()
    before = window.histories.current("small")
    assert shown
    assert before.n_steps > 20
    assert not slider.isEnabled()
    assert "Looking back at step" in window.status_line.text
    window.instruments.show_panel(window.instruments.try_it_panel)
    window.instruments.try_it_panel.try_test_image(0)
    assert (
        "training met an error" in window.instruments.try_it_panel.example_page.answer.accessibleDescription()
    )
    window._document.select(0)
    assert window.network_panel.shown_readings() == shown  # what was seen last stays
    qtbot.mouseClick(window.control_bar.train_button, Qt.MouseButton.LeftButton)
    assert window.control_bar.train_button.text() == "Pause"
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.TRAINING and window.snapshots[-1].step > 20)
    assert not window.problem_bar.isVisible()
    assert window.timeline_bar.step is None
    qtbot.waitUntil(slider.isEnabled)  # the bar has not every snapshot
    assert window.histories.ghosts("small") == [before]
    assert window.histories.current("small").n_steps > 20
    qtbot.waitUntil(lambda: window.network_panel.shown_readings()[0][1] > 20)


def test_a_model_that_is_removed_after_a_failure_takes_its_run_along(qtbot, remote_window):
    window, document = remote_window, remote_window._document
    twin = document.model.replaced(name="twin", colour=1)
    document.edit(document.experiment.replaced(models=(*document.experiment.models, twin)), "twin")
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(lambda: bool(window.snapshots) and window.snapshots[-1].step > 5)
    window._session._session._process.kill()
    qtbot.waitUntil(window.problem_bar.isVisible)
    document.edit(document.experiment.replaced(models=(twin,)), "remove")
    qtbot.waitUntil(lambda: bool(window.snapshots[-1].runs))
    assert window.histories.current("small") is None
    assert window.histories.current("twin").n_steps == 0
    assert [run.name for run in window.histories.orphans()] == ["small"]


DAMAGES = {
    "flipped": (lambda path, content: path.write_bytes(content[:-1000] + b"?" + content[-999:]), "corrupt"),
    "cut short": (lambda path, content: path.write_bytes(content[:1000]), "is cut short"),
    "missing": (lambda path, content: None, "cannot be read: No such file or directory"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_window_opens_without_its_digits_and_says_what_is_wrong(qapp, qtbot, document, files, damage):
    break_it, problem = DAMAGES[damage]
    broken = "train-images-idx3-ubyte.gz"
    for path in resource_path("mnist").iterdir():
        if path.name == broken:
            break_it(files / broken, path.read_bytes())
        else:
            (files / path.name).symlink_to(path)
    appearance = Appearance(qapp)
    session = Session(document.experiment, lambda: load_mnist(files))
    window = MainWindow(document, session, appearance)
    qtbot.addWidget(window, before_close_func=lambda _window: document.undo_stack.setClean())
    window.show()
    session.start()
    window.control_bar.train_action.trigger()
    qtbot.waitUntil(window.problem_bar.isVisible)
    text = window.problem_bar.text
    assert text.startswith(f"{files / broken}: ")
    assert problem in text
    assert text.endswith(". The file ships with bnstudio: install it again.")
    assert visible(window, ErrorDialog) == []
    check_that_it_can_be_saved(qtbot, window, files / "mine.bnstudio")
    session.close()
    appearance.deleteLater()


# The memory


def test_a_training_that_does_not_fit_is_refused_until_the_document_asks_for_less(
    qtbot, window, files, monkeypatch
):
    document = window._document
    small, large = document.experiment, document.experiment.replaced(batch_size=200)
    needed = TrainingMemory.of(small.models)
    monkeypatch.setattr(memory_module, "available_memory", lambda: needed.in_batches(100))
    document.edit(large, "batch size")
    for asked in range(2):
        qtbot.mouseClick(window.control_bar.train_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(window.problem_bar.isVisible)
        assert window.problem_bar.text.startswith("There is not enough memory for this training: it takes ")
        assert window.status_line.text == "Not enough memory to train"
        if not asked:  # put away, it comes back
            qtbot.mouseClick(window.problem_bar.close_button, Qt.MouseButton.LeftButton)
            assert not window.problem_bar.isVisible()
    assert "Batches of at most 100 would fit" in window.problem_bar.text
    check_that_it_can_be_saved(qtbot, window, files / "mine.bnstudio")
    assert window.problem_bar.isVisible()
    window.slow_motion.stage_action.trigger()
    qtbot.waitUntil(lambda: window.slow_motion.text == "There is not enough memory to take a step.")
    window.slow_motion.end()
    document.edit(document.experiment.replaced(batch_size=100), "batch size")
    qtbot.waitUntil(lambda: not window.problem_bar.isVisible())
    train(qtbot, window, 2)
    assert visible(window, ErrorDialog) == []


# The disk


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_what_the_disk_does_not_take_is_told_and_the_old_files_stay(qtbot, window, files, monkeypatch, code):
    def refuse(descriptor):
        raise OSError(code, os.strerror(code))

    train(qtbot, window, 1)
    setup, run, folder = files / "mine.bnstudio", files / "mine.bnrun", files / "out"
    window._document.file = ExperimentFile(setup, b"old")
    for path in (setup, run):
        path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refuse)
    window._document.edit(window._document.experiment.replaced(epochs=9), "epochs")
    window.files.save_action.trigger()
    assert box_text(qtbot, window) == f"{setup}: cannot be written: {os.strerror(code)}"
    assert not window._document.undo_stack.isClean()
    save_run(window, run)
    assert box_text(qtbot, window) == f"{run}: cannot be written: {os.strerror(code)}"
    export_everything(window, folder)
    assert box_text(qtbot, window).startswith(f"{folder}{os.sep}README.md: cannot be written: ")
    assert sorted(path.name for path in files.iterdir()) == ["mine.bnrun", "mine.bnstudio"]
    assert {path.read_bytes() for path in (setup, run)} == {b"old"}
    train(qtbot, window, 1)


@pytest.fixture
def slow_disk(monkeypatch):
    """A disk that takes no file before it is told to: the events that one waits, and that it may go on."""
    waiting, may_go_on = threading.Event(), threading.Event()

    def fsync(descriptor):
        waiting.set()
        may_go_on.wait(60)

    monkeypatch.setattr(os, "fsync", fsync)
    yield waiting, may_go_on
    may_go_on.set()


@pytest.mark.parametrize("save", [save_run, export_everything])
def test_while_a_slow_disk_takes_a_file_the_window_answers(qtbot, window, files, slow_disk, save):
    waiting, may_go_on = slow_disk
    train(qtbot, window, 2)
    save(window, files / "mine.bnrun")
    window.feed.wake()
    qtbot.waitUntil(waiting.is_set)
    epochs = window._document.experiment.epochs
    qtbot.keyClick(window.setup_panel.epochs_field, Qt.Key.Key_Up)
    assert window._document.experiment.epochs == epochs + 1
    assert not (files / "mine.bnrun").exists()
    may_go_on.set()
    qtbot.waitUntil((files / "mine.bnrun").exists)
    qtbot.waitUntil(lambda: not window.run_files.busy and window.exports.everything_action.isEnabled())


def test_a_file_that_was_deleted_underneath_is_there_again_after_save(qtbot, window, files):
    check_that_it_can_be_saved(qtbot, window, files / "mine.bnstudio")
    (files / "mine.bnstudio").unlink()
    check_that_it_can_be_saved(qtbot, window, files / "mine.bnstudio")


def test_where_the_folder_is_gone_save_says_so_and_save_as_helps(qtbot, window, files):
    (files / "gone").mkdir()
    path = files / "gone" / "mine.bnstudio"
    check_that_it_can_be_saved(qtbot, window, path)
    path.unlink()
    path.parent.rmdir()
    window._document.edit(window._document.experiment.replaced(epochs=3), "epochs")
    window.files.save_action.trigger()
    assert box_text(qtbot, window) == f"{path}: cannot be written: there is no such file or folder"
    assert not window._document.undo_stack.isClean()
    window.files.save_as_action.trigger()
    (dialog,) = visible(window, QFileDialog)
    dialog.fileSelected.emit(str(files / "other.bnstudio"))
    dialog.close()
    qtbot.waitUntil(lambda: window.files.is_safe)
    assert read_experiment(files / "other.bnstudio").epochs == 3


# Names that are too long for the system


TOO_LONG = "x" * 300


def test_a_word_that_is_too_long_for_a_files_name_is_told_the_presets():
    with pytest.raises(InputError, match="is neither a preset nor a file; the presets are"):
        read_source(TOO_LONG)


def test_a_recent_file_whose_name_is_too_long_is_said_to_be_gone(qtbot, window, files):
    window.files.recent_files.add(files / TOO_LONG)
    window.files._on_recent_chosen(files / TOO_LONG)
    assert box_text(qtbot, window).endswith("is not there any more. It was taken off the list.")
    assert window.files.recent_files.paths() == []


def test_an_export_to_a_name_that_is_too_long_says_so(qtbot, window, files):
    train(qtbot, window, 1)
    export_everything(window, files / TOO_LONG)
    assert box_text(qtbot, window) == f"{files / TOO_LONG}: cannot be read: File name too long"


def test_a_stored_folder_whose_name_is_too_long_is_the_home_folder(window):
    QSettings().setValue("export/folder", f"/{TOO_LONG}")
    window.exports.everything_action.trigger()
    (dialog,) = visible(window, QFileDialog)
    assert Path(dialog.directory().path()) == Path.home()
    dialog.close()


# The clock


WALL_CLOCKS = {"time", "time_ns", "now", "today", "utcnow", "localtime", "ctime", "strftime", "gmtime"}


def asks_the_wall_clock(path):
    """Whether a module calls what gives the time of day."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return any(
        isinstance(call, ast.Attribute)
        and call.attr in WALL_CLOCKS
        and getattr(call.value, "id", "") in {"time", "datetime", "date"}
        for call in calls
    )


def test_the_time_of_day_is_asked_for_texts_alone():
    modules = sorted(str(path.relative_to(CODE)) for path in CODE.rglob("*.py") if asks_the_wall_clock(path))
    assert modules == [os.path.join("gui", "export", "export_actions.py"), os.path.join("gui", "recovery.py")]


@pytest.mark.parametrize("seconds", [0, 2**31, 2**40])
def test_an_autosave_from_a_clock_that_was_wrong_is_offered_all_the_same(
    make_window,  # noqa: F811
    document,
    digits,  # noqa: F811
    tmp_path,
    seconds,
):
    root = tmp_path / "autosave"
    file = root / "0123456789abcdef" / "run.bnrun"
    file.parent.mkdir(parents=True)
    write_run(Trainer(document.experiment, digits).state(), file)
    os.utime(file, (seconds, seconds))
    window = make_window(document)
    safety = CrashSafety(document, window._session, window, root)
    assert window.recovery_bar.isVisible()
    assert "Go on with small at step 0, " in window.recovery_bar.text
    safety.end()


# The program's end


def test_where_no_autosave_can_be_kept_that_is_said(make_window, document, files):  # noqa: F811
    (files / "file").write_bytes(b"")
    window = make_window(document)
    root = files / "file" / "autosave"
    safety = CrashSafety(document, window._session, window, root)
    assert window.status_line.text.startswith(f"No autosave: nothing can be kept in {root}: ")
    safety.end()


def test_when_the_display_is_lost_the_program_ends_and_the_autosave_stays(qapp, qtbot, tmp_path, monkeypatch):
    """Qt ends the event loop then, with the window still open."""
    monkeypatch.setattr(autosave_module, "INTERVAL_MS", 20)
    root = tmp_path / "autosave"
    seen = []

    def train_and_lose_the_display():
        (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]
        seen.append(window._session._session._process)
        window.findChildren(autosave_module.Autosave)[0].saved.connect(lambda: QCoreApplication.exit(1))
        window.control_bar.train_action.trigger()

    QTimer.singleShot(0, train_and_lose_the_display)
    assert run_window(load_preset("S3"), autosaves=root) == 1
    assert seen[0].exitcode == 0
    left, problem = find_left(root)
    assert problem is None
    assert left.summary.experiment.models[0].name == "S3"
    left.folder.remove()
