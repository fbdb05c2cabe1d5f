import csv
import sys
import threading
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressDialog,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from bnstudio.document.storage import read_experiment
from bnstudio.gui.curves.loss_panel import LossPanel
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.export import export_actions
from bnstudio.gui.export.export_actions import ExportActions
from bnstudio.gui.export.folder import Part
from bnstudio.gui.export.saving import Saving
from bnstudio.training.snapshot import Divergence, RateChange, RunSnapshot, Snapshot, State
from tests.gui.stack_snapshots import run_of

LOSSES = np.array([2.3, 2.1, 1.9])


@pytest.fixture
def experiment(experiment):
    """Two models; the second is not trained."""
    small = experiment.models[0]
    return experiment.replaced(models=(small, small.replaced(name="other", learning_rate=0.25)))


@pytest.fixture
def files(tmp_path):
    """Where to save to, apart from the settings."""
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


class Window(QWidget):
    """A window with three panels, one of them hidden, a run of three steps, and real readings."""

    def __init__(self, experiment):
        super().__init__()
        self.document = ExperimentDocument(experiment, self)
        self.histories = RunHistories(self)
        self.trained = []
        self.loss = LossPanel(self.document, self.histories)
        self.label, self.hidden = QLabel("A panel"), QLabel("Nobody sees it")
        layout = QVBoxLayout(self)
        for widget in (self.loss, self.label, self.hidden):
            layout.addWidget(widget)
        self.hidden.hide()
        panels = {
            "loss": ("&Loss", self.loss),
            "label": ("La&bel", self.label),
            "hidden": ("&Hidden", self.hidden),
        }
        readings = run_of(experiment).readings
        self.shown = [("small", 3, readings)]
        self.exports = ExportActions(self.document, self.histories, panels, lambda: self.shown, self)
        self.resize(400, 400)

    def train(self, name="small", run_id=1, **news):
        run = RunSnapshot(run_id, name, 3, 0.5, 0, LOSSES, LOSSES / 3, **news)
        earlier = [replace(r, first_step=3, losses=LOSSES[:0], accuracies=LOSSES[:0]) for r in self.trained]
        self.trained = [*(r for r in earlier if r.run_id != run_id), run]
        snapshot = Snapshot(State.TRAINING, steps_per_epoch=2, runs=tuple(self.trained))
        self.histories.apply(snapshot)
        self.exports.refresh(snapshot)

    def trigger(self, *titles):
        """Choose an item of the menu, through its submenus."""
        menu = self.exports.menu
        for title in titles:
            action = next(a for a in menu.actions() if a.text().replace("&", "") == title)
            menu = action.menu()
        action.trigger()


@pytest.fixture
def window(qtbot, experiment):
    window = Window(experiment)
    qtbot.addWidget(window, before_close_func=lambda window: window.exports.stop())
    with qtbot.waitExposed(window):
        window.show()
    return window


def dialog(qtbot, window, kind):
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(kind)))
    return next(box for box in window.findChildren(kind) if box.isVisible())


def choose(qtbot, window, path):
    """Choose a file or folder in the dialog that is open, and return what is answered when it is written."""
    box = dialog(qtbot, window, QFileDialog)
    with qtbot.waitSignal(window.exports.answered) as answered:
        box.fileSelected.emit(str(path))
        box.close()
    return answered.args[0]


