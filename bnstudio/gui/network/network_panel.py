"""The Network panel: the stacks of one or two models with their histograms, and everything that edits them.

It reads and edits the document, is shown snapshots, and says what has to be measured for it. It does not know
where snapshots come from.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from bnstudio.gui.controls.action_buttons import ActionButton
from bnstudio.gui.menu_actions import add_actions
from bnstudio.gui.network.add_button import AddButton
from bnstudio.gui.network.alignment import aligned, unaligned
from bnstudio.gui.network.network_head import NetworkHead
from bnstudio.gui.network.stack_actions import StackActions
from bnstudio.gui.network.stack_column import StackColumn
from bnstudio.gui.theme import SPACING
from bnstudio.training.health import HealthInspection
from bnstudio.training.snapshot import Look, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QAction

    from bnstudio.document.experiment import ModelSetup
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
        self._axes_fixed = ""
        self._apart = False
        """Whether one of two models was begun later and is not at the step of the other."""
        self._last_pictures_told: dict[str, int] = {}
        self._example: tuple[str, Sequence[NDArray[np.floating]] | None] = ("", None)
        self.setAccessibleName(self.tr("Network"))
        self._head = NetworkHead()
        self._build_layout()
        self._look = self._current_look()

        self._head.axes_chosen.connect(self._follow_look)
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
        self._head.choose_axes(log_magnitude=log_magnitude, own_range=own_range)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what the snapshot has of the models shown; live, what it does not have stays as it is."""
        for run in snapshot.runs:
            for column in self._shown_columns:
                column.model.show_run(run, snapshot.at_step)
        axes_fixed = self._why_axes_are_fixed(snapshot)
        if axes_fixed != self._axes_fixed:
            self._axes_fixed = axes_fixed
            self._head.fix_axes(axes_fixed)
        names = [model.name for model in self._models]
        runs = [run for run in snapshot.runs if run.name in names and not run.replaced]
        looked_at = snapshot.at_step if snapshot.at_step is not None else math.inf
        # A run that is catching up will be at the same step.
        apart = any(run.late_by for run in runs) and len({min(run.step, looked_at) for run in runs}) > 1
        last_pictures = self._last_pictures()
        if (apart, last_pictures) != (self._apart, self._last_pictures_told):
            self._apart = apart
            self._show_head()

    def _why_axes_are_fixed(self, snapshot: Snapshot) -> str:
        if snapshot.at_step is not None:
            return self.tr("A past step is shown with the axes it was recorded with")
        if snapshot.state is State.FAILED:
            return self.tr("Training has ended: what it measured last is shown with the axes of then")
        return ""

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
        return max(0, self._active_column.view.currentIndex().row())

    def select_row(self, row: int) -> None:
        """Make `row` of the selected model the current one."""
        self._active_column.view.select_rows(row, row)

    def _show_head(self) -> None:
        self._last_pictures_told = self._last_pictures()
        self._head.show_models(self._models, self._apart, self._last_pictures_told)

    def _last_pictures(self) -> dict[str, int]:
        """Return by the name of each model shown that has diverged the step that its histograms are of."""
        models = [column.model for column in self._shown_columns]
        return {m.model.name: m.readings_step for m in models if m.has_diverged and m.readings is not None}

    @property
    def _active_column(self) -> StackColumn:
        return self._columns[self._document.pair.index(self._document.selected)]

    @property
    def _models(self) -> list[ModelSetup]:
        """The one or two models that are shown."""
        return [self._document.experiment.models[index] for index in self._document.pair]

    @property
    def _shown_columns(self) -> list[StackColumn]:
        return self._columns[: len(self._document.pair)]

    # Building

    def _build_layout(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addSpacing(SPACING)
        stacks = QHBoxLayout()
        stacks.setSpacing(2 * SPACING)
        for column in self._columns:
            stacks.addWidget(column, 1)
        layout.addLayout(stacks, 1)
        layout.addSpacing(SPACING)
        layout.addLayout(self._build_buttons())

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

    # Following the document

    def _on_document_changed(self) -> None:
        document, models = self._document, self._models
        pair = document.pair
        focused = self.window().focusWidget() in [column.view for column in self._columns]
        self._columns[1].setVisible(len(pair) > 1)
        if len(pair) > 1:
            slots = list(aligned(models[0].layers, models[1].layers))
        else:
            slots = [unaligned(len(models[0].layers) + 1)]
        for column, index, model, its_slots in zip(self._columns, pair, models, slots, strict=False):
            column.view.set_slots(its_slots)
            column.title.setVisible(len(pair) > 1)
            column.title.show_model(model, edited=index == document.selected)
        active = self._active_column
        self._actions.turn_to(active.model, active.view)
        if focused:  # keys are for the selected model, wherever its stack stands now
            active.view.setFocus()
        self._mark_example()
        self._show_head()
        self._follow_look()
        self._on_current_changed()

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
        names = frozenset(model.name for model in self._models)
        return Look(
            names=names,
            log_magnitude=self._head.log_magnitude,
            shared_range=self._head.shared_range,
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
