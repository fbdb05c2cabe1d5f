"""Marks on the forward histograms where the values of one example lie: a row of ticks along each axis.

Knows the values, the axes of the readings and the geometry of a row; not where the example comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QColor, QImage

from bnstudio.gui.pixel_ratio import draws_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter

    from bnstudio.gui.network.stack_geometry import StackGeometry
    from bnstudio.gui.theme import Theme
    from bnstudio.training.readings import Readings, SideReadings

_HEIGHT = 5.0
_FAINTEST = 0.3
"""Opacity of a tick that stands for few values; that for the most of a row is solid."""


def example_explanation() -> str:
    """Return what the ticks are."""
    return QCoreApplication.translate(
        "ExampleMarks",
        "Ticks along the axis: what the layer puts out for the one image in Try it, in inference mode; the"
        " darker, the more values. Those outside the axis stand at its ends. On a log axis exact zeros have"
        " no tick.",
    )


def tick_columns(values: NDArray[np.floating], low: float, high: float, n_columns: int) -> NDArray[np.int64]:
    """Return how many values lie in each of `n_columns` columns of equal width from `low` to `high`.

    Parameters
    ----------
    values : (n_values,) floating
        All finite. What lies outside counts in the first or the last column.
    low, high : float
        The ends of the axis.
    n_columns : int

    Returns
    -------
    (n_columns,) int64
    """
    places = (values.astype(np.float64) - low) * (n_columns / (high - low))
    columns = np.clip(places, 0, n_columns - 1).astype(np.int64)
    return np.bincount(columns, minlength=n_columns)


class ExampleMarks:
    """Holds the ticks of all rows of a stack."""

    def __init__(self) -> None:
        self._slots: Sequence[int] = ()
        self._opacities: NDArray[np.float64] | None = None

    def lay_out(
        self,
        values: Sequence[NDArray[np.floating]] | None,
        readings: Readings | None,
        slots: Sequence[int],
        geometry: StackGeometry,
        theme: Theme,
    ) -> None:
        """Work out the ticks; there are none without values, or with those of another stack.

        Parameters
        ----------
        values : sequence of (n_units,) arrays, or None
            The example's, for each row of the stack.
        readings : Readings, or None
            Whose axes are drawn.
        slots : sequence of int
            For each row of the stack, how many row heights lie above it.
        geometry : StackGeometry
            Of a row.
        theme : Theme
            Whose colours to use.
        """
        self._opacities = None
        if values is None or readings is None or readings.n_outputs != tuple(map(len, values)):
            return
        self._slots, self._geometry = slots, geometry
        self._colour = QColor(theme.text)
        n_columns = max(1, round(geometry.forward.width))
        counts = np.array(
            [_counted(of_row, readings.forward, row, n_columns) for row, of_row in enumerate(values)]
        )
        shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
        self._opacities = np.where(counts > 0, _FAINTEST + (1 - _FAINTEST) * shares, 0)
        self._image = _strip(self._opacities, self._colour)

    def paint(self, painter: QPainter, first: int, last: int) -> None:
        """Paint the ticks of rows `first` to `last`, with the top of slot 0 at y = 0."""
        if self._opacities is None:
            return
        if draws_pixels(painter):
            self._paint_pixels(painter, first, last)
        else:
            self._paint_shapes(painter, first, last)

    def _paint_pixels(self, painter: QPainter, first: int, last: int) -> None:
        geometry, width = self._geometry, self._image.width()
        left = round(geometry.forward.left)
        for row in range(first, last + 1):
            top = self._slots[row] * geometry.row_height + geometry.baseline - _HEIGHT
            place = QRectF(left, top, width, _HEIGHT)
            painter.drawImage(place, self._image, QRectF(0, row, width, 1))

    def _paint_shapes(self, painter: QPainter, first: int, last: int) -> None:
        """Paint without pixels, for a document of shapes."""
        assert self._opacities is not None
        geometry = self._geometry
        tick = geometry.forward.width / self._opacities.shape[1]
        for row in range(first, last + 1):
            top = self._slots[row] * geometry.row_height + geometry.baseline - _HEIGHT
            for column in np.flatnonzero(self._opacities[row]).tolist():
                colour = QColor(self._colour)
                colour.setAlphaF(float(self._opacities[row, column]))
                place = QRectF(geometry.forward.left + column * tick, top, tick, _HEIGHT)
                painter.fillRect(place, colour)


def _counted(values: NDArray[np.floating], axes: SideReadings, row: int, n_columns: int) -> NDArray[np.int64]:
    """Return how many values of a row stand in each column of its axis."""
    if axes.log_magnitude:
        values = np.log10(np.abs(values[values != 0]).astype(np.float64))
    return tick_columns(values, float(axes.low[row]), float(axes.high[row]), n_columns)


def _strip(opacities: NDArray[np.float64], colour: QColor) -> QImage:
    """Return a picture with one line of pixels for each row."""
    n_rows, width = opacities.shape
    alpha = np.rint(255 * opacities).astype(np.uint8).tobytes()
    image = QImage(width, n_rows, QImage.Format.Format_ARGB32)
    image.fill(colour)
    image.setAlphaChannel(QImage(alpha, width, n_rows, width, QImage.Format.Format_Alpha8))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
