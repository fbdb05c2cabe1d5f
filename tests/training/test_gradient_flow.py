"""The gradient flow is what a step really did to the weights, measured only for whom it was asked for."""

import math
import pickle
import time

import numpy as np
import pytest

from bnstudio.training.gradient_flow import (
    GradientFlow,
    GradientFlowInspection,
    measure_gradient_flow,
    root_mean_square,
)
from bnstudio.training.session import Session
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model


def trained(dataset, *models, n_steps=3):
    trainer = Trainer(experiment(*models), dataset)
    while trainer.lockstep < n_steps and trainer.able:
        trainer.advance()
    return trainer


def weights_of(run):
    return [layer.params["weight"].copy() for layer in run.network.layers if "weight" in layer.params]


def rms(array):
    return math.sqrt(np.mean(array.astype(np.float64) ** 2))


# Root mean square


@pytest.mark.parametrize("scale", [1.0, 1e-7, 1e-19, 1e-23, 1e-37, 1e18, 1e25])
def test_a_root_mean_square_is_right_at_any_scale_that_an_array_can_have(scale):
    values = (np.random.default_rng(0).standard_normal((300, 40)) * scale).astype(np.float32)
    assert root_mean_square(values) == pytest.approx(rms(values), rel=1e-6)


def test_it_is_right_for_millions_of_equal_values():
    assert root_mean_square(np.full((2_000, 1_500), 0.37, np.float32)) == pytest.approx(0.37, rel=1e-6)


def test_it_is_zero_only_if_all_values_are():
    assert root_mean_square(np.zeros((5, 5), np.float32)) == 0
    assert root_mean_square(np.array([0, 1e-44, 0], np.float32)) > 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_it_is_not_finite_if_a_value_is_not(value):
    assert not math.isfinite(root_mean_square(np.array([1, value, 2], np.float32)))


# Of a run


def test_there_is_a_value_for_each_dense_layer_and_the_head(dataset):
    (run,) = trained(dataset, model("m", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU)).runs
    flow = measure_gradient_flow(run)
    dense = [layer for layer in run.network.layers if "weight" in layer.params]
    assert flow.step == 3
    assert flow.grad_rms == pytest.approx([rms(layer.grads["weight"]) for layer in dense], rel=1e-6)
    assert flow.weight_rms == pytest.approx([rms(layer.params["weight"]) for layer in dense], rel=1e-6)
    assert len(flow.grad_rms) == 3


def test_the_update_ratio_is_how_far_the_step_moved_the_weights(dataset):
    trainer = trained(dataset, model("m", DENSE, SIGMOID, DENSE, SIGMOID, learning_rate=0.5))
    (run,) = trainer.runs
    before = weights_of(run)
    trainer.advance()
    after = weights_of(run)
    moved = [rms(new - old) / rms(new) for old, new in zip(before, after, strict=True)]
    assert measure_gradient_flow(run).update_ratios == pytest.approx(moved, rel=1e-3)


def test_the_learning_rate_is_the_one_that_the_step_was_made_with(dataset):
    trainer = trained(dataset, model("m", DENSE, learning_rate=0.1))
    (run,) = trainer.runs
    trainer.set_experiment(experiment(model("m", DENSE, learning_rate=0.7)))
    assert measure_gradient_flow(run).learning_rate == 0.1
    trainer.advance()
    assert measure_gradient_flow(run).learning_rate == 0.7


def test_a_vanished_gradient_is_small_and_not_zero(dataset):
    (run,) = trained(dataset, model("deep", *[DENSE, SIGMOID] * 16)).runs
    flow = measure_gradient_flow(run)
    assert 0 < flow.grad_rms[0] < 1e-6 * flow.grad_rms[-1]


