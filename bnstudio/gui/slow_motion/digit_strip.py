"""The first digits of a mini-batch, and beside each what the network takes it for.

Shows what a stage knows: at first the pictures, then the network's answers, then whether they are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.gui.number_format import format_number, format_share
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of
from bnstudio.gui.try_it.digit_view import digit_image
from bnstudio.gui.try_it.drawing import SIDE

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.training.digits import Digits

_MOST_CELLS = 10
_RIGHT, _WRONG = "✓", "✗"
_UNKNOWN = "?"
_N_LIKELIEST = 3


class DigitStrip(QWidget):
    """Shows as many digits as there is room for, ten at most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digits: Digits | None = None
        self._answered = self._judged = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("First digits of the mini-batch"))

    def show_digits(self, digits: Digits | None, *, answered: bool, judged: bool) -> None:
        """Show `digits`, what the network answered where it has, and what they are where that has been used.

        Parameters
        ----------
        digits : Digits, or None
            None shows nothing.
        answered : bool
            Whether the forward pass has come to its end.
        judged : bool
            Whether the loss has compared the answers with the labels.
        """
        if (digits, answered, judged) == (self._digits, self._answered, self._judged):
            return
        self._digits, self._answered, self._judged = digits, answered, judged
        self.setAccessibleDescription("; ".join(map(self.text_of, range(self._n_digits()))))
        self.update()

    def text_of(self, index: int) -> str:
        """Return what is known of a digit in words."""
        digits = self._digits
        if digits is None or not self._answered:
            return self.tr("digit {number}: no answer yet").format(number=index + 1)
        answer, label = int(digits.answers[index]), int(digits.labels[index])
        text = self.tr("digit {number}: taken for a {answer} with {share}").format(
            number=index + 1, answer=answer, share=format_share(float(digits.probabilities[index, answer]))
        )
        if not self._judged:
            return text
        verdict = (
            self.tr("right") if answer == label else self.tr("wrong, it is a {label}").format(label=label)
        )
        return self.tr("{text}, {verdict}").format(text=text, verdict=verdict)

    def tip_of(self, index: int) -> str:
        """Return all that is known of a digit: the likeliest answers, its own loss."""
        digits = self._digits
        lines = [self.text_of(index)]
        if digits is not None and self._answered:
            probabilities = digits.probabilities[index]
            likeliest = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])
            lines += [
                self.tr("{digit}: {share}").format(
                    digit=digit, share=format_share(float(probabilities[digit]))
                )
                for digit in likeliest[:_N_LIKELIEST]
            ]
        if digits is not None and self._judged:
            share = format_share(float(digits.probabilities[index, digits.labels[index]]))
            lines.append(
                self.tr("loss −ln({share}) = {loss}").format(
                    share=share, loss=format_number(float(digits.losses[index]), 3)
                )
            )
        return "\n".join(lines)

    def sizeHint(self) -> QSize:
        """Override: room for ten."""
        return QSize(round(_MOST_CELLS * self._cell_width()), self._height())

    def minimumSizeHint(self) -> QSize:
        """Override: room for some."""
        return QSize(round(3 * self._cell_width()), self._height())

    def event(self, event: QEvent) -> bool:
        """Override: tells about the digit under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = int(event.x() / self._cell_width())
            text = self.tip_of(index) if index < self._n_shown() else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the digits."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if self._digits is not None:
                for index in range(self._n_shown()):
                    self._paint_digit(painter, self._digits, index)

    def _paint_digit(self, painter: QPainter, digits: Digits, index: int) -> None:
        theme, side = theme_of(self), self._side()
        frame = QRectF(index * self._cell_width(), (self.height() - side) / 2, side, side)
        painter.drawImage(frame, digit_image(digits.images[index], theme))
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        bold, small = bold_font(self.font()), small_font(self.font())
        middle = self.height() / 2
        x = frame.right() + SPACING / 2
        answer, share, ink = self._answer_texts(index)
        painter.setPen(QColor(ink))
        painter.setFont(bold)
        painter.drawText(QRectF(x, 0, self._text_width(), middle), Qt.AlignmentFlag.AlignBottom, answer)
        painter.setPen(QColor(theme.muted))
        painter.setFont(small)
        painter.drawText(QRectF(x, middle, self._text_width(), middle), Qt.AlignmentFlag.AlignTop, share)

    def _answer_texts(self, index: int) -> tuple[str, str, str]:
        """Return the answer with its sign, its share, and the colour that the answer is written in."""
        theme, digits = theme_of(self), self._digits
        if digits is None or not self._answered:
            return _UNKNOWN, "", theme.muted
        answer = int(digits.answers[index])
        share = format_share(float(digits.probabilities[index, answer]))
        if not self._judged:
            return str(answer), share, theme.text
        if answer == digits.labels[index]:
            return f"{answer} {_RIGHT}", share, theme.text
        return f"{answer} {_WRONG}", share, theme.warning

    def _n_digits(self) -> int:
        return 0 if self._digits is None else min(len(self._digits), _MOST_CELLS)

    def _n_shown(self) -> int:
        return min(self._n_digits(), int(self.width() / self._cell_width()))

    def _side(self) -> int:
        """Return the side of a picture: whole pixels of it, more of them where the text is large."""
        return SIDE * max(1, round(self.fontMetrics().height() / 18))

    def _text_width(self) -> float:
        bold, small = QFontMetricsF(bold_font(self.font())), QFontMetricsF(small_font(self.font()))
        return max(
            bold.horizontalAdvance(f"8 {_RIGHT}"),
            bold.horizontalAdvance(f"8 {_WRONG}"),
            small.horizontalAdvance(format_share(0.999)),
        )

    def _cell_width(self) -> float:
        return self._side() + SPACING / 2 + self._text_width() + 1.5 * SPACING

    def _height(self) -> int:
        texts = (
            QFontMetricsF(bold_font(self.font())).height() + QFontMetricsF(small_font(self.font())).height()
        )
        return round(max(self._side() + 2, texts))
