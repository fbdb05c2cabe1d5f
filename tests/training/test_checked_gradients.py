"""Gradient checks of networks as they are trained, and what the article's mistake spoils."""

import pickle
import time

import numpy as np
import pytest

from bnstudio.document.presets import load_preset, preset_names
from bnstudio.engine.gradient_check import check_layer
from bnstudio.engine.layers import BatchNorm
from bnstudio.training.build import build_network
from bnstudio.training.gradient_inspection import GradientCheckInspection
from bnstudio.training.gradients import (
    N_EXAMPLES,
    ArticleBatchNorm,
    check_gradients,
    count_arrays,
    first_batch,
    with_article_gradient,
)
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model

ONE_UNIT = DENSE.replaced(units=1)


def check(*layers, dataset, article=False):
    network = build_network(model("model", *layers), seed=0)
    network = with_article_gradient(network) if article else network
    return finished(network, *first_batch(experiment(), dataset))


def finished(network, inputs, labels):
    return [check for check in check_gradients(network, inputs, labels) if check is not None]


def failing(checks):
    return [(check.layer, check.array) for check in checks if check.verdict == "fail"]


def everything(network):
    arrays = [*network.outputs, *network.output_grads]
    for layer in network.layers:
        arrays += [*layer.params.values(), *layer.grads.values(), *layer.buffers.values()]
    return [array.copy() for array in arrays]


@pytest.mark.parametrize("name", [name for name in preset_names() if name != "article"])
def test_the_gradients_of_every_preset_are_right(name, dataset):
    preset = load_preset(name)
    network = build_network(preset.models[0], preset.seed)
    checks = finished(network, *first_batch(preset, dataset))
    assert len(checks) == count_arrays(network)
    assert failing(checks) == []
    assert all(check.n_entries == min(20, np.prod(check.shape)) for check in checks)


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [ONE_UNIT, RELU],
        [ONE_UNIT, BATCH_NORM, SIGMOID],
        [BATCH_NORM, RELU],
        [BATCH_NORM, BATCH_NORM],
        [RELU, RELU, DENSE, RELU, RELU],
        [DENSE, DENSE],
    ],
)
def test_the_gradients_of_odd_stacks_are_right(layers, dataset):
    assert failing(check(*layers, dataset=dataset)) == []


def test_a_bias_before_batch_norm_is_too_small_to_check(dataset):
    checks = check(DENSE, BATCH_NORM, SIGMOID, DENSE, RELU, dataset=dataset)
    too_small = [(check.layer, check.array) for check in checks if check.verdict == "too small to check"]
    assert too_small == [(0, "bias")]


def test_dead_relus_pass_with_nothing_to_check(dataset):
    network = build_network(model("dead", DENSE, RELU), seed=0)
    network.layers[0].params["bias"][:] = -1e3
    checks = finished(network, *first_batch(experiment(), dataset))
    assert [check.verdict for check in checks] == ["too small to check"] * 3 + ["pass"]
    assert [check.numeric_norm for check in checks[:3]] == [0, 0, 0]


@pytest.mark.parametrize("last", [SIGMOID, RELU])
def test_a_network_in_training_is_checked_as_it_is_and_left_as_it_is(dataset, last):
    trainer = Trainer(experiment(model("model", DENSE, BATCH_NORM, last, DENSE, last)), dataset)
    for _ in range(8):
        trainer.advance()
    network = trainer.runs[0].network
    before = everything(network)
    batch = first_batch(trainer.experiment, dataset)
    assert failing(finished(network, *batch)) == []
    for old, new in zip(before, everything(network), strict=True):
        assert old.tobytes() == new.tobytes()


def test_a_check_can_be_left_off_after_any_array(dataset):
    network = build_network(model("model", DENSE, BATCH_NORM, RELU), seed=0)
    checks = check_gradients(network, *first_batch(experiment(), dataset))
    first = next(check for check in checks if check is not None)
    assert (first.layer, first.kind, first.array, first.shape) == (0, "Dense", "weight", (784, 12))