def test_a_dead_layer_has_no_gradient_at_all(dataset):
    trainer = trained(dataset, model("dead", DENSE, RELU, DENSE, RELU))
    (run,) = trainer.runs
    run.network.layers[0].params["bias"][:] = -1e3
    trainer.advance()
    assert measure_gradient_flow(run).grad_rms[:2] == (0, 0)


def test_weights_that_are_all_zero_have_no_ratio():
    assert math.isnan(GradientFlow(1, 0.1, (0.5,), (0.0,)).update_ratios[0])


def test_it_survives_the_way_to_another_process(dataset):
    (run,) = trained(dataset).runs
    flow = measure_gradient_flow(run)
    assert pickle.loads(pickle.dumps(flow)) == flow


def test_weights_that_are_not_finite_have_no_flow(dataset):
    (run,) = trained(dataset).runs
    run.network.layers[0].params["weight"][0, 0] = np.inf
    assert measure_gradient_flow(run) is None


# The inspection


def test_nothing_can_be_measured_before_the_first_step(dataset):
    trainer = trained(dataset, n_steps=0)
    assert not GradientFlowInspection("model").can_measure(trainer.runs[0])


def test_it_is_found_in_one_piece(dataset):
    trainer = trained(dataset)
    (run,) = trainer.runs
    assert list(GradientFlowInspection("model").measure(run, trainer)) == [measure_gradient_flow(run)]


def test_a_run_that_diverged_keeps_its_last_finite_values(dataset):
    trainer = trained(dataset, model("wild", DENSE, DENSE, learning_rate=1e6), n_steps=50)
    (run,) = trainer.runs
    assert run.divergence is not None
    inspection = GradientFlowInspection("wild")
    assert inspection.can_measure(run)
    (flow,) = inspection.measure(run, trainer)
    assert flow.step == run.step == run.divergence.step - 1
    assert all(map(math.isfinite, flow.grad_rms + flow.weight_rms))


# The session


@pytest.fixture
def session(dataset):
    session = Session(experiment(model("seen", DENSE, SIGMOID), model("unseen", DENSE)), lambda: dataset)
    session.start()
    yield session
    session.close()


def wait_until(session, condition):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        snapshot = session.poll()
        if snapshot is not None and condition(snapshot):
            return snapshot
        time.sleep(0.001)
    raise AssertionError("not reached")


def flows(snapshot):
    return {run.name: GradientFlowInspection(run.name).found_in(run) for run in snapshot.runs}


def look_at(*names):
    return Look(inspections=frozenset(map(GradientFlowInspection, names)))


def test_nothing_is_measured_that_nobody_looks_at(session):
    session.look(Look(names=frozenset({"seen"})))
    session.step()
    snapshot = wait_until(session, lambda s: s.step == 1 and s.runs[0].readings is not None)
    assert flows(snapshot) == {"seen": None, "unseen": None}


def test_only_the_models_that_are_looked_at_are_measured(session):
    session.look(look_at("seen"))
    session.step()
    snapshot = wait_until(session, lambda s: s.step == 1)
    assert flows(snapshot)["seen"].step == 1
    assert flows(snapshot)["unseen"] is None
    assert snapshot.runs[0].readings is None


def test_a_look_is_answered_even_when_paused(session):
    session.step()
    wait_until(session, lambda s: s.step == 1)
    session.look(look_at("unseen"))
    assert wait_until(session, lambda s: flows(s)["unseen"] is not None).step == 1


def test_after_training_it_is_of_the_last_step(session):
    session.look(look_at("seen", "unseen"))
    session.train()
    snapshot = wait_until(session, lambda s: s.state is State.FINISHED and not s.evaluating)
    assert [flow.step for flow in flows(snapshot).values()] == [snapshot.step] * 2


def test_a_restart_begins_with_none(session):
    session.look(look_at("seen"))
    session.step()
    wait_until(session, lambda s: s.step == 1)
    session.restart()
    snapshot = wait_until(session, lambda s: s.step == 0)
    assert flows(snapshot) == {"seen": None, "unseen": None}
