import pickle

import numpy as np
import pytest

from bnstudio.data.datasets import Dataset
from bnstudio.engine.losses import SoftmaxCrossEntropy
from bnstudio.training.trainer import Trainer
from bnstudio.training.try_it import ConfusionInspection, ExampleInspection, NoConfusion, softmax
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


def found(inspection, trainer, n_pieces=None):
    """Return what `inspection` finds of the first run, checking in how many pieces."""
    assert inspection.can_measure(trainer.runs[0])
    *before, finding = inspection.measure(trainer.runs[0], trainer)
    assert all(piece is None for piece in before)
    if n_pieces is not None:
        assert len(before) + 1 == n_pieces
    return finding


@pytest.fixture
def trainer(dataset):
    return Trainer(experiment(model("model", DENSE, BATCH_NORM, SIGMOID)), dataset)


def set_head(trainer, weight, bias):
    head = trainer.runs[0].network.layers[-1]
    head.params["weight"][:] = weight
    head.params["bias"][:] = bias


# One example


def test_a_test_image_comes_with_its_label(trainer, dataset):
    example = found(ExampleInspection("model", 7), trainer, n_pieces=1)
    assert (example.pixels == dataset.test_images[7]).all()
    assert example.label == dataset.test_labels[7]
    assert example.n_test_images == 30


def test_a_drawing_is_taken_as_it_is_and_has_no_label(trainer, dataset):
    drawn = found(ExampleInspection("model", dataset.test_images[7].tobytes()), trainer)
    chosen = found(ExampleInspection("model", 7), trainer)
    assert drawn.label is None
    assert (drawn.pixels == chosen.pixels).all()
    assert (drawn.probabilities == chosen.probabilities).all()


def test_it_can_be_asked_before_the_first_step(trainer):
    example = found(ExampleInspection("model", 0), trainer)
    assert example.step == 0
    assert example.probabilities.sum() == pytest.approx(1)


def test_the_values_are_those_of_inference_row_by_row(trainer, dataset):
    for _ in range(3):
        trainer.advance()
    example = found(ExampleInspection("model", 4), trainer)
    values = dataset.test_images[4:5].astype(np.float32) * np.float32(1 / 255)
    assert [len(of_row) for of_row in example.values] == [12, 12, 12, 10]
    for layer, of_row in zip(trainer.runs[0].network.layers, example.values, strict=True):
        values = layer.forward(values, training=False)
        assert of_row == pytest.approx(values[0])
    assert example.step == 3


def test_probabilities_are_the_softmax_of_the_logits(trainer):
    set_head(trainer, 0, np.log([4, 1, 1, 1, 1, 1, 1, 1, 1, 8]))
    example = found(ExampleInspection("model", 0), trainer)
    assert example.probabilities == pytest.approx(np.array([4, 1, 1, 1, 1, 1, 1, 1, 1, 8]) / 20)


def test_softmax_overflows_nowhere():
    assert softmax(np.array([[1e30, 0.0], [-1e30, -1e30]], np.float32)).tolist() == [[1, 0], [0.5, 0.5]]


def test_what_is_not_finite_is_no_answer_yet_shows_the_image(trainer, dataset):
    set_head(trainer, np.inf, 0)
    example = found(ExampleInspection("model", 7), trainer)
    assert example.probabilities is None
    assert example.values is None
    assert (example.pixels == dataset.test_images[7]).all()


@pytest.mark.parametrize("number", [-1, 30])
def test_a_test_image_that_is_not_there_is_no_finding(trainer, number):
    assert found(ExampleInspection("model", number), trainer) is None


def test_a_drawing_of_another_size_is_refused():
    with pytest.raises(ValueError, match="784 pixels, found 783"):
        ExampleInspection("model", bytes(783))


def test_asking_changes_nothing_that_training_goes_on_with(dataset):
    setup = experiment(model("model", DENSE, BATCH_NORM, RELU))
    asked, left_alone = Trainer(setup, dataset), Trainer(setup, dataset)
    for _ in range(4):
        asked.advance()
        left_alone.advance()
        found(ExampleInspection("model", 2), asked)
        found(ConfusionInspection("model"), asked)
    assert (asked.runs[0].history.losses == left_alone.runs[0].history.losses).all()
    kept = zip(asked.runs[0].network.outputs, left_alone.runs[0].network.outputs, strict=True)
    assert all((a == b).all() for a, b in kept)


