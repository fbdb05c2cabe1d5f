"""The files that were opened or saved last, remembered between starts."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from bnstudio.gui.stored_choices import stored_text

MOST_RECENT = 10
_LONGEST_PATH = 32_767
"""Characters; on Windows, which allows the longest."""
_FILES_KEY = "files/recent"
_FOLDER_KEY = "files/folder"


class RecentFiles(QObject):
    """Newest first, each file once."""

    changed = Signal()

    def paths(self) -> list[Path]:
        """Return the files, whether they are still there or not."""
        try:
            names = json.loads(stored_text(_FILES_KEY) or "[]")
        except (ValueError, RecursionError):  # somebody edited the settings by hand
            return []
        if not isinstance(names, list):
            return []
        paths = (Path(name) for name in names if isinstance(name, str) and len(name) <= _LONGEST_PATH)
        return list(islice(paths, MOST_RECENT))

    def folder(self) -> Path:
        """Return the folder that a file was last opened from or saved to; at first the home folder."""
        name = stored_text(_FOLDER_KEY)
        # Unlike Path's method, this takes a name that is too long for the system.
        return Path(name) if os.path.isdir(name) else Path.home()

    def add(self, path: Path) -> None:
        """Put a file on top."""
        path = path.absolute()
        self._store([path, *(other for other in self.paths() if other != path)][:MOST_RECENT])
        QSettings().setValue(_FOLDER_KEY, str(path.parent))

    def remove(self, path: Path) -> None:
        """Forget a file."""
        self._store([other for other in self.paths() if other != path])

    def clear(self) -> None:
        """Forget all files."""
        self._store([])

    def _store(self, paths: list[Path]) -> None:
        QSettings().setValue(_FILES_KEY, json.dumps([str(path) for path in paths]))
        self.changed.emit()
