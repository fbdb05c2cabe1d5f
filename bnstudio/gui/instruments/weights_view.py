"""The weights of a Dense layer: what is shown of a Dense or of the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.instruments.layer_instrument import LayerInstrument
from bnstudio.gui.instruments.weight_histogram import WeightHistogram
from bnstudio.gui.instruments.weight_pages import WeightPages
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING
from bnstudio.training.weights import (
    WeightImagesInspection,
    WeightsInspection,
    WeightsNotFinite,
    weighs_pixels,
)

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot

translate = QCoreApplication.translate

_HISTOGRAM, _IMAGES = 0, 1


class WeightsView(LayerInstrument):
    """Shows the weights of one layer as a histogram or, where they weigh pixels, as images."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_explanation(), parent)
        self._model = ""
        self._row = 0
        self._run_id: int | None = None
        self._offers_images = False
        self.switch = SegmentedSwitch(
            translate("WeightsView", "View of the weights"),
            (translate("WeightsView", "Histogram"), translate("WeightsView", "Images")),
            (
                translate("WeightsView", "All weights of the layer, now and at the start"),
                translate("WeightsView", "Each unit's weights of the 28 × 28 pixels"),
            ),
        )
        self.histogram = WeightHistogram()
        self.pages = WeightPages()
        self._views = QStackedWidget()
        self._legends = QStackedWidget()
        for view in (self.histogram, self.pages):
            self._views.addWidget(view)
            self._legends.addWidget(view.legend)
        self._legends.setFixedHeight(self.switch.sizeHint().height())
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(self.switch)
        row.addWidget(self._legends, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(row)
        layout.addWidget(self._views, 1)
        self.switch.chosen.connect(self._on_view_chosen)
        self.pages.turned.connect(self.inspections_changed)

    @property
    def shows_images(self) -> bool:
        """Whether the images are in sight, and not the histogram."""
        return self._offers_images and self.switch.index == _IMAGES

    def turn_to(self, model: ModelSetup, row: int) -> None:
        """Override: the same view of another layer, if that has it."""
        self._model, self._row, self._run_id = model.name, row, None
        self._offers_images = weighs_pixels(model, row)
        self.switch.setVisible(self._offers_images)
        self.pages.begin(model.shapes()[row].n_outputs)
        self._begin()
        self._show_view()

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: the histogram's, or the images that are in sight."""
        return frozenset((self._images_inspection() if self.shows_images else self._weights_inspection(),))

    def show_run(self, run: RunSnapshot | None, *, looking_back: bool) -> None:
        """Override: draw what is new."""
        run_id = None if run is None else run.run_id
        if run_id != self._run_id:
            self._run_id = run_id
            self._begin()
        if looking_back:
            self._show_message(translate("WeightsView", "Live only: the timeline does not keep weights."))
        elif self.shows_images:
            images = self._images_inspection().found_in(run)
            if isinstance(images, WeightsNotFinite):
                self._show_message(_not_finite_text(images))
            elif images is not None:
                self.pages.show_images(images)
        else:
            weights = self._weights_inspection().found_in(run)
            if isinstance(weights, WeightsNotFinite):
                self._show_message(_not_finite_text(weights))
            elif weights is not None:
                self.histogram.show_finding(weights)

    def _weights_inspection(self) -> WeightsInspection:
        return WeightsInspection(self._model, self._row)

    def _images_inspection(self) -> WeightImagesInspection:
        return WeightImagesInspection(self._model, self._row, self.pages.first_unit, self.pages.grid.capacity)

    def _begin(self) -> None:
        self._show_message(translate("WeightsView", "Not measured yet."))

    def _show_message(self, message: str) -> None:
        self.histogram.show_message(message)
        self.pages.show_images(None, message)

    def _show_view(self) -> None:
        view = _IMAGES if self.shows_images else _HISTOGRAM
        self._views.setCurrentIndex(view)
        self._legends.setCurrentIndex(view)

    def _on_view_chosen(self) -> None:
        self._show_view()
        self.inspections_changed.emit()


def _not_finite_text(found: WeightsNotFinite) -> str:
    text = translate(
        "WeightsView", "Nothing to draw: after step {step}, {n} of {all} weights are not finite."
    )
    return text.format(
        step=format_count(found.step), n=format_count(found.n_not_finite), all=format_count(found.n_weights)
    )


def _explanation() -> str:
    return translate(
        "WeightsView",
        "The weights of this layer after the latest step, without biases: a histogram of all and, as a\n"
        "dashed outline, of those that it started with. Both have the same axis and scale of heights.\n"
        "\n"
        "‖W − W₀‖ / ‖W₀‖ is how far the weights W have come from W₀, those at the start, against their\n"
        "size: the root of the sum of all squared differences over that of all squared weights W₀.\n"
        "Near 0, the layer has hardly learned anything, whatever the loss says.\n"
        "\n"
        "Images: of a Dense that takes the pixels, each unit's weights stand where their pixels are.\n"
        "Blue is negative, vermilion positive, no colour is 0, and all units have the same scale.\n"
        "A unit that has learned shows strokes; noise is what it started with. Pixels near the edge are\n"
        "black in nearly all images, so that their weights hardly change.",
    )
