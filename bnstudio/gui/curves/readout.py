"""What the legend says: the values of the runs at the crosshair or, without one, at the step that is shown.

That is the latest, or the one that is looked back at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.curves.legend import LegendContent, LegendEntry
from bnstudio.gui.curves.samples import Sample
from bnstudio.gui.curves.thinning import window_at
from bnstudio.gui.curves.words import step_in_words
from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnstudio.gui.curves.series import CurveSeries, EvaluationPoints, Look

translate = QCoreApplication.translate


@dataclass(frozen=True)
class ShownModel:
    """A visible model: its name and look, and its run once that has a step."""

    name: str
    look: Look
    series: CurveSeries | None


@dataclass(frozen=True)
class Readout:
    """Puts values into words.

    Parameters
    ----------
    format_value
        Writes a value.
    steps_per_epoch
        0 when unknown.
    smoothing_steps
        How many steps the smoothed curve averages.
    crosshair
        The step, counted from 1, that is asked for.
    looked_at
        The step that is looked back at, and asked for where there is no crosshair. Where both are None the
        latest of each run is asked for.
    value_range
        The ends of the axis of values; None where nobody needs to be told what lies outside.
    """

    format_value: Callable[[float], str]
    steps_per_epoch: int
    smoothing_steps: int
    crosshair: int | None
    looked_at: int | None
    value_range: tuple[float, float] | None

    def content(self, models: Sequence[ShownModel]) -> LegendContent:
        """Return what the legend shows of `models`, of which one is selected."""
        selected = next(model for model in models if model.look.selected)
        several = len(models) > 1
        step = self._step(models)
        window = window_at(step, self.smoothing_steps) if step else self.smoothing_steps
        mean = translate("CurvePanel", "mean of {n}").format(n=format_count(window))
        lines = self._lines(selected, step, short=several)
        heading = self._heading(step)
        if not several:
            value = self._value_of(selected.series, step) if step else ""
            smoothed = LegendEntry(Sample.SMOOTHED, selected.look, mean, value)
            return LegendContent(heading, lines=(smoothed, *lines))
        if heading:
            heading = translate("CurvePanel", "{step} · {mean}").format(step=heading, mean=mean)
        return LegendContent(heading, tuple(self._model(model, step) for model in models), lines)

    def _step(self, models: Sequence[ShownModel]) -> int:
        """Return the step that the heading names; 0 before the first."""
        latest = max((model.series.n_steps for model in models if model.series is not None), default=0)
        return self._asked or latest

    @property
    def _asked(self) -> int | None:
        return self.crosshair or self.looked_at

    def _heading(self, step: int) -> str:
        if not step:
            return ""
        words = step_in_words(step, self.steps_per_epoch)
        if self._asked is None:
            return translate("CurvePanel", "latest: {step}").format(step=words)
        if self.crosshair is None:
            return translate("CurvePanel", "looking back: {step}").format(step=words)
        return words

    def _lines(self, model: ShownModel, step: int, *, short: bool) -> tuple[LegendEntry, ...]:
        """Return the kinds of line that the selected model has beside its smoothed curve."""
        each = translate("CurvePanel", "raw") if short else translate("CurvePanel", "each step")
        look, series = model.look, model.series
        raw, test, subset = "", ("", ""), ("", "")
        if series is not None:
            at = self._step_of(series, step)
            raw = self.format_value(float(series.values[at - 1])) if at else "–"
            test = self._evaluation(series.test, step)
            subset = self._evaluation(series.subset, step)
        return (
            LegendEntry(Sample.RAW, look, each, raw),
            LegendEntry(Sample.TEST, look, translate("CurvePanel", "test"), *test),
            LegendEntry(Sample.SUBSET, look, translate("CurvePanel", "subset"), *subset),
        )

    def _model(self, model: ShownModel, step: int) -> LegendEntry:
        series, value, note = model.series, "–", ""
        if series is not None:
            at = self._step_of(series, step)
            value = self._value_of(series, step)
            if at and at != step:
                note = translate("CurvePanel", "at {n}").format(n=format_count(at))
        return LegendEntry(Sample.MODEL, model.look, model.name, value, note, self._told(model))

    def _step_of(self, series: CurveSeries, step: int) -> int:
        """Return at which step `series` is read: the one that is asked for, if it has it; 0 if not."""
        if self._asked is None:
            return min(step, series.n_steps)
        return step if step <= series.n_steps else 0

    def _value_of(self, series: CurveSeries | None, step: int) -> str:
        """Return the smoothed value, or a dash where the run has no such step."""
        if series is None:
            return "" if self._asked is None else "–"
        at = self._step_of(series, step)
        return self.format_value(series.smoothed_at(at)) if at else "–"

    def _evaluation(self, points: EvaluationPoints, step: int) -> tuple[str, str]:
        """Return the evaluation nearest to the crosshair; of what is shown, the latest up to there."""
        found = points.nearest(step) if self.crosshair is not None else points.latest_at(step)
        if found is None:
            return "–", ""
        at = translate("CurvePanel", "at {n}").format(n=format_count(found[0]))
        return self.format_value(found[1]), at

    def _told(self, model: ShownModel) -> str:
        """Return the tooltip of a model's entry: what it has no room for."""
        lines = [model.name]
        series = model.series
        if series is None:
            return translate("CurvePanel", "{model}: no step yet").format(model=model.name)
        history = series.history
        lines.append(translate("CurvePanel", "{n} steps").format(n=format_count(series.n_steps)))
        if len(series.test.steps):
            lines.append(
                translate("CurvePanel", "test {value} at {n}").format(
                    value=self.format_value(float(series.test.values[-1])),
                    n=format_count(int(series.test.steps[-1])),
                )
            )
        if history.late_by:
            lines.append(
                translate("CurvePanel", "started {n} steps after the others").format(
                    n=format_count(history.late_by)
                )
            )
        if history.divergence is not None:
            lines.append(
                translate("CurvePanel", "diverged at step {n}").format(
                    n=format_count(history.divergence.step)
                )
            )
        if self.value_range is not None and (outside := sum(series.n_outside(*self.value_range))):
            lines.append(
                translate("CurvePanel", "steps outside the axis: {n}").format(n=format_count(outside))
            )
        if not model.look.selected:
            lines.append(translate("CurvePanel", "Click to select this model."))
        return "\n".join(lines)
