"""A BatchNorm layer opened up: what it was given, what it made of it, what it learned and remembers."""

import math
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from bnstudio.engine.layers import BatchNorm, ReLU
from bnstudio.engine.network import Network
from bnstudio.training.batch_norm import (
    N_SHOWN,
    BatchNormHistoryInspection,
    BatchNormInspection,
    five_numbers,
    measure_batch_norm,
    shown_units,
)
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, SIGMOID, experiment, model


def run_of(inputs, gamma=1.0, beta=0.0):
    """A run that has just given `inputs`, which are positive, to a BatchNorm in row 1."""
    layer = BatchNorm(inputs.shape[1])
    layer.params["gamma"][:], layer.params["beta"][:] = gamma, beta
    network = Network([ReLU(), layer])
    network.forward(np.asarray(inputs, np.float32), training=True)
    return SimpleNamespace(network=network, step=6, latest_step=7)


def measure(inputs, **parameters):
    return measure_batch_norm(run_of(np.array(inputs, np.float32), **parameters), None, 1)


def trained(dataset, *layers, n_steps=3):
    trainer = Trainer(experiment(model("m", *layers)), dataset)
    while trainer.lockstep < n_steps:
        trainer.advance()
    return trainer


# Two examples, one unit: 1 and 3


def test_before_normalized_and_after_of_two_examples():
    finding = measure([[1], [3]], gamma=2, beta=5)
    of_each = [(c.mean, c.std) for c in (finding.before, finding.normalized, finding.after)]
    np.testing.assert_allclose(of_each, [(2, 1), (0, 1), (5, 2)], rtol=1e-6, atol=1e-6)
    assert (finding.step, finding.n_updates, finding.n_examples, finding.n_units) == (7, 6, 2, 1)


def test_before_has_its_own_axis_and_normalized_that_of_four():
    finding = measure([[1], [3]])
    assert (finding.before.low, finding.before.high) == pytest.approx((1, 3))
    assert (finding.before.binned[1], finding.before.binned[-2]) == (1, 1)  # the ends lie inside
    assert (finding.normalized.low, finding.normalized.high) == (-4, 4)
    assert np.flatnonzero(finding.normalized.binned).tolist() == [23, 39]  # bins of 8 / 61 around 0


def test_after_shares_the_axis_of_normalized_unless_it_does_not_fit():
    def axis(finding):
        return finding.after.low, finding.after.high

    assert axis(measure([[1], [3]], gamma=2)) == (-4, 4)
    assert axis(measure([[1], [3]], gamma=2, beta=5)) == pytest.approx((3, 7))
    assert axis(measure([[1], [3]], gamma=0.1)) == pytest.approx((-0.1, 0.1))


def test_running_statistics_after_one_batch_are_far_from_its_own():
    finding = measure([[1], [3]])  # mean 2, variance 1, unbiased 2; running 0.2 and 0.9 + 0.2
    np.testing.assert_allclose(finding.means, [[2], [0.2]], rtol=1e-6)
    np.testing.assert_allclose(finding.stds, [[1], [math.sqrt(1.1)]], rtol=1e-5)
    assert finding.mean_difference == pytest.approx(1.8 / math.sqrt(1.1), rel=1e-5)
    assert finding.std_ratio == pytest.approx(1 / math.sqrt(1.1), rel=1e-5)


# Units


@pytest.mark.parametrize("constant", [0.0, 0.1, 1000.1])
def test_units_that_are_constant_over_the_batch_are_counted(constant):
    inputs = np.full((100, 3), constant, np.float32)
    inputs[:, 1] = np.arange(100)
    inputs[-1, 2] = np.nextafter(inputs[-1, 2], np.float32(np.inf))  # hardly changes, but does
    assert measure(inputs).n_constant == 1


def test_a_batch_without_any_spread_has_a_finding():
    finding = measure(np.full((5, 2), 0.5))
    assert finding.n_constant == 2
    assert finding.normalized.binned[31] == 10  # all in the middle
    assert finding.before.low < 0.5 < finding.before.high


def test_five_numbers_are_the_quantiles():
    values = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    np.testing.assert_allclose(five_numbers(values), np.quantile(values, [0, 0.25, 0.5, 0.75, 1]), rtol=1e-6)
    np.testing.assert_array_equal(five_numbers(values[:1]), [values[0]] * 5)


def test_the_units_that_are_shown_are_evenly_spread_and_no_more_than_there_are():
    assert shown_units(3).tolist() == [0, 1, 2]
    units = shown_units(300)
    assert len(units) == N_SHOWN
    assert (units[0], units[-1]) == (0, 299)
    assert set(np.diff(units)) <= {6, 7}


def test_each_statistic_is_that_of_its_unit():
    inputs = np.random.default_rng(1).random((20, 300)).astype(np.float32)
    finding, units = measure(inputs), shown_units(300)
    np.testing.assert_allclose(finding.means[0], inputs.mean(axis=0)[units], rtol=1e-5)
    np.testing.assert_allclose(finding.stds[0], inputs.std(axis=0)[units], rtol=1e-4)


# In a run


def test_values_beyond_the_axis_are_counted_at_its_ends():
    inputs = np.zeros((100, 1), np.float32)
    inputs[0] = 1  # normalized: sqrt(99), about 9.95
    finding = measure(inputs)
    assert finding.normalized.binned[-1] == 1
    assert finding.normalized.outside_share == 0.01
    assert finding.normalized.n_counted == 100


