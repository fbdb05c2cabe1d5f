"""What the main window keeps between two starts: its size, how it is divided, choices in its panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QSplitter

    from bnstudio.gui.main_window import MainWindow

FIRST_SIZE = QSize(1280, 800)


def restore_window(window: MainWindow, splitters: Mapping[str, QSplitter]) -> None:
    """Give the window what was stored; at the first start, its first size."""
    window.resize(FIRST_SIZE)
    if not window.restoreGeometry(_stored("window/geometry")):
        screen = window.screen().availableSize()
        if screen.width() <= FIRST_SIZE.width() or screen.height() <= FIRST_SIZE.height():
            # With its frame the window would reach beyond the screen, the status line first.
            window.setWindowState(Qt.WindowState.WindowMaximized)
    for name, splitter in splitters.items():
        orientation, handle_width = splitter.orientation(), splitter.handleWidth()
        splitter.restoreState(_stored(f"window/{name}_splitter"))
        # Stored with the sizes, but no choice of anybody's; a damaged file shall not spoil them.
        splitter.setOrientation(orientation)
        splitter.setHandleWidth(handle_width)
    window.network_panel.choose_axes(
        log_magnitude=_chosen("network/log_magnitude"), own_range=_chosen("network/own_range")
    )
    window.loss_panel.log_button.setChecked(_chosen("loss/logarithmic"))


def store_window(window: MainWindow, splitters: Mapping[str, QSplitter]) -> None:
    """Keep it for the next start."""
    settings = QSettings()
    settings.setValue("window/geometry", window.saveGeometry())
    for name, splitter in splitters.items():
        settings.setValue(f"window/{name}_splitter", splitter.saveState())
    look = window.network_panel.look
    settings.setValue("network/log_magnitude", look.log_magnitude)
    settings.setValue("network/own_range", not look.shared_range)
    settings.setValue("loss/logarithmic", window.loss_panel.log_button.isChecked())


def _stored(key: str) -> QByteArray:
    # Whatever type is asked for, a file that was edited by hand may hold another.
    stored = QSettings().value(key)
    return stored if isinstance(stored, QByteArray) else QByteArray()


def _chosen(key: str) -> bool:
    return bool(QSettings().value(key, False, type=bool))
