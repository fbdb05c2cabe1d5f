"""The bar above the panels that leads through one training step: its stages, their numbers, its digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.instruments.instrument_panel import HelpButton
from bnstudio.gui.slow_motion.digit_strip import DigitStrip
from bnstudio.gui.slow_motion.stage_chips import StageChips
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from bnstudio.gui.slow_motion.slow_motion import SlowMotion


class SlowMotionBar(Card):
    """Is there only while `slow_motion` is active."""

    def __init__(self, slow_motion: SlowMotion, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._slow_motion = slow_motion
        self.setAccessibleName(self.tr("Step by stages"))
        self.chips = StageChips()
        self.strip = DigitStrip()
        self._sentence = QLabel()
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setMinimumWidth(30 * SPACING)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.help_button = HelpButton()
        self.help_button.explain(self.tr("About the stages of a step"), explanation())
        self.next_button = QPushButton()
        self.next_button.setToolTip(slow_motion.stage_action.toolTip())
        self.next_button.clicked.connect(slow_motion.go_on)
        self.finish_button = QPushButton(self.tr("Finish"))
        self.finish_button.setToolTip(self.tr("Do the rest of the step at once"))
        self.finish_button.clicked.connect(slow_motion.finish)
        self.close_button = QuietButton("✕")
        self.close_button.setToolTip(self.tr("Do the rest of the step and put this bar away (Esc)"))
        self.close_button.setAccessibleName(self.tr("Put this bar away"))
        self.close_button.clicked.connect(slow_motion.close)
        self._lay_out()
        slow_motion.changed.connect(self._follow)
        self._follow()

    @property
    def text(self) -> str:
        """The sentence."""
        return self._sentence.text()

    def changeEvent(self, event: QEvent) -> None:
        """Override: room for the sentence in the font that it has."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._reserve_lines()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Override: Esc puts it away."""
        if event.key() == Qt.Key.Key_Escape:
            self._slow_motion.close()
            return
        super().keyPressEvent(event)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(SPACING)
        above.addWidget(self.chips)
        above.addStretch(1)
        for button in (self.help_button, self.next_button, self.finish_button, self.close_button):
            above.addWidget(button)
        below = QHBoxLayout()
        below.setSpacing(2 * SPACING)
        below.addWidget(self._sentence, 1)
        below.addWidget(self.strip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(above)
        layout.addLayout(below)
        self._reserve_lines()

    def _reserve_lines(self) -> None:
        """Keep room for two lines, so that the panels below stay where they are from stage to stage."""
        if hasattr(self, "_sentence"):
            self._sentence.setMinimumHeight(2 * self.fontMetrics().lineSpacing())

    def _follow(self) -> None:
        slow_motion = self._slow_motion
        self.setVisible(slow_motion.active)
        if not slow_motion.active:
            return
        stage, batch = slow_motion.stage, slow_motion.mini_batch
        if slow_motion.text != self.text:
            self._sentence.setText(slow_motion.text)
            self.setAccessibleDescription(slow_motion.text)
        self.chips.show_stage(stage)
        self.strip.show_digits(
            batch.digits if batch is not None and stage is not None else None,
            answered=stage is not None and (stage > Stage.FORWARD or not slow_motion.lighting),
            judged=stage is not None and stage > Stage.FORWARD,
        )
        self.next_button.setEnabled(not slow_motion.hindered)
        self.finish_button.setEnabled(slow_motion.has_rest)
        if slow_motion.has_rest:
            self.next_button.setText(self.tr("Next stage"))
        else:
            self.next_button.setText(self.tr("Begin") if stage is None else self.tr("Next step"))


def explanation() -> str:
    """Return what the stages are, and what is to be seen in them."""
    return QCoreApplication.translate(
        "SlowMotion",
        "One training step, in the order in which it comes about. Its numbers are those of this mini-batch.\n"
        "\n"
        "1 Forward: the digits go down through the layers. The head's ten values become probabilities by\n"
        "softmax: pᵢ = exp(zᵢ) / Σ exp(zⱼ). The largest is the network's answer.\n"
        "2 Loss: L = mean of −ln p(label) over the mini-batch. Who gives every digit the same probability\n"
        "has ln 10 = 2.303.\n"
        "3 Backward: ∂L/∂output goes up from the head, layer by layer, and gives each weight its gradient.\n"
        "4 Update: weight ← weight − learning rate × ∂L/∂weight. How far a layer moves is given as\n"
        "learning rate × RMS(∂L/∂W) / RMS(W). The digits' answers are those of before the update.\n"
        "\n"
        "Rows that the step has not reached are veiled. Nothing waits for the light: the step is computed\n"
        "at once, but for its update, and then shown in order. Whatever trains next finishes it first.\n"
        "With BatchNorm the answers use the mini-batch's own statistics, as training does.",
    )
