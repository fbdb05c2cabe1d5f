"""What is shown of a BatchNorm row: one of four pages, chosen by a switch.

Only what the chosen page shows is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.instruments.batch_norm_pages import (
    BatchNormPage,
    LearnedPage,
    ModesPage,
    StatisticsPage,
    ValuesPage,
)
from bnstudio.gui.instruments.batch_norm_words import explanation, message
from bnstudio.gui.instruments.layer_instrument import LayerInstrument
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot


class BatchNormView(LayerInstrument):
    """Shows a BatchNorm layer opened up: values, gamma and beta, statistics, or modes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(explanation(), parent)
        self._place: tuple[str, int] | None = None
        self._run: RunSnapshot | None = None
        self._looking_back = False
        self._shown: tuple[BatchNormPage, list[Any]] | None = None
        self.pages: tuple[BatchNormPage, ...] = (ValuesPage(), LearnedPage(), StatisticsPage(), ModesPage())
        self.switch = SegmentedSwitch(
            self.tr("Shown of BatchNorm"),
            (self.tr("Values"), self.tr("γ, β"), self.tr("Statistics"), self.tr("Modes")),
            (
                self.tr("The values of the latest mini-batch before, normalized and after γ and β"),
                self.tr("γ (scale) and β (shift), which are learned, over time"),
                self.tr("Mean and std of the mini-batch against the running ones"),
                self.tr("How far training mode and inference mode are apart, by the size of the batch"),
            ),
        )
        self.switch.chosen.connect(self._on_chosen)
        self.message_label = QLabel()
        self.message_label.setTextFormat(Qt.TextFormat.PlainText)
        self.message_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message_label.setWordWrap(True)
        self._stack = QStackedWidget()
        for page in (*self.pages, self.message_label):
            self._stack.addWidget(page)
        header = QHBoxLayout()
        header.addWidget(self.switch)
        header.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(header)
        layout.addWidget(self._stack, 1)

    @property
    def page(self) -> BatchNormPage:
        """What is chosen."""
        return self.pages[self.switch.index]

    def turn_to(self, model: ModelSetup, row: int) -> None:
        """Override: nothing of another layer stays."""
        self._place = model.name, row
        self._run = self._shown = None
        self._show()

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: of the page that is chosen."""
        return frozenset(self._inspections())

    def show_run(self, run: RunSnapshot | None, *, looking_back: bool) -> None:
        """Override: on the page that is chosen."""
        if looking_back != self._looking_back:
            self._shown = None
        self._run, self._looking_back = run, looking_back
        self._show()

    def _inspections(self) -> tuple[Inspection[Any], ...]:
        return () if self._place is None else self.page.inspections(*self._place)

    def _show(self) -> None:
        """Show what is new of the run: its findings, or why there are none."""
        page = self.page
        findings = [inspection.found_in(self._run) for inspection in self._inspections()]
        if not findings or not page.has_enough(*findings):
            text = message(self._run, looking_back=self._looking_back, live_only=page.live_only)
            self.message_label.setText(text)
            self._stack.setCurrentWidget(self.message_label)
            self._shown = None
            return
        if not self._is_shown(page, findings):
            if self._looking_back or self._shown is None:
                page.forget_axes()  # moments that are looked at one after the other may lie far apart
            self._shown = page, findings
            page.show_findings(*findings)
        self._stack.setCurrentWidget(page)

    def _is_shown(self, page: BatchNormPage, findings: list[Any]) -> bool:
        if self._shown is None or self._shown[0] is not page:
            return False
        return all(new is old for new, old in zip(findings, self._shown[1], strict=True))

    def _on_chosen(self) -> None:
        self._show()
        self.inspections_changed.emit()
