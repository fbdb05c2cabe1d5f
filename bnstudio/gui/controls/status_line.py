"""The line at the bottom: what is going on, and for some seconds the answer to what was just done."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from bnstudio.gui.theme import SPACING

ANSWER_DURATION_MS = 8000
TOGETHER_MS = 2000
"""Within so much the state follows what an answer is about."""


class StatusLine(QWidget):
    """Shows the state, and over it an answer that goes away by itself, or when something else happens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ""
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)  # a file may be called by what looks like markup
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setMinimumWidth(1)
        self._label.setAccessibleName(self.tr("Status"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, 0)
        layout.addWidget(self._label)
        self._timer = QTimer(self, singleShot=True, interval=ANSWER_DURATION_MS)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def text(self) -> str:
        """What is shown."""
        return self._label.text()

    def show_state(self, text: str) -> None:
        """Show what is going on from now on, unless an answer has come together with it."""
        if text == self._state:
            return
        self._state = text
        if self._timer.remainingTime() < ANSWER_DURATION_MS - TOGETHER_MS:
            self._timer.stop()
            self._show(text)

    def show_answer(self, text: str) -> None:
        """Show `text` for some seconds."""
        self._show(text)
        self._timer.start()

    def _on_timeout(self) -> None:
        self._show(self._state)

    def _show(self, text: str) -> None:
        self._label.setText(text)
        self._label.setAccessibleDescription(text)
        self._label.setToolTip(f"<qt>{escape(text)}</qt>" if text else "")
