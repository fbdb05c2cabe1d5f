"""How far the training is: the epoch, the step, the speed and the time that is left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.theme import theme_of
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.training.snapshot import Snapshot

BAR_HEIGHT = 4
MOST_EPOCH_MARKS = 60


class Progress(NamedTuple):
    """Where the training stands, counted as people count."""

    step: int
    n_steps: int
    """Of the whole plan."""
    epoch: int
    """The epoch that the latest step belongs to, from 1; the first one before any step."""
    n_epochs: int
    steps_per_second: float
    """0 while nothing trains."""
    seconds_left: float | None
    """Until training stops of itself; None while nothing trains."""


def progress_of(snapshot: Snapshot, planned_epochs: int) -> Progress | None:
    """Work out the progress; None while the data set, and so the length of an epoch, is not known."""
    if snapshot.steps_per_epoch == 0:
        return None
    n_epochs = max(planned_epochs, math.ceil(snapshot.target / snapshot.steps_per_epoch))
    training = snapshot.state is State.TRAINING and snapshot.steps_per_second > 0
    return Progress(
        step=snapshot.step,
        n_steps=n_epochs * snapshot.steps_per_epoch,
        epoch=max(math.ceil(snapshot.step / snapshot.steps_per_epoch), 1),
        n_epochs=n_epochs,
        steps_per_second=snapshot.steps_per_second if training else 0.0,
        seconds_left=(snapshot.target - snapshot.step) / snapshot.steps_per_second if training else None,
    )


class ProgressView(QWidget):
    """Two lines of text over a thin bar of the whole plan, marked at the epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._progress: Progress | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Progress"))
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)  # so that the card behind need not be painted with every change

    def show_progress(self, progress: Progress | None) -> None:
        """Show `progress`, or that there is none yet."""
        if progress == self._progress:
            return
        before, self._progress = self._progress, progress
        if before is None or progress is None or progress.n_steps != before.n_steps:
            self.updateGeometry()
        if _news(progress) != _news(before):
            self.setAccessibleDescription(", ".join(filter(None, (self.where_text(), self.speed_text()))))
        self.update()

    def where_text(self) -> str:
        """Return the first line: epoch and step."""
        return "" if self._progress is None else self._where_text(self._progress)

    def speed_text(self) -> str:
        """Return the second line: speed and time left, empty while nothing trains."""
        progress = self._progress
        if progress is None or progress.seconds_left is None:
            return ""
        speed = progress.steps_per_second
        return self.tr("{speed} steps/s · {time} left").format(
            speed=f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}",
            time=self._duration(progress.seconds_left),
        )

    def sizeHint(self) -> QSize:
        """Override: two lines and the bar."""
        metrics = self.fontMetrics()
        progress = self._progress or Progress(3_000, 3_000, 5, 5, 0.0, None)
        at_the_end = progress._replace(step=progress.n_steps, epoch=progress.n_epochs)
        texts = (self._where_text(at_the_end), self.where_text(), self.speed_text())
        widest = max(metrics.horizontalAdvance(text) for text in texts)
        return QSize(widest + 2, 2 * metrics.height() + BAR_HEIGHT + 2)

    def minimumSizeHint(self) -> QSize:
        """Override: never smaller than what it shows."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: two lines and the bar."""
        theme = theme_of(self)
        line_height = self.fontMetrics().height()
        with QPainter(self) as painter:
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(0, 0, self.width(), line_height), align, self.where_text())
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRectF(0, line_height, self.width(), line_height), align, self.speed_text())
            self._paint_bar(painter, QRectF(0, self.height() - BAR_HEIGHT, self.width(), BAR_HEIGHT))

    def _where_text(self, progress: Progress) -> str:
        return self.tr("epoch {epoch} / {n_epochs} · step {step} / {n_steps}").format(
            epoch=f"{progress.epoch:,}",
            n_epochs=f"{progress.n_epochs:,}",
            step=f"{progress.step:,}",
            n_steps=f"{progress.n_steps:,}",
        )

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        theme = theme_of(self)
        painter.fillRect(bar, QColor(theme.grid))
        if self._progress is None:
            return
        done = min(self._progress.step / self._progress.n_steps, 1.0)
        painter.fillRect(
            QRectF(bar.left(), bar.top(), bar.width() * done, bar.height()), QColor(theme.accent)
        )
        if 1 < self._progress.n_epochs <= MOST_EPOCH_MARKS:
            for epoch in range(1, self._progress.n_epochs):
                x = bar.left() + bar.width() * epoch / self._progress.n_epochs
                painter.fillRect(QRectF(x - 1, bar.top(), 2, bar.height()), QColor(theme.panel))

    def _duration(self, seconds: float) -> str:
        if seconds < 59.5:
            return self.tr("{n} s").format(n=f"{seconds:.0f}")
        if seconds < 3570:
            return self.tr("{n} min").format(n=f"{seconds / 60:.0f}")
        return self.tr("{n} h").format(n=f"{seconds / 3600:.1f}")


def _news(progress: Progress | None) -> object:
    """Return what is worth telling to somebody who listens: another epoch, the begin and the end."""
    return None if progress is None else (progress.epoch, progress.n_steps, progress.seconds_left is None)
