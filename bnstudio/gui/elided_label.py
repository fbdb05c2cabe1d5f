"""A line of text that gives way: where it is too long, some of it is left out, and the tooltip has all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QLabel, QToolTip

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

N_CHARACTERS = 16
"""What has room in any case."""


class ElidedLabel(QLabel):
    """Plain text in which names may be that others have chosen. Screen readers are told the whole of it.

    Parameters
    ----------
    text : str
    mode : Qt.TextElideMode
        Where something is left out.
    """

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)

    @property
    def shown_text(self) -> str:
        """What of the text has room."""
        return self.fontMetrics().elidedText(self.text(), self._mode, self.width())

    def minimumSizeHint(self) -> QSize:
        """Override: some characters are enough."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), N_CHARACTERS * self.fontMetrics().averageCharWidth()), hint.height())

    def event(self, event: QEvent) -> bool:
        """Override: a tooltip only where something is left out."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.text() if self.shown_text != self.text() else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: what has room."""
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.shown_text)
