"""What is said of a row as a whole, and of a place across it: tooltips and the description.

Knows what was measured and the columns of a row, no widget; every text is translatable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from bnstudio.gui.network.example_marks import example_explanation
from bnstudio.gui.network.health_text import health_description
from bnstudio.gui.network.layer_text import divergence_texts, layer_explanation, shape_texts
from bnstudio.gui.network.reading_text import (
    backward_explanation,
    bin_tip,
    description,
    forward_explanation,
    statistics_tip,
)
from bnstudio.gui.number_format import format_count
from bnstudio.gui.theme import SPACING

if TYPE_CHECKING:
    from bnstudio.gui.network.stack_geometry import StackGeometry
    from bnstudio.gui.network.stack_rows import StackRow
    from bnstudio.training.health import LayerHealth
    from bnstudio.training.readings import LayerReading


def row_tip(row: StackRow, *, has_diverged: bool) -> str:
    """Return what the layer is and does, and whether a run diverged in it."""
    lines = [row.name, shape_texts(row.shape)[0], layer_explanation(row.kind)]
    return "\n".join(lines + ([divergence_texts()[0]] if has_diverged else []))


def row_description(health: LayerHealth | None, reading: LayerReading | None, *, has_diverged: bool) -> str:
    """Return what was measured of a row, for those who hear it instead of seeing it."""
    parts = [
        divergence_texts()[0] if has_diverged else "",
        "" if health is None else health_description(health),
        "" if reading is None else description(reading),
    ]
    return ", ".join(filter(None, parts))


def histogram_tip(
    row: StackRow,
    reading: LayerReading | None,
    step: int,
    x: float,
    geometry: StackGeometry,
    *,
    with_example: bool,
) -> str:
    """Return what is drawn at `x` of a row, to the right of its layer; `with_example`, ticks as well.

    The step is that of the reading: where a run has diverged, one before.
    """
    is_forward = x < geometry.backward.left - SPACING / 2
    explanation = forward_explanation() if is_forward else backward_explanation()
    if reading is None:
        nothing = QCoreApplication.translate("RowText", "Nothing has been measured yet: train or step.")
        return explanation + "\n\n" + nothing
    side = reading.forward if is_forward else reading.backward
    plot = geometry.forward if is_forward else geometry.backward
    title = QCoreApplication.translate("RowText", "{row}, at step {n}")
    parts = [title.format(row=row.name, n=format_count(step)), statistics_tip(side), explanation]
    if is_forward and with_example:
        parts.append(example_explanation())
    if plot.contains(x):
        bin_index = int((x - plot.left) / plot.width * len(side.histogram.counts))
        parts.insert(1, bin_tip(side, bin_index))
    return "\n\n".join(parts)
