"""How a model is told from the others in every plot and list: a colour of the theme, and a line style.

Both follow from the model's `colour`, a number from 0 to 7 that it keeps for life. Colour is never the only
sign, so no two of the eight share a line style and a marker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from bnstudio.document.experiment import ModelSetup
    from bnstudio.gui.theme import Theme

_SOLID, _DASH = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
_DASH_DOT, _DASH_DOT_DOT = Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine


class ModelStyle(NamedTuple):
    """The look of one model."""

    colour: str
    """As #rrggbb."""
    line_style: Qt.PenStyle
    filled: bool
    """Whether its markers are filled."""


def model_style(model: ModelSetup, theme: Theme) -> ModelStyle:
    """Return the look of `model`, which has a colour as all models of an open document do."""
    number = model.colour or 0
    # Shifted by two in the second four, as their hues lie near those of the first in turn.
    line_style = (_SOLID, _DASH, _DASH_DOT, _DASH_DOT_DOT)[(number + number // 4 * 2) % 4]
    return ModelStyle(theme.series[number], line_style, filled=number < 4)
