"""What went wrong inside, as text that can be copied; the window stays up."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from types import TracebackType


class ErrorDialog(QDialog):
    """Shows a message and, below it, the traceback."""

    def __init__(self, message: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.message = QLabel(message)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.details = QPlainTextEdit(details.strip())
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(self.tr("Traceback"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._on_copy_clicked)
        remove_icons(buttons.buttons())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 2 * SPACING, 2 * SPACING, 2 * SPACING)
        layout.setSpacing(SPACING)
        for widget in (self.message, self.details, buttons):
            layout.addWidget(widget)
        self.resize(80 * SPACING, 45 * SPACING)

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.message.text()}\n\n{self.details.toPlainText()}")


class ExceptionDialogs(QObject):
    """Shows an ErrorDialog for each exception that reached the event loop, one at a time.

    While one is open, further exceptions go to standard error only: a fault that comes back with every frame
    must not bury the window. All of them are printed.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._open = False
        self._previous_hook = sys.excepthook

    def install(self) -> None:
        """Take exceptions from now on."""
        self._previous_hook = sys.excepthook
        sys.excepthook = self._on_exception_raised

    def remove(self) -> None:
        """Give them back to whoever had them before."""
        sys.excepthook = self._previous_hook

    def _on_exception_raised(
        self, kind: type[BaseException], exception: BaseException, where: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, exception, where)
        if self._open or issubclass(kind, KeyboardInterrupt):
            return
        self._open = True
        message = self.tr(
            "bnstudio met an error that it did not expect. The window stays open; save your work, and please"
            " report the text below."
        )
        details = "".join(traceback.format_exception(kind, exception, where))
        dialog = ErrorDialog(message, details, self._window)
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def _on_dialog_finished(self) -> None:
        self._open = False
