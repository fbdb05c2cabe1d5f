"""The learning rate of the selected model: a logarithmic slider and a field, both live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from bnstudio.document.experiment import MAX_LEARNING_RATE, MIN_POSITIVE
from bnstudio.gui.controls.field_keys import tame_field
from bnstudio.gui.controls.number_fields import PositiveNumberField, short_number
from bnstudio.gui.controls.rate_slider import RateSlider
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.gui.experiment_document import ExperimentDocument


class LearningRateEditor(QWidget):
    """Edits the learning rate of the selected model; every move of the slider is in the document at once.

    All moves of one drag, and all steps of the arrows until the field is left, are one edit to undo.
    """

    message_raised = Signal(str)

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._gesture = 0
        tip = self.tr("How far each update goes. It can be changed while training; nothing starts anew.")
        self.slider = RateSlider()
        self.slider.setAccessibleName(self.tr("Learning rate, logarithmic"))
        self.slider.setToolTip(tip)
        self.field = PositiveNumberField(
            MAX_LEARNING_RATE,
            self.tr("A learning rate is a number from {lowest} to {highest}.").format(
                lowest=MIN_POSITIVE, highest=f"{MAX_LEARNING_RATE:,.0f}"
            ),
        )
        self.field.setAccessibleName(self.tr("Learning rate"))
        self.field.setToolTip(tip)
        tame_field(self.field, self._show_document)
        label = QLabel(self.tr("Learnin&g rate"))
        label.setBuddy(self.field)
        label.setToolTip(tip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        for widget in (label, self.slider, self.field):
            layout.addWidget(widget)
        layout.setStretchFactor(self.slider, 1)

        self.slider.rate_moved.connect(self._edit)
        self.slider.sliderPressed.connect(self._begin_gesture)
        self.slider.sliderReleased.connect(self._begin_gesture)
        self.field.valueChanged.connect(self._edit)
        self.field.editingFinished.connect(self._begin_gesture)
        self.field.refused.connect(self.message_raised)
        document.experiment_changed.connect(self._show_document)
        document.selected_changed.connect(self._on_selected_changed)
        self._show_document()

    def _begin_gesture(self) -> None:
        self._gesture += 1

    def _on_selected_changed(self) -> None:
        self.slider.setSliderDown(False)  # another model is not dragged on
        self._begin_gesture()
        self._show_document()

    def _edit(self, rate: float) -> None:
        model = self._document.model
        self._document.edit_model(
            model.replaced(learning_rate=rate),
            self.tr("learning rate {rate}").format(rate=short_number(rate)),
            f"learning rate {self._gesture}",
        )

    def _show_document(self) -> None:
        rate = self._document.model.learning_rate
        if self.field.value() != rate or self.field.lineEdit().text() != short_number(rate):
            self.field.blockSignals(True)
            self.field.setValue(rate)
            self.field.lineEdit().setText(short_number(rate))
            self.field.blockSignals(False)
        self.slider.show_rate(rate)
