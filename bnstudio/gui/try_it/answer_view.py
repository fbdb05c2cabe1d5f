"""What a network says of one digit: ten bars of probability, and the same in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.document.experiment import N_CLASSES
from bnstudio.gui.number_format import format_share
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of, title_font

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.theme import Theme
    from bnstudio.training.try_it import TriedExample

_translate = QCoreApplication.translate


def answer_text(example: TriedExample) -> str:
    """Return what the network says in a few words and, of a test image, whether that is right."""
    if example.probabilities is None:
        return _translate("AnswerView", "No answer: not finite")
    said = int(example.probabilities.argmax())
    share = format_share(float(example.probabilities[said]))
    if example.label is None:
        text = _translate("AnswerView", "Says {digit}, {share}")
    elif example.label == said:
        text = _translate("AnswerView", "Says {digit}, {share}: right")
    else:
        text = _translate("AnswerView", "Says {digit}, {share}: is {label}")
    return text.format(digit=said, share=share, label=example.label)


class AnswerView(QWidget):
    """Ten bars, the largest marked with an arrow, the true digit with a frame; or a message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._example: TriedExample | None = None
        self._caption = ""
        self._message = ""
        self.setAccessibleName(self.tr("What the network says"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            self.tr(
                "The probabilities that the network gives to the ten digits: softmax of the head's outputs,"
                " in inference mode (BatchNorm uses its running statistics).\n"
                "Arrow: the digit that it says. Frame: the digit that it is."
            )
        )

    def show_example(self, example: TriedExample, caption: str) -> None:
        """Show an answer; `caption` says whose it is and when."""
        self._example, self._caption, self._message = example, caption, ""
        words = [answer_text(example), caption]
        if example.probabilities is not None:
            words += [f"{digit}: {format_share(float(p))}" for digit, p in enumerate(example.probabilities)]
        self._describe(self.tr("The network: {words}").format(words=", ".join(words)))
        self.update()

    def show_message(self, message: str) -> None:
        """Show why there is no answer."""
        if message != self._message or self._example is not None:
            self._example, self._message = None, message
            self._describe(message)
            self.update()

    def _describe(self, text: str) -> None:
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    @property
    def text(self) -> str:
        """What is written over the bars, or instead of them."""
        return self._message if self._example is None else answer_text(self._example)

    # Layout and painting

    def sizeHint(self) -> QSize:
        """Override: bars as high as text."""
        small = QFontMetricsF(small_font(self.font()))
        return QSize(170, math.ceil(self._top() + N_CLASSES * small.height()))

    def minimumSizeHint(self) -> QSize:
        """Override: bars somewhat lower than text."""
        small = QFontMetricsF(small_font(self.font()))
        return QSize(110, math.ceil(self._top() + N_CLASSES * 0.9 * small.height()))

    def _top(self) -> float:
        """Return where the bars begin."""
        title = QFontMetricsF(title_font(self.font()))
        return title.height() + QFontMetricsF(small_font(self.font())).height() + SPACING / 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: words, bars, focus."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._example is None:
                painter.setPen(QColor(theme.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(SPACING, 0, -SPACING, 0), int(flags), self._message)
            else:
                self._paint_words(painter, theme)
                if self._example.probabilities is not None:
                    self._paint_bars(painter, theme, self._example.probabilities.tolist())
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.accent), 1))
                painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_words(self, painter: QPainter, theme: Theme) -> None:
        title, small = title_font(self.font()), small_font(self.font())
        metrics, small_metrics = QFontMetricsF(title), QFontMetricsF(small)
        room = self.width() - SPACING
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(title)
        painter.setPen(QColor(theme.text))
        text = metrics.elidedText(self.text, elide, room)
        painter.drawText(QRectF(SPACING / 2, 0, room, metrics.height()), Qt.AlignmentFlag.AlignLeft, text)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        caption = small_metrics.elidedText(self._caption, elide, room)
        below = QRectF(SPACING / 2, metrics.height(), room, small_metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, caption)

    def _paint_bars(self, painter: QPainter, theme: Theme, probabilities: list[float]) -> None:
        small, bold = small_font(self.font()), bold_font(small_font(self.font()))
        metrics = QFontMetricsF(bold)
        height = min((self.height() - self._top() - 1) / N_CLASSES, 1.8 * metrics.height())
        arrow = metrics.horizontalAdvance("▸") + 2
        digit_width = metrics.horizontalAdvance("0") + SPACING
        left = SPACING / 2 + arrow + digit_width
        room = self.width() - left - metrics.horizontalAdvance("<0.1 %") - SPACING
        said = probabilities.index(max(probabilities))
        label = None if self._example is None else self._example.label
        centred = Qt.AlignmentFlag.AlignCenter
        beside = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for digit, probability in enumerate(probabilities):
            top = self._top() + digit * height
            ink = QColor(theme.text if digit in (said, label) else theme.muted)
            painter.setFont(bold if digit == said else small)
            painter.setPen(ink)
            if digit == said:
                painter.drawText(QRectF(SPACING / 2, top, arrow, height), centred, "▸")
            place = QRectF(SPACING / 2 + arrow, top, digit_width - SPACING / 2, height)
            painter.drawText(place, centred, str(digit))
            if digit == label:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
            bar = QRectF(left, top + 0.15 * height, room * probability, 0.7 * height)
            painter.fillRect(QRectF(left, bar.top(), room, bar.height()), QColor(theme.grid))
            painter.fillRect(bar, QColor(theme.forward if digit == said else theme.muted))
            after = QRectF(left + room + SPACING / 2, top, self.width(), height)
            painter.drawText(after, beside, format_share(probability))
