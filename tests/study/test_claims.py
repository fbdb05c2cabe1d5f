"""Each claim holds on the numbers that were measured, and not on numbers that contradict it.

The contradicting number is that of one seed of three, unless it says otherwise: a claim has to hold for each.
"""

import math

import pytest

from bnstudio.study.claims import CLAIMS, judge
from bnstudio.study.plan import WEIGHT_PAIRS
from tests.study.measured_numbers import (
    S4_LAYERS,
    S6_BN_LR_LAYERS,
    measured_numbers,
    sigmoids,
    with_outcome,
    with_trials,
)

NUMBERS = measured_numbers()
FLAT = (0.2,) * 5


def s4_with(signals=(0.0615, 0.0149), gradients=(1.33e-4, 5.38e-4)):
    return with_outcome(NUMBERS, "S4", moments={600: sigmoids(signals, gradients, (0.08, 0.11))})


def s6_bn_lr_with(signals=(0.2, 0.2, 0.2, 0.2), gradients=(6e-4, 5e-4, 4e-4, 4e-4)):
    return with_outcome(NUMBERS, "S6_BN_lr", moments={600: sigmoids(signals, gradients, signals)})


def judged(claim, numbers):
    return CLAIMS[claim - 1](numbers)


def test_there_are_seven_claims_and_all_hold_on_the_numbers_that_were_measured():
    verdicts = judge(NUMBERS)
    assert [verdict.claim for verdict in verdicts] == [1, 2, 3, 4, 5, 6, 7]
    assert [verdict.holds for verdict in verdicts] == [True] * 7


@pytest.mark.parametrize(
    ("claim", "numbers"),
    [
        pytest.param(1, with_outcome(NUMBERS, "S6", accuracy=0.4), id="1: S6 learns"),
        pytest.param(1, with_outcome(NUMBERS, "S3", accuracy=0.3), id="1: S3 does not learn"),
        pytest.param(1, with_outcome(NUMBERS, "S4", loss=0.75), id="1: S4 is about as good as S3"),
        pytest.param(1, with_outcome(NUMBERS, "S4", loss=2.25), id="1: S6 is about as good as S4"),
        pytest.param(1, with_outcome(NUMBERS, "S6", loss=0.5), id="1: S6 is better than S4"),
        pytest.param(2, with_outcome(NUMBERS, "S6_BN_lr", accuracy=0.3), id="2: S6_BN_lr does not learn"),
        pytest.param(2, with_outcome(NUMBERS, "S6", accuracy=0.4), id="2: S6 learns without"),
        pytest.param(2, with_outcome(NUMBERS, "S6_BN", accuracy=0.3), id="2: S6_BN does not learn"),
        pytest.param(2, with_outcome(NUMBERS, "S6_BN", loss=0.4), id="2: the larger rate harms"),
        pytest.param(2, with_outcome(NUMBERS, "S6_BN", loss=math.inf), id="2: the larger rate diverges"),
        pytest.param(2, with_outcome(NUMBERS, "S6_BN", learning_rate=0.4), id="2: not 50 times"),
        pytest.param(3, with_outcome(NUMBERS, "R6", accuracy=0.3), id="3: R6 does not learn"),
        pytest.param(3, with_outcome(NUMBERS, "S6", accuracy=0.9), id="3: sigmoids learn as well"),
        pytest.param(4, with_outcome(NUMBERS, "R6_BN", loss=0.06), id="4: no lower loss"),
        pytest.param(4, with_outcome(NUMBERS, "R6_BN", accuracy=0.970), id="4: a lower accuracy"),
        pytest.param(4, with_outcome(NUMBERS, "R6_lr", accuracy=0.6), id="4: more than a little"),
        pytest.param(5, with_trials(NUMBERS, "R6_BN", (0.1, 0.1, 0.97, 0.1, 0.1)), id="5: as dependent"),
        pytest.param(5, with_trials(NUMBERS, "S6_BN_lr", (0.9, 0.9, 0.9, 0.9, 0.4)), id="5: little less"),
        pytest.param(5, with_trials(NUMBERS, "S6", FLAT), id="5: independent without"),
        pytest.param(5, with_trials(NUMBERS, "R6_BN", (0.1,) * 5), id="5: independent, as it always fails"),
        pytest.param(6, s4_with(signals=(0.06, 0.05)), id="6: S4 narrows little"),
        pytest.param(6, s4_with(signals=(0.02, 0.06)), id="6: S4 widens"),
        pytest.param(6, s6_bn_lr_with(signals=(0.2, 0.2, 0.15, 0.12)), id="6: S6_BN_lr narrows"),
        pytest.param(7, s4_with(gradients=(5e-4, 5e-4)), id="7: S4 keeps its gradient"),
        pytest.param(7, s4_with(gradients=(4e-4, 5e-4)), id="7: S4 shrinks it little"),
        pytest.param(7, s6_bn_lr_with(gradients=(1e-5, 5e-5, 1e-4, 4e-4)), id="7: S6_BN_lr vanishes"),
    ],
)
def test_a_claim_does_not_hold_on_numbers_that_contradict_it(claim, numbers):
    verdict = judged(claim, numbers)
    assert verdict.holds is False
    assert verdict.words == "does not hold"


