"""The page for all test images: the confusion as a table, or the images behind it from the surest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from bnstudio.gui.controls.quiet_button import QuietButton
from bnstudio.gui.number_format import format_count, format_share
from bnstudio.gui.theme import SPACING, small_font
from bnstudio.gui.try_it.confusion_view import ConfusionView
from bnstudio.gui.try_it.examples_view import ExamplesView

if TYPE_CHECKING:
    from bnstudio.gui.try_it.confusion_view import Cell
    from bnstudio.training.try_it import Confusion


class ConfusionPage(QWidget):
    """Shows a confusion, and over it one line that sums it up or says why there is none."""

    image_opened = Signal(int)
    """The number of a test image that is to be tried."""
    cell_opened = Signal()
    """Other images are asked for: `cell` is another one, or the list has to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cell: Cell | None = None
        """Whose images are listed: what they show and what the network says; None for all that are wrong."""
        self.confusion: Confusion | None = None
        self._caption = ""
        self._message = ""
        self.summary = QLabel()
        self.summary.setTextFormat(self.summary.textFormat().PlainText)
        self.summary.setWordWrap(True)
        self.summary.setMinimumWidth(1)  # a model may be called by one long word
        self.summary.setFont(small_font(self.font()))
        self.all_button = QuietButton(self.tr("All mistakes"))
        self.all_button.setToolTip(self.tr("List all test images that the network gets wrong"))
        self.images = ExamplesView()
        self.table = ConfusionView()
        self._views = QStackedWidget()
        self._views.addWidget(self.images)
        self._views.addWidget(self.table)
        line = QHBoxLayout()
        line.setSpacing(SPACING)
        line.addWidget(self.summary, 1)
        line.addWidget(self.all_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(line)
        layout.addWidget(self._views, 1)
        self.images.opened.connect(self.image_opened)
        self.table.cell_read.connect(self._sum_up)
        self.table.cell_opened.connect(lambda true, said: self._open((true, said)))
        self.all_button.clicked.connect(lambda: self._open(None))

    def turn_to_list(self) -> None:
        """Show the images."""
        self._views.setCurrentWidget(self.images)
        self._sum_up()

    def turn_to_table(self) -> None:
        """Show the table."""
        self._views.setCurrentWidget(self.table)
        self._sum_up()

    def show_confusion(self, confusion: Confusion, caption: str) -> None:
        """Show a confusion; `caption` says whose it is and when."""
        self.confusion, self._caption, self._message = confusion, caption, ""
        self.table.show_counts(confusion.counts)
        self.images.show_confusion(confusion)
        self._sum_up()

    def show_message(self, message: str) -> None:
        """Show why there is nothing."""
        if message != self._message or self.confusion is not None:
            self.confusion, self._message = None, message
            self.table.show_counts(None)
            self.images.show_confusion(None)
            self._sum_up()

    def changeEvent(self, event: QEvent) -> None:
        """Override: the small text follows the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "summary"):
            self.summary.setFont(small_font(self.font()))

    def _open(self, cell: Cell | None) -> None:
        self.cell = cell
        self.cell_opened.emit()

    def _sum_up(self) -> None:
        listed = self._views.currentWidget() is self.images
        self.all_button.setVisible(listed and self.cell is not None)
        text = self._message
        if self.confusion is not None:
            text = self._list_text(self.confusion) if listed else self._table_text(self.confusion)
        if text != self.summary.text():
            self.summary.setText(text)

    def _list_text(self, confusion: Confusion) -> str:
        if self.cell is not None:
            text = self.tr("true {true}, said {said}: {count} images").format(
                true=self.cell[0], said=self.cell[1], count=format_count(confusion.n_examples)
            )
        else:
            text = self.tr("{wrong} of {total} wrong").format(
                wrong=format_count(confusion.n_wrong), total=format_count(confusion.n_images)
            )
        n_shown = len(confusion.indices)
        if n_shown < confusion.n_examples:
            text += self.tr(", here the {count} surest").format(count=n_shown)
        elif n_shown > 1:
            text += self.tr(", the surest first")
        return f"{text} · {self._caption}"

    def _table_text(self, confusion: Confusion) -> str:
        if self.table.cell_text:
            return self.table.cell_text
        text = self.tr("{accuracy} right, {wrong} of {total} wrong").format(
            accuracy=format_share(confusion.accuracy),
            wrong=format_count(confusion.n_wrong),
            total=format_count(confusion.n_images),
        )
        return f"{text} · {self._caption}"
