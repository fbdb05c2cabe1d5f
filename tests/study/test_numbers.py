import math

import pytest

from bnstudio.study.job import train
from bnstudio.study.numbers import GUESSING_ACCURACY, collect_numbers, outcome_of
from bnstudio.study.plan import WEIGHT_STDS
from bnstudio.study.result import Result
from tests.study.small_study import STEPS_PER_EPOCH, small_dataset, small_plan


@pytest.fixture(scope="module")
def result() -> Result:
    return train(small_plan(epochs=2).training("S3", 0), small_dataset())


def test_the_losses_are_the_means_of_the_epochs_and_the_accuracy_is_the_last_on_the_test_images(result):
    outcome = outcome_of(result)
    losses = result.history.losses
    assert outcome.epoch_losses == pytest.approx(
        (losses[:STEPS_PER_EPOCH].mean(), losses[STEPS_PER_EPOCH:].mean())
    )
    assert outcome.loss == outcome.epoch_losses[1]
    (last,) = [
        item.accuracy
        for item in result.history.evaluations
        if item.examples == "test" and item.step == 2 * STEPS_PER_EPOCH
    ]
    assert outcome.accuracy == last
    assert not outcome.diverged


def test_a_training_that_diverged_has_an_infinite_loss_and_counts_as_guessing():
    training = small_plan(epochs=2).training("R6", 0)
    # Without activations nothing holds the values back.
    layers = tuple(spec for spec in training.models[0].layers if spec.type == "dense")
    wild = training.models[0].replaced(learning_rate=1e6, layers=layers)
    result = train(training.replaced(models=(wild,)), small_dataset())
    assert result.diverged_at == result.history.n_steps + 1
    outcome = outcome_of(result)
    assert outcome.diverged
    assert outcome.epoch_losses == (math.inf, math.inf)
    assert outcome.accuracy == GUESSING_ACCURACY


def test_the_numbers_of_a_plan_stand_in_the_order_of_its_seeds(result):
    plan = small_plan(epochs=2, seeds=(2, 0))
    results = dict.fromkeys(plan.trainings(), result)
    other = train(plan.training("S3", 2), small_dataset())
    numbers = collect_numbers(plan, {**results, plan.training("S3", 2): other})
    assert [outcome.loss for outcome in numbers.models["S3"]] == [
        outcome_of(other).loss,
        outcome_of(result).loss,
    ]
    assert set(numbers.models) == {model.name for model in plan.article.models}
    assert len(numbers.weight_trials) == 4 * len(WEIGHT_STDS)
