"""How the application looks: light or dark, and how large the text is. Both are remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, get_args

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QFont

from bnstudio.gui.stored_choices import stored_choice
from bnstudio.gui.theme import DARK, LIGHT, palette_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

ThemeChoice = Literal["system", "light", "dark"]
TEXT_SIZES_PERCENT = (80, 90, 100, 110, 125, 150, 175, 200)


class Appearance(QObject):
    """Sets style, palette and font of the application, and follows the system where it is asked to."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._normal_font = QFont(application.font())
        choice = stored_choice("appearance/theme", get_args(ThemeChoice), "system")
        self._theme_choice = cast("ThemeChoice", choice)
        self._text_size_percent = stored_choice("appearance/text_size_percent", TEXT_SIZES_PERCENT, 100)
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._on_colour_scheme_changed)
        self._apply_palette()
        self._apply_font()

    @property
    def theme_choice(self) -> ThemeChoice:
        """What was chosen; `system` follows the desktop, and is light where the desktop does not say."""
        return self._theme_choice

    @property
    def text_size_percent(self) -> int:
        """Size of the text relative to the desktop's own."""
        return self._text_size_percent

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Use a theme from now on."""
        self._theme_choice = choice
        QSettings().setValue("appearance/theme", choice)
        self._apply_palette()
        self.changed.emit()

    def enlarge_text(self) -> None:
        """Go to the next larger text size, if there is one."""
        self._choose_text_size(1)

    def shrink_text(self) -> None:
        """Go to the next smaller text size, if there is one."""
        self._choose_text_size(-1)

    def restore_text(self) -> None:
        """Go back to the desktop's own text size."""
        self._set_text_size(100)

    def _choose_text_size(self, direction: int) -> None:
        i = TEXT_SIZES_PERCENT.index(self._text_size_percent) + direction
        self._set_text_size(TEXT_SIZES_PERCENT[min(max(i, 0), len(TEXT_SIZES_PERCENT) - 1)])

    def _set_text_size(self, percent: int) -> None:
        self._text_size_percent = percent
        QSettings().setValue("appearance/text_size_percent", percent)
        self._apply_font()
        self.changed.emit()

    def _on_colour_scheme_changed(self) -> None:
        self._apply_palette()
        self.changed.emit()

    def _apply_palette(self) -> None:
        dark = self._theme_choice == "dark" or (
            self._theme_choice == "system"
            and self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self._application.setPalette(palette_of(DARK if dark else LIGHT))

    def _apply_font(self) -> None:
        font = QFont(self._normal_font)
        size, scale = font.pointSizeF(), self._text_size_percent / 100
        if size > 0:
            font.setPointSizeF(size * scale)
        else:
            font.setPixelSize(round(font.pixelSize() * scale))
        self._application.setFont(font)
