import math

import pytest

from bnstudio.gui.number_format import format_count, format_number, format_power, format_share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (-2.0, "−2"),
        (0.0631, "0.063"),
        (0.0999, "0.1"),
        (99.7, "100"),
        (123.4, "123"),
        (12_345.6, "12,346"),
        (0.001, "0.001"),
        (0.00123, "0.0012"),
        (0.00099, "9.9e−4"),
        (1e-5, "1e−5"),
        (-1.23e-5, "−1.2e−5"),
        (250_000.0, "2.5e5"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_a_number_has_two_digits_and_a_proper_minus_sign(value, text):
    assert format_number(value) == text


def test_a_number_has_as_many_digits_as_asked_for():
    assert format_number(0.123456, 5) == "0.12346"
    assert format_number(1.23456e-7, 5) == "1.2346e−7"


def test_no_value_is_off_by_more_than_its_last_digit():
    for exponent in range(-9, 9):
        for mantissa in range(10, 100):
            value = mantissa / 10 * 10.0**exponent
            text = format_number(value).replace("−", "-").replace(",", "")
            assert float(text) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("log10_value", "text"), [(-6.0, "1e−6"), (0.0, "1e0"), (-1.5, "3e−2"), (2.0, "1e2"), (-0.01, "1e0")]
)
def test_a_label_of_a_logarithmic_axis_is_a_power_of_ten(log10_value, text):
    assert format_power(log10_value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (0.0004, "<0.1"), (0.004, "0.4"), (0.04, "4"), (0.514, "51"), (0.9999, ">99"), (1, "100")],
)
def test_a_share_says_none_and_all_only_when_it_is_so(share, text):
    assert format_share(share) == text + "\N{NO-BREAK SPACE}%"


def test_thousands_stand_apart():
    assert format_count(235_500) == "235,500"
