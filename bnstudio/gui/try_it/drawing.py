"""A digit that is being drawn: 28 x 28 pixels, a soft round pen, a rubber. Knows no widget.

Lengths are in pixels of the drawing; the middle of the first pixel is at (0.5, 0.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
"""Pixels across and down, as MNIST's images have."""
BOX = 20
"""Pixels of the box that the digits of MNIST were scaled to."""
_PEN = 0.7, 2.1
"""Distance from the stroke's middle up to which ink is full, and from which there is none: like MNIST's."""
_RUBBER = 2.2, 3.0
"""The same of what is rubbed out: more than the pen draws."""

Point = tuple[float, float]


class Drawing:
    """What is drawn."""

    def __init__(self) -> None:
        self._ink = np.zeros((SIDE, SIDE))

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(28, 28) uint8, row by row: 0 is paper, 255 is full ink."""
        return np.rint(255 * self._ink).astype(np.uint8)

    @property
    def blank(self) -> bool:
        """Whether nothing can be seen."""
        return not self.pixels.any()

    def clear(self) -> None:
        """Take away all ink."""
        self._ink[:] = 0

    def draw(self, start: Point, end: Point) -> None:
        """Draw from one place (x, y) to another, which may be the same."""
        np.maximum(self._ink, _covered(start, end, *_PEN), out=self._ink)

    def erase(self, start: Point, end: Point) -> None:
        """Rub out from one place to another."""
        np.minimum(self._ink, 1 - _covered(start, end, *_RUBBER), out=self._ink)

    def centre(self) -> None:
        """Do what was done to every digit of MNIST: scale it to a box, put its centre of mass in the middle.

        The longer side becomes 20 pixels. See http://yann.lecun.com/exdb/mnist/. A blank one stays blank.
        """
        if self.blank:
            return
        solid = self._ink >= self._ink.max() / 2  # a stroke's soft edges don't count as its extent
        rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
        extent = 1 + max(rows[-1] - rows[0], columns[-1] - columns[0])
        self._ink = _scaled(self._ink, BOX / extent)


def _covered(start: Point, end: Point, full_within: float, none_beyond: float) -> NDArray[np.float64]:
    """Return how much of each pixel, 0 to 1, a stroke with soft edges covers; (28, 28)."""
    middles = np.arange(SIDE) + 0.5
    x, y = middles[np.newaxis, :] - start[0], middles[:, np.newaxis] - start[1]
    along = end[0] - start[0], end[1] - start[1]
    length_squared = along[0] ** 2 + along[1] ** 2
    place = np.clip((x * along[0] + y * along[1]) / length_squared, 0, 1) if length_squared else 0.0
    distance = np.hypot(x - place * along[0], y - place * along[1])
    covered: NDArray[np.float64] = np.clip((none_beyond - distance) / (none_beyond - full_within), 0, 1)
    return covered


def _scaled(ink: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Return `ink` scaled with its centre of mass in the middle, read between pixels (bilinear)."""
    places = np.arange(SIDE)
    total = ink.sum()
    mass_y, mass_x = ink.sum(axis=1) @ places / total, ink.sum(axis=0) @ places / total
    from_middle = (places - (SIDE - 1) / 2) / factor
    down, across = _between_pixels(mass_y + from_middle), _between_pixels(mass_x + from_middle)
    scaled: NDArray[np.float64] = down @ ink @ across.T
    return np.clip(scaled, 0, 1)


def _between_pixels(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each pixel counts at each place, (n_places, 28): linear between the nearest two."""
    return np.clip(1 - np.abs(places[:, np.newaxis] - np.arange(SIDE)), 0, 1)
