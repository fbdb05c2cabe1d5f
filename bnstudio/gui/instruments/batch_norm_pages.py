"""The four pages of the instrument of a BatchNorm layer: values, gamma and beta, statistics, modes.

A page says what has to be measured for it and shows what was found; which page is in sight it does not know.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from bnstudio.gui.instruments import batch_norm_words as words
from bnstudio.gui.instruments.batch_norm_comparisons import AgreementPlot, ModesPlot
from bnstudio.gui.instruments.batch_norm_plots import CoursePlot, HistogramPlot
from bnstudio.gui.instruments.small_label import SmallLabel
from bnstudio.gui.theme import SPACING, small_font
from bnstudio.gui.try_it.digit_view import DigitView
from bnstudio.training.batch_norm import BatchNormHistoryInspection, BatchNormInspection, shown_units
from bnstudio.training.batch_norm_modes import BatchNormModesInspection

if TYPE_CHECKING:
    from bnstudio.gui.instruments.small_plot import SmallPlot
    from bnstudio.training.batch_norm import BatchNormFinding, BatchNormHistory
    from bnstudio.training.batch_norm_modes import BatchNormModes
    from bnstudio.training.inspection import Inspection

_DIGIT_SIDE = 30
_WIDEST = "smallest −0.00e−9"
"""The words beside a plot have room for as much."""


class _SideLabel(SmallLabel):
    """Words beside a plot."""

    def __init__(self, n_lines: int) -> None:
        super().__init__(n_lines)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Override: as wide as its numbers may come to be."""
        width = QFontMetricsF(small_font(self.font())).horizontalAdvance(_WIDEST)
        return QSize(math.ceil(width), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Override: no less."""
        return self.sizeHint()


class BatchNormPage(QWidget):
    """Base of the pages: plots in a grid, and below them a sentence of so many lines."""

    live_only: ClassVar[bool] = False
    """Whether there is nothing to show while the window looks back."""

    def __init__(self, n_lines: int) -> None:
        super().__init__()
        self.sentence = SmallLabel(n_lines)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACING // 2)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACING // 2)
        self._column.addLayout(self._grid, 1)
        self._column.addWidget(self.sentence)

    def _add_beside(self, plot: SmallPlot, n_lines: int) -> SmallLabel:
        """Add a plot below the others with words to the left of it; return the words."""
        row, label = self._grid.rowCount(), _SideLabel(n_lines)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(plot, row, 1)
        self._grid.setRowStretch(row, 1)
        return label

    def _add_below(self, caption: str, plot: SmallPlot, column: int) -> None:
        """Add a plot in a column of its own, below the name of its axis of heights."""
        label = SmallLabel(1)
        label.setText(caption)
        self._grid.addWidget(label, 0, column)
        self._grid.addWidget(plot, 1, column)
        self._grid.setColumnStretch(column, 1)

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Return what has to be measured of the layer at `row`: here, the latest mini-batch."""
        return (BatchNormInspection(model, row),)

    def has_enough(self, *findings: Any) -> bool:
        """Return whether what was found, in the order of the inspections, suffices to be shown."""
        return all(finding is not None for finding in findings)

    def show_findings(self, *findings: Any) -> None:
        """Show what was found, in the order of the inspections."""
        raise NotImplementedError

    def forget_axes(self) -> None:
        """Choose axes by the next findings alone, as they have nothing to do with the ones before."""


class ValuesPage(BatchNormPage):
    """The values before, normalized and after."""

    def __init__(self) -> None:
        super().__init__(n_lines=2)
        self._names = (self.tr("Before"), self.tr("Normalized"), self.tr("After γ and β"))
        self.plots = [HistogramPlot(name) for name in self._names]
        self.labels = [self._add_beside(plot, 3) for plot in self.plots]

    def show_findings(self, *findings: Any) -> None:
        """Override: three histograms."""
        finding: BatchNormFinding = findings[0]
        of_each = (finding.before, finding.normalized, finding.after)
        for name, plot, label, counts in zip(self._names, self.plots, self.labels, of_each, strict=True):
            plot.show_counts(counts)
            label.setText(words.counts_text(name, counts))
        self.sentence.setText(words.values_sentence(finding))


class LearnedPage(BatchNormPage):
    """Gamma and beta over time."""

    def __init__(self) -> None:
        super().__init__(n_lines=2)
        self.gamma_plot = CoursePlot(self.tr("Gamma over time"), start=1.0)
        self.beta_plot = CoursePlot(self.tr("Beta over time"), start=0.0)
        self.beta_plot.x_label = self.tr("step")
        self.gamma_label = self._add_beside(self.gamma_plot, 4)
        self.beta_label = self._add_beside(self.beta_plot, 4)

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Override: what was kept, and the step that is looked at, the latest or one in the past."""
        return BatchNormHistoryInspection(model, row), BatchNormInspection(model, row)

    def has_enough(self, *findings: Any) -> bool:
        """Override: the past suffices, which is all that a run that diverged has."""
        return findings[0] is not None

    def show_findings(self, *findings: Any) -> None:
        """Override: two courses, up to now where that lies beyond what was kept."""
        history: BatchNormHistory = findings[0]
        now: BatchNormFinding | None = findings[1]
        steps, gamma, beta = history.steps, history.gamma, history.beta
        if now is not None and now.n_updates > steps[-1]:
            steps = np.append(steps, now.n_updates)
            gamma, beta = np.vstack((gamma, now.gamma)), np.vstack((beta, now.beta))
        i = -1 if now is None else int(np.searchsorted(steps, now.n_updates))
        step = int(steps[i])
        self.gamma_plot.show_course(steps, gamma, step)
        self.beta_plot.show_course(steps, beta, step)
        self.gamma_label.setText(words.numbers_text(self.tr("γ (scale)"), gamma[i], 4))
        self.beta_label.setText(words.numbers_text(self.tr("β (shift)"), beta[i], 3))
        self.sentence.setText(words.learned_sentence(step, gamma[i], beta[i], len(history.steps)))


class StatisticsPage(BatchNormPage):
    """Statistics of the batch against running statistics."""

    def __init__(self) -> None:
        super().__init__(n_lines=3)
        self.mean_plot = AgreementPlot(
            self.tr("Running mean against mean of the batch"), self.tr("mean of the batch →")
        )
        self.std_plot = AgreementPlot(
            self.tr("Running std against std of the batch"), self.tr("std of the batch →")
        )
        self._add_below(self.tr("↑ running mean"), self.mean_plot, 0)
        self._add_below(self.tr("↑ running std"), self.std_plot, 1)

    def show_findings(self, *findings: Any) -> None:
        """Override: a dot for each of some units."""
        finding: BatchNormFinding = findings[0]
        units = shown_units(finding.n_units)
        self.mean_plot.show_values(units, finding.means)
        self.std_plot.show_values(units, finding.stds)
        self.sentence.setText(words.statistics_sentence(finding))

    def forget_axes(self) -> None:
        """Override: of both plots."""
        self.mean_plot.forget_axis()
        self.std_plot.forget_axis()


class ModesPage(BatchNormPage):
    """Training mode against inference mode."""

    live_only: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(n_lines=2)
        self.plot = ModesPlot(self.tr("Training mode against inference mode"))
        self._add_below(self.tr("↑ RMS(training mode − inference mode) / RMS(γ)"), self.plot, 0)
        self.digits, self.predictions = [], []
        for name in (self.tr("First test image"), self.tr("Second test image")):
            digit, prediction = DigitView(name), SmallLabel(2)
            digit.setFixedSize(_DIGIT_SIDE, _DIGIT_SIDE)
            self.digits.append(digit)
            self.predictions.append(prediction)
            line = QHBoxLayout()
            line.setSpacing(SPACING)
            line.addWidget(digit)
            line.addWidget(prediction, 1)
            self._column.addLayout(line)

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Override: both modes."""
        return (BatchNormModesInspection(model, row),)

    def show_findings(self, *findings: Any) -> None:
        """Override: the curve, and what becomes of two digits."""
        modes: BatchNormModes = findings[0]
        self.sentence.setText(words.modes_sentence(modes))
        self.plot.message = "" if modes.gamma else self.sentence.text()
        if modes.gamma:
            self.plot.show_differences(modes.batch_sizes, modes.differences, modes.trained_batch_size)
        for i, (digit, prediction) in enumerate(zip(self.digits, self.predictions, strict=True)):
            digit.show_pixels(modes.images[i])
            prediction.setText(words.prediction_text(modes, i))

    def forget_axes(self) -> None:
        """Override: of the plot."""
        self.plot.forget_axis()
