"""Numbers as a person reads them: two significant digits, a proper minus sign, powers of ten where they help.

Plain functions from numbers to text; they know nothing of widgets.
"""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def format_number(value: float, digits: int = 2) -> str:
    """Return `value` with `digits` significant digits: 0.51, −2, 1.2e−5.

    Magnitudes from 0.001 to below 100,000 are written out, with all the digits before the point; others with
    an exponent. Trailing zeros are dropped, so an axis reads 0.5 and not 0.50.
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    if (
        0.001 <= abs(value) < 10 ** (digits - 0.01)
    ):  # most numbers, the quick way; the margin is for rounding up
        return _signed(f"{value:.{digits}g}")
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")  # rounds first, so that 0.0999 is 0.1
    exponent = int(power)
    if -3 <= exponent < 5:
        text = f"{value:,.{max(0, digits - 1 - exponent)}f}"
        return _signed(_without_trailing_zeros(text))
    return _signed(f"{_without_trailing_zeros(mantissa)}e{exponent}")


def format_power(log10_value: float) -> str:
    """Return 10 ** `log10_value` as a label of a logarithmic axis: 1e−6, 3e−2, 1e0."""
    if not math.isfinite(log10_value):
        return format_number(log10_value)
    exponent = math.floor(log10_value)
    mantissa = round(10 ** (log10_value - exponent))
    if mantissa == 10:
        mantissa, exponent = 1, exponent + 1
    return _signed(f"{mantissa}e{exponent}")


def format_share(share: float) -> str:
    """Return a share of 0 to 1 in percent: 0 %, <0.1 %, 0.4 %, 51 %, >99 %; 0 % and 100 % only when exact."""
    percent = 100 * share
    if percent in (0, 100):
        text = f"{percent:.0f}"
    elif percent < 0.1:
        text = "<0.1"
    elif percent < 9.95:
        text = _without_trailing_zeros(f"{percent:.1f}")
    elif percent < 99.5:
        text = f"{percent:.0f}"
    else:
        text = ">99"
    return f"{text}{_NO_BREAK_SPACE}%"


def format_count(count: int) -> str:
    """Return a count with its thousands apart: 235,500."""
    return f"{count:,}"


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
