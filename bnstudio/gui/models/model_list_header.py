"""What the numbers in the list of models are, written once above their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from bnstudio.gui.models.model_progress import N_AVERAGED
from bnstudio.gui.theme import theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.gui.models.model_list_view import ModelListView


class ModelListHeader(QWidget):
    """Follows the columns of `view`."""

    def __init__(self, view: ModelListView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        explanation = self.tr(
            "Loss: the mean over the latest {n} mini-batches. Accuracy: the latest on test images; before"
            " there is one, on the same mini-batches. Rate: the learning rate."
        ).format(n=N_AVERAGED)
        self.setToolTip(f"<qt>{explanation}</qt>")  # rich text has its lines broken
        self.setAccessibleName(self.tr("Columns of the list of models"))
        self.setAccessibleDescription(explanation)
        view.geometry_changed.connect(self._on_geometry_changed)

    def sizeHint(self) -> QSize:
        """Override: one line."""
        return QSize(0, round(self._view.row_geometry.line_height))

    def minimumSizeHint(self) -> QSize:
        """Override: nothing is left out."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: each title ends where its column ends."""
        geometry = self._view.row_geometry
        metrics = geometry.small_metrics
        with QPainter(self) as painter:
            painter.setFont(geometry.small_font)
            painter.setPen(QColor(theme_of(self).muted))
            for title, right in zip(geometry.titles, geometry.rights, strict=True):
                left = self._view.viewport().width() - right - metrics.horizontalAdvance(title)
                painter.drawText(QPointF(left, metrics.ascent()), title)

    def _on_geometry_changed(self) -> None:
        self.updateGeometry()
        self.update()