def test_the_first_examples_of_the_first_mini_batch_are_checked_with(dataset):
    of_forty = experiment(batch_size=40)
    inputs, labels = first_batch(of_forty, dataset)
    whole, whole_labels = Trainer(of_forty, dataset)._read(0)
    np.testing.assert_array_equal(inputs, whole[:N_EXAMPLES])
    np.testing.assert_array_equal(labels, whole_labels[:N_EXAMPLES])
    assert len(first_batch(experiment(batch_size=5), dataset)[1]) == 5


def test_the_articles_listing_loses_the_path_through_the_variance():
    """Line by line as the article has it, against the short form of our layer."""
    rng = np.random.default_rng(0)
    inputs, output_grad = rng.standard_normal((2, 10, 6))
    layer = ArticleBatchNorm(6, dtype=np.float64)
    layer.params["gamma"][:] = np.linspace(0.5, 2, 6)
    layer.forward(inputs, training=True)

    centred = inputs - inputs.mean(axis=0)
    std = np.sqrt(inputs.var(axis=0) + layer.epsilon)
    x_hat_grad = layer.params["gamma"] * output_grad
    std_grad = -np.sum(x_hat_grad * centred / std**2, axis=0)
    variance_grad = 0.5 * std_grad / std
    centred_grad = x_hat_grad / std + 2 / 10 * variance_grad  # the mistake: right is ... * centred
    listing = centred_grad - np.sum(centred_grad, axis=0) / 10
    np.testing.assert_allclose(layer.backward(output_grad), listing)


def test_the_articles_batch_norm_alone_has_only_the_gradient_of_its_inputs_wrong():
    inputs = np.random.default_rng(0).standard_normal((10, 6))
    checks = check_layer(ArticleBatchNorm(6), inputs).arrays
    assert [check.array for check in checks if not check.passed] == ["inputs"]


def test_the_articles_gradient_spoils_what_comes_before_the_last_batch_norm_but_for_its_bias(dataset):
    checks = check(DENSE, BATCH_NORM, SIGMOID, DENSE, BATCH_NORM, RELU, DENSE, article=True, dataset=dataset)
    assert failing(checks) == [(0, "weight"), (1, "gamma"), (1, "beta"), (3, "weight")]
    assert [(check.layer, check.array) for check in checks if check.verdict == "too small to check"] == [
        (0, "bias"),
        (3, "bias"),
    ]


def test_a_bias_that_does_not_stand_right_before_the_batch_norm_is_spoilt_too(dataset):
    checks = check(DENSE, SIGMOID, BATCH_NORM, article=True, dataset=dataset)
    assert failing(checks) == [(0, "weight"), (0, "bias")]


def test_nothing_is_spoilt_where_no_parameter_stands_before_a_batch_norm(dataset):
    assert failing(check(BATCH_NORM, DENSE, RELU, article=True, dataset=dataset)) == []
    assert failing(check(DENSE, SIGMOID, article=True, dataset=dataset)) == []


def test_the_network_with_the_articles_gradient_computes_the_same_and_shares_nothing(dataset):
    network = build_network(model("model", DENSE, BATCH_NORM, SIGMOID), seed=0)
    inputs, _ = first_batch(experiment(), dataset)
    network.forward(inputs, training=True)  # moves the running statistics
    network.layers[1].params["gamma"][:] = 2
    twin = with_article_gradient(network)
    assert isinstance(twin.layers[1], ArticleBatchNorm)
    assert type(network.layers[1]) is BatchNorm
    for training in (False, True):
        expected = network.forward(inputs, training).copy()
        np.testing.assert_array_equal(twin.forward(inputs, training), expected)
    for own, other in zip(twin.layers, network.layers, strict=True):
        for kind in ("params", "buffers"):
            for name, array in getattr(own, kind).items():
                assert not np.shares_memory(array, getattr(other, kind)[name])


# Of a run


def found_by(inspection, trainer):
    run = next(run for run in trainer.runs if run.model.name == inspection.model)
    return [finding for finding in inspection.measure(run, trainer) if finding is not None]


