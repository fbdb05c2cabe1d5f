"""The Models panel: the list of models with its header, and the buttons that edit it.

It reads and edits the document, and is shown snapshots; it does not know where these come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from bnstudio.gui.controls.action_buttons import ActionButton, MenuButton
from bnstudio.gui.menu_actions import add_actions
from bnstudio.gui.models.model_actions import ModelActions
from bnstudio.gui.models.model_list import ModelList
from bnstudio.gui.models.model_list_header import ModelListHeader
from bnstudio.gui.models.model_list_view import ModelListView
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QShowEvent

    from bnstudio.gui.curves.run_histories import RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.snapshot import Snapshot


class ModelsPanel(QWidget):
    """Lists the models of `document`, and how far `histories` say that each has come."""

    message_raised = Signal(str)
    """Why an edit was refused."""

    def __init__(
        self, document: ExperimentDocument, histories: RunHistories, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._latest: Snapshot | None = None
        self._model = ModelList(document, histories, self)
        self._view = ModelListView(self._model)
        self._actions = ModelActions(self._model, self._view)
        self.setAccessibleName(self.tr("Models"))
        self._lay_out()
        self._model.edit_refused.connect(self.message_raised)
        self._view.message_raised.connect(self.message_raised)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._view.customContextMenuRequested.connect(self._on_context_menu_requested)
        document.opened.connect(self._on_document_opened)

    def actions_in_menu_order(self) -> list[QAction | None]:
        """Return all actions in the order of a menu, with None where a separator stands."""
        return self._actions.in_menu_order()

    def refresh(self, snapshot: Snapshot) -> None:
        """Show how far the runs have come, once the histories have taken over `snapshot`."""
        self._latest = snapshot
        if self.isVisible():
            self._show(snapshot)

    def showEvent(self, event: QShowEvent) -> None:
        """Override: catch up with what came while nobody looked."""
        super().showEvent(event)
        if self._latest is not None:
            self._show(self._latest)

    def _show(self, snapshot: Snapshot) -> None:
        self._model.show_snapshot(snapshot)
        self._show_heading(snapshot.at_step)

    def _show_heading(self, looked_at: int | None) -> None:
        """Say what step the numbers are of, where it is not the latest."""
        title = self.tr("Models")
        if looked_at is not None:
            title = self.tr("Models at step {n}").format(n=format_count(looked_at))
        self._heading.setText(title)

    def _lay_out(self) -> None:
        bold = QFont()
        bold.setBold(True)
        self._heading = QLabel()
        self._heading.setFont(bold)
        self._heading.setMinimumWidth(1)  # the numbers below decide how wide this is
        self._show_heading(None)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING // 2)
        buttons.addWidget(MenuButton(self.tr("+ Add"), self._actions.add_menu))
        buttons.addStretch(1)
        buttons.addWidget(ActionButton(self._actions.duplicate, "duplicate"))
        buttons.addWidget(ActionButton(self._actions.remove, "close"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._heading)
        layout.addWidget(ModelListHeader(self._view))
        layout.addWidget(self._view)
        layout.addSpacing(SPACING)
        layout.addLayout(buttons)
        layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _on_document_opened(self) -> None:
        self._latest = None

    def _on_context_menu_requested(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        add_actions(menu, self._actions.in_context_menu_order())
        menu.popup(self._view.viewport().mapToGlobal(position))
