import pytest

from bnstudio.document.presets import load_preset
from bnstudio.study.plan import WEIGHT_PAIRS, WEIGHT_STDS, Plan, effort

ARTICLE = load_preset("article")
PLAN = Plan(ARTICLE, (0, 1, 2))


def test_every_model_is_trained_with_every_seed_for_all_epochs():
    planned = [
        (training.models[0].name, training.seed)
        for training in PLAN.trainings()
        if training.epochs == ARTICLE.epochs
    ]
    assert sorted(planned) == sorted((model.name, seed) for model in ARTICLE.models for seed in (0, 1, 2))


def test_no_training_is_planned_twice_and_each_is_of_one_model():
    trainings = PLAN.trainings()
    assert len(set(trainings)) == len(trainings)
    assert {len(training.models) for training in trainings} == {1}


def test_a_training_is_the_articles_model_on_the_articles_terms():
    training = PLAN.training("S6_BN", 2)
    model = next(model for model in ARTICLE.models if model.name == "S6_BN")
    assert training.models[0] == model.replaced(colour=None)
    assert training == ARTICLE.replaced(seed=2, models=training.models)


def test_a_weight_trial_differs_in_the_weights_the_name_and_the_epochs_alone():
    trial = PLAN.weight_trial("R6_lr", 0.05, 1)
    training = PLAN.training("R6_lr", 1)
    model = trial.models[0].replaced(name="R6_lr", weight_init=training.models[0].weight_init)
    assert trial.models[0].weight_init.std == 0.05
    assert trial.epochs == 1
    assert trial.replaced(epochs=training.epochs, models=(model,)) == training


@pytest.mark.parametrize(("without", "with_it"), WEIGHT_PAIRS)
def test_the_two_of_a_pair_differ_by_batch_normalization_alone(without, with_it):
    plain, normed = (PLAN.weight_trial(name, 0.05, 0).models[0] for name in (without, with_it))
    layers = tuple(spec for spec in normed.layers if spec.type != "batch_norm")
    assert len(layers) < len(normed.layers)
    assert normed.replaced(name=plain.name, layers=layers) == plain


def test_the_weights_are_tried_over_two_decades():
    assert max(WEIGHT_STDS) / min(WEIGHT_STDS) == pytest.approx(100)


def test_the_long_trainings_come_first():
    efforts = [effort(training) for training in PLAN.trainings()]
    assert efforts == sorted(efforts, reverse=True)
    assert PLAN.trainings()[0].epochs == ARTICLE.epochs
    assert PLAN.trainings()[-1].epochs == 1


def test_a_training_with_batch_normalization_is_more_effort_than_its_twin():
    assert effort(PLAN.training("R6_BN", 0)) > effort(PLAN.training("R6_lr", 0))
