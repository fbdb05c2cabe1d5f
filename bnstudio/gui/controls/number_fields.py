"""Fields for numbers that take what a person types to the end, and say so when it will not do.

Qt's own spin boxes swallow the digit that would leave the range, so that 20000 silently becomes 2000, and the
point that does not belong, so that 99.5 becomes 995. These let it be typed, refuse it with a sentence, and
show the value before again.
"""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSizePolicy, QWidget

from bnstudio.document.experiment import MIN_POSITIVE
from bnstudio.gui.theme import SPACING

STEPS_PER_DECADE = 20
"""Of a logarithmic scale: the Renard series R20, which two digits tell apart and 1, 2 and 5 belong to."""
_MOST_DECIMALS = 323
_MOST_DIGITS = 15
"""Of a whole number that is a float."""
_MOST_CHARACTERS = 400
"""Enough for `_MOST_DECIMALS`."""
_NUMBER = re.compile(r"([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")


def short_number(value: float) -> str:
    """Return the shortest decimal that is `value`: 0.01, 0.5, 100."""
    text = repr(float(value))
    if "e" in text and 1e-7 < value < 1:
        digits = len(text.partition("e")[0].replace(".", "").rstrip("0"))
        text = f"{value:.{digits - 1 - math.floor(math.log10(value))}f}"
    return text.removesuffix(".0")


def rounded_rate(value: float) -> float:
    """Return `value` with two significant digits."""
    return float(f"{value:.1e}")


def _state(is_acceptable: bool) -> QValidator.State:
    """Return what a field has to say of its text; Invalid would let go of what has just been typed."""
    return QValidator.State.Acceptable if is_acceptable else QValidator.State.Intermediate


class WholeNumberField(QDoubleSpinBox):
    """A field for a whole number of up to 15 digits, which `QSpinBox` does not hold.

    Parameters
    ----------
    lowest, highest : int
        The range, both inclusive.
    refusal : str
        What to say when something else was typed.
    """

    refused = Signal(str)
    """Something was typed that will not do; says what would. The value before is shown again."""

    def __init__(self, lowest: int, highest: int, refusal: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self.setKeyboardTracking(False)
        self.lineEdit().setMaxLength(_MOST_CHARACTERS)
        self.setDecimals(0)
        self.setRange(lowest, highest)
        # Qt would insist on the room for `highest`, whatever the layout can spare.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def textFromValue(self, value: float) -> str:
        """Override: as short as can be."""
        return str(int(value))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Override: anything may be typed."""
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        return _state(is_number and self.minimum() <= int(text) <= self.maximum()), text, position

    def fixup(self, text: str) -> str:
        """Override: refuse, and show the value before."""
        self.refused.emit(self._refusal)
        return self.textFromValue(self.value())

    def minimumSizeHint(self) -> QSize:
        """Override: wide enough for usual numbers; a longer one is scrolled."""
        width = self.fontMetrics().horizontalAdvance("00000") + 5 * SPACING
        return QSize(width, super().minimumSizeHint().height())


class PositiveNumberField(QDoubleSpinBox):
    """A field for a positive number of any magnitude; its arrows go up and down by about 12 percent.

    Parameters
    ----------
    highest : float
        The largest value, inclusive.
    refusal : str
        What to say when something else was typed.
    """

    refused = Signal(str)
    """Something was typed that will not do; says what would. The value before is shown again."""

    def __init__(self, highest: float, refusal: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self.setKeyboardTracking(False)
        self.lineEdit().setMaxLength(_MOST_CHARACTERS)
        self.setDecimals(_MOST_DECIMALS)
        self.setRange(MIN_POSITIVE, highest)

    def textFromValue(self, value: float) -> str:
        """Override: as short as can be."""
        return short_number(value)

    def valueFromText(self, text: str) -> float:
        """Override: with a decimal point or comma."""
        return float(text.replace(",", "."))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Override: anything may be typed."""
        is_number = _NUMBER.fullmatch(text) is not None
        return (
            _state(is_number and self.minimum() <= self.valueFromText(text) <= self.maximum()),
            text,
            position,
        )

    def fixup(self, text: str) -> str:
        """Override: refuse, and show the value before."""
        self.refused.emit(self._refusal)
        return short_number(self.value())

    def stepBy(self, steps: int) -> None:
        """Override: along the series."""
        exponent = round(STEPS_PER_DECADE * math.log10(self.value())) + steps
        self.setValue(rounded_rate(10 ** (exponent / STEPS_PER_DECADE)))

    def sizeHint(self) -> QSize:
        """Override: wide enough for usual numbers."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance("0.00012") + 5 * SPACING, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Override: wide enough for usual numbers."""
        return self.sizeHint()
