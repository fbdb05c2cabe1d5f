"""What all instruments have in common: a title, a "?" that explains, and nothing measured while hidden.

An instrument is shown snapshots and says by its inspections what has to be measured for it. It does not know
where snapshots come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.elided_label import ElidedLabel
from bnstudio.gui.theme import SPACING, title_font
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QHideEvent, QShowEvent

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot, Snapshot

_HELP_MS = 120_000


class HelpButton(QuietButton):
    """A "?" that shows its tooltip when it is pressed: what something measures, and how to read it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("?", parent)
        self.clicked.connect(self._on_clicked)

    def explain(self, name: str, explanation: str, key_help: str = "") -> None:
        """Show `explanation` of what is called `name`; `key_help` only to those who can see it."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(explanation)
        self.setToolTip(f"{explanation}\n\n{key_help}" if key_help else explanation)

    def _on_clicked(self) -> None:
        place = self.mapToGlobal(QPoint(0, self.height()))
        QToolTip.showText(place, self.toolTip(), self, self.rect(), _HELP_MS)


class InstrumentPanel(Card):
    """Base of the instruments in tabs.

    A subclass fills `header` and `body`, says what it wants measured (`inspections`) and shows `runs`
    (`show_runs`), the current ones by the name of their model. It calls `follow_wanted` when what it wants
    may have changed by anything but the document.

    Parameters
    ----------
    document : ExperimentDocument
    title : str
    """

    look_changed = Signal()
    """`wanted` is another set."""

    def __init__(self, document: ExperimentDocument, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._wanted: frozenset[Inspection[Any]] = frozenset()
        self._shown = False
        self.runs: Mapping[str, RunSnapshot] = {}
        """The current runs as the latest snapshot has them, by the name of their model."""
        self.title_label = ElidedLabel(title)
        self.title_label.setFont(title_font(self.font()))
        self.help_button = HelpButton()
        self.header = QHBoxLayout()
        self.header.setSpacing(SPACING // 2)
        self.header.addWidget(self.title_label)
        self.header.addStretch()
        self.header.addWidget(self.help_button)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        self.body.setSpacing(SPACING // 2)
        self.body.addLayout(self.header)
        document.opened.connect(self._on_document_opened)
        document.experiment_changed.connect(self._on_models_changed)
        document.selected_changed.connect(self._on_models_changed)
        document.visible_changed.connect(self._on_models_changed)

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Return what has to be measured for what this would show now."""
        raise NotImplementedError

    def show_runs(self) -> None:
        """Draw `runs`, where something in them is new."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw at once: other models, another theme, or it has come into sight."""
        self.show_runs()

    @property
    def wanted(self) -> frozenset[Inspection[Any]]:
        """What has to be measured for this: nothing while it is hidden."""
        return self._wanted

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what `snapshot` has, after a failure what there was; nothing is drawn while this is hidden."""
        if snapshot.state is not State.FAILED:
            self.runs = {run.name: run for run in snapshot.runs if not run.replaced}
        if self._shown:
            self.show_runs()

    def follow_wanted(self) -> None:
        """Tell when something else has to be measured."""
        wanted = self.inspections() if self._shown else frozenset()
        if wanted != self._wanted:
            self._wanted = wanted
            self.look_changed.emit()

    def _on_document_opened(self) -> None:
        self.runs = {}

    def _on_models_changed(self) -> None:
        if self._shown:
            self.redraw()
        self.follow_wanted()

    def showEvent(self, event: QShowEvent) -> None:
        """Override: catch up with what came while hidden, and have it measured from now on."""
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self.redraw()
            self.follow_wanted()

    def hideEvent(self, event: QHideEvent) -> None:
        """Override: nothing has to be measured any more."""
        super().hideEvent(event)
        if not event.spontaneous():  # a minimized window is hidden too, but asks for less by itself
            self._shown = False
            self.follow_wanted()

    def changeEvent(self, event: QEvent) -> None:
        """Override: colours are the theme's, the title is of the type scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self.redraw()
        elif event.type() == QEvent.Type.FontChange and hasattr(self, "title_label"):
            self.title_label.setFont(title_font(self.font()))
