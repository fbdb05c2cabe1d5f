"""The Network panel: the stacks of one or two models with their histograms, and everything that edits them.

It reads and edits the document, is shown snapshots, and says what has to be measured for it. It does not know
where snapshots come from.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from bnstudio.gui.controls.action_buttons import ActionButton
from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.menu_actions import add_actions
from bnstudio.gui.network.add_button import AddButton
from bnstudio.gui.network.alignment import aligned, unaligned
from bnstudio.gui.network.difference_text import common_text, difference_text
from bnstudio.gui.network.stack_actions import StackActions
from bnstudio.gui.network.stack_column import StackColumn
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font, title_font
from bnstudio.training.health import HealthInspection
from bnstudio.training.snapshot import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QAction

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.network.reveal import Reveal
    from bnstudio.training.readings import Readings
    from bnstudio.training.snapshot import Snapshot


class NetworkPanel(QWidget):
    """The stack that is the plot.

    Parameters
    ----------
    document : ExperimentDocument
        Its selected model is shown and, beside it, the one that it is compared with.
    """

    look_changed = Signal(object)
    """The Look that has to be measured from now on."""
    row_changed = Signal(int)
    """Another row of the selected model is the current one, or a row of another model."""
    message_raised = Signal(str)
    """Why an edit was refused."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._columns = [StackColumn(document, place) for place in (0, 1)]
        self._actions = StackActions([(column.model, column.view) for column in self._columns], self)
        self.edit_actions: list[QAction | None] = self._actions.in_menu_order()
        self.further_actions: list[QAction] = []
        """What else its context menu offers."""
        self._late: frozenset[str] = frozenset()
        self._example: tuple[str, Sequence[NDArray[np.floating]] | None] = ("", None)
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
        for column in self._columns:
            column.model.edit_refused.connect(self.message_raised)
            column.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            column.view.customContextMenuRequested.connect(partial(self._on_context_menu_requested, column))
            column.view.focused.connect(partial(self._on_focused, column))
            column.view.selectionModel().currentChanged.connect(self._on_current_changed)
        for column, other in (self._columns, self._columns[::-1]):
            column.view.verticalScrollBar().valueChanged.connect(partial(self._on_scrolled, other))
        document.experiment_changed.connect(self._on_document_changed)
        document.selected_changed.connect(self._on_document_changed)
        document.compared_changed.connect(self._on_document_changed)
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
        """Show what the snapshot has of the models shown; live, what it does not have stays as it is."""
        for run in snapshot.runs:
            for column in self._shown_columns:
                column.model.show_run(run, snapshot.at_step)
        late = frozenset(run.name for run in snapshot.runs if run.late_by and not run.replaced)
        if late != self._late:
            self._late = late
            self._show_texts()

    def set_reveal(self, reveal: Reveal | None) -> None:
        """Show how far a step in slow motion has come in the stacks; None shows all rows."""
        for column in self._columns:
            column.view.set_reveal(reveal)

    def show_example(self, model_name: str, values: Sequence[NDArray[np.floating]] | None) -> None:
        """Mark the forward values of one example on the stack of the model of this name; None ends it.

        Parameters
        ----------
        model_name : str
        values : sequence of (n_units,) arrays, or None
            One for each row, the head included.
        """
        self._example = (model_name, values)
        self._mark_example()

    def _mark_example(self) -> None:
        name, values = self._example
        for column in self._columns:
            column.view.set_example(values if column.model.model.name == name else None)

    def forget_readings(self) -> None:
        """Show empty rows until something is measured."""
        for column in self._columns:
            column.model.forget_readings()

    def shown_readings(self) -> list[tuple[str, int, Readings]]:
        """Return the name, the step and the readings of each model whose histograms are shown."""
        models = [column.model for column in self._shown_columns]
        return [(m.model.name, m.readings_step, m.readings) for m in models if m.readings is not None]

    @property
    def current_row(self) -> int:
        """The current row of the selected model, counted from 0."""
        column = self._columns[self._document.pair.index(self._document.selected)]
        return max(0, column.view.currentIndex().row())

    @property
    def _shown_columns(self) -> list[StackColumn]:
        return self._columns[: len(self._document.pair)]

    # Building

    def _build_layout(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._build_head())
        layout.addSpacing(SPACING)
        stacks = QHBoxLayout()
        stacks.setSpacing(2 * SPACING)
        for column in self._columns:
            stacks.addWidget(column, 1)
        layout.addLayout(stacks, 1)
        layout.addSpacing(SPACING)
        layout.addLayout(self._build_buttons())

    def _build_head(self) -> QHBoxLayout:
        self._headline = QLabel()
        self._details = QLabel()
        for label in (self._headline, self._details):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._details.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._texts = QWidget()
        texts = QVBoxLayout(self._texts)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.setSpacing(0)
        texts.addWidget(self._headline)
        texts.addWidget(self._details)
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(self._texts, 1)
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
        buttons.addWidget(ActionButton(actions.move_up, "up"))
        buttons.addWidget(ActionButton(actions.move_down, "down"))
        buttons.addWidget(ActionButton(actions.duplicate, "duplicate"))
        buttons.addWidget(ActionButton(actions.delete, "close"))
        return buttons

    def _apply_fonts(self) -> None:
        self._headline.setFont(title_font(self.font()))
        self._details.setFont(small_font(self.font()))

    def changeEvent(self, event: QEvent) -> None:
        """Override: the fonts of the title follow."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._apply_fonts()

    # Following the document

    def _on_document_changed(self) -> None:
        document = self._document
        pair = document.pair
        models = [document.experiment.models[index] for index in pair]
        self._columns[1].setVisible(len(pair) > 1)
        if len(pair) > 1:
            slots = list(aligned(models[0].layers, models[1].layers))
        else:
            slots = [unaligned(len(models[0].layers) + 1)]
        for column, index, model, its_slots in zip(self._columns, pair, models, slots, strict=False):
            column.view.set_slots(its_slots)
            column.title.setVisible(len(pair) > 1)
            column.title.show_model(model, edited=index == document.selected)
        active = self._columns[pair.index(document.selected)]
        self._actions.turn_to(active.model, active.view)
        self._mark_example()
        self._show_texts()
        self._follow_look()
        self._on_current_changed()

    def _show_texts(self) -> None:
        """Name the model, or say what tells the two apart."""
        first, *others = (self._document.experiment.models[index] for index in self._document.pair)
        if others:
            late = not self._late.isdisjoint({first.name, others[0].name})
            headline, details = difference_text(others[0], first), common_text(others[0], first, late)
        else:
            count = format_count(first.n_parameters)
            headline, details = first.name, self.tr("{count} parameters").format(count=count)
        self._headline.setText(headline)
        self._details.setText(details)

    def _on_scrolled(self, other: StackColumn, value: int) -> None:
        """Keep rows that belong together beside each other; a hidden stack ends elsewhere."""
        if len(self._shown_columns) > 1:
            other.view.verticalScrollBar().setValue(value)

    def _on_focused(self, column: StackColumn) -> None:
        if column in self._shown_columns:
            self._document.select(column.model.index_in_document)

    def _on_current_changed(self) -> None:
        self.row_changed.emit(self.current_row)

    # What is looked at

    def _current_look(self) -> Look:
        names = frozenset(self._document.experiment.models[index].name for index in self._document.pair)
        return Look(
            names=names,
            log_magnitude=self._magnitude.index == 1,
            shared_range=self._range.index == 0,
            inspections=frozenset(map(HealthInspection, names)),
        )

    def _follow_look(self) -> None:
        look = self._current_look()
        if look != self._look:
            self._look = look
            self.look_changed.emit(look)

    # Editing

    def _on_context_menu_requested(self, column: StackColumn, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_actions(menu, (*self.edit_actions, None, *self.further_actions))
        menu.popup(column.view.viewport().mapToGlobal(position))
