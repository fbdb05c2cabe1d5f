"""What is common to the experiment, and the selected model's name and weight initialization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpacerItem,
    QWidget,
)

from bnstudio.document.experiment import (
    MAX_BATCH_SIZE,
    MAX_EPOCHS,
    MAX_SEED,
    MIN_POSITIVE,
    HeInit,
    LeCunInit,
    NormalInit,
    XavierInit,
)
from bnstudio.document.explanation import explain
from bnstudio.gui.controls.field_keys import tame_field
from bnstudio.gui.controls.number_fields import PositiveNumberField, WholeNumberField, short_number
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.document.experiment import WeightInit
    from bnstudio.gui.experiment_document import ExperimentDocument

FIRST_NORMAL_STD = 0.01
MAX_STD = 1e6


class SetupPanel(QScrollArea):
    """Edits batch size, epochs and seed of the experiment, and name and weight initialization of the model.

    Every field shows the document; what is typed becomes an undoable edit or, where it will not do, a
    message, and the field goes back.
    """

    message_raised = Signal(str)

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._gesture = 0
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_document()

    def _make_fields(self) -> None:
        self.batch_size_field = WholeNumberField(
            2,
            MAX_BATCH_SIZE,
            self.tr("A batch size is a whole number from 2 to {highest}.").format(
                highest=f"{MAX_BATCH_SIZE:,}"
            ),
        )
        self.epochs_field = WholeNumberField(
            1,
            MAX_EPOCHS,
            self.tr("Epochs are a whole number from 1 to {highest}.").format(highest=f"{MAX_EPOCHS:,}"),
        )
        self.seed_field = WholeNumberField(
            0,
            MAX_SEED,
            self.tr("A seed is a whole number from 0 to {highest}.").format(highest=f"{MAX_SEED:,}"),
        )
        self.name_field = QLineEdit()
        self.init_combo = QComboBox()
        for text, scheme in (
            (self.tr("LeCun"), "lecun"),
            (self.tr("Xavier"), "xavier"),
            (self.tr("He"), "he"),
            (self.tr("Normal"), "normal"),
        ):
            self.init_combo.addItem(text, scheme)
        self.std_field = PositiveNumberField(
            MAX_STD,
            self.tr("A standard deviation is a number from {lowest} to {highest}.").format(
                lowest=MIN_POSITIVE, highest=f"{MAX_STD:,.0f}"
            ),
        )
        for field in (
            self.batch_size_field,
            self.epochs_field,
            self.seed_field,
            self.name_field,
            self.init_combo,
            self.std_field,
        ):
            tame_field(field, self._show_document)

    def _lay_out(self) -> None:
        content = self._content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, SPACING // 2, 0)
        form.setHorizontalSpacing(SPACING)
        form.setVerticalSpacing(SPACING)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        anew = self.tr("A change starts training anew.")
        form.addRow(self._heading(self.tr("Setup")))
        data = QLabel(self.tr("Data: MNIST, 60,000 + 10,000 images"))
        data.setWordWrap(True)
        data.setToolTip(
            self.tr("Handwritten digits, 28 by 28 pixels: 60,000 to train on, 10,000 to test with")
        )
        form.addRow(data)
        self._add_row(
            form,
            self.tr("&Batch size"),
            self.batch_size_field,
            self.tr("How many images each step learns from. {anew}").format(anew=anew),
        )
        self._add_row(
            form,
            self.tr("Epo&chs"),
            self.epochs_field,
            self.tr(
                "How many times all training images are seen before training stops. Nothing starts anew."
            ),
        )
        self._add_row(
            form,
            self.tr("See&d"),
            self.seed_field,
            self.tr(
                "Decides the initial weights and the order of the images: the same seed gives the same"
                " numbers. {anew}"
            ).format(anew=anew),
        )
        form.addItem(QSpacerItem(0, SPACING))
        form.addRow(self._heading(self.tr("Model")))
        self._add_row(
            form, self.tr("&Name"), self.name_field, self.tr("What curves and files call this model")
        )
        self._add_row(form, self.tr("&Weights"), self.init_combo, self._init_tip(anew))
        self.std_label = self._add_row(
            form,
            self.tr("&Std. dev."),
            self.std_field,
            self.tr("Standard deviation of the initial weights. {anew}").format(anew=anew),
        )
        self._form = form
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        for background in (content, self.viewport()):
            background.setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        """Override: as wide as the fields need; what is too high is scrolled."""
        return QSize(self._content.minimumSizeHint().width(), 10 * SPACING)

    def sizeHint(self) -> QSize:
        """Override: all of it."""
        return self._content.sizeHint()

    def _init_tip(self, anew: str) -> str:
        return self.tr(
            "<p>Initial weights are drawn from a normal distribution around 0. Its standard deviation:</p>"
            "<p>LeCun: √(1 / inputs)<br>Xavier: √(2 / (inputs + outputs))<br>He: √(2 / inputs)<br>"
            "Normal: as given</p><p>{anew}</p>"
        ).format(anew=anew)

    def _heading(self, text: str) -> QLabel:
        heading = QLabel(text)
        font = QFont()
        font.setBold(True)
        heading.setFont(font)
        return heading

    def _add_row(self, form: QFormLayout, text: str, field: QWidget, tip: str) -> QLabel:
        label = QLabel(text)
        label.setBuddy(field)
        for widget in (label, field):
            widget.setToolTip(f"<qt>{tip}</qt>")  # rich text has its lines broken
        field.setAccessibleName(text.replace("&", ""))
        form.addRow(label, field)
        return label

    def _connect(self) -> None:
        for number_field in (self.batch_size_field, self.epochs_field, self.seed_field, self.std_field):
            number_field.refused.connect(self.message_raised)
            number_field.editingFinished.connect(self._begin_gesture)
        self.batch_size_field.valueChanged.connect(self._on_batch_size_changed)
        self.epochs_field.valueChanged.connect(self._on_epochs_changed)
        self.seed_field.valueChanged.connect(self._on_seed_changed)
        self.name_field.editingFinished.connect(self._on_name_edited)
        self.init_combo.activated.connect(self._on_init_activated)
        self.std_field.valueChanged.connect(self._on_std_changed)
        self._document.experiment_changed.connect(self._show_document)
        self._document.selected_changed.connect(self._show_document)

    def _begin_gesture(self) -> None:
        # The arrows make one edit until Enter or until the field is left; each typed value is its own.
        self._gesture += 1

    def _on_batch_size_changed(self, value: float) -> None:
        self._edit("batch_size", int(value), self.tr("batch size {n}").format(n=int(value)))

    def _on_epochs_changed(self, value: float) -> None:
        self._edit("epochs", int(value), self.tr("epochs {n}").format(n=int(value)))

    def _on_seed_changed(self, value: float) -> None:
        self._edit("seed", int(value), self.tr("seed {n}").format(n=int(value)))

    def _on_name_edited(self) -> None:
        name = self.name_field.text().strip()
        if name != self._document.model.name:
            self._edit_model({"name": name}, self.tr("rename to {name}").format(name=name))
        self._show_document()

    def _on_init_activated(self, index: int) -> None:
        scheme = self.init_combo.itemData(index)
        choices: dict[str, WeightInit] = {
            "lecun": LeCunInit(),
            "xavier": XavierInit(),
            "he": HeInit(),
            "normal": NormalInit(std=FIRST_NORMAL_STD),
        }
        if scheme != self._document.model.weight_init.scheme:
            text = self.tr("{scheme} weights").format(scheme=self.init_combo.itemText(index))
            self._edit_model({"weight_init": choices[scheme]}, text)

    def _on_std_changed(self, std: float) -> None:
        text = self.tr("standard deviation {std}").format(std=short_number(std))
        self._edit_model({"weight_init": NormalInit(std=std)}, text, f"std {self._gesture}")

    def _edit(self, key: str, value: int, text: str) -> None:
        try:
            after = self._document.experiment.replaced(**{key: value})
        except ValidationError as error:
            self._refuse(error)
            return
        self._document.edit(after, text, f"{key} {self._gesture}")

    def _edit_model(self, changes: dict[str, Any], text: str, merge_key: str | None = None) -> None:
        try:
            self._document.edit_model(self._document.model.replaced(**changes), text, merge_key)
        except ValidationError as error:
            self._refuse(error)

    def _refuse(self, error: ValidationError) -> None:
        self.message_raised.emit(explain(error))
        self._show_document()

    def _show_document(self) -> None:
        experiment, model = self._document.experiment, self._document.model
        self._show_number(self.batch_size_field, experiment.batch_size)
        self._show_number(self.epochs_field, experiment.epochs)
        self._show_number(self.seed_field, experiment.seed)
        if self.name_field.text() != model.name:
            self.name_field.setText(model.name)
        self.init_combo.setCurrentIndex(self.init_combo.findData(model.weight_init.scheme))
        normal = isinstance(model.weight_init, NormalInit)
        if isinstance(model.weight_init, NormalInit):
            self._show_number(self.std_field, model.weight_init.std)
        self._form.setRowVisible(self.std_field, normal)

    def _show_number(self, field: WholeNumberField | PositiveNumberField, value: float) -> None:
        if field.value() != value or field.lineEdit().text() != field.textFromValue(value):
            field.blockSignals(True)
            field.setValue(value)
            field.lineEdit().setText(field.textFromValue(value))
            field.blockSignals(False)
