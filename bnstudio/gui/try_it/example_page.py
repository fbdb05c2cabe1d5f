"""The page for one image: drawn, or one of the test images, and beside it what the network says of it.

It is shown answers and says which image it is about; it does not know who answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from bnstudio.gui.controls.field_keys import tame_field
from bnstudio.gui.controls.number_fields import WholeNumberField
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font
from bnstudio.gui.try_it.answer_view import AnswerView
from bnstudio.gui.try_it.digit_view import DigitView
from bnstudio.gui.try_it.drawing_surface import DrawingSurface

if TYPE_CHECKING:
    from bnstudio.training.try_it import TriedExample

_N_TEST_IMAGES = 10_000
"""Of MNIST; an answer says how many there really are."""
_DRAWN_INTERVAL_MS = 50
"""Between two questions while something is being drawn."""


class ExamplePage(QWidget):
    """A digit on the left, the answer on the right."""

    image_changed = Signal()
    """`image` is another one."""
    message_raised = Signal(str)
    """What was typed is no number of a test image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.surface = DrawingSurface()
        self.test_view = DigitView(self.tr("Test image"))
        self.answer = AnswerView()
        self._digits = QStackedWidget()
        self._digits.addWidget(self._build_drawing())
        self._digits.addWidget(self._build_test_image())
        self._legend = QLabel(self.tr("Ticks on the forward histograms: this image’s values"))
        self._legend.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._legend.setWordWrap(True)
        self._legend.setFont(small_font(self.font()))
        keeps_its_room = self._legend.sizePolicy()
        keeps_its_room.setRetainSizeWhenHidden(True)
        self._legend.setSizePolicy(keeps_its_room)
        self._legend.hide()
        sides = QHBoxLayout()
        sides.setSpacing(SPACING)
        sides.addWidget(self._digits, 1)
        sides.addWidget(self.answer, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(sides, 1)
        layout.addWidget(self._legend)
        self._drawn_timer = QTimer(self, singleShot=True, interval=_DRAWN_INTERVAL_MS)
        self._drawn_timer.timeout.connect(self.image_changed)
        self.surface.drawn.connect(self._on_drawn)
        self.number_field.valueChanged.connect(self._on_number_changed)
        self.number_field.refused.connect(self.message_raised)

    @property
    def draws(self) -> bool:
        """Whether it is about what is drawn, rather than a test image."""
        return self._digits.currentIndex() == 0

    @property
    def image(self) -> bytes | int | None:
        """What to ask about: 784 pixels, the number of a test image, or None where nothing is drawn."""
        if not self.draws:
            return int(self.number_field.value())
        return None if self.surface.drawing.blank else self.surface.drawing.pixels.tobytes()

    def turn_to_drawing(self) -> None:
        """Be about what is drawn."""
        self._digits.setCurrentIndex(0)

    def turn_to_test_image(self, number: int | None = None) -> None:
        """Be about a test image: another one, or the one that was chosen last."""
        self._digits.setCurrentIndex(1)
        if number is not None:
            self.number_field.setValue(number)

    def show_answer(self, example: TriedExample, caption: str) -> None:
        """Show what a network makes of an image."""
        if not self.draws:
            self.test_view.show_pixels(example.pixels)
            text = self.tr("It shows a {digit}.").format(digit=example.label)
            self.test_view.setAccessibleDescription(text)
        if self.number_field.maximum() != example.n_test_images - 1:
            self.number_field.setMaximum(example.n_test_images - 1)
        self.answer.show_example(example, caption)
        self._legend.setVisible(example.values is not None)

    def show_message(self, message: str) -> None:
        """Show why there is no answer."""
        if not self.draws and self.test_view.pixels is not None:
            self.test_view.show_pixels(None)
        self.answer.show_message(message)
        self._legend.hide()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the small text follows the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_legend"):
            self._legend.setFont(small_font(self.font()))

    # Building

    def _build_drawing(self) -> QWidget:
        self.clear_button = QuietButton(self.tr("Clear"))
        self.clear_button.setToolTip(self.tr("Take away what is drawn (Delete)"))
        self.clear_button.clicked.connect(self.surface.clear)
        self.centre_button = QuietButton(self.tr("Centre"))
        self.centre_button.setToolTip(
            self.tr(
                "Scale the drawing to a box of 20 × 20 pixels and put its centre of mass in the middle, as"
                " was done to every digit of MNIST. Without it, nothing is done to a drawing."
            )
        )
        self.centre_button.clicked.connect(self.surface.centre)
        buttons = QHBoxLayout()
        buttons.addWidget(self.clear_button)
        buttons.addWidget(self.centre_button)
        buttons.addStretch()
        return _over(self.surface, buttons)

    def _build_test_image(self) -> QWidget:
        refusal = self.tr("The test images have the numbers 0 to {last}.")
        refusal = refusal.format(last=format_count(_N_TEST_IMAGES - 1))
        self.number_field = WholeNumberField(0, _N_TEST_IMAGES - 1, refusal)
        self.number_field.setAccessibleName(self.tr("Number of the test image"))
        self.number_field.setToolTip(self.tr("Number of the test image, counted from 0; up and down arrows"))
        self.number_field.setWrapping(True)
        tame_field(
            self.number_field,
            lambda: self.number_field.lineEdit().setText(
                self.number_field.textFromValue(self.number_field.value())
            ),
        )
        self.previous_button, self.next_button = QuietButton("◂"), QuietButton("▸")
        self.previous_button.setAccessibleName(self.tr("Previous test image"))
        self.previous_button.setToolTip(self.previous_button.accessibleName())
        self.next_button.setAccessibleName(self.tr("Next test image"))
        self.next_button.setToolTip(self.next_button.accessibleName())
        self.previous_button.clicked.connect(self.number_field.stepDown)
        self.next_button.clicked.connect(self.number_field.stepUp)
        choice = QHBoxLayout()
        choice.setSpacing(SPACING // 2)
        choice.addWidget(self.previous_button)
        choice.addWidget(self.number_field)
        choice.addWidget(self.next_button)
        choice.addStretch()
        return _over(self.test_view, choice)

    # Following

    def _on_drawn(self) -> None:
        if not self._drawn_timer.isActive():
            self._drawn_timer.start()

    def _on_number_changed(self) -> None:
        if not self.draws:
            self.image_changed.emit()


def _over(view: QWidget, below: QHBoxLayout) -> QWidget:
    """Return `view` with a line of controls below it."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING // 2)
    layout.addWidget(view, 1)
    layout.addLayout(below)
    layout.setAlignment(below, Qt.AlignmentFlag.AlignBottom)
    return whole
