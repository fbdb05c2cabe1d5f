"""The head of the Network panel: in words what its stacks are of, and the switches of their axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.difference_text import common_text, difference_text
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING, small_font, title_font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.document.experiment import ModelSetup


class NetworkHead(QWidget):
    """Names one model, or says what tells two apart."""

    axes_chosen = Signal()
    """`log_magnitude` or `shared_range` is another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline, self._details = QLabel(), QLabel()
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
        texts = QVBoxLayout()
        texts.setSpacing(0)
        for label in (self._headline, self._details):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            texts.addWidget(label)
        self._headline.setMinimumWidth(1)  # a model may be called by one long word
        self._details.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(texts, 1)
        layout.addWidget(self._magnitude)
        layout.addWidget(self._range)
        self._apply_fonts()
        self._magnitude.chosen.connect(self.axes_chosen)
        self._range.chosen.connect(self.axes_chosen)

    @property
    def log_magnitude(self) -> bool:
        """Whether the axes are of the values' magnitudes."""
        return self._magnitude.index == 1

    @property
    def shared_range(self) -> bool:
        """Whether all layers of a kind have one axis."""
        return self._range.index == 0

    def choose_axes(self, *, log_magnitude: bool, own_range: bool) -> None:
        """Choose the histograms' axes, as clicks on both switches would."""
        self._magnitude.choose(int(log_magnitude))
        self._range.choose(int(own_range))

    def fix_axes(self, why: str) -> None:
        """Let no axes be chosen for a reason that the switches say; where it is empty, let them."""
        for switch in (self._magnitude, self._range):
            switch.disable_because(why)

    def show_models(
        self, models: Sequence[ModelSetup], apart: bool, last_pictures: Mapping[str, int]
    ) -> None:
        """Show what there is to say of one model, or of two.

        Parameters
        ----------
        models : sequence of ModelSetup
        apart : bool
            Whether the two are at different steps.
        last_pictures : mapping
            By the name of each model that has diverged, the last step that its histograms could be made of.
        """
        first, *others = models
        if others:
            headline, details = difference_text(others[0], first), common_text(others[0], first, apart)
        else:
            count = format_count(first.n_parameters)
            headline, details = first.name, self.tr("{count} parameters").format(count=count)
        old = self.tr("{model} has diverged, its histograms are of step {n}")
        olds = [old.format(model=name, n=format_count(step)) for name, step in last_pictures.items()]
        self._headline.setText(headline)
        self._details.setText("; ".join((details, *olds)))

    def _apply_fonts(self) -> None:
        self._headline.setFont(title_font(self.font()))
        self._details.setFont(small_font(self.font()))

    def changeEvent(self, event: QEvent) -> None:
        """Override: the fonts follow."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._apply_fonts()
