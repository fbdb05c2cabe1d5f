"""Short texts that are drawn again and again: their widths and their laid-out forms, kept for one font.

Laying out a text costs more than drawing it, and a frame of the stack has two hundred of them.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QStaticText, QTransform

_MAX_TEXTS = 2_000


class TextCache:
    """Widths and static texts in `font`. It starts anew when it has grown large."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetricsF(font)
        self._widths: dict[str, float] = {}
        self._static_texts: dict[str, QStaticText] = {}

    def width(self, text: str) -> float:
        """Return how wide `text` is, in device-independent pixels."""
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) >= _MAX_TEXTS:
                self._widths.clear()
            width = self._widths[text] = self.metrics.horizontalAdvance(text)
        return width

    def static_text(self, text: str) -> QStaticText:
        """Return `text` laid out, for QPainter.drawStaticText with this font."""
        static_text = self._static_texts.get(text)
        if static_text is None:
            if len(self._static_texts) >= _MAX_TEXTS:
                self._static_texts.clear()
            static_text = QStaticText(text)
            static_text.setTextFormat(Qt.TextFormat.PlainText)
            static_text.prepare(QTransform(), self.font)
            self._static_texts[text] = static_text
        return static_text