def test_findings_cross_to_the_window_and_cannot_be_written_to(trainer):
    example = found(ExampleInspection("model", 0), trainer)
    for array in (example.pixels, example.probabilities, *example.values):
        assert not array.flags.writeable
    confusion = found(ConfusionInspection("model"), trainer)
    assert not confusion.counts.flags.writeable
    assert not confusion.images.flags.writeable
    copy = pickle.loads(pickle.dumps(confusion))
    assert (copy.counts == confusion.counts).all()
    assert pickle.loads(pickle.dumps(ExampleInspection("model", bytes(784)))) == ExampleInspection(
        "model", bytes(784)
    )


# All test images


def test_a_network_that_always_says_3_is_right_about_the_threes_alone(trainer, dataset):
    set_head(trainer, 0, [0, 0, 0, 5, 0, 0, 0, 0, 0, 0])
    confusion = found(ConfusionInspection("model"), trainer, n_pieces=1)
    per_digit = np.bincount(dataset.test_labels, minlength=10)
    assert (confusion.counts[:, 3] == per_digit).all()
    assert confusion.counts.sum() == 30
    assert confusion.n_wrong == confusion.n_examples == 30 - per_digit[3]
    assert confusion.accuracy == per_digit[3] / 30
    assert confusion.predictions.tolist() == [3] * confusion.n_wrong
    assert confusion.confidences == pytest.approx(np.exp(5) / (np.exp(5) + 9))


def test_the_wrong_ones_come_surest_first_with_their_images(trainer, dataset):
    for _ in range(20):
        trainer.advance()
    confusion = found(ConfusionInspection("model"), trainer)
    assert 0 < len(confusion.indices) == confusion.n_wrong
    assert (np.diff(confusion.confidences) <= 0).all()
    assert len(set(confusion.confidences)) > 1
    assert (confusion.labels != confusion.predictions).all()
    assert (confusion.labels == dataset.test_labels[confusion.indices]).all()
    assert (confusion.images == dataset.test_images[confusion.indices]).all()
    for index, prediction, confidence in zip(
        confusion.indices, confusion.predictions, confusion.confidences, strict=True
    ):
        example = found(ExampleInspection("model", int(index)), trainer)
        assert example.probabilities.argmax() == prediction
        assert example.probabilities.max() == pytest.approx(confidence)


def test_a_cell_has_its_images_right_or_wrong(trainer, dataset):
    set_head(trainer, 0, [0, 0, 0, 5, 0, 0, 0, 0, 0, 0])
    of_all = found(ConfusionInspection("model"), trainer)
    for label in (3, int(dataset.test_labels[0])):
        confusion = found(ConfusionInspection("model", (label, 3)), trainer)
        assert confusion.indices.tolist() == np.flatnonzero(dataset.test_labels == label).tolist()
        assert (confusion.counts == of_all.counts).all()
    assert found(ConfusionInspection("model", (3, 4)), trainer).n_examples == 0


def test_the_accuracy_is_that_of_an_evaluation(trainer, dataset):
    while trainer.runs[0].step < trainer.steps_per_epoch or trainer.evaluating:
        trainer.advance()
    evaluation = next(e for e in trainer.runs[0].history.evaluations if e.examples == "test")
    assert found(ConfusionInspection("model"), trainer).accuracy == evaluation.accuracy


def test_many_images_are_taken_in_chunks_and_at_most_a_hundred_are_kept():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (1_100, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, 1_100, dtype=np.uint8)
    trainer = Trainer(experiment(), Dataset(images[:40], labels[:40], images, labels))
    confusion = found(ConfusionInspection("model"), trainer, n_pieces=3)
    assert confusion.n_images == 1_100
    assert len(confusion.indices) == len(confusion.images) == 100 < confusion.n_examples
    # As one chunk would: the predictions do not depend on where it is cut.
    network = trainer.runs[0].network
    logits = network.forward(images.astype(np.float32) * np.float32(1 / 255), training=False)
    loss = SoftmaxCrossEntropy()
    loss.forward(logits, labels)
    assert confusion.accuracy == pytest.approx(loss.accuracy())


def test_logits_that_are_not_finite_are_not_sorted(trainer):
    set_head(trainer, np.inf, 0)
    assert found(ConfusionInspection("model"), trainer) == NoConfusion(trainer.runs[0].step)


def test_all_images_are_gone_through_less_often_than_one():
    assert ConfusionInspection.interval >= 10 * ExampleInspection.interval
    assert not ConfusionInspection.recorded
    assert not ExampleInspection.recorded
