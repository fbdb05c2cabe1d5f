"""How the main window is laid out: bars above and below, and three columns of panels between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.main_window import MainWindow

TWO_STACKS, CURVES_BESIDE_TWO_STACKS = 1_000, 270
"""Widths that are good for two stacks beside each other, and what the curves keep at least."""


class CentralArea(QWidget):
    """Gives the panels of `window` their places, and two stacks that are compared the room they need."""

    def __init__(self, document: ExperimentDocument, window: MainWindow) -> None:
        super().__init__(window)
        self._document = document
        self._widths_alone: list[int] | None = None
        models_card, setup_card = Card(window.models_panel), Card(window.setup_panel)
        curves = _splitter(Qt.Orientation.Vertical, window.loss_panel, window.instruments)
        curves.setSizes([500, 500])
        setups = QWidget()
        setups_layout = QVBoxLayout(setups)
        setups_layout.setContentsMargins(0, 0, 0, 0)
        setups_layout.setSpacing(SPACING)
        setups_layout.addWidget(models_card, 0, Qt.AlignmentFlag.AlignTop)
        setups_layout.addWidget(setup_card, 1)
        columns = _splitter(Qt.Orientation.Horizontal, setups, Card(window.network_panel), curves)
        columns.setStretchFactor(0, 0)
        columns.setStretchFactor(1, 3)
        columns.setStretchFactor(2, 2)
        columns.setSizes([180, 710, 370])
        self.splitters = {"main": columns, "curves": curves}
        """What can be divided otherwise, by the key that it is remembered under."""
        self.panels: dict[str, tuple[str, QWidget]] = {
            "models": (self.tr("&Models"), models_card),
            "setup": (self.tr("&Setup"), setup_card),
            "loss": (self.tr("L&oss"), window.loss_panel),
            "accuracy": (self.tr("&Accuracy and instruments"), window.instruments),
        }
        """Title and widget of each panel that can be hidden, by the key that this is remembered under."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING, SPACING, SPACING // 2)
        layout.setSpacing(SPACING)
        layout.addWidget(window.control_bar)
        layout.addWidget(window.recovery_bar)
        layout.addWidget(window.problem_bar)
        layout.addWidget(window.notice_bar)
        layout.addWidget(window.catch_up_bar)
        layout.addWidget(window.study_bar)
        layout.addWidget(window.slow_motion_bar)
        layout.addWidget(columns, 1)
        layout.addWidget(window.timeline_bar)
        layout.addWidget(window.status_line)
        document.compared_changed.connect(self._on_compared_changed)

    def _on_compared_changed(self) -> None:
        """Two stacks need room: take some from the curves, and give it back afterwards."""
        columns = self.splitters["main"]
        widths = columns.sizes()
        if self._document.compared is None:
            if self._widths_alone is not None:
                columns.setSizes(self._widths_alone)
            self._widths_alone = None
        elif self._widths_alone is None:
            self._widths_alone = widths
            taken = max(0, min(widths[2] - CURVES_BESIDE_TWO_STACKS, TWO_STACKS - widths[1]))
            columns.setSizes([widths[0], widths[1] + taken, widths[2] - taken])


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(SPACING)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
