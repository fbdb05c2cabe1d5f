"""The article's study in the window: a bar that arranges the panels for each of its figures.

It is there while the document holds the models of the study under their names, and does nothing that could
not be done by hand: it chooses which models are visible, selected and compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.gui.experiment_document import ExperimentDocument

_SIGMOID = ("S3", "S4", "S6", "S6_BN_lr", "S6_BN")
_RELU = ("R6", "R6_lr", "R6_BN")


class Arrangement(NamedTuple):
    """What is to be seen for one or several figures; models by their names."""

    text: str
    tip: str
    visible: tuple[str, ...]
    selected: str
    compared: str | None = None


def arrangements() -> tuple[Arrangement, ...]:
    """Return the arrangements in the order of the article's figures."""
    translate = QCoreApplication.translate
    return (
        Arrangement(
            translate("StudyBar", "Losses with and without BatchNorm"),
            translate("StudyBar", "Curves of S3, S4, S6_BN_lr and S6_BN; layers of S6_BN_lr"),
            ("S3", "S4", "S6_BN_lr", "S6_BN"),
            "S6_BN_lr",
        ),
        Arrangement(
            translate("StudyBar", "Losses by activation"),
            translate("StudyBar", "Curves of the ReLU models beside the sigmoid ones; layers of R6"),
            _RELU + _SIGMOID,
            "R6",
        ),
        Arrangement(
            translate("StudyBar", "Forward and backward by layer"),
            translate("StudyBar", "The histograms of S4 and S6_BN_lr beside each other"),
            ("S4", "S6_BN_lr"),
            "S4",
            "S6_BN_lr",
        ),
    )


class StudyBar(Card):
    """Arranges what `document` shows."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._put_away = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        layout.setSpacing(SPACING)
        layout.addWidget(QLabel(self.tr("The article's figures:")))
        self.buttons = []
        for arrangement in arrangements():
            button = QuietButton(arrangement.text)
            button.setToolTip(arrangement.tip)
            button.clicked.connect(lambda _checked=False, arrangement=arrangement: self.arrange(arrangement))
            layout.addWidget(button)
            self.buttons.append(button)
        layout.addStretch(1)
        close = QuietButton("✕")
        close.setToolTip(self.tr("Put this bar away"))
        close.setAccessibleName(self.tr("Put this bar away"))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self._on_close_clicked)
        layout.addWidget(close)
        document.opened.connect(self._on_opened)
        document.experiment_changed.connect(self._follow_document)
        self._follow_document()

    def arrange(self, arrangement: Arrangement) -> None:
        """Show what `arrangement` says."""
        document = self._document
        index = {model.name: i for i, model in enumerate(document.experiment.models)}
        for name, i in index.items():
            document.set_visible(i, name in arrangement.visible)
        document.compare(None)
        document.select(index[arrangement.selected])
        document.compare(None if arrangement.compared is None else index[arrangement.compared])

    def _follow_document(self) -> None:
        names = {model.name for model in self._document.experiment.models}
        self.setVisible(not self._put_away and names.issuperset(_SIGMOID + _RELU))

    def _on_opened(self) -> None:
        self._put_away = False

    def _on_close_clicked(self) -> None:
        self._put_away = True
        self._follow_document()
