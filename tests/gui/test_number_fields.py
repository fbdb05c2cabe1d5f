import pytest
from PySide6.QtCore import Qt

from bnstudio.gui.controls.number_fields import PositiveNumberField, WholeNumberField, short_number
from bnstudio.gui.controls.rate_slider import N_SLIDER_STEPS, position_of, rate_at


def type_into(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


@pytest.fixture
def whole(qtbot):
    field = WholeNumberField(2, 10_000, "from 2 to 10,000")
    qtbot.addWidget(field)
    field.setValue(100)
    return field


@pytest.fixture
def positive(qtbot):
    field = PositiveNumberField(1e6, "above 0")
    qtbot.addWidget(field)
    field.setValue(0.5)
    return field


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"),
        (0.5, "0.5"),
        (1.0, "1"),
        (100.0, "100"),
        (1e6, "1000000"),
        (1e-5, "0.00001"),
        (1.25e-6, "0.00000125"),
        (1e-12, "1e-12"),
        (0.123456789, "0.123456789"),
    ],
)
def test_numbers_are_written_short_and_exact(value, text):
    assert short_number(value) == text
    assert float(text) == value


def test_every_position_of_the_slider_has_a_learning_rate_of_its_own():
    rates = [rate_at(position) for position in range(N_SLIDER_STEPS + 1)]
    assert rates == sorted(set(rates))
    assert [position_of(rate) for rate in rates] == list(range(N_SLIDER_STEPS + 1))
    assert {0.0001, 0.001, 0.01, 0.1, 0.2, 0.5, 1.0, 10.0} <= set(rates)


def test_learning_rates_beyond_the_slider_stand_at_its_ends():
    assert position_of(1e-9) == 0
    assert position_of(1e6) == N_SLIDER_STEPS


def test_a_whole_number_is_taken_when_it_has_been_typed(qtbot, whole):
    values = []
    whole.valueChanged.connect(values.append)
    type_into(qtbot, whole, "2500")
    assert values == [2500]


@pytest.mark.parametrize("text", ["20000", "1"])
def test_a_number_out_of_range_is_refused_and_not_cut(qtbot, whole, text):
    with qtbot.waitSignal(whole.refused) as refused:
        type_into(qtbot, whole, text)
    assert refused.args == ["from 2 to 10,000"]
    assert whole.value() == 100
    assert whole.text() == "100"


def test_a_whole_number_field_holds_the_largest_seed(qtbot):
    field = WholeNumberField(0, 2**32 - 1, "")
    qtbot.addWidget(field)
    type_into(qtbot, field, str(2**32 - 1))
    assert field.value() == 2**32 - 1
    assert field.text() == "4294967295"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.003", 0.003), ("1e-7", 1e-7), ("0,25", 0.25), ("1000000", 1e6), ("123.456", 123.456)],
)
def test_a_positive_number_of_any_magnitude_is_taken_exactly(qtbot, positive, text, value):
    type_into(qtbot, positive, text)
    assert positive.value() == value


@pytest.mark.parametrize("text", ["0", "2e6", ".", "1e", "1e-310", "1e-400", "1e400"])
def test_what_is_no_positive_number_in_range_is_refused(qtbot, positive, text):
    with qtbot.waitSignal(positive.refused):
        type_into(qtbot, positive, text)
    assert positive.value() == 0.5
    assert positive.text() == "0.5"


def test_the_arrows_of_a_positive_number_go_by_a_share_of_it(qtbot, positive):
    qtbot.keyClick(positive, Qt.Key.Key_Up)
    assert positive.value() == 0.56
    qtbot.keyClick(positive, Qt.Key.Key_Down)
    qtbot.keyClick(positive, Qt.Key.Key_Down)
    assert positive.value() == 0.45


@pytest.mark.parametrize("text", ["99.5", "-1", "1e3", "1,000", "five", "1_0", "0" * 500])
def test_nothing_that_is_typed_into_a_whole_number_is_swallowed(qtbot, whole, text):
    with qtbot.waitSignal(whole.refused):
        type_into(qtbot, whole, text)
    assert whole.text() == "100"


@pytest.mark.parametrize("text", ["-1", "1.2.3", "five", "nan", "inf", "1_0", "e", "0", ".", "0" * 500])
def test_nothing_that_is_typed_into_a_positive_number_is_swallowed(qtbot, positive, text):
    with qtbot.waitSignal(positive.refused):
        type_into(qtbot, positive, text)
    assert positive.text() == "0.5"


@pytest.mark.parametrize(
    ("text", "value"), [("5.", 5), (".5", 0.5), (",25", 0.25), ("1e-3", 1e-3), ("2E2", 200)]
)
def test_a_positive_number_may_be_written_in_many_ways(qtbot, positive, text, value):
    type_into(qtbot, positive, text)
    assert positive.value() == value
