import math

import pytest

from bnstudio.study.verdicts import Quantity, Threshold, Verdict

AT_LEAST = Threshold("at least", 0.5, "half")
AT_MOST = Threshold("at most", 0.5, "half")


def verdict(*holds: bool | None) -> Verdict:
    values = {True: 1.0, False: 0.0, None: math.nan}
    return Verdict(1, "claim", tuple(Quantity("it", (values[it],), AT_LEAST) for it in holds))


@pytest.mark.parametrize(
    ("threshold", "value", "met"),
    [(AT_LEAST, 0.5, True), (AT_LEAST, 0.4, False), (AT_MOST, 0.5, True), (AT_MOST, 0.6, False)],
)
def test_a_threshold_is_met_from_itself_on(threshold, value, met):
    assert threshold.is_met_by(value) is met


@pytest.mark.parametrize("threshold", [AT_LEAST, AT_MOST])
def test_nothing_is_met_by_what_is_not_a_number(threshold):
    assert not threshold.is_met_by(math.nan)


def test_a_quantity_holds_if_every_seed_meets_its_threshold():
    assert Quantity("it", (0.6, 0.5, 0.7), AT_LEAST).holds is True
    assert Quantity("it", (0.9, 0.9, 0.4), AT_LEAST).holds is False


def test_a_quantity_without_a_threshold_or_a_value_neither_holds_nor_fails():
    assert Quantity("it", (0.6,)).holds is None
    assert Quantity("it", (0.6, math.nan), AT_LEAST).holds is None


@pytest.mark.parametrize(
    ("quantities", "holds"),
    [
        ((True, True), True),
        ((True, False), False),
        ((True, None), None),
        ((None, False), False),
    ],
)
def test_a_claim_holds_if_all_of_its_quantities_do(quantities, holds):
    assert verdict(*quantities).holds is holds


def test_a_quantity_that_is_only_reported_does_not_decide():
    quantities = (Quantity("judged", (1.0,), AT_LEAST), Quantity("reported", (math.nan,)))
    assert Verdict(1, "claim", quantities).holds is True
