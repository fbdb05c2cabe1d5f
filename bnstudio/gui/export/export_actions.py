"""The actions that bring pictures and numbers out of the window, and the menu that they stand in.

Only pictures are drawn in the window's thread, one at a time; everything else is copied here and written in a
thread of its own.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from bnstudio.gui.export.everything import everything
from bnstudio.gui.export.picture_actions import PictureActions, png_part, svg_part
from bnstudio.gui.export.saving import Saving
from bnstudio.gui.export.tables import ModelCurves, ShownReadings, copied, curves_part, histograms_part
from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bnstudio.gui.curves.run_histories import RecordedRun, RunHistories
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.export.folder import Part
    from bnstudio.training.readings import LayerReading
    from bnstudio.training.snapshot import Snapshot


class ExportActions(QObject):
    """Fills `menu`, and gives each panel that has no context menu its part of it.

    Parameters
    ----------
    document, histories
        What is exported.
    panels : mapping
        Title (for a menu) and widget of each panel, by what the file of its picture is to be called.
    shown_readings : callable
        Returns model, step and readings of each model whose histograms are shown.
    window : QWidget
        Whom menu and dialogs belong to. When it closes, `stop` has to be called.
    """

    answered = Signal(str)
    """What was done, for the status line."""

    def __init__(
        self,
        document: ExperimentDocument,
        histories: RunHistories,
        panels: Mapping[str, tuple[str, QWidget]],
        shown_readings: Callable[[], Iterable[tuple[str, int, Iterable[LayerReading]]]],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._histories = histories
        self._panels = panels
        self._shown_readings = shown_readings
        self._steps_per_epoch = 0
        self._drawing: Iterator[Callable[[], None]] = iter(())
        self._drawing_timer = QTimer(self, interval=0)
        self._drawing_timer.timeout.connect(self._on_drawing_timeout)
        self._saving = Saving(window)
        self._saving.answered.connect(self.answered)
        document.opened.connect(self._on_document_opened)
        self.menu = QMenu(self.tr("&Export"), window)
        self._pictures = PictureActions(document, panels, self._saving, self.menu)
        self.menu.addSeparator()
        self.curves_action = self._add(self.tr("&Curves as CSV…"), self._on_curves_triggered)
        self.histograms_action = self._add(self.tr("&Histograms as CSV…"), self._on_histograms_triggered)
        self.menu.addSeparator()
        self.everything_action = self._add(
            self.tr("&Everything into a folder…"), self._on_everything_triggered
        )

    def panel_actions(self, key: str) -> list[QAction]:
        """Return the actions of one panel, for a context menu that it has of its own."""
        return self._pictures.of_panels[key]

    def refresh(self, snapshot: Snapshot) -> None:
        """Note what `snapshot` tells of the length of an epoch."""
        self._steps_per_epoch = snapshot.steps_per_epoch or self._steps_per_epoch

    def stop(self) -> None:
        """Give up what is being written, and wait until its thread is gone."""
        self._drawing_timer.stop()
        self._saving.stop()

    def _add(self, text: str, slot: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(slot)
        self._saving.busy_changed.connect(action.setDisabled)
        self.menu.addAction(action)
        return action

    # Tables

    def _on_curves_triggered(self) -> None:
        document = self._document
        visible = {model.name for i, model in enumerate(document.experiment.models) if document.is_visible(i)}
        curves = [
            ModelCurves(name, copied(run), self._steps_per_epoch)
            for name, run in self._runs().items()
            if name in visible
        ]
        if not curves:
            self.answered.emit(self.tr("There are no curves yet: train first."))
            return
        models = ", ".join(of_model.model for of_model in curves)
        n_steps = format_count(sum(of_model.history.n_steps for of_model in curves))

        def save(path: Path) -> None:
            answer = self.tr("Saved {name}: the curves of {models}, steps: {n}.")
            part = curves_part(path.name, curves)
            self._saving.save(path, part, answer.format(name=path.name, n=n_steps, models=models))

        name = self.tr("{model} curves").format(model=document.model.name)
        self._saving.ask_for_file(self.tr("Save the curves"), name, self._csv_filter(), save)

    def _on_histograms_triggered(self) -> None:
        shown = self._readings()
        if not shown:
            self.answered.emit(self.tr("There are no histograms yet: train or step first."))
            return

        def save(path: Path) -> None:
            answer = self.tr("Saved {name}: the histograms of {models}.")
            models = ", ".join(of_model.model for of_model in shown)
            part = histograms_part(path.name, shown)
            self._saving.save(path, part, answer.format(name=path.name, models=models))

        name = self.tr("{model} histograms").format(model=self._document.model.name)
        self._saving.ask_for_file(self.tr("Save the histograms"), name, self._csv_filter(), save)

    def _csv_filter(self) -> dict[str, str]:
        return {self.tr("Table (*.csv)"): "csv"}

    def _runs(self) -> dict[str, RecordedRun]:
        """Return by model's name the current runs that have done a step."""
        runs = {model.name: self._histories.current(model.name) for model in self._document.experiment.models}
        return {name: run for name, run in runs.items() if run is not None and run.n_steps}

    def _readings(self) -> list[ShownReadings]:
        return [ShownReadings(*shown) for shown in self._shown_readings()]

    # Everything

    def _on_everything_triggered(self) -> None:
        path = self._document.path
        name = self.tr("{name} export").format(name=self._document.model.name if path is None else path.stem)
        title = self.tr("Export everything into a folder")
        self._saving.ask_for_folder(title, name, self._draw_pictures)

    def _draw_pictures(self, folder: Path) -> None:
        """Draw them one at a time, so that the window answers between them, and then write."""
        self._drawing = self._steps_to(folder)
        self._drawing_timer.start()

    def _on_drawing_timeout(self) -> None:
        step = next(self._drawing, None)
        if step is None:
            self._drawing_timer.stop()
            return
        try:
            step()
        except Exception:
            self._drawing_timer.stop()  # rather nothing than an export that lacks something
            raise

    def _on_document_opened(self) -> None:
        if self._drawing_timer.isActive():  # the rest would be another document's
            text = self.tr("Nothing was exported: another experiment was opened meanwhile.")
            self._drawing = iter([partial(self.answered.emit, text)])  # later: it was opened is said first

    def _steps_to(self, folder: Path) -> Iterator[Callable[[], None]]:
        pictures: list[tuple[Part, str]] = []
        hidden: list[str] = []
        meaning = self.tr("the panel {title} as it was on the screen, {n} pixels for one of the screen's")
        drawing = self.tr("the same as a drawing: its texts are texts, histograms may be pictures in it")
        scale = self._pictures.scale

        def draw_png(key: str, title: str, panel: QWidget) -> None:
            part = png_part(f"pictures/{key}.png", panel, scale)
            pictures.append((part, meaning.format(title=title, n=scale)))

        def draw_svg(key: str, title: str, panel: QWidget) -> None:
            pictures.append((svg_part(f"pictures/{key}.svg", panel, title), drawing))

        for key, (menu_title, panel) in self._panels.items():
            title = menu_title.replace("&", "")
            if panel.isVisible():
                yield partial(draw_png, key, title, panel)
                yield partial(draw_svg, key, title, panel)
            else:
                hidden.append(title)
        yield partial(self._write_everything, folder, pictures, hidden)

    def _write_everything(
        self, folder: Path, pictures: Sequence[tuple[Part, str]], hidden_panels: Sequence[str]
    ) -> None:
        parts = everything(
            experiment=self._document.experiment,
            runs=self._runs(),
            steps_per_epoch=self._steps_per_epoch,
            shown=self._readings(),
            pictures=pictures,
            hidden_panels=hidden_panels,
            now=datetime.now().astimezone(),
        )
        answer = self.tr("Exported {n} files to {folder}.").format(n=len(parts), folder=folder)
        self._saving.save_folder(folder, parts, answer)
