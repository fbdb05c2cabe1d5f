"""What stands in the left part of a row and where: name, second line, and the signs of the layer's health.

The delegate paints it, and the view asks which sign is under the mouse, so that they agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF

from bnstudio.gui.network.health_signs import PlacedSign, place_sign, sign_width
from bnstudio.gui.network.health_text import own_condition, shows_constant
from bnstudio.gui.network.layer_text import divergence_texts, shape_texts
from bnstudio.gui.theme import SPACING, bold_font, small_font

if TYPE_CHECKING:
    from bnstudio.gui.network.stack_geometry import StackGeometry
    from bnstudio.gui.network.stack_rows import StackRow
    from bnstudio.training.health import LayerHealth


class LayerLayout(NamedTuple):
    """Positions from the top left corner of the row, texts from their baseline."""

    can_be_dragged: bool
    name: str
    name_font: QFont
    name_at: QPointF
    second: str
    second_font: QFont
    second_at: QPointF
    warning: QRectF | None
    """Where the warning stands in front of the second line of a layer that diverged."""
    signs: tuple[PlacedSign, ...]


def lay_out_layer(
    row: StackRow, health: LayerHealth | None, has_diverged: bool, geometry: StackGeometry, font: QFont
) -> LayerLayout:
    """Lay out the left part of a row.

    The sign of what only this kind of layer can be in stands at the end of the first line, that units are
    constant at the end of the second, where the shape gives way, but not that the layer diverged.
    """
    name_font = bold_font(font) if row.kind in ("dense", "head") else font
    second_font = small_font(font)
    name_metrics, metrics = QFontMetricsF(name_font), QFontMetricsF(second_font)
    top = (geometry.row_height - name_metrics.height() - metrics.height()) / 2
    left, right = geometry.handle_width, geometry.layer.right
    second_top = top + name_metrics.height()
    baseline = second_top + metrics.ascent()
    signs: list[PlacedSign] = []

    if health is not None and (own := own_condition(health)) is not None:
        room = right - left - name_metrics.horizontalAdvance(row.name) - SPACING
        line_top = top + name_metrics.ascent() - metrics.ascent()
        signs.append(place_sign(own, health, QPointF(right, line_top), room, metrics))

    warning, second_left, texts = None, left, shape_texts(row.shape)
    if has_diverged:
        size = metrics.ascent()
        warning, second_left = QRectF(left, baseline - size + 1, size, size), left + size + SPACING / 2
        texts = divergence_texts()
    second_room = right - second_left
    if health is not None and shows_constant(health):
        room = second_room - metrics.horizontalAdvance(texts[-1]) - SPACING / 2
        if room < sign_width(metrics) and not has_diverged:
            room, texts = second_room, ("",)
        if room >= sign_width(metrics):
            sign = place_sign("constant", health, QPointF(right, second_top), room, metrics)
            signs.append(sign)
            second_room -= sign.rect.width() + SPACING / 2
    fitting = (text for text in texts if metrics.horizontalAdvance(text) <= second_room)
    elide = Qt.TextElideMode.ElideRight
    return LayerLayout(
        can_be_dragged=row.kind != "head",
        name=name_metrics.elidedText(row.name, elide, right - left),
        name_font=name_font,
        name_at=QPointF(left, top + name_metrics.ascent()),
        second=next(fitting, None) or metrics.elidedText(texts[-1], elide, second_room),
        second_font=second_font,
        second_at=QPointF(second_left, baseline),
        warning=warning,
        signs=tuple(signs),
    )
