"""Checks the gradients of the selected model, as its network is now, while the window stays in use.

The dialog says by its inspections what has to be measured, and is shown snapshots, as the instruments are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.dialogs.gradient_check_table import GradientCheckTable
from bnstudio.gui.dialogs.gradient_check_words import conclusion, explanation, occasion_text
from bnstudio.gui.instruments.instrument_panel import HelpButton
from bnstudio.gui.theme import SPACING, bold_font, small_font, theme_of
from bnstudio.training.gradient_inspection import GradientCheckInspection

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment, ModelSetup
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.gradient_inspection import CheckedGradients
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import Snapshot


class GradientCheckDialog(QDialog):
    """Checks the model that is selected when this is made, at once; again when asked to.

    It closes when the model is gone.
    """

    look_changed = Signal()
    """`inspections` are others."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)  # of which the window's shortcuts go on working
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model = document.model
        self._inspection: GradientCheckInspection | None = None
        self._found: CheckedGradients | None = None
        self._number = 0
        self._possible = True
        self._build()
        self._show_model()
        self.article_box.toggled.connect(self.check)
        self.again_button.clicked.connect(self.check)
        self.cancel_button.clicked.connect(self.cancel)
        document.opened.connect(self.reject)
        document.experiment_changed.connect(self._on_experiment_changed)
        self.view.setFocus()
        self.check()

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Return what has to be measured: nothing once the check is done."""
        return frozenset() if self._inspection is None else frozenset({self._inspection})

    def check(self) -> None:
        """Check the network as it is now, from the first array on."""
        if not self._possible:
            return
        self._number += 1
        self._found = None
        self.table.show_found(None)
        self._ask(
            GradientCheckInspection(
                self._model.name, number=self._number, wrong_batch_norm=self.article_box.isChecked()
            )
        )

    def cancel(self) -> None:
        """Check no further; what is done stays."""
        self._ask(None)

    def set_possible(self, possible: bool) -> None:
        """Say whether there is a training whose gradient can be checked."""
        if possible != self._possible:
            self._possible = possible
            self._show_model()
            self.cancel()

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what `snapshot` has found, where that is new."""
        if self._inspection is None:
            return
        name = self._inspection.model
        run = next((run for run in snapshot.runs if run.name == name and not run.replaced), None)
        found = self._inspection.found_in(run)
        if found is None or found is self._found:
            return
        self._found = found
        self.table.show_found(found)
        if found.under_way:
            self.view.scrollToBottom()
            self._show_state()
        else:
            self.view.scrollToTop()
            self._ask(None)

    # Building

    def _build(self) -> None:
        self.occasion, self.sentence, self.article_text = QLabel(), QLabel(), QLabel()
        self.sentence.setFont(bold_font(self.font()))
        self.article_text.setFont(small_font(self.font()))
        self.article_text.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        for label in (self.occasion, self.sentence, self.article_text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.sentence.setMinimumHeight(2 * self.sentence.fontMetrics().height())  # so that nothing moves
        self.help_button = HelpButton()
        self.help_button.explain(self.tr("What a gradient check is"), explanation())
        self.table = GradientCheckTable(theme_of(self), self)
        self.view = self._make_view()
        self.article_box = QCheckBox(self.tr("With the article's BatchNorm &gradient"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(SPACING)
        self.progress.setAccessibleName(self.tr("Progress of the check"))
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.again_button = buttons.addButton(self.tr("Check &again"), role)
        self.cancel_button = buttons.addButton(self.tr("Ca&ncel the check"), role)
        remove_icons(buttons.buttons())
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        buttons.rejected.connect(self.reject)
        header = QHBoxLayout()
        header.addWidget(self.occasion, 1)
        header.addWidget(self.help_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, SPACING, 2 * SPACING, 2 * SPACING)
        layout.setSpacing(SPACING)
        layout.addLayout(header)
        layout.addWidget(self.view, 1)
        for widget in (self.sentence, self.progress, self.article_box, self.article_text, buttons):
            layout.addWidget(widget)
        self.resize(self.sizeHint().width(), 80 * SPACING)

    def _make_view(self) -> QTableView:
        view = QTableView()
        view.setModel(self.table)
        view.setAccessibleName(self.tr("Arrays that are checked"))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.setShowGrid(False)
        view.setCornerButtonEnabled(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + SPACING)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        metrics = view.fontMetrics()
        widths = [metrics.horizontalAdvance(text) + 2 * SPACING for text in self.table.widest_texts()]
        for column, width in enumerate(widths):
            header.resizeSection(column, width)
        view.setMinimumWidth(sum(widths) + view.verticalScrollBar().sizeHint().width() + SPACING)
        return view

    # What is shown

    def _show_model(self) -> None:
        self.setWindowTitle(self.tr("Check the gradient of {model}").format(model=self._model.name))
        if any(layer.type == "batch_norm" for layer in self._model.layers):
            self.article_box.setEnabled(self._possible)
            self.article_text.setText(
                self.tr(
                    "The article's listing leaves out the path through the variance. The check finds that in"
                    " what stands before the last BatchNorm; the loss would not tell: the network still"
                    " learns, only worse. Training goes on with the right gradient."
                )
            )
        else:
            self.article_box.setChecked(False)
            self.article_box.setEnabled(False)
            text = self.tr("{model} has no BatchNorm whose gradient could be the article's.")
            self.article_text.setText(text.format(model=self._model.name))

    def _ask(self, inspection: GradientCheckInspection | None) -> None:
        self._inspection = inspection
        self._show_state()
        self.look_changed.emit()

    def _show_state(self) -> None:
        found, under_way = self._found, self._inspection is not None
        self.progress.setVisible(under_way)
        self.progress.setMaximum(1 if found is None else found.n_arrays)
        self.progress.setValue(0 if found is None else len(found.checks))
        self.cancel_button.setEnabled(under_way)
        self.again_button.setEnabled(self._possible and not under_way)
        self.occasion.setText("" if found is None else occasion_text(found))
        if not self._possible and (found is None or found.under_way):
            self.sentence.setText(self.tr("Training met an error and ended before the check did."))
        elif found is None:
            self.sentence.setText(self.tr("Checking…") if under_way else self.tr("Not checked."))
        elif found.under_way:
            done = {"n": len(found.checks), "all": found.n_arrays, "conclusion": conclusion(found)}
            text = self.tr("Checking, {n} of {all}. {conclusion}")
            if not under_way:
                text = self.tr("Cancelled after {n} of {all}. {conclusion}")
            self.sentence.setText(text.format(**done))
        else:
            self.sentence.setText(conclusion(found))

    # Events

    def _on_experiment_changed(self, experiment: Experiment) -> None:
        model = _same_model(experiment, self._model)
        if model is None:
            self.reject()
            return
        renamed = model.name != self._model.name
        self._model = model
        self._show_model()
        if renamed and self._inspection is not None:
            self.check()

    def done(self, result: int) -> None:
        """Override: nothing has to be measured any more."""
        self._ask(None)
        super().done(result)

    def changeEvent(self, event: QEvent) -> None:
        """Override: the colours are the theme's."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "table"):
            self.table.show_theme(theme_of(self))


def _same_model(experiment: Experiment, model: ModelSetup) -> ModelSetup | None:
    """Return what has become of `model`, which keeps its colour for life."""
    return next((other for other in experiment.models if other.colour == model.colour), None)
