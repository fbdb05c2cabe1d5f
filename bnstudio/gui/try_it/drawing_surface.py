"""The surface to draw a digit on, with the mouse or with the arrow keys. It knows no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen

from bnstudio.gui.theme import small_font
from bnstudio.gui.try_it.digit_view import DigitView
from bnstudio.gui.try_it.drawing import SIDE, Drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.theme import Theme
    from bnstudio.gui.try_it.drawing import Point

_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class DrawingSurface(DigitView):
    """Holds a drawing. What is on it is exactly what goes into the network.

    The left button draws, the right one rubs out. With the keyboard: arrows move the pen, Space or Enter puts
    it down or lifts it, Delete takes everything away.
    """

    drawn = Signal()
    """There is something else on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.drawing = Drawing()
        self._mouse_at: Point | None = None
        self._pen: Point = (_on_a_pixel(SIDE / 2), _on_a_pixel(SIDE / 2))
        self._pen_down = False
        self.setAccessibleName(self.tr("Drawing surface"))
        self.setToolTip(
            self.tr(
                "Draw a digit: left mouse button; the right one rubs out.\n"
                "With keys: arrows move the pen, Space or Enter puts it down or lifts it, Delete clears."
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._tell(changed=False)

    def clear(self) -> None:
        """Take away everything."""
        self.drawing.clear()
        self._tell(changed=True)

    def centre(self) -> None:
        """Scale and centre what is drawn, as MNIST's digits were; it is seen at once."""
        self.drawing.centre()
        self._tell(changed=True)

    def _tell(self, *, changed: bool) -> None:
        self.show_pixels(self.drawing.pixels)
        pen = self.tr("pen down") if self._pen_down else self.tr("pen up")
        place = self.tr("column {column}, row {row}, {pen}").format(
            column=int(self._pen[0]) + 1, row=int(self._pen[1]) + 1, pen=pen
        )
        blank = self.tr("blank") if self.drawing.blank else self.tr("something is drawn")
        self.setAccessibleDescription(f"{blank}, {place}. {self.toolTip()}")
        if changed:
            self.drawn.emit()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Override: a dot."""
        self._mouse_at = None
        self._follow_mouse(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Override: a line from where the mouse was."""
        self._follow_mouse(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Override: the line ends."""
        if not event.buttons():
            self._mouse_at = None

    def _follow_mouse(self, event: QMouseEvent) -> None:
        square = self.square()
        pixel = square.width() / SIDE
        place = event.position() - square.topLeft()
        here = place.x() / pixel, place.y() / pixel
        start = self._mouse_at or here
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.drawing.draw(start, here)
        elif event.buttons() & Qt.MouseButton.RightButton:
            self.drawing.erase(start, here)
        else:
            return
        self._mouse_at = here
        self._move_pen(*here)  # the keyboard goes on from here
        self._tell(changed=True)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: move the pen, put it down or lift it, clear."""
        key = event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
        elif key in _MOVES:
            move = _MOVES[Qt.Key(key)]
            before = self._pen
            self._move_pen(before[0] + move[0], before[1] + move[1])
            if self._pen_down:
                self.drawing.draw(before, self._pen)
            self._tell(changed=self._pen_down)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pen_down = not self._pen_down
            if self._pen_down:
                self.drawing.draw(self._pen, self._pen)
            self._tell(changed=self._pen_down)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            event.ignore()

    def _move_pen(self, x: float, y: float) -> None:
        """Put the pen of the keyboard on the middle of the pixel that is nearest to (x, y)."""
        self._pen = _on_a_pixel(x), _on_a_pixel(y)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Override: the pen is lifted."""
        super().focusOutEvent(event)
        self._pen_down = False
        self._tell(changed=False)

    # Painting

    def paint_over(self, painter: QPainter, square: QRectF, theme: Theme) -> None:
        """Override: the pen of the keyboard, and on a blank surface what it is for."""
        pixel = square.width() / SIDE
        if self.drawing.blank:
            painter.setPen(QColor(theme.muted))
            painter.setFont(small_font(self.font()))
            inside = square.adjusted(pixel, pixel, -pixel, -pixel)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(inside, int(flags), self.tr("Draw a digit here"))
        if self.hasFocus():
            middle = square.topLeft() + QPointF(*self._pen) * pixel
            painter.setPen(QPen(QColor(theme.accent), 2 if self._pen_down else 1))
            painter.drawEllipse(middle, 1.5 * pixel, 1.5 * pixel)


def _on_a_pixel(place: float) -> float:
    return min(max(int(place), 0), SIDE - 1) + 0.5
