"""What a program that does not end properly leaves is offered at the next start, and nothing else is."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from errno import EROFS
from pathlib import Path

import pytest
from PySide6.QtCore import QDir, QStandardPaths
from PySide6.QtWidgets import QMessageBox

import bnstudio
from bnstudio.document.presets import load_preset
from bnstudio.gui import autosave as autosave_module
from bnstudio.gui.autosave_folder import AutosaveFolder, autosaves_folder, find_left
from bnstudio.gui.crash_safety import CrashSafety
from bnstudio.gui.dialogs.error_dialog import ErrorDialog
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.recovery import _time_text
from bnstudio.training.run_file import read_run, read_summary, write_run
from bnstudio.training.snapshot import State
from bnstudio.training.trainer import Trainer
from tests.gui.run_windows import digits, make_window, train, visible, wait_for_dialog  # noqa: F401 (fixtures)
from tests.gui.slow_folders import edit, slow_writing

ROOT = Path(bnstudio.__file__).parents[1]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "autosave"


@pytest.fixture
def soon(monkeypatch):
    """Autosaves that follow at once."""
    monkeypatch.setattr(autosave_module, "INTERVAL_MS", 1)
    monkeypatch.setattr(autosave_module, "_LEAST_RATIO", 0)  # however long the one before has taken


@pytest.fixture
def make_safe(make_window, root):  # noqa: F811
    """Make a window that is safe from crashes; returns it with what makes it so."""
    made = []

    def make(document):
        window = make_window(document)
        made.append(CrashSafety(document, window._session, window, root))
        return window, made[-1]

    yield make
    for safety in made:
        safety.end()


@pytest.fixture
def left_behind(root, experiment, digits):  # noqa: F811
    """What a program left that had trained the small model for 13 steps."""
    trainer = Trainer(experiment.coloured(), digits)
    while trainer.step < 13:
        trainer.advance()
    folder = root / ("c" * 16)
    folder.mkdir(parents=True)
    write_run(trainer.state(), folder / "run.bnrun")
    (folder / ".bnstudio-0123.tmp").write_bytes(b"half")
    return folder


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def own_file(safety):
    return safety.autosave._folder.file


# Keeping


def test_what_was_trained_is_kept_soon_and_then_nothing_more_is_written(qtbot, make_safe, document, soon):
    window, safety = make_safe(document)
    assert not own_file(safety).exists()
    train(qtbot, window, 5)
    qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    assert read_summary(own_file(safety)).step == 5
    before = own_file(safety).stat().st_mtime_ns
    window._session.look(window.network_panel.look)
    n_snapshots = len(window.snapshots)
    qtbot.waitUntil(lambda: len(window.snapshots) > n_snapshots)
    assert not safety.autosave.pending
    assert own_file(safety).stat().st_mtime_ns == before


def test_an_edit_is_kept_too(qtbot, make_safe, document, soon):
    _, safety = make_safe(document)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    qtbot.waitUntil(own_file(safety).exists)
    qtbot.waitUntil(lambda: read_summary(own_file(safety)).experiment.epochs == 9)
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: read_summary(own_file(safety)).experiment.epochs == 2)


def test_a_document_that_was_only_opened_is_not_kept_and_the_one_before_no_longer(
    qtbot, make_safe, document, soon
):
    window, safety = make_safe(document)
    train(qtbot, window, 2)
    qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    window.files.open_preset("S3")
    assert not safety.autosave.pending
    assert not own_file(safety).exists()
    qtbot.waitUntil(lambda: window.histories.current("S3") is not None)
    assert not safety.autosave.pending


def test_one_that_is_being_written_when_another_document_is_opened_is_removed_and_the_next_is_kept(
    qtbot, make_safe, document, soon, monkeypatch
):
    window, safety = make_safe(document)
    saved = []
    safety.autosave.saved.connect(lambda: saved.append(read_summary(own_file(safety)).experiment))
    with slow_writing(monkeypatch) as slow_disk:
        train(qtbot, window, 1)
        qtbot.waitUntil(lambda: slow_disk.n_waiting == 1)
        window.files.open_preset("S3")
        slow_disk.open()
        qtbot.waitUntil(lambda: window.histories.current("S3") is not None and not safety.autosave.pending)
        assert not own_file(safety).exists()
        edit(window, 9)
        slow_disk.open()
        qtbot.waitUntil(lambda: not safety.autosave.pending)
    assert saved == [document.experiment]
    assert own_file(safety).exists()


def test_the_next_one_waits_so_long_that_training_loses_no_more_than_a_hundredth(make_safe, document):
    from bnstudio.training.snapshot import Answer

    _, safety = make_safe(document)
    for seconds, interval_ms in [(0.01, 30_000), (0.3, 30_000), (2.0, 200_000)]:
        safety.autosave._on_saved(Answer(1, seconds=seconds))
        assert safety.autosave._timer.interval() == interval_ms


def test_while_it_is_looked_into_by_stages_no_step_is_ended(qtbot, make_safe, document, soon):
    window, safety = make_safe(document)
    train(qtbot, window, 3)
    window._session.begin_step()
    qtbot.waitUntil(lambda: window.snapshots[-1].runs[0].half_step is not None)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    qtbot.waitUntil(
        lambda: own_file(safety).exists() and read_summary(own_file(safety)).experiment.epochs == 9
    )
    assert window.snapshots[-1].runs[0].half_step is not None
    assert read_run(own_file(safety)).step == 3


def test_where_it_cannot_be_written_that_is_said_once_and_training_goes_on(qtbot, make_safe, document, soon):
    window, safety = make_safe(document)
    said = []
    safety.autosave.failed.connect(said.append)
    safety.autosave._folder._path = Path("/no such folder")
    train(qtbot, window, 2)
    qtbot.waitUntil(lambda: bool(said))
    train(qtbot, window, 2)
    qtbot.waitUntil(lambda: not safety.autosave.pending)
    assert len(said) == 1
    assert window.status_line.text.startswith("No autosave: ")


def test_where_no_folder_can_be_made_the_window_works_without(qtbot, make_window, document, tmp_path):  # noqa: F811
    (tmp_path / "file").write_bytes(b"")
    window = make_window(document)
    safety = CrashSafety(document, window._session, window, tmp_path / "file" / "autosave")
    assert safety.autosave is None
    train(qtbot, window, 1)
    safety.end()


def test_at_a_proper_end_nothing_is_left(qtbot, make_safe, document, soon, root):
    window, safety = make_safe(document)
    train(qtbot, window, 2)
    qtbot.waitUntil(own_file(safety).exists)
    window._session.close()
    safety.end()
    assert list(root.iterdir()) == []


@pytest.fixture
def failed(qtbot, make_safe, document, soon):
    """A window that had trained two steps and kept them when its session failed, and what makes it safe."""
    window, safety = make_safe(document)
    train(qtbot, window, 2)
    qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    fail(qtbot, window)
    return window, safety


def fail(qtbot, window):
    window._session._session.set_pace("no number")
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.FAILED)
    wait_for_dialog(qtbot, window, ErrorDialog).close()


def goes_on(window, n_steps):
    run = window.histories.current("small")
    return run is not None and run.n_steps == n_steps


def test_after_a_failure_of_the_training_what_was_kept_is_offered_and_goes_on(qtbot, failed, root):
    window, safety = failed
    assert window.recovery_bar.text.startswith("Training did not end properly. Go on with small at step 2, ")
    window.recovery_bar.answer_button.click()
    qtbot.waitUntil(lambda: window.snapshots[-1].state is State.PAUSED and goes_on(window, 2))
    train(qtbot, window, 1)
    assert goes_on(window, 3)
    qtbot.waitUntil(lambda: not safety.autosave.pending and read_summary(own_file(safety)).step == 3)
    assert len(list(root.iterdir())) == 1  # nothing else is kept any more


@pytest.mark.parametrize("goes_on_with", ["nothing", "another document", "training", "a failure"])
def test_what_is_not_taken_up_after_a_failure_is_left_to_the_next_start(
    qtbot, failed, document, root, goes_on_with
):
    window, safety = failed
    if goes_on_with == "another document":
        document.open(load_preset("S3"), None)
    elif goes_on_with != "nothing":
        window._session.step()
        qtbot.waitUntil(lambda: goes_on(window, 1))
        qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    if goes_on_with == "a failure":
        fail(qtbot, window)
        assert "at step 1, " in window.recovery_bar.text
        window.recovery_bar.close_button.click()
    assert window.recovery_bar.isVisible() == (goes_on_with != "a failure")
    window._session.close()
    safety.end()
    left, _ = find_left(root)
    assert left.summary.step == 2
    left.folder.remove()
    assert list(root.iterdir()) == []


def test_restoring_what_was_kept_does_not_ask_about_the_changes_that_it_has(qtbot, failed, document):
    window, _ = failed
    kept = document.experiment
    document.edit(kept.replaced(epochs=9), "epochs")
    document.edit(kept, "epochs")
    assert window.isWindowModified()
    window.recovery_bar.answer_button.click()
    qtbot.waitUntil(lambda: not window.recovery_bar.isVisible())
    assert visible(window, QMessageBox) == []
    qtbot.waitUntil(lambda: window.snapshots[-1].step == 2)


def test_who_declines_while_it_is_being_restored_gets_it_not(qtbot, failed, document):
    window, _ = failed
    before = document.experiment
    window.recovery_bar.answer_button.click()
    window.recovery_bar.close_button.click()
    qtbot.waitUntil(lambda: not window.run_files.busy)
    qtbot.wait(50)
    assert document.experiment is before
    assert visible(window, QMessageBox) == []
    assert not window.recovery_bar.isVisible()


def test_what_was_kept_of_unsaved_changes_stays_until_something_newer_is_kept(
    qtbot, make_safe, document, soon, root
):
    window, safety = make_safe(document)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    kept = own_file(safety)
    fail(qtbot, window)
    window.recovery_bar.close_button.click()
    assert kept.exists()
    document.edit(document.experiment.replaced(epochs=10), "epochs")
    qtbot.waitUntil(lambda: own_file(safety).exists() and not safety.autosave.pending)
    assert not kept.exists()
    window._session.close()
    safety.end()
    assert list(root.iterdir()) == []


def test_a_failure_before_anything_is_kept_leaves_the_offer_as_it_was(
    qtbot, make_safe, left_behind, document
):
    window, _ = make_safe(document)
    fail(qtbot, window)
    assert "at step 13, " in window.recovery_bar.text
    window.recovery_bar.answer_button.click()
    qtbot.waitUntil(lambda: goes_on(window, 13))


# Offering


def test_what_was_left_is_offered_and_goes_on_when_it_is_wanted(qtbot, make_safe, left_behind, root, soon):
    document = ExperimentDocument(load_preset("S3"))
    window, safety = make_safe(document)
    time = datetime.fromtimestamp((left_behind / "run.bnrun").stat().st_mtime)
    bar = window.recovery_bar
    assert bar.isVisible()
    assert bar.text == f"Training did not end properly. Go on with small at step 13, kept at {time:%H:%M}?"
    assert bar.answer_button.text() == "Restore"
    bar.answer_button.click()
    qtbot.waitUntil(lambda: document.model.name == "small")
    qtbot.waitUntil(
        lambda: (
            window.histories.current("small") is not None and window.histories.current("small").n_steps == 13
        )
    )
    assert not bar.isVisible()
    assert window.isWindowModified()
    assert document.path is None
    assert window.files.recent_files.paths() == []
    qtbot.waitUntil(lambda: not left_behind.exists())  # this program keeps it by then
    qtbot.waitUntil(lambda: not safety.autosave.pending)
    assert read_summary(own_file(safety)).step == 13
    assert files_in(root) == sorted(
        f"{own_file(safety).parent.name}/{name}" for name in ("lock", "run.bnrun")
    )


def test_closing_the_notice_gives_it_up_without_a_question(qtbot, make_safe, left_behind, document):
    window, _ = make_safe(document)
    window.recovery_bar.close_button.click()
    assert not window.recovery_bar.isVisible()
    assert visible(window, QMessageBox) == []
    assert not left_behind.exists()


def test_who_does_not_answer_is_asked_again_at_the_next_start(make_safe, left_behind, document, root):
    _, safety = make_safe(document)
    safety.end()
    assert files_in(left_behind) == [".bnstudio-0123.tmp", "lock", "run.bnrun"]
    window, _ = make_safe(document)
    assert window.recovery_bar.isVisible()


def test_unsaved_changes_are_asked_about_before_and_cancel_keeps_both(
    qtbot, make_safe, left_behind, document
):
    window, safety = make_safe(document)
    document.edit(document.experiment.replaced(epochs=9), "epochs")
    window.recovery_bar.answer_button.click()
    wait_for_dialog(qtbot, window, QMessageBox).button(QMessageBox.StandardButton.Cancel).click()
    assert window.recovery_bar.isVisible()
    safety.end()
    assert document.experiment.epochs == 9
    assert (left_behind / "run.bnrun").exists()


def test_the_second_window_does_not_take_what_the_first_is_writing_or_offers(
    make_safe, left_behind, document
):
    first, safety = make_safe(document)
    second, other = make_safe(ExperimentDocument(load_preset("S3")))
    assert first.recovery_bar.isVisible()
    assert not second.recovery_bar.isVisible()
    assert own_file(safety) != own_file(other)


def test_several_models_are_named_by_the_first(make_safe, root, document, digits):  # noqa: F811
    folder = AutosaveFolder.make(root)
    write_run(Trainer(load_preset("article"), digits).state(), folder.file)
    folder.leave()
    window, _ = make_safe(document)
    assert "Go on with S3 and 7 more at step 0, " in window.recovery_bar.text


def test_of_several_the_newest_is_offered_and_the_others_wait(make_safe, left_behind, root, document):
    older = root / ("b" * 16)
    older.mkdir()
    (older / "run.bnrun").write_bytes((left_behind / "run.bnrun").read_bytes())
    os.utime(older / "run.bnrun", (1e9, 1e9))
    window, safety = make_safe(document)
    window.recovery_bar.close_button.click()
    assert not left_behind.exists()
    safety.end()
    window, _ = make_safe(document)
    assert "kept at 01:46?" not in window.recovery_bar.text
    assert "01" in window.recovery_bar.text  # the date, in whatever order


def test_a_damaged_one_is_set_aside_with_a_message(make_safe, left_behind, root, document):
    (left_behind / "run.bnrun").write_bytes(b"PK")
    window, _ = make_safe(document)
    assert not window.recovery_bar.isVisible()
    aside = root / f"damaged-{left_behind.name}.bnrun"
    assert window.status_line.text.startswith(f"An autosave cannot be used: {aside}: ")
    assert not left_behind.exists()
    assert aside.read_bytes() == b"PK"


def test_one_that_turns_out_damaged_when_it_is_restored_changes_nothing(
    qtbot, make_safe, left_behind, document
):
    path = left_behind / "run.bnrun"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    window, _ = make_safe(document)
    before = document.experiment
    window.recovery_bar.answer_button.click()
    box = wait_for_dialog(qtbot, window, QMessageBox)
    assert "is damaged" in box.text()
    box.close()
    assert window.recovery_bar.isVisible()
    assert document.experiment is before


def test_yesterdays_has_its_date():
    now = datetime.now()
    assert _time_text(now) == f"{now:%H:%M}"
    yesterday = now - timedelta(days=1)
    assert str(yesterday.year % 100) in _time_text(yesterday)


def test_all_programs_keep_theirs_in_the_local_data_of_the_user(monkeypatch, tmp_path):
    location = QStandardPaths.StandardLocation.AppLocalDataLocation
    assert autosaves_folder() == Path(QStandardPaths.writableLocation(location)) / "autosave"
    assert "bnstudio" in QDir(str(autosaves_folder())).path()


def test_where_nothing_can_be_kept_what_was_left_is_offered_all_the_same(
    qtbot, make_safe, left_behind, document, monkeypatch
):
    def refuse(root):
        raise OSError(EROFS, os.strerror(EROFS))

    monkeypatch.setattr(AutosaveFolder, "make", refuse)
    window, safety = make_safe(document)
    assert window.status_line.text.startswith("No autosave: nothing can be kept in ")
    assert window.status_line.text.endswith(": Read-only file system")
    window.recovery_bar.answer_button.click()
    qtbot.waitUntil(lambda: not window.recovery_bar.isVisible())
    qtbot.waitUntil(lambda: window.snapshots[-1].step == 13)
    train(qtbot, window, 1)
    safety.end()
    assert (left_behind / "run.bnrun").exists()  # nobody else has kept it


# The real program


CRASHES = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
from PySide6.QtWidgets import QApplication
from PySide6.QtCore import QTimer
from bnstudio.document.presets import load_preset
from bnstudio.gui import application, autosave
from bnstudio.gui.main_window import MainWindow

autosave.INTERVAL_MS = 20

def on_timeout():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    found = window.findChildren(autosave.Autosave)[0]
    found.saved.connect(lambda: print("saved", flush=True))
    window.control_bar.train_action.trigger()

if __name__ == "__main__":
    app = application._application()
    QTimer.singleShot(0, on_timeout)
    application.run_window(load_preset("S3"), autosaves=Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_a_program_that_is_killed_while_it_trains_leaves_what_it_had(
    qtbot, make_safe, root, document, tmp_path
):
    script = tmp_path / "crashes.py"
    script.write_text(CRASHES)
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), str(root)], stdout=subprocess.PIPE, cwd=tmp_path, env=environment
    ) as program:
        for _ in range(2):
            assert program.stdout.readline() == b"saved\n"
        assert find_left(root) == (None, None)  # it is running
        program.kill()
    window, _ = make_safe(document)
    assert window.recovery_bar.isVisible()
    assert "Go on with S3 at step " in window.recovery_bar.text
    window.recovery_bar.answer_button.click()
    qtbot.waitUntil(lambda: document.model.name == "S3")
    qtbot.waitUntil(lambda: window.histories.current("S3") is not None)
    assert window.histories.current("S3").n_steps > 0
