"""The dialogs around files: choose one, hear why one could not be used. They block nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio.gui.dialogs.dialog_buttons import remove_icons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def file_dialog(
    window: QWidget, title: str, folder: Path, files: str, suffixes: Sequence[str]
) -> QFileDialog:
    """Return a dialog that begins in `folder` and shows the files with these suffixes, called `files`."""
    dialog = QFileDialog(window, title, str(folder))
    patterns = " ".join(f"*{suffix}" for suffix in suffixes)
    dialog.setNameFilters(
        [f"{files} ({patterns})", QCoreApplication.translate("FileDialogs", "All files (*)")]
    )
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def show_problem(window: QWidget, title: str, message: str) -> None:
    """Say why a file could not be used."""
    box = QMessageBox(QMessageBox.Icon.Warning, title, message, QMessageBox.StandardButton.Close, window)
    # What a file holds is shown as it is, never as markup.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    remove_icons(box.buttons())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
