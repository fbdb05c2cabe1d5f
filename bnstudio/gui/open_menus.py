"""The menus that open something by a click: the files that were used last, and the presets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QMenu, QWidget

from bnstudio.document.presets import DESCRIPTIONS, STUDY_PRESET, preset_names

if TYPE_CHECKING:
    from bnstudio.gui.recent_files import RecentFiles


class RecentMenu(QMenu):
    """Lists `recent_files`, newest first."""

    chosen = Signal(Path)

    def __init__(self, recent_files: RecentFiles, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Open &recent"))
        self._recent_files = recent_files
        self.aboutToShow.connect(self._fill)
        recent_files.changed.connect(self._on_recent_files_changed)
        self._on_recent_files_changed()

    def _fill(self) -> None:
        self.clear()
        for i, path in enumerate(self._recent_files.paths(), start=1):
            text = f"{path.name} – {path.parent}".replace("&", "&&")
            action = self.addAction(f"&{i % 10} {text}")
            action.triggered.connect(lambda _checked=False, path=path: self.chosen.emit(path))
        self.addSeparator()
        self.addAction(self.tr("&Clear the list")).triggered.connect(self._recent_files.clear)

    def _on_recent_files_changed(self) -> None:
        self.setEnabled(bool(self._recent_files.paths()))


class PresetsMenu(QMenu):
    """Lists the presets with what each of them shows, the whole study first."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Presets"))
        self.setToolTipsVisible(True)
        for name in sorted(preset_names(), key=lambda name: name != STUDY_PRESET):
            description = QCoreApplication.translate("presets", DESCRIPTIONS[name])
            action = self.addAction(f"{name} – {description}")
            action.triggered.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            if name == STUDY_PRESET:
                self.addSeparator()