def test_of_many_values_the_histograms_are_of_some_examples_and_mean_and_std_of_all():
    rng = np.random.default_rng(3)
    inputs = rng.random((100, 300)) * rng.random(300) + rng.random(300)
    inputs[::5] += 1  # these alone are in the histograms
    finding = measure(inputs, gamma=2, beta=5)
    counts = finding.before, finding.normalized, finding.after
    assert [c.n_counted for c in counts] == [20 * 300] * 3
    assert finding.n_examples == 100
    x_hat = (inputs - inputs.mean(axis=0)) / np.sqrt(inputs.var(axis=0) + 1e-6)
    of_all = [(values.mean(), values.std()) for values in (inputs, x_hat, 2 * x_hat + 5)]
    np.testing.assert_allclose([(c.mean, c.std) for c in counts], of_all, rtol=1e-5, atol=1e-6)
    expected, _ = np.histogram(x_hat[::5], 61, (-4, 4))
    assert np.abs(expected - finding.normalized.binned[1:-1]).sum() <= 6  # in float32, values on an edge


@pytest.mark.parametrize("scale", [1e-25, 1e-18, 1.0, 1e15])
def test_mean_and_std_are_right_at_any_scale(scale):
    finding = measure(np.array([[1, 5], [3, 9]]) * scale)
    assert finding.before.mean == pytest.approx(4.5 * scale, rel=1e-5)
    assert finding.before.std == pytest.approx(math.sqrt(8.75) * scale, rel=1e-5)
    variances = np.array([1, 4]) * scale**2
    assert finding.normalized.std == pytest.approx(np.sqrt((variances / (variances + 1e-6)).mean()), rel=1e-5)
    assert finding.before.binned[0] == finding.before.binned[-1] == 0


def test_whether_a_unit_is_constant_is_of_all_examples():
    inputs = np.full((100, 300), 0.5, np.float32)
    inputs[1, 7] = np.nextafter(np.float32(0.5), np.float32(1))  # of an example that no histogram has
    assert measure(inputs).n_constant == 299


def test_in_the_first_row_before_is_the_pixels_of_the_batch(dataset):
    trainer = trained(dataset, BATCH_NORM, DENSE)
    (run,) = trainer.runs
    pixels, _ = trainer.latest_batch(run)
    before = measure_batch_norm(run, trainer, 0).before
    assert (before.mean, before.std) == pytest.approx((pixels.mean(), pixels.std()), rel=1e-5)
    assert (before.low, before.high) == pytest.approx((0, 1))
    assert before.binned[0] == before.binned[-1] == 0


def test_values_are_those_of_the_layers_around_and_gamma_that_after_the_update(dataset):
    trainer = trained(dataset, DENSE, BATCH_NORM, SIGMOID)
    (run,) = trainer.runs
    finding = measure_batch_norm(run, trainer, 1)
    outputs, layer = run.network.outputs, run.network.layers[1]
    assert finding.before.std == pytest.approx(outputs[0].std(), rel=1e-5)
    assert finding.after.std == pytest.approx(outputs[1].std(), rel=1e-5)
    assert finding.gamma[2] == pytest.approx(np.median(layer.params["gamma"]))
    assert finding.beta[4] == layer.params["beta"].max()


def test_measuring_changes_nothing_that_training_goes_on_with(dataset):
    watched, alone = (trained(dataset, BATCH_NORM, DENSE, BATCH_NORM, n_steps=1) for _ in range(2))
    for _ in range(5):
        for row in (0, 2):
            measure_batch_norm(watched.runs[0], watched, row)
        watched.advance()
        alone.advance()
    weights = [[layer.params for layer in trainer.runs[0].network.layers] for trainer in (watched, alone)]
    for ours, theirs in zip(*weights, strict=True):
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_have_no_finding(value):
    assert measure([[1], [value]]) is None


def test_running_statistics_that_are_not_finite_have_no_finding():
    run = run_of(np.array([[1], [3]]))
    run.network.layers[1].buffers["running_var"][:] = np.inf
    assert measure_batch_norm(run, None, 1) is None


def test_it_is_small_and_survives_the_way_to_another_process():
    finding = measure(np.random.default_rng(2).random((100, 300)))
    data = pickle.dumps(finding)
    assert len(data) < 2_048
    np.testing.assert_array_equal(pickle.loads(data).before.binned, finding.before.binned)


def test_arrays_cannot_be_written_to():
    finding = measure([[1], [3]])
    arrays = finding.gamma, finding.beta, finding.means, finding.stds, finding.before.binned
    assert not any(array.flags.writeable for array in arrays)


# Over time


class Recorded:
    """Stands for the timeline: what one inspection found."""

    def __init__(self, inspection, pairs):
        self._inspection, self._pairs = inspection, pairs

    def findings(self, run, inspection):
        return self._pairs if inspection == self._inspection else []


def history_of(pairs, row=1):
    run = SimpleNamespace(latest_step=9)
    trainer = SimpleNamespace(recorder=Recorded(BatchNormInspection("m", 1), pairs))
    inspection = BatchNormHistoryInspection("m", row)
    assert inspection.can_measure(run)
    (history,) = inspection.measure(run, trainer)
    return history


def test_the_history_is_what_was_kept_of_gamma_and_beta():
    pairs = [(1, measure([[1], [3]], gamma=2)), (5, measure([[1], [3]], gamma=3, beta=4))]
    history = history_of(pairs)
    assert history.steps.tolist() == [1, 5]
    assert history.gamma.tolist() == [[2] * 5, [3] * 5]
    assert history.beta.tolist() == [[0] * 5, [4] * 5]


def test_without_anything_kept_there_is_no_history():
    assert history_of([]) is None
    assert history_of([(1, measure([[1], [3]]))], row=3) is None


def test_a_history_is_measured_while_the_window_looks_back_and_is_not_kept_itself():
    assert BatchNormHistoryInspection.while_looking_back
    assert not BatchNormHistoryInspection.recorded
    assert BatchNormInspection.recorded