def problem(qtbot, window, path):
    """Choose, and return the text of the problem that it leads to."""
    file_dialog = dialog(qtbot, window, QFileDialog)
    file_dialog.fileSelected.emit(str(path))
    file_dialog.close()
    box = dialog(qtbot, window, QMessageBox)
    text = box.text()
    box.close()
    return text


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def table_in(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


# Pictures


def test_a_copied_picture_is_on_the_clipboard_at_the_chosen_scale(qtbot, window):
    for text, scale in (("2×", 2), ("4×", 4)):
        window.trigger("Size of PNG pictures", text)
        with qtbot.waitSignal(window.exports.answered) as answered:
            window.trigger("Loss", "Copy picture")
        image = QGuiApplication.clipboard().image()
        assert image.size() == window.loss.size() * scale
        assert answered.args[0].startswith("Copied the picture of Loss:")


def test_the_chosen_scale_is_remembered(window):
    window.trigger("Size of PNG pictures", "3×")
    again = ExportActions(window.document, window.histories, {}, list, window)
    (sizes,) = (a.menu() for a in again.menu.actions() if a.text() == "Size of &PNG pictures")
    assert [action.text() for action in sizes.actions() if action.isChecked()] == ["&3×"]


@pytest.mark.parametrize("stored", ["100", "0", "many"])
def test_a_scale_that_somebody_spoilt_is_the_usual_one(qtbot, experiment, stored):
    QSettings().setValue("export/scale", stored)
    window = Window(experiment)
    qtbot.addWidget(window)
    (sizes,) = (a.menu() for a in window.exports.menu.actions() if a.text() == "Size of &PNG pictures")
    assert [action.text() for action in sizes.actions() if action.isChecked()] == ["&2×"]


def test_the_suffix_of_a_saved_picture_decides_what_it_is(qtbot, window, files):
    window.trigger("Label", "Save picture…")
    assert choose(qtbot, window, files / "a.png") == "Saved the picture a.png."
    assert QImage(str(files / "a.png")).size() == window.label.size() * 2
    window.trigger("Label", "Save picture…")
    choose(qtbot, window, files / "a.SVG")
    texts = ElementTree.parse(files / "a.SVG").iter("{http://www.w3.org/2000/svg}text")
    assert [text.text for text in texts] == ["A panel"]
    assert names(files) == ["a.SVG", "a.png"]


def test_the_chosen_kind_gives_the_suffix_that_was_not_typed(qtbot, window, files):
    window.trigger("Label", "Save picture…")
    box = dialog(qtbot, window, QFileDialog)
    assert box.nameFilters() == ["PNG picture (*.png)", "SVG drawing (*.svg)"]
    box.setDirectory(str(files))
    box.filterSelected.emit("SVG drawing (*.svg)")
    box.selectFile("typed")
    with qtbot.waitSignal(window.exports.answered):
        box.accept()
    assert names(files) == ["typed.svg"]


def test_a_name_of_no_picture_gets_the_suffix_of_the_chosen_kind(qtbot, window, files):
    window.trigger("Label", "Save picture…")
    choose(qtbot, window, files / "S6 lr 0.5")
    assert names(files) == ["S6 lr 0.5.png"]


@pytest.mark.parametrize("action", ["Copy picture", "Save picture…"])
def test_there_is_no_picture_of_a_hidden_panel(qtbot, window, action):
    with qtbot.waitSignal(window.exports.answered) as answered:
        window.trigger("Hidden", action)
    assert answered.args[0].startswith("Hidden is hidden")
    assert window.findChildren(QFileDialog) == []


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_panel_without_a_context_menu_has_its_actions_as_one(qtbot, window):
    shown = []

    def look():
        menu = QApplication.activePopupWidget()
        if menu is not None:
            shown.extend(menu.actions())
            menu.close()

    timer = QTimer(window, interval=10)
    timer.timeout.connect(look)
    timer.start()
    place = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, window.label.mapToGlobal(place))
    QApplication.sendEvent(window.label, event)  # returns when the menu is closed
    timer.stop()
    assert [action.text() for action in shown] == ["&Copy picture", "&Save picture…"]
    assert shown == window.exports.panel_actions("label")


def test_a_picture_that_cannot_be_written_names_the_place(qtbot, window, files):
    window.trigger("Label", "Save picture…")
    text = problem(qtbot, window, files / "no such folder" / "a.png")
    assert text == f"{files / 'no such folder' / 'a.png'}: cannot be written: there is no such folder"


# Tables


def test_curves_are_of_the_visible_models_that_have_been_trained(qtbot, window, files):
    window.train()
    window.trigger("Curves as CSV…")
    assert choose(qtbot, window, files / "c.csv") == "Saved c.csv: the curves of small, steps: 3."
    table = table_in(files / "c.csv")
    assert "model" not in table[0]
    assert [float(row["train_loss"]) for row in table] == LOSSES.tolist()
    window.train("other", 2)
    window.trigger("Curves as CSV…")
    choose(qtbot, window, files / "c.csv")
    table = table_in(files / "c.csv")
    assert [row["model"] for row in table] == ["small"] * 3 + ["other"] * 3
    window.document.set_visible(1, False)
    window.trigger("Curves as CSV…")
    assert choose(qtbot, window, files / "c.csv") == "Saved c.csv: the curves of small, steps: 3."


