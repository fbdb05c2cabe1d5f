"""The colours of weights: blue for negative, vermilion for positive, the panel's own for zero."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.number_format import MINUS, format_number
from bnstudio.gui.theme import small_font, theme_of
from bnstudio.training.weights import ZERO_BYTE

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.theme import Theme

_GAP = 5
_BAR_WIDTH = 64


@lru_cache(maxsize=4)
def colour_table(theme: Theme) -> tuple[int, ...]:
    """Return the colour of each byte of a weight image, as 0xffrrggbb."""
    zero, ends = QColor(theme.panel), (QColor(theme.backward), QColor(theme.forward))
    colours = []
    for byte in range(2 * ZERO_BYTE + 1):
        end, share = ends[byte < ZERO_BYTE], abs(byte - ZERO_BYTE) / ZERO_BYTE
        mixed = (
            round(start + (target - start) * share)
            for start, target in zip(zero.getRgb()[:3], end.getRgb()[:3], strict=True)  # type: ignore[index]
        )
        colours.append(QColor(*mixed).rgb())
    return tuple(colours)


def coloured(pixels: bytes, width: int, height: int, theme: Theme) -> QImage:
    """Return bytes of weights, `width` in a row, as an image."""
    image = QImage(pixels, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(colour_table(theme))
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, which keeps no hold on `pixels`


class ColourLegend(QWidget):
    """Which colour means what: the colours between the largest negative and the largest positive weight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: float | None) -> None:
        """Write the magnitude of the strongest colours; None where nothing is shown."""
        if scale != self._scale:
            self._scale = scale
            self.setAccessibleName("" if scale is None else self.text())
            self.update()

    def text(self) -> str:
        """Return what the colours mean, in words."""
        words = self.tr(
            "Blue is negative, vermilion positive; the strongest colours are weights of ±{scale}."
        )
        return words.format(scale=format_number(self._scale or 0.0))

    def sizeHint(self) -> QSize:
        """Override: a line of text."""
        return QSize(180, math.ceil(self._metrics().height()) + 2)

    def minimumSizeHint(self) -> QSize:
        """Override: as high as the hint."""
        return QSize(_BAR_WIDTH, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: a bar of all colours between its ends."""
        if self._scale is None:
            return
        theme, metrics = theme_of(self), self._metrics()
        number = format_number(self._scale)
        low, high = MINUS + number, self.tr("+{number} weight").format(number=number)
        with QPainter(self) as painter:
            painter.setFont(small_font(self.font()))
            painter.setPen(QColor(theme.muted))
            baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
            low_width, high_width = metrics.horizontalAdvance(low), metrics.horizontalAdvance(high)
            left = max(0.0, self.width() - low_width - high_width - _BAR_WIDTH - 2 * _GAP)
            painter.drawText(QPointF(left, baseline), low)
            bar = QRectF(round(left + low_width + _GAP) + 0.5, self.height() // 2 - 4.5, _BAR_WIDTH, 9)
            painter.drawImage(bar, coloured(bytes(range(2 * ZERO_BYTE + 1)), 2 * ZERO_BYTE + 1, 1, theme))
            painter.drawText(QPointF(bar.right() + _GAP, baseline), high)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(small_font(self.font()))
