"""A notice that stays until it is answered, without stopping anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.bar_button import BarButton
from bnstudio.gui.icons import paint_icon
from bnstudio.gui.theme import SPACING, theme_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent


class NoticeBar(Card):
    """A card with a warning sign, a sentence, what can be done about it, and a button that puts it away."""

    closed = Signal()
    """By a person: put away, or answered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._answer: Callable[[], None] | None = None
        self._show_details: Callable[[], None] | None = None
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setMinimumWidth(30 * SPACING)  # a model may be called by one long word
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.answer_button = QPushButton()
        self.answer_button.clicked.connect(self._on_answer_clicked)
        self.details_button = QPushButton(self.tr("Why?"))
        self.details_button.clicked.connect(self._on_details_clicked)
        self.close_button = BarButton("close")
        self.close_button.set_text_shown(False)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.close_button.setToolTip(self.tr("Put this notice away"))
        self.close_button.setAccessibleName(self.tr("Put this notice away"))
        self.close_button.clicked.connect(self._on_close_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(5 * SPACING, SPACING, SPACING, SPACING)
        layout.setSpacing(SPACING)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.details_button)
        layout.addWidget(self.answer_button)
        layout.addWidget(self.close_button)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence."""
        return self._label.text()

    def show_notice(
        self,
        text: str,
        answer_text: str = "",
        answer: Callable[[], None] | None = None,
        show_details: Callable[[], None] | None = None,
    ) -> None:
        """Show a sentence and, where something can be done about it, a button that does it.

        Where there is more to be said, another button says it, and the notice stays.
        """
        self._answer, self._show_details = answer, show_details
        self._label.setText(text)
        self.setAccessibleName(text)
        self.answer_button.setText(answer_text)
        self.answer_button.setVisible(answer is not None)
        self.details_button.setVisible(show_details is not None)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: a bar and a sign in the colour of warnings."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            warning = QColor(theme_of(self).warning)
            painter.fillRect(QRectF(0, SPACING / 2, SPACING / 2, self.height() - SPACING), warning)
            size = 2.5 * SPACING
            paint_icon(
                painter, "warning", QRectF(1.5 * SPACING, (self.height() - size) / 2, size, size), warning
            )

    def _on_close_clicked(self) -> None:
        self.hide()
        self.closed.emit()

    def _on_details_clicked(self) -> None:
        if self._show_details is not None:
            self._show_details()

    def _on_answer_clicked(self) -> None:
        answer = self._answer
        self._on_close_clicked()
        if answer is not None:
            answer()