def test_before_training_there_are_no_tables_to_save(qtbot, window):
    window.shown = []
    for title in ("Curves as CSV…", "Histograms as CSV…"):
        with qtbot.waitSignal(window.exports.answered) as answered:
            window.trigger(title)
        assert "train" in answered.args[0]
    assert window.findChildren(QFileDialog) == []


def test_histograms_are_those_that_were_shown(qtbot, window, files):
    window.trigger("Histograms as CSV…")
    assert choose(qtbot, window, files / "h.csv") == "Saved h.csv: the histograms of small."
    table = table_in(files / "h.csv")
    assert {row["model"] for row in table} == {"small"}
    assert {row["step"] for row in table} == {"3"}
    assert {row["layer"] for row in table} == {"1", "2", "3", "4"}


# Everything


EVERYTHING = [
    "README.md",
    "experiment.bnstudio",
    "histograms.csv",
    "pictures/label.png",
    "pictures/label.svg",
    "pictures/loss.png",
    "pictures/loss.svg",
    "small/metrics.csv",
]


def test_everything_is_a_folder_with_the_experiment_curves_histograms_and_pictures(qtbot, window, files):
    window.train()
    window.trigger("Everything into a folder…")
    answer = choose(qtbot, window, files / "out")
    assert answer == f"Exported 8 files to {files / 'out'}."
    assert names(files / "out") == EVERYTHING
    assert [path.name for path in files.iterdir()] == ["out"]
    assert read_experiment(files / "out" / "experiment.bnstudio") == window.document.experiment


def test_the_readme_says_what_was_run_and_what_each_file_is(qtbot, window, files):
    changes = (RateChange(2, 0.125, 0.75),)
    rate = window.document.experiment.models[0].learning_rate
    window.train(
        rate_changes=changes, rate_in_use=0.125, late_by=7, divergence=Divergence(3, None, None, 0.5)
    )
    window.trigger("Everything into a folder…")
    choose(qtbot, window, files / "out")
    text = (files / "out" / "README.md").read_text(encoding="utf-8")
    for path in EVERYTHING[1:]:
        assert f"`{path}`" in text
    assert "seed 0" in text
    assert "784 inputs → Dense 8 → BatchNorm → Sigmoid → Dense 10 + softmax" in text
    assert "learning rate 0.25. Not trained." in text
    assert "Steps done: 3." in text
    assert "The learning rate was 0.75 at first, and changed: to 0.125 after step 2." in text
    assert f"The latest step was made with learning rate 0.125, not with {rate:.15g}." in text
    assert "started 7 steps later" in text
    assert "not finite at step 3" in text
    assert "mini-batch, **before** the update" in text
    assert "hidden: Hidden" in text


def test_before_training_everything_is_what_there_is(qtbot, window, files):
    window.shown = []
    window.trigger("Everything into a folder…")
    choose(qtbot, window, files / "out")
    assert names(files / "out") == [name for name in EVERYTHING if not name.endswith(".csv")]


def test_opening_another_document_while_everything_is_drawn_ends_it(qtbot, window, files):
    window.train()
    window.trigger("Everything into a folder…")
    box = dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(files / "out"))
    box.close()
    with qtbot.waitSignal(window.exports.answered) as answered:
        window.document.open(window.document.experiment.replaced(epochs=9), None)
    assert answered.args[0] == "Nothing was exported: another experiment was opened meanwhile."
    qtbot.waitUntil(lambda: not window.exports._drawing_timer.isActive())
    assert names(files) == []


@pytest.mark.qt_no_exception_capture
def test_where_a_picture_cannot_be_drawn_nothing_is_exported(qtbot, window, files, monkeypatch):
    def fail(*_):
        raise RuntimeError("no picture")

    monkeypatch.setattr(export_actions, "svg_part", fail)
    raised = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, where: raised.append(str(error)))
    window.train()
    window.trigger("Everything into a folder…")
    box = dialog(qtbot, window, QFileDialog)
    box.fileSelected.emit(str(files / "out"))
    box.close()
    qtbot.waitUntil(lambda: bool(raised))
    qtbot.waitUntil(lambda: not window.exports._drawing_timer.isActive())
    assert raised == ["no picture"]
    assert names(files) == []


