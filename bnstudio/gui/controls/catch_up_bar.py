"""Tells of models that catch up with the others, how far they are, and offers to let them off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.elided_label import ElidedLabel
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.training.snapshot import CatchUp

DELAY_MS = 300
"""What is over sooner is not worth moving the panels for."""


class CatchUpBar(Card):
    """Is there only while models are catching up."""

    start_at_zero_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._label = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)  # names begin it, numbers end it
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(SPACING)
        self._progress.setAccessibleName(self.tr("Progress of catching up"))
        self.cancel_button = QPushButton(self.tr("Start at 0 instead"))
        self.cancel_button.setToolTip(
            self.tr(
                "Do not catch up: begin at step 0 and go on together with the others, that many steps later."
                "\nAt equal step numbers all have still seen the same mini-batches."
            )
        )
        self.cancel_button.clicked.connect(self.start_at_zero_asked)
        self._delay = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._delay.timeout.connect(self.show)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(self._label)
        layout.addWidget(self._progress, 1)
        layout.addWidget(self.cancel_button)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence."""
        return self._label.text()

    def show_catch_up(self, catch_up: CatchUp | None) -> None:
        """Show how far it is, or nothing when nobody is catching up."""
        if catch_up is None:
            self._delay.stop()
            self.hide()
            return
        self._label.setText(
            self.tr("{names}: catching up on the same mini-batches, step {step} of {target}").format(
                names=", ".join(catch_up.names),
                step=format_count(catch_up.step),
                target=format_count(catch_up.target),
            )
        )
        self._progress.setMaximum(catch_up.target)
        self._progress.setValue(catch_up.step)
        if self.isHidden() and not self._delay.isActive():
            self._delay.start()
