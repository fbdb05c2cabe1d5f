"""The first digits of a mini-batch come with what the step's own forward said of them."""

import math
import pickle

import numpy as np
import pytest

from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.training.digits import DigitsInspection, log_softmax
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model


@pytest.fixture
def trainer(dataset):
    return Trainer(experiment(model("model", DENSE, BATCH_NORM, SIGMOID)), dataset)


def digits_of(trainer, n_digits=10):
    (run,) = trainer.runs
    return next(DigitsInspection("model", n_digits).measure(run, trainer))


# Softmax


def test_equal_logits_share_the_probability():
    assert np.exp(log_softmax(np.zeros((2, 10)))) == pytest.approx(np.full((2, 10), 0.1))


def test_softmax_of_known_logits():
    logits = np.log([[1.0, 2.0, 5.0]])
    assert np.exp(log_softmax(logits)) == pytest.approx(np.array([[0.125, 0.25, 0.625]]))


def test_huge_logits_neither_overflow_nor_give_an_infinite_loss():
    logs = log_softmax(np.array([[1e4, 0.0, -1e4]], np.float32))
    assert logs == pytest.approx(np.array([[0.0, -1e4, -2e4]]))


# Of a run


def test_they_are_the_first_images_of_the_batch_with_their_labels(trainer, dataset):
    trainer.advance()
    (run,) = trainer.runs
    digits = digits_of(trainer)
    inputs, labels = trainer.latest_batch(run)
    assert digits.images.shape == (10, 784)
    assert digits.images / np.float32(255) == pytest.approx(inputs[:10], abs=1e-6)
    assert (digits.labels == labels[:10]).all()
    assert digits.n_examples == 20


def test_probabilities_are_those_of_the_forward_before_the_update(trainer):
    (run,) = trainer.runs
    logits = run.network.copy().forward(trainer._read(0)[0].copy(), training=True)
    trainer.advance()
    digits = digits_of(trainer)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert digits.probabilities == pytest.approx(expected[:10], abs=1e-6)
    assert (digits.answers == logits[:10].argmax(axis=1)).all()


def test_the_losses_of_all_digits_have_the_step_s_loss_as_their_mean(trainer):
    trainer.advance()
    digits = digits_of(trainer, n_digits=20)
    assert digits.losses.mean() == pytest.approx(trainer.runs[0].history.losses[0], rel=1e-6)


def test_each_loss_is_that_of_the_engine(trainer):
    trainer.advance()
    (run,) = trainer.runs
    digits = digits_of(trainer)
    losses = SoftmaxCrossEntropy().of_examples(run.network.outputs[-1][:10].astype(np.float64), digits.labels)
    assert digits.losses == pytest.approx(losses)


def test_in_a_step_without_an_update_they_are_of_its_batch(trainer):
    trainer.advance()
    trainer.begin_step()
    before = digits_of(trainer)
    trainer.advance()
    after = digits_of(trainer)
    assert before.step == after.step == 2
    assert (before.images == after.images).all()
    assert (before.probabilities == after.probabilities).all()


def test_a_batch_of_fewer_digits_gives_what_it_has(dataset):
    trainer = Trainer(experiment(model("model", DENSE), batch_size=3), dataset)
    trainer.advance()
    assert len(digits_of(trainer)) == 3


def test_logits_that_are_not_finite_say_nothing(trainer):
    trainer.advance()
    trainer.runs[0].network.outputs[-1][2, 5] = math.inf
    assert digits_of(trainer) is None


def test_nothing_is_measured_before_the_first_step(trainer):
    assert not DigitsInspection("model").can_measure(trainer.runs[0])


def test_nobody_writes_into_what_was_found(trainer):
    trainer.advance()
    digits = digits_of(trainer)
    for array in (digits.images, digits.labels, digits.probabilities, digits.losses):
        assert not array.flags.writeable
        assert not np.shares_memory(array, trainer.dataset.train_images)


def test_they_survive_the_way_to_another_process(trainer):
    trainer.advance()
    digits = digits_of(trainer)
    copy = pickle.loads(pickle.dumps(digits))
    assert (copy.images == digits.images).all()
    assert (copy.losses == digits.losses).all()
