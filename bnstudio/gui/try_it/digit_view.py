"""Shows one image of 28 x 28 pixels, each of them to be seen, in the theme's colours."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.theme import theme_of
from bnstudio.gui.try_it.drawing import SIDE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.theme import Theme


def digit_image(pixels: NDArray[np.uint8], theme: Theme) -> QImage:
    """Return a picture of one image, 28 x 28, with the text's colour for ink.

    Parameters
    ----------
    pixels : (784,) or (28, 28) uint8
    theme : Theme
    """
    data = pixels.tobytes()
    image = QImage(data, SIDE, SIDE, SIDE, QImage.Format.Format_Indexed8)
    image.setColorTable(_inks(theme.panel, theme.text))
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, as `data` goes


@lru_cache(maxsize=4)
def _inks(paper: str, ink: str) -> list[int]:
    """Return the colours of all amounts of ink."""
    (red, green, blue), (red_ink, green_ink, blue_ink) = (_channels(colour) for colour in (paper, ink))
    shares = [i / 255 for i in range(256)]
    return [
        QColor.fromRgbF(
            red + share * (red_ink - red),
            green + share * (green_ink - green),
            blue + share * (blue_ink - blue),
        ).rgb()
        for share in shares
    ]


def _channels(colour: str) -> tuple[float, float, float]:
    channels = QColor(colour)
    return channels.redF(), channels.greenF(), channels.blueF()


class DigitView(QWidget):
    """A square with an image in it; an empty one without."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: NDArray[np.uint8] | None = None
        self._drawn_for: object = None
        self._image = QImage()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """What is shown, (784,) or (28, 28) uint8."""
        return self._pixels

    def show_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show an image, or none."""
        self._pixels = pixels
        self._drawn_for = None
        self.update()

    def square(self) -> QRectF:
        """Return where the image stands: whole screen pixels for each of its own."""
        side = max(1, (min(self.width(), self.height()) - 2) // SIDE) * SIDE
        left, top = (self.width() - side) // 2, 1
        return QRectF(left, top, side, side)

    def sizeHint(self) -> QSize:
        """Override: six screen pixels for each."""
        return QSize(6 * SIDE + 2, 6 * SIDE + 2)

    def minimumSizeHint(self) -> QSize:
        """Override: four."""
        return QSize(4 * SIDE + 2, 4 * SIDE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the image and a frame around it."""
        theme, square = theme_of(self), self.square()
        with QPainter(self) as painter:
            if self._pixels is not None:
                if self._drawn_for != theme:
                    self._drawn_for = theme
                    self._image = digit_image(self._pixels, theme)
                painter.drawImage(square, self._image)
            self.paint_over(painter, square, theme)
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.muted), 1))
            painter.drawRect(square.adjusted(-1, -1, 0, 0))
            if self.hasFocus():
                painter.drawRect(square.adjusted(0, 0, -1, -1))

    def paint_over(self, painter: QPainter, square: QRectF, theme: Theme) -> None:
        """Paint what stands on the image; nothing here."""
