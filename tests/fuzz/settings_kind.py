"""The settings that the window reads when it starts, and what reads them; needs Qt, and no screen.

Nothing with `@Variant(` is made: Qt itself ends the process when such a value claims to be a list of 2**31
texts, before any of ours has seen it.
"""

import tempfile
from pathlib import Path
from random import Random

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QSplitter, QWidget

from bnstudio.gui.appearance import TEXT_SIZES_PERCENT, Appearance
from bnstudio.gui.recent_files import MOST_RECENT, RecentFiles
from bnstudio.gui.tabbed_panels import TabbedPanels
from bnstudio.gui.window_settings import restore_window, store_window
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import TOKENS, changed_bytes

VALUES = (
    *("", "abc", "0", "1", "2", "-1", "true", "1e400", "-inf", "nan", "9" * 20, "9" * 5_000, "1.5"),
    *("a, b", "1, 2", "@Invalid()", "@", "@@x", "@Rect(1 2 3 4)", "@Size(1 2)", "@Point(1)", "@String(x)"),
    *("@ByteArray()", "@ByteArray(\\0\\0\\0\\xff)", "@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3)", "@DateTime(x)"),
    *("\\xd800", "\\x0", '"', '"[\\"\\\\ud800\\"]"', '"[\\"/tmp\\\\u0000\\"]"', '"[1, null, {}]"'),
    '"[' + ",".join(['\\"/x\\"'] * 100_000) + ']"',
    '"[\\"' + "x" * 1_000_000 + '\\"]"',
    '"[\\"<img src=/dev/zero>&&\\"]"',
    "[" * 100_000,
    "dark",
    "/dev/zero",
)
"""As they stand in the file."""


class _Window(QMainWindow):
    """What `restore_window` needs of the main window."""

    def __init__(self) -> None:
        super().__init__()
        self.network_panel = self.loss_panel = self.look = self.log_button = self
        self.log_magnitude, self.shared_range, self.checked = False, True, False
        self.splitter = QSplitter(self)
        self.splitter.addWidget(QLabel("left"))
        self.splitter.addWidget(QLabel("right"))
        self.setCentralWidget(self.splitter)

    def choose_axes(self, *, log_magnitude: bool, own_range: bool) -> None:
        self.log_magnitude, self.shared_range = log_magnitude, not own_range

    def setChecked(self, checked: bool) -> None:  # noqa: N802 (Qt's name)
        self.checked = checked

    def isChecked(self) -> bool:  # noqa: N802 (Qt's name)
        return self.checked


class Settings:
    """Makes and reads files of settings; `folder` gets the one good one."""

    def __init__(self, folder: Path) -> None:
        application = QApplication.instance() or QApplication([])
        assert isinstance(application, QApplication)
        self._application = application
        QCoreApplication.setOrganizationName("bnstudio")
        QCoreApplication.setApplicationName("bnstudio")
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        path = self._use(folder)
        window = _Window()
        store_window(window, {"left": window.splitter})
        settings = QSettings()
        for key, value in {
            "appearance/theme": "dark",
            "appearance/text_size_percent": 125,
            "instruments/tab": 1,
            "files/folder": str(folder),
        }.items():
            settings.setValue(key, value)
        RecentFiles().add(folder / "mine.bnstudio")
        settings.sync()
        self.lines = path.read_text(encoding="utf-8").splitlines()

    def make(self, random: Random) -> bytes:
        lines = list(self.lines)
        for _ in range(random.choice((0, 1, 1, 3))):
            i = random.choice([i for i, line in enumerate(lines) if "=" in line])
            key = lines[i].split("=")[0]
            value = random.choice(VALUES) if random.random() < 0.8 else random.choice(TOKENS)[:20_000]
            lines[i] = f"{key}={value}"
        content = "\n".join(lines).encode("utf-8", "surrogatepass")
        if random.random() < 0.5:
            content = changed_bytes(random, content, content)
        return content.replace(b"@Variant", b"@variant")

    def read(self, path: Path) -> str:
        # A folder of its own, because Qt keeps what it has read of a file.
        used = self._use(Path(tempfile.mkdtemp(dir=path.parent)))
        used.parent.mkdir()
        used.write_bytes(path.read_bytes())
        self._start_window()
        return "read"

    def _use(self, folder: Path) -> Path:
        for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
            QSettings.setPath(QSettings.Format.IniFormat, scope, str(folder))
        return folder / "bnstudio" / "bnstudio.ini"

    def _start_window(self) -> None:
        font, palette = self._application.font(), self._application.palette()
        appearance, window = Appearance(self._application), _Window()
        try:
            if appearance.text_size_percent not in TEXT_SIZES_PERCENT:
                raise AssertionError(f"a text size of {appearance.text_size_percent!r} %")
            restore_window(window, {"left": window.splitter})  # type: ignore[arg-type]
            screen = window.screen().size()
            if window.width() > 2 * screen.width() or window.height() > 2 * screen.height():
                raise AssertionError(f"a window of {window.size()}")
            if (
                window.splitter.orientation() != Qt.Orientation.Horizontal
                or window.splitter.handleWidth() > 20
            ):
                raise AssertionError("a divider that is none")
            tabs = TabbedPanels({"a": QWidget(), "b": QWidget()}, "tabs", "instruments/tab", window)
            if tabs.bar.currentIndex() not in (0, 1):
                raise AssertionError(f"the tab {tabs.bar.currentIndex()}")
            files, menu = RecentFiles(window), QMenu(window)
            paths = files.paths()
            if len(paths) > MOST_RECENT:
                raise AssertionError(f"{len(paths)} recent files")
            for recent in paths:
                menu.addAction(f"{recent.name} – {recent.parent}")
            menu.sizeHint()
            if not files.folder().is_dir():
                raise AssertionError("a folder that is none")
            store_window(window, {"left": window.splitter})  # type: ignore[arg-type]
        finally:
            self._application.setFont(font)
            self._application.setPalette(palette)
            window.deleteLater()
            appearance.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def settings_files(folder: Path) -> Kind:
    settings = Settings(folder)
    # Nothing is refused: what makes no sense is as if it were not there.
    return Kind("settings.ini", settings.make, settings.read, _NeverError)


class _NeverError(Exception):
    pass
