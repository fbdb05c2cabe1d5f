import pytest
from PySide6.QtGui import QColor

from bnstudio.document.experiment import LeCunInit, ModelSetup
from bnstudio.gui.model_style import model_style
from bnstudio.gui.theme import DARK, LIGHT


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    shares = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()]
    return 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_of_a_model_stands_out_from_the_panel(theme):
    for colour in theme.series:
        low, high = sorted((luminance(colour), luminance(theme.panel)))
        assert (high + 0.05) / (low + 0.05) >= 3


def test_no_two_models_share_line_style_and_marker():
    models = [
        ModelSetup(name="S6", learning_rate=0.1, weight_init=LeCunInit(), layers=(), colour=number)
        for number in range(8)
    ]
    styles = [model_style(model, LIGHT) for model in models]
    assert len({style.colour for style in styles}) == 8
    assert len({(style.line_style, style.filled) for style in styles}) == 8
