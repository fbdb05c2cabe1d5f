"""The action that opens the dialog of the gradient check, and stands for it before there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction

from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.gui.dialogs.gradient_check_dialog import GradientCheckDialog
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import Snapshot


class GradientCheckAction(QAction):
    """Opens the dialog for the selected model, in place of one that is open.

    The window asks it, not the dialog, what has to be measured, and shows it the snapshots.
    """

    look_changed = Signal()
    """`inspections` are others."""

    def __init__(self, document: ExperimentDocument, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._window = window
        self.dialog: GradientCheckDialog | None = None
        self.setText(self.tr("Check the &gradient…"))
        self.setToolTip(self.tr("Compare the gradients of the selected model with slopes that are measured"))
        self.triggered.connect(self._on_triggered)

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Return what has to be measured for the dialog."""
        return frozenset() if self.dialog is None else self.dialog.inspections()

    def refresh(self, snapshot: Snapshot) -> None:
        """Show the dialog what `snapshot` has found; after a failure of the training nothing is checked."""
        if self.dialog is not None:
            self.dialog.refresh(snapshot)
        failed = snapshot.state is State.FAILED
        self.setEnabled(not failed)
        if self.dialog is not None:
            self.dialog.set_possible(not failed)

    def _on_triggered(self) -> None:
        # Here, because it brings the engine with it, for which the window should not wait when it starts.
        from bnstudio.gui.dialogs.gradient_check_dialog import GradientCheckDialog  # noqa: PLC0415

        if self.dialog is not None:
            self.dialog.close()
        self.dialog = GradientCheckDialog(self._document, self._window)
        self.dialog.look_changed.connect(self.look_changed)
        self.dialog.finished.connect(self._on_dialog_finished)
        self.dialog.show()
        self.look_changed.emit()

    def _on_dialog_finished(self) -> None:
        self.dialog = None
