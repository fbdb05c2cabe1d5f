"""A switch between a few choices that all stay in sight: joined buttons, one of them pressed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from bnstudio.gui.controls.quiet_button import QuietButton


class SegmentedSwitch(QWidget):
    """Holds which of `texts` is chosen; arrow keys go from one to the next.

    Parameters
    ----------
    name : str
        What is chosen here, for those who hear it.
    texts : sequence of str
        The choices.
    tool_tips : sequence of str
        What each of them means.
    """

    chosen = Signal(int)
    """The index that a person has chosen."""

    def __init__(
        self, name: str, texts: tuple[str, ...], tool_tips: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._tool_tips = tool_tips
        self._buttons = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for i, (text, tool_tip) in enumerate(zip(texts, tool_tips, strict=True)):
            button = QuietButton(text, round_left=i == 0, round_right=i == len(texts) - 1)
            button.setToolTip(tool_tip)
            button.setAccessibleName(f"{name}: {text}")
            button.setCheckable(True)
            self._buttons.addButton(button, i)
            layout.addWidget(button)
        self._buttons.button(0).setChecked(True)
        self._buttons.idToggled.connect(self._on_toggled)

    @property
    def index(self) -> int:
        """Which is chosen."""
        return self._buttons.checkedId()

    def choose(self, index: int) -> None:
        """Choose the one at `index`, as a click would."""
        self._buttons.button(index).setChecked(True)

    def disable_because(self, why: str) -> None:
        """Let nothing be chosen for a reason that the tooltips say; where it is empty, let it."""
        self.setDisabled(bool(why))
        for i, tool_tip in enumerate(self._tool_tips):
            self._buttons.button(i).setToolTip(why or tool_tip)

    def _on_toggled(self, index: int, checked: bool) -> None:
        if checked:
            self.chosen.emit(index)
