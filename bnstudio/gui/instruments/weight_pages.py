"""The units of a layer as images, a page at a time: the grid, what the colours mean, and the way to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.instruments.diverging_colours import ColourLegend
from bnstudio.gui.instruments.small_label import SmallLabel
from bnstudio.gui.instruments.weight_grid import WeightGrid
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.training.weights import WeightImages

translate = QCoreApplication.translate


class WeightPages(QWidget):
    """Shows units from `first_unit` on, as many as there is room for."""

    turned = Signal()
    """Other units are in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = ColourLegend()
        self.grid = WeightGrid()
        self.label = SmallLabel(1)
        self.previous_button = QuietButton(translate("WeightsView", "‹ Prev"))
        self.previous_button.setToolTip(translate("WeightsView", "The units before (Page Up in the grid)"))
        self.next_button = QuietButton(translate("WeightsView", "Next ›"))
        self.next_button.setToolTip(translate("WeightsView", "The units after (Page Down in the grid)"))
        row = QHBoxLayout()
        row.setSpacing(SPACING // 2)
        row.addWidget(self.label, 1)
        row.addWidget(self.previous_button)
        row.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addWidget(self.grid, 1)
        layout.addLayout(row)
        self.previous_button.clicked.connect(self._on_previous)
        self.next_button.clicked.connect(self._on_next)
        self.grid.page_turned.connect(self.turn_page)
        self.grid.capacity_changed.connect(self._on_capacity_changed)

    @property
    def first_unit(self) -> int:
        """The first unit in sight, counted from 0."""
        return self.grid.first_unit

    def begin(self, n_units: int) -> None:
        """Be about a layer of `n_units`, from its first on."""
        self.grid.enlarge(None)
        self._turn_to(0, n_units)

    def turn_page(self, pages: int) -> None:
        """Go on by so many pages, or back; the last unit is never left behind, nor the first."""
        first = self.first_unit + pages * self.grid.capacity
        if first + self.grid.capacity > 0 and first < self.grid.n_units:
            self._turn_to(max(0, first), self.grid.n_units)
            self.turned.emit()

    def show_images(self, images: WeightImages | None, message: str = "") -> None:
        """Show what is new, or say why there is nothing."""
        self.grid.show_images(images, message)
        self.legend.show_scale(None if images is None else images.scale)

    def _turn_to(self, first_unit: int, n_units: int) -> None:
        self.grid.turn_to(first_unit, n_units)
        self._follow()

    def _follow(self) -> None:
        """Say which units are in sight, and offer the others."""
        first, n_units = self.first_unit, self.grid.n_units
        last = min(first + self.grid.capacity, n_units)
        text = translate("WeightsView", "units {first} to {last} of {all}")
        self.label.setText(
            text.format(first=format_count(first + 1), last=format_count(last), all=format_count(n_units))
        )
        self.previous_button.setEnabled(first > 0)
        self.next_button.setEnabled(last < n_units)

    def _on_previous(self) -> None:
        self.turn_page(-1)

    def _on_next(self) -> None:
        self.turn_page(1)

    def _on_capacity_changed(self) -> None:
        self._follow()
        self.turned.emit()
