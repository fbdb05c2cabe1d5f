"""Colours and measures: one type scale, one spacing unit, a light and a dark theme.

Data colours are of the Okabe-Ito palette, which colour-blind people can tell apart: blue is forward,
vermilion is backward. Widgets ask `theme_of(widget)` when they paint, so that a change of palette is all it
takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

SPACING = 8
"""The spacing unit in device-independent pixels; margins and gaps are multiples or halves of it."""


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as #rrggbb."""

    window: str
    panel: str
    border: str
    grid: str
    text: str
    muted: str
    """Secondary text; at least 4.5 to 1 against `panel`."""
    selection: str
    """Background of a selected row."""
    accent: str
    """Buttons, focus."""
    forward: str
    forward_pale: str
    backward: str
    warning: str
    series: tuple[str, ...]
    """One colour for each of up to eight models, at least 3 to 1 against `panel`: hues of the palette,
    shifted so as to be farther apart in simulated colour blindness. Line styles and markers differ too."""


LIGHT = Theme(
    window="#f5f5f2",
    panel="#ffffff",
    border="#dcdcd6",
    grid="#ecece8",
    text="#1d1f24",
    muted="#63666d",
    selection="#e3eef8",
    accent="#0072b2",
    forward="#0072b2",
    forward_pale="#b5d6ea",
    backward="#d55e00",
    warning="#a34700",
    series=("#0072b2", "#cf7f00", "#00966a", "#dd5a9f", "#5590ff", "#cf3a20", "#5c6b16", "#2f2a3a"),
)

DARK = Theme(
    window="#16181c",
    panel="#1f2227",
    border="#363a42",
    grid="#2b2f36",
    text="#eceef1",
    muted="#a3a8b1",
    selection="#24384a",
    accent="#4aa8de",
    forward="#56b4e9",
    forward_pale="#2b4d64",
    backward="#f0803c",
    warning="#f5a623",
    series=("#56b4e9", "#dea40c", "#12a070", "#ee93b8", "#84f0f4", "#cf5526", "#f6ee4a", "#f4f2d8"),
)


_themes: dict[int, Theme] = {}
"""By the cache key of a palette, because this is asked many times a frame."""


def theme_of(widget: QWidget) -> Theme:
    """Return the theme that `widget` stands in, told by its palette."""
    palette = widget.palette()
    key = palette.cacheKey()
    theme = _themes.get(key)
    if theme is None:
        theme = DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT
        _themes[key] = theme
    return theme


def palette_of(theme: Theme) -> QPalette:
    """Return the application palette for `theme`."""
    palette = QPalette(QColor(theme.panel), QColor(theme.window))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for which, colour in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.panel,
        role.Link: theme.accent,
        role.Accent: theme.accent,
        role.Mid: theme.border,
        role.Midlight: theme.grid,
        role.Light: theme.panel,
        role.Dark: theme.border,
        role.Shadow: theme.border,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, which, QColor(theme.muted))
    return palette


def small_font(font: QFont) -> QFont:
    """Return the font of secondary text: a step below `font` in the type scale."""
    return _scaled(font, 0.86)


def title_font(font: QFont) -> QFont:
    """Return the font of titles: a step above `font`, and bold."""
    larger = _scaled(font, 1.12)
    larger.setBold(True)
    return larger


def bold_font(font: QFont) -> QFont:
    """Return `font`, bold."""
    bold = QFont(font)
    bold.setBold(True)
    return bold


def _scaled(font: QFont, factor: float) -> QFont:
    scaled = QFont(font)
    if font.pointSizeF() > 0:
        scaled.setPointSizeF(font.pointSizeF() * factor)
    else:
        scaled.setPixelSize(round(font.pixelSize() * factor))
    return scaled
