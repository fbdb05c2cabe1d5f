"""Settings that were damaged, or edited by hand: what makes no sense is as if it were not there."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel, QSplitter

from bnstudio.document.presets import load_preset
from bnstudio.gui.appearance import Appearance
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.main_window import MainWindow
from bnstudio.gui.recent_files import MOST_RECENT, RecentFiles
from bnstudio.gui.stored_choices import stored_choice, stored_text
from bnstudio.gui.window_settings import FIRST_SIZE
from bnstudio.training.session import Session
from tests.fuzz.kinds import Kind
from tests.fuzz.reading import outcome_of
from tests.fuzz.settings_kind import settings_files


@pytest.fixture
def store(tmp_path, qapp):
    """Write a file of settings, lines as they stand in it, which all settings are then read from."""
    before = QSettings.defaultFormat()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    names = qapp.organizationName(), qapp.applicationName()
    qapp.setOrganizationName("bnstudio")
    qapp.setApplicationName("bnstudio")
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(tmp_path))

    def store(group, *lines):
        (tmp_path / "bnstudio").mkdir()
        path = tmp_path / "bnstudio" / "bnstudio.ini"
        path.write_text("\n".join([f"[{group}]", *lines]), encoding="utf-8")

    yield store
    QSettings.setDefaultFormat(before)
    qapp.setOrganizationName(names[0])
    qapp.setApplicationName(names[1])


@pytest.fixture
def kind(store, tmp_path) -> Kind:
    return settings_files(tmp_path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=100,
    deadline=None,
    derandomize=True,
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_is_stored_the_window_starts(kind: Kind, tmp_path: Path, random: Random) -> None:
    (tmp_path / kind.name).write_bytes(kind.make(random))
    assert outcome_of(kind, tmp_path / kind.name) == "read"


@pytest.mark.parametrize(
    "value",
    ["1e400", "-inf", "nan", "@ByteArray(\\xd9)", "a, b", "@Rect(1 2 3 4)", "@Invalid()", "9", "0.9", ""],
)
def test_what_is_no_choice_is_the_usual_one(store, value):
    store("a", f"b={value}")
    assert stored_choice("a/b", (1, 2, 3), 2) == 2


def test_a_choice_is_found_as_it_was_stored_and_as_it_was_read_again(store):
    store("a", "b=3", "c=dark")
    assert stored_choice("a/b", (1, 2, 3), 2) == 3
    assert stored_choice("a/c", ("light", "dark"), "light") == "dark"
    QSettings().setValue("a/b", 1)  # no text until it is in the file
    assert stored_choice("a/b", (1, 2, 3), 2) == 1


def test_bytes_that_are_no_text_are_none(store):
    store("a", "b=@ByteArray(\\xd9\\xd0)")
    assert stored_text("a/b") == ""


@pytest.mark.parametrize(
    "value", ["[" * 100_000, "9" * 5_000, '"[\\"a\\", 3, null"', "@ByteArray(\\xff)", "{}"]
)
def test_a_list_of_files_that_is_none_is_empty(store, value):
    store("files", f"recent={value}")
    assert RecentFiles().paths() == []


def test_of_very_many_files_the_first_few_are_kept_and_names_that_no_file_has_are_not(store):
    names = ",".join(f'\\"/{i}\\"' for i in range(1_000))
    store("files", f'recent="[\\"{"x" * 100_000}\\", {names}]"')
    assert RecentFiles().paths() == [Path(f"/{i}") for i in range(MOST_RECENT)]


@pytest.mark.parametrize("value", ["x" * 5_000, "@ByteArray(\\xd9)", "\\x0", "/dev/zero"])
def test_a_folder_that_is_none_is_the_home_folder(store, value):
    store("files", f"folder={value}")
    assert RecentFiles().folder() == Path.home()


def test_a_stored_divider_keeps_its_width_and_direction(qtbot, store):
    spoilt = QSplitter(Qt.Orientation.Vertical)
    spoilt.addWidget(QLabel("top"))
    spoilt.addWidget(QLabel("bottom"))
    qtbot.addWidget(spoilt)
    spoilt.setHandleWidth(2_000_000_000)
    store("network", "own_range=true")
    for name in ("main", "curves"):
        QSettings().setValue(f"window/{name}_splitter", spoilt.saveState())

    def check(window):
        dividers = window.findChildren(QSplitter)
        assert {divider.orientation() for divider in dividers} == {
            Qt.Orientation.Horizontal,
            Qt.Orientation.Vertical,
        }
        assert all(divider.handleWidth() < 20 for divider in dividers)

    with_window(qtbot, check)


def test_the_whole_window_starts_with_settings_that_are_all_of_another_kind(qtbot, store):
    store(
        "window",
        "geometry=abc",
        "inner_splitter=@Rect(1 2 3 4)",
        "[network]",
        "log_magnitude=@ByteArray(\\xd9)",
        "own_range=1e400",
        "[loss]",
        "logarithmic=a, b",
        "[appearance]",
        "theme=@ByteArray(\\xd9)",
        "text_size_percent=1e400",
        "[export]",
        "scale=1e400",
        "folder=@ByteArray(\\xd9)",
        "[files]",
        "recent=@ByteArray(\\xd9)",
        "[panels]",
        "accuracy=@Rect(1 2 3 4)",
    )

    def check(window):
        assert window.isVisible()
        assert window.size() == FIRST_SIZE

    with_window(qtbot, check)


def with_window(qtbot, check):
    """Show the window on a document that nobody trains, and check it."""
    application = QApplication.instance()
    font, palette = application.font(), application.palette()
    document = ExperimentDocument(load_preset("S3"))
    appearance = Appearance(application)
    window = MainWindow(document, Session(document.experiment), appearance)
    qtbot.addWidget(window)
    window.show()
    try:
        check(window)
    finally:
        window.close()
        appearance.deleteLater()
        application.setFont(font)
        application.setPalette(palette)
