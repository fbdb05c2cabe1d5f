"""The four stages of a step side by side: those that are done, the present one, those to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.gui.card import CORNER_RADIUS
from bnstudio.gui.slow_motion.stage_text import stage_names
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.gui.theme import SPACING, bold_font, theme_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_DONE = "✓"
_GAP = 2.5 * SPACING


class StageChips(QWidget):
    """Shows `stage`: the present one is framed and bold, those that are done have a tick."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage: Stage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Stage of the step"))
        self.show_stage(None)

    @property
    def texts(self) -> list[str]:
        """What stands on the chips."""
        return [
            self.tr("{sign} {name}").format(sign=_DONE if self._is_done(stage) else stage + 1, name=name)
            for stage, name in zip(Stage, stage_names(), strict=True)
        ]

    def show_stage(self, stage: Stage | None) -> None:
        """Mark the present stage; None marks none."""
        self._stage = stage
        if stage is None:
            description = self.tr("No stage yet")
        else:
            description = self.tr("Stage {number} of {count}: {name}").format(
                number=stage + 1, count=len(Stage), name=stage_names()[stage]
            )
        self.setAccessibleDescription(description)
        self.update()

    def sizeHint(self) -> QSize:
        """Override: the texts in bold, so that nothing moves when a stage becomes the present one."""
        return QSize(round(sum(self._widths()) + 3 * _GAP), self.fontMetrics().height() + SPACING + 4)

    def minimumSizeHint(self) -> QSize:
        """Override: all of it is needed."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Override: the chips, and an arrow head between each two."""
        theme = theme_of(self)
        left = 0.0
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for stage, text, width in zip(Stage, self.texts, self._widths(), strict=True):
                chip = QRectF(left, 0, width, self.height()).adjusted(0.5, 0.5, -0.5, -0.5)
                ink = theme.text if self._is_done(stage) else theme.muted
                painter.setFont(self.font())
                if stage is self._stage:
                    ink = theme.panel
                    painter.setFont(bold_font(self.font()))
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(theme.accent))
                    painter.drawRoundedRect(chip, CORNER_RADIUS, CORNER_RADIUS)
                painter.setPen(QColor(ink))
                painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
                left += width + _GAP
                if stage is not Stage.UPDATE:
                    painter.setPen(QPen(QColor(theme.muted), 1.5))
                    half = SPACING / 2
                    x, y = left - (_GAP + half) / 2, self.height() / 2
                    painter.drawPolyline([QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half)])

    def _is_done(self, stage: Stage) -> bool:
        return self._stage is not None and stage < self._stage

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(bold_font(self.font()))
        return [metrics.horizontalAdvance(f"{_DONE} {name}") + 2 * SPACING for name in stage_names()]
