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
    """Base of the pages."""

    live_only: ClassVar[bool] = False
    """Whether there is nothing to show while the window looks back."""

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Return what has to be measured of the layer at `row`."""
        raise NotImplementedError

    def has_enough(self, *findings: Any) -> bool:
        """Return whether what was found, in the order of the inspections, suffices to be shown."""
        return all(finding is not None for finding in findings)

    def show_findings(self, *findings: Any) -> None:
        """Show what was found, in the order of the inspections."""
        raise NotImplementedError

    def forget_axes(self) -> None:
        """Choose axes by the next findings alone, as they have nothing to do with the ones before."""


def _add_row(grid: QGridLayout, row: int, plot: SmallPlot, n_lines: int) -> SmallLabel:
    """Add a plot with words to the left of it; return the words."""
    label = _SideLabel(n_lines)
    grid.addWidget(label, row, 0)
    grid.addWidget(plot, row, 1)
    grid.setRowStretch(row, 1)
    return label


def _side_by_side() -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(SPACING // 2)
    return grid


def _column(page: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING // 2)
    return layout


class ValuesPage(BatchNormPage):
    """The values before, normalized and after."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = (self.tr("Before"), self.tr("Normalized"), self.tr("After γ and β"))
        self.plots = [HistogramPlot(name) for name in self._names]
        grid = _side_by_side()
        self.labels = [_add_row(grid, row, plot, 3) for row, plot in enumerate(self.plots)]
        self.sentence = SmallLabel(2)
        layout = _column(self)
        layout.addLayout(grid, 1)
        layout.addWidget(self.sentence)

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Override: the latest mini-batch."""
        return (BatchNormInspection(model, row),)

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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gamma_plot = CoursePlot(self.tr("Gamma over time"), start=1.0)
        self.beta_plot = CoursePlot(self.tr("Beta over time"), start=0.0)
        self.beta_plot.x_label = self.tr("step")
        grid = _side_by_side()
        self.gamma_label = _add_row(grid, 0, self.gamma_plot, 4)
        self.beta_label = _add_row(grid, 1, self.beta_plot, 4)
        self.sentence = SmallLabel(2)
        layout = _column(self)
        layout.addLayout(grid, 1)
        layout.addWidget(self.sentence)

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
        if now is not None and now.step > steps[-1]:
            steps = np.append(steps, now.step)
            gamma, beta = np.vstack((gamma, now.gamma)), np.vstack((beta, now.beta))
        i = -1 if now is None else int(np.searchsorted(steps, now.step))
        step = int(steps[i])
        self.gamma_plot.show_course(steps, gamma, step)
        self.beta_plot.show_course(steps, beta, step)
        self.gamma_label.setText(words.numbers_text(self.tr("γ (scale)"), gamma[i], 4))
        self.beta_label.setText(words.numbers_text(self.tr("β (shift)"), beta[i], 3))
        self.sentence.setText(words.learned_sentence(step, gamma[i], beta[i], len(history.steps)))


class StatisticsPage(BatchNormPage):
    """Statistics of the batch against running statistics."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mean_plot = AgreementPlot(
            self.tr("Running mean against mean of the batch"), self.tr("mean of the batch →")
        )
        self.std_plot = AgreementPlot(
            self.tr("Running std against std of the batch"), self.tr("std of the batch →")
        )
        grid = _side_by_side()
        for column, (text, plot) in enumerate(
            ((self.tr("↑ running mean"), self.mean_plot), (self.tr("↑ running std"), self.std_plot))
        ):
            caption = SmallLabel(1)
            caption.setText(text)
            grid.addWidget(caption, 0, column)
            grid.addWidget(plot, 1, column)
            grid.setColumnStretch(column, 1)
        self.sentence = SmallLabel(3)
        layout = _column(self)
        layout.addLayout(grid, 1)
        layout.addWidget(self.sentence)

    def inspections(self, model: str, row: int) -> tuple[Inspection[Any], ...]:
        """Override: the latest mini-batch."""
        return (BatchNormInspection(model, row),)

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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        caption = SmallLabel(1)
        caption.setText(self.tr("↑ RMS(training mode − inference mode) / RMS(γ)"))
        self.plot = ModesPlot(self.tr("Training mode against inference mode"))
        self.sentence = SmallLabel(2)
        layout = _column(self)
        layout.addWidget(caption)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.sentence)
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
            layout.addLayout(line)

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