def test_into_a_folder_that_is_not_empty_only_after_asking(qtbot, window, files):
    folder = files / "out"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    window.trigger("Everything into a folder…")
    file_dialog = dialog(qtbot, window, QFileDialog)
    file_dialog.fileSelected.emit(str(folder))
    box = dialog(qtbot, window, QMessageBox)
    assert str(folder) in box.text()
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert names(folder) == ["README.md"]
    assert (folder / "README.md").read_text() == "mine"
    file_dialog.fileSelected.emit(str(folder))
    file_dialog.close()
    box = dialog(qtbot, window, QMessageBox)
    (replace,) = (button for button in box.findChildren(QPushButton) if button.text() == "&Replace")
    with qtbot.waitSignal(window.exports.answered):
        replace.click()
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Export of bnstudio")


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_can_be_named_whether_it_is_there_or_not(qtbot, window, files, exists):
    if exists:
        (files / "mine").mkdir()
    window.trigger("Everything into a folder…")
    box = dialog(qtbot, window, QFileDialog)
    assert box.selectedFiles()[0].endswith("small export")
    box.setDirectory(str(files))
    box.findChild(QLineEdit).setText("mine")
    with qtbot.waitSignal(window.exports.answered):
        box.accept()
    assert "README.md" in names(files / "mine")
    assert [path.name for path in files.iterdir()] == ["mine"]


def test_an_export_that_fails_says_where_and_leaves_nothing(qtbot, window, files):
    window.train()
    (files / "file").write_bytes(b"")
    window.trigger("Everything into a folder…")
    text = problem(qtbot, window, files / "file" / "out")
    assert str(files / "file" / "out") in text
    assert names(files) == ["file"]


# The thread


@pytest.fixture
def saving(qtbot):
    window = QWidget()
    saving = Saving(window)
    qtbot.addWidget(window, before_close_func=lambda _: saving.stop())
    return saving


class Endless:
    """A file that goes on until the export is cancelled."""

    def __init__(self):
        self.begun = threading.Event()

    def part(self, path):
        def pieces():
            while True:
                yield b"more"
                self.begun.set()

        return Part(path, pieces)


def test_what_takes_long_shows_how_far_it_is_and_can_be_cancelled(qtbot, saving, files):
    endless = Endless()
    saving.save_folder(files / "out", [endless.part("endless.csv")], "never")
    box = dialog(qtbot, saving.parent(), QProgressDialog)
    assert endless.begun.is_set()
    with qtbot.waitSignal(saving.answered) as answered:
        box.findChild(QPushButton).click()
    assert answered.args == ["Cancelled: nothing was written."]
    assert names(files) == []
    assert not (files / "out").exists()


def test_while_one_export_is_written_no_other_begins(qtbot, saving, files):
    busy = []
    saving.busy_changed.connect(busy.append)
    saving.save(files / "a.csv", Endless().part("a.csv"), "never")
    with qtbot.waitSignal(saving.answered) as answered:
        saving.save(files / "b.csv", Part("b.csv", lambda: (b"b",)), "never")
    assert answered.args[0].startswith("Another export")
    saving.stop()
    assert busy == [True, False]
    assert names(files) == []


def test_the_thread_is_gone_when_the_window_is(qtbot, saving, files):
    endless = Endless()
    threads = threading.active_count()
    saving.save(files / "a.csv", endless.part("a.csv"), "never")
    assert endless.begun.wait(10)
    saving.stop()
    assert threading.active_count() == threads
    assert names(files) == []


def test_an_unexpected_error_reaches_the_window_and_the_next_export_is_written(qtbot, saving, files):
    def pieces():
        yield b"half"
        raise ZeroDivisionError("a mistake")

    with qtbot.captureExceptions() as exceptions:
        saving.save(files / "a.csv", Part("a.csv", pieces), "never")
        qtbot.waitUntil(lambda: bool(exceptions))
    assert exceptions[0][0] is ZeroDivisionError
    with qtbot.waitSignal(saving.answered) as answered:
        saving.save(files / "b.csv", Part("b.csv", lambda: (b"b",)), "done")
    assert answered.args == ["done"]
    assert names(files) == ["b.csv"]