def test_a_run_that_was_never_trained_is_checked_with_the_first_batch(dataset):
    trainer = Trainer(experiment(model("m", DENSE, SIGMOID), batch_size=40), dataset)
    inspection = GradientCheckInspection("m")
    assert inspection.can_measure(trainer.runs[0])
    found = found_by(inspection, trainer)[-1]
    expected = finished(trainer.runs[0].network, *first_batch(trainer.experiment, dataset))
    assert (found.step, found.n_examples, found.kinds) == (0, 20, ("dense", "sigmoid", "head"))
    assert found.checks == tuple(expected)


def test_a_run_in_training_is_checked_with_its_latest_batch(dataset):
    trainer = Trainer(experiment(model("m", DENSE, SIGMOID)), dataset)
    for _ in range(3):
        trainer.advance()
    found = found_by(GradientCheckInspection("m"), trainer)[-1]
    assert found.step == 3
    assert found.checks == tuple(finished(trainer.runs[0].network, *trainer._read(2)))


def test_what_is_found_grows_by_an_array_until_all_are_done(dataset):
    trainer = Trainer(experiment(model("m", DENSE, BATCH_NORM, RELU)), dataset)
    inspection = GradientCheckInspection("m")
    found = found_by(inspection, trainer)
    assert [len(finding.checks) for finding in found] == [1, 2, 3, 4, 5, 6]
    assert all(finding.n_arrays == 6 for finding in found)
    assert [inspection.is_whole(finding) for finding in found] == [False] * 5 + [True]
    assert pickle.loads(pickle.dumps(found[-1])) == found[-1]


def test_between_two_findings_there_is_a_piece_for_each_value(dataset):
    trainer = Trainer(experiment(model("m", ONE_UNIT)), dataset)
    pieces = list(GradientCheckInspection("m").measure(trainer.runs[0], trainer))
    assert [index for index, piece in enumerate(pieces) if piece is not None] == [20, 22, 33, 44]


def test_the_articles_gradient_is_wrong_in_a_run_too_and_leaves_the_run_as_it_is(dataset):
    trainer = Trainer(experiment(model("m", DENSE, BATCH_NORM, RELU)), dataset)
    trainer.advance()
    (run,) = trainer.runs
    before = everything(run.network)
    found = found_by(GradientCheckInspection("m", wrong_batch_norm=True), trainer)[-1]
    assert [(check.layer, check.array) for check in found.of_verdict("fail").arrays] == [(0, "weight")]
    assert found.of_verdict("fail").worst.error > found.tolerance
    assert type(run.network.layers[1]) is BatchNorm
    for old, new in zip(before, everything(run.network), strict=True):
        assert old.tobytes() == new.tobytes()


def test_a_check_of_a_network_that_was_let_go_goes_on_with_its_copy(dataset):
    trainer = Trainer(experiment(model("m", DENSE)), dataset)
    (run,) = trainer.runs
    pieces = GradientCheckInspection("m").measure(run, trainer)
    next(pieces)
    run.let_go()
    assert not list(pieces)[-1].under_way


def test_training_waits_for_a_check_that_was_asked_for_once(dataset):
    session = Session(experiment(model("m", DENSE, BATCH_NORM), epochs=1_000), lambda: dataset)
    inspection = GradientCheckInspection("m", number=1)

    def wait_until(is_reached):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            snapshot = session.poll()
            if snapshot is not None:
                assert snapshot.state is not State.FAILED, snapshot.error
                found = inspection.found_in(snapshot.runs[0]) if snapshot.runs else None
                if found is not None:
                    seen.append((snapshot.step, found))
                    if is_reached(snapshot.step, found):
                        return
            time.sleep(0.001)
        raise AssertionError("not reached")

    seen = []
    session.start()
    try:
        session.set_pace(1_000)  # slow enough that every new step is measured, but for what is measured once
        session.train()
        session.look(Look(inspections=frozenset({inspection})))
        wait_until(lambda step, found: not found.under_way)
        done_at, done = seen[-1]
        assert {step for step, found in seen if found.under_way} <= {done.step}
        assert failing(done.checks) == []
        assert len(done.checks) == 6
        wait_until(lambda step, found: step >= done_at + 5)
        assert seen[-1][1] == done
    finally:
        session.close()
