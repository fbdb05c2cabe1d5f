"""The Network panel: the selected model's stack with its histograms, and everything that edits it.

It reads and edits the document, is shown snapshots, and says what has to be measured for it. It does not know
where snapshots come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.stack_actions import StackActions
from bnstudio.gui.network.stack_buttons import AddButton, EditButton
from bnstudio.gui.network.stack_header import StackHeader
from bnstudio.gui.network.stack_model import StackModel
from bnstudio.gui.network.stack_view import StackView
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font, title_font
from bnstudio.training.snapshot import Look

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import Snapshot


class NetworkPanel(QWidget):
    """The stack that is the plot.

    Parameters
    ----------
    document : ExperimentDocument
        Its selected model is shown.
    """

    look_changed = Signal(object)
    """The Look that has to be measured from now on."""
    message_raised = Signal(str)
    """Why an edit was refused."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._model = StackModel(document, self)
        self._view = StackView(self._model)
        self._actions = StackActions(self._model, self._view)
        self.edit_actions: list[QAction | None] = self._actions.in_menu_order()
        self.setAccessibleName(self.tr("Network"))

        self._magnitude = SegmentedSwitch(
            self.tr("Axes"),
            (self.tr("Linear"), self.tr("Log magnitude")),
            (
                self.tr("The values as they are"),
                self.tr(
                    "The power of ten of each value's magnitude: shows what is too small for a linear axis"
                ),
            ),
        )
        self._range = SegmentedSwitch(
            self.tr("Range"),
            (self.tr("Shared"), self.tr("Own range")),
            (
                self.tr("One axis for all layers of a kind: narrowing and vanishing are seen"),
                self.tr("Each layer has its own axis: shapes are seen, however narrow"),
            ),
        )
        self._build_layout()
        self._look = self._current_look()

        self._magnitude.chosen.connect(self._follow_look)
        self._range.chosen.connect(self._follow_look)
        self._model.edit_refused.connect(self.message_raised)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._view.customContextMenuRequested.connect(self._on_context_menu_requested)
        self._model_choice.activated.connect(document.select)
        document.experiment_changed.connect(self._on_document_changed)
        document.selected_changed.connect(self._on_document_changed)
        self._on_document_changed()

    @property
    def look(self) -> Look:
        """What has to be measured for this panel."""
        return self._look

    def choose_axes(self, *, log_magnitude: bool, own_range: bool) -> None:
        """Choose the histograms' axes, as clicks on both switches would."""
        self._magnitude.choose(int(log_magnitude))
        self._range.choose(int(own_range))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what the snapshot has of the selected model; what it does not have stays as it is."""
        for run in snapshot.runs:
            self._model.show_run(run)

    def forget_readings(self) -> None:
        """Show empty rows until something is measured."""
        self._model.forget_readings()

    # Building

    def _build_layout(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._build_head())
        layout.addSpacing(SPACING)
        layout.addWidget(StackHeader(self._view))
        layout.addSpacing(SPACING // 2)
        layout.addWidget(self._view, 1)
        layout.addSpacing(SPACING)
        layout.addLayout(self._build_buttons())

    def _build_head(self) -> QHBoxLayout:
        self._name = QLabel()
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._model_choice = QComboBox()
        self._model_choice.setAccessibleName(self.tr("Model shown"))
        self._model_choice.setToolTip(self.tr("The model whose layers are shown and edited"))
        self._model_choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._title = QStackedWidget()
        self._title.addWidget(self._name)
        self._title.addWidget(self._model_choice)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._total = QLabel()
        self._total.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self._title)
        titles.addWidget(self._total)
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addLayout(titles)
        head.addStretch(1)
        head.addWidget(self._magnitude)
        head.addWidget(self._range)
        self._apply_fonts()
        return head

    def _build_buttons(self) -> QHBoxLayout:
        actions = self._actions
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING // 2)
        for below, above in zip(actions.add_below, actions.add_above, strict=True):
            buttons.addWidget(AddButton(below, above))
        buttons.addStretch(1)
        buttons.addWidget(EditButton(actions.move_up, "up"))
        buttons.addWidget(EditButton(actions.move_down, "down"))
        buttons.addWidget(EditButton(actions.duplicate, "duplicate"))
        buttons.addWidget(EditButton(actions.delete, "delete"))
        return buttons

    def _apply_fonts(self) -> None:
        self._name.setFont(title_font(self.font()))
        self._model_choice.setFont(title_font(self.font()))
        self._total.setFont(small_font(self.font()))

    def changeEvent(self, event: QEvent) -> None:
        """Override: the fonts of the title follow."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._apply_fonts()

    # Following the document

    def _on_document_changed(self) -> None:
        models = self._document.experiment.models
        self._name.setText(self._document.model.name)
        self._model_choice.clear()
        self._model_choice.addItems([model.name for model in models])
        self._model_choice.setCurrentIndex(self._document.selected)
        self._title.setCurrentIndex(1 if len(models) > 1 else 0)
        self._total.setText(
            self.tr("{count} parameters").format(count=format_count(self._document.model.n_parameters))
        )
        self._follow_look()

    # What is looked at

    def _current_look(self) -> Look:
        return Look(
            names=frozenset({self._document.model.name}),
            log_magnitude=self._magnitude.index == 1,
            shared_range=self._range.index == 0,
        )

    def _follow_look(self) -> None:
        look = self._current_look()
        if look != self._look:
            self._look = look
            self.look_changed.emit(look)

    # Editing

    def _on_context_menu_requested(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self.edit_actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        menu.popup(self._view.viewport().mapToGlobal(position))