@pytest.mark.parametrize("claim", range(1, 8))
def test_every_claim_is_contradicted_somewhere_above(claim):
    (mark,) = test_a_claim_does_not_hold_on_numbers_that_contradict_it.pytestmark
    assert claim in {case.values[0] for case in mark.args[1]}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_seed_that_contradicts_is_enough(seed):
    assert judged(3, with_outcome(NUMBERS, "R6", seed, accuracy=0.3)).holds is False


def test_the_pooled_spread_does_not_decide_claim_6():
    widening = sigmoids((0.0615, 0.0149), (1e-4, 4e-4), (0.08, 0.3))
    assert judged(6, with_outcome(NUMBERS, "S4", moments={600: widening})).holds is True


@pytest.mark.parametrize("claim", [6, 7])
def test_what_comes_after_step_600_does_not_decide(claim):
    contrary = sigmoids((0.06, 0.06), (5e-4, 5e-4), (0.08, 0.08))
    numbers = with_outcome(NUMBERS, "S4", moments={600: S4_LAYERS, 3_000: contrary})
    verdict = judged(claim, numbers)
    assert verdict.holds is True
    later = next(quantity for quantity in verdict.quantities if "S4, step 3,000" in quantity.words)
    assert later.values[1] == 1


@pytest.mark.parametrize("claim", [6, 7])
def test_a_step_that_was_not_reached_makes_no_verdict(claim):
    verdict = judged(claim, with_outcome(NUMBERS, "S4", moments={}))
    assert verdict.holds is None
    assert verdict.words == "not measured"


def test_a_contradiction_counts_even_where_something_else_was_not_measured():
    numbers = with_outcome(s6_bn_lr_with(signals=(0.2, 0.1, 0.1, 0.1)), "S4", moments={})
    assert judged(6, numbers).holds is False


def test_the_dense_layers_do_not_count_in_claims_6_and_7():
    dense = tuple(layer for layer in S6_BN_LR_LAYERS if layer.kind == "dense")
    verdict = judged(6, with_outcome(NUMBERS, "S6_BN_lr", moments={600: dense}))
    assert verdict.holds is None


def test_claim_5_is_judged_on_both_pairs():
    words = " ".join(quantity.words for quantity in judged(5, NUMBERS).quantities if quantity.threshold)
    for pair in WEIGHT_PAIRS:
        for name in pair:
            assert name in words


def test_each_threshold_has_its_reason():
    for verdict in judge(NUMBERS):
        thresholds = [quantity.threshold for quantity in verdict.quantities if quantity.threshold]
        assert thresholds
        assert all(threshold.reason for threshold in thresholds)
