"""Readings say what the arrays hold: counted by hand on small ones, array by array, and on a real network."""

import numpy as np
import pytest

from bnstudio.training.axes import round_up
from bnstudio.training.probe_group import N_BINS, N_SAMPLE, sampled_places
from bnstudio.training.probes import Prober
from bnstudio.training.snapshot import Look
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model

LINEAR, LOG, OWN = Look(), Look(log_magnitude=True), Look(shared_range=False)


class FixedRun:
    """Arrays in the place of a trained network, to be measured."""

    def __init__(self, kinds, outputs, output_grads, run_id=1):
        self.run_id = run_id
        self.layer_kinds = tuple(kinds)
        self.network = self
        self.outputs = [np.asarray(output, np.float32) for output in outputs]
        self.output_grads = [np.asarray(gradient, np.float32) for gradient in output_grads]


def measure_one(output, kind="dense", look=LINEAR, gradient=None, every_value=True):
    run = FixedRun([kind], [output], [np.ones_like(output) if gradient is None else gradient])
    return Prober().measure([run], look, every_value)[1][0]


def total(histogram):
    return histogram.counts.sum() + histogram.underflow + histogram.overflow


def test_statistics_are_those_of_the_array():
    values = np.array([[0.0, 4.0], [2.0, 4.0]])
    reading = measure_one(values).forward
    assert (reading.mean, reading.minimum, reading.maximum, reading.zero_share) == (2.5, 0.0, 4.0, 0.25)
    assert reading.std == pytest.approx(values.std())


def test_the_signal_is_the_spread_across_examples_alone():
    """Two units far apart, one of which does not change: variances 1 and 0, so the signal is sqrt(1/2)."""
    reading = measure_one(np.array([[-1.0, 100.0], [1.0, 100.0]])).forward
    assert reading.signal == pytest.approx(np.sqrt(0.5))
    assert reading.std == pytest.approx(np.sqrt(0.5 + 50.0**2))


def test_the_signal_of_units_that_do_not_change_is_exactly_zero():
    assert measure_one(np.tile(np.float32([0.1, 0.7, -3.3]), (100, 1))).forward.signal == 0


def test_the_backward_reading_has_no_signal():
    reading = measure_one(np.ones((4, 3))).backward
    assert reading.signal is None
    assert reading.signal_histogram is None


def test_small_gradients_have_a_standard_deviation():
    gradient = np.float32([[1e-30, -1e-30], [1e-30, -1e-30]])
    assert measure_one(np.ones((2, 2)), gradient=gradient).backward.std == pytest.approx(1e-30)


def test_every_value_is_counted_once():
    values = np.random.default_rng(0).standard_normal((100, 300))
    values[0, 0] = 1e6
    values[0, 1] = -1e6
    histogram = measure_one(values).forward.histogram
    assert total(histogram) == 30_000
    assert histogram.overflow >= 1
    assert histogram.underflow >= 1


def test_the_robust_axis_covers_all_but_half_a_percent_and_ends_in_round_numbers():
    values = np.random.default_rng(0).standard_normal((100, 300))
    histogram = measure_one(values).forward.histogram
    assert (histogram.low, histogram.high) == (-3, 3)
    assert histogram.underflow + histogram.overflow <= 0.005 * values.size


def test_bins_are_equal_and_in_order():
    values = np.array([[-1.0, -0.99, 0.0, 0.0, 0.99, 1.0]])
    histogram = measure_one(values).forward.histogram
    assert (histogram.low, histogram.high) == (-1, 1)
    places = np.repeat(np.arange(N_BINS), histogram.counts)
    assert places.tolist() == [0, 0, N_BINS // 2, N_BINS // 2, N_BINS - 1, N_BINS - 1]
    assert histogram.n_zeros == 2


def test_a_saturated_sigmoid_lies_on_its_axis():
    histogram = measure_one(np.array([[0.0, 1.0, 1.0]]), kind="sigmoid").forward.histogram
    assert (histogram.low, histogram.high) == (0, 1)
    assert (histogram.counts[0], histogram.counts[-1], histogram.overflow) == (1, 2, 0)


def test_the_signal_histogram_stands_around_the_pooled_mean():
    values = np.array([[0.4, 0.8], [0.4, 0.8]])  # each unit constant: all deviations are zero
    histogram = measure_one(values, kind="sigmoid").forward.signal_histogram
    assert np.flatnonzero(histogram.counts).tolist() == [int(0.6 * N_BINS)]


def test_a_log_axis_counts_decades_and_the_zeros_apart():
    values = np.array([[1e-3, -1e-3, 0.0, 50.0]])
    histogram = measure_one(values, look=LOG).forward.histogram
    assert (histogram.low, histogram.high, histogram.n_zeros) == (-3, 2, 1)
    assert total(histogram) == 3
    assert histogram.counts[0] == 2


def test_all_zero_is_shown_as_such():
    for look in (LINEAR, LOG, OWN):
        reading = measure_one(np.zeros((5, 4)), kind="relu", look=look).forward
        assert reading.zero_share == 1
        assert reading.histogram.n_zeros == 20
        assert reading.histogram.low < reading.histogram.high


def test_layers_of_a_kind_share_an_axis_and_the_head_has_its_own():
    rng = np.random.default_rng(0)
    outputs = [scale * rng.standard_normal((50, 20)) for scale in (1, 100, 10)]
    run = FixedRun(["dense", "dense", "head"], outputs, outputs)
    first, second, head = Prober().measure([run], LINEAR, every_value=True)[1]
    assert first.forward.histogram.high == second.forward.histogram.high == 300
    assert head.forward.histogram.high == 30


def test_own_ranges_suit_each_layer_alone():
    rng = np.random.default_rng(0)
    outputs = [5 + 0.1 * rng.standard_normal((50, 20)), rng.standard_normal((50, 20))]
    run = FixedRun(["dense", "dense"], outputs, outputs)
    first, second = (layer.forward.histogram for layer in Prober().measure([run], OWN, every_value=True)[1])
    assert 4.5 < first.low < 5 < first.high < 5.5
    assert -4 < second.low < 0 < second.high < 4


def test_an_axis_grows_at_once_and_shrinks_only_after_many_readings():
    prober = Prober()
    rng = np.random.default_rng(0)

    def high(scale):
        array = scale * rng.standard_normal((50, 20))
        return prober.measure([FixedRun(["dense"], [array], [array])], LINEAR, True)[1][
            0
        ].forward.histogram.high

    assert high(1) == 3
    assert high(100) == 300
    shrinking = [high(1) for _ in range(40)]
    assert shrinking[0] == 300
    assert shrinking[-1] == 3


def test_a_sample_says_how_many_values_it_has():
    values = np.tile(np.arange(300.0), (100, 1))
    reading = measure_one(values, every_value=False).forward
    assert (reading.n_values, reading.n_counted) == (30_000, N_SAMPLE)
    assert total(reading.histogram) == N_SAMPLE


@pytest.mark.parametrize(
    "shape",
    [(10, 300), (100, 11), (100, 30), (100, 89), (100, 300), (100, 355), (101, 30), (250, 79), (500, 201)],
)
def test_a_sample_meets_all_units_and_all_examples_about_alike(shape):
    """About as evenly as values drawn one by one at random, of which the variance is the mean."""
    n_examples, n_units = shape
    places = sampled_places(n_examples * n_units)
    assert len(np.unique(places)) == len(places) == N_SAMPLE
    assert places[0] >= 0
    assert places[-1] < n_examples * n_units
    units = np.bincount(places % n_units, minlength=n_units)
    assert len(units) == n_units
    assert units.var() <= 2.7 * units.mean()
    examples = np.bincount(places // n_units, minlength=n_examples)
    assert len(examples) == n_examples
    assert examples.var() <= 8 * examples.mean()  # it takes eight neighbours at a time


def test_a_small_array_is_measured_whole():
    assert measure_one(np.arange(999.0).reshape(333, 3), every_value=False).forward.n_counted == 999


def random_run(generator, run_id=1, n_examples=120):
    """Return layers of several widths, kinds and scales, in an order that repeats no shape's place."""
    kinds = (*generator.choice(["dense", "batch_norm", "sigmoid", "relu"], 9).tolist(), "head")
    outputs, gradients = [], []
    for kind in kinds:
        shape = n_examples, int(generator.choice([1, 7, 30, 300]))
        values = generator.normal(generator.normal(0, 2, shape[1]), 10.0 ** generator.integers(-4, 2), shape)
        if kind == "sigmoid":
            values = 1 / (1 + np.exp(-values))
        outputs.append(np.maximum(values, 0) if kind == "relu" else values)
        gradients.append(generator.normal(0, 10.0 ** generator.integers(-12, 0), shape))
    return FixedRun(kinds, outputs, gradients, run_id)


def sample_of(array, every_value):
    """Return the values that should be measured of `array`, and of each its unit's mean."""
    places = np.arange(array.size) if every_value else sampled_places(array.size)
    array = array.astype(np.float64)
    means = np.broadcast_to(array.mean(axis=0), array.shape)
    return array.reshape(-1)[places], means.reshape(-1)[places]


def check_histogram(histogram, values):
    """Compare the values below each edge of a bin; single precision may move a value across one beside it."""
    if histogram.log_magnitude:
        values = np.log10(np.abs(values[values != 0]))
    values = np.sort(values)
    edges, width = np.linspace(histogram.low, histogram.high, N_BINS + 1, retstep=True)
    close = 1e-4 * width + 1e-7 * np.abs(values).max(initial=0)
    below = np.cumsum([histogram.underflow, *histogram.counts])
    assert (np.searchsorted(values, edges - close) <= below).all()
    assert (below <= np.searchsorted(values, edges + close, side="right")).all()
    assert below[-1] + histogram.overflow == len(values)


def check_reading(reading, array, every_value):
    """Compare with what NumPy says of this one array."""
    values, unit_means = sample_of(array, every_value)
    assert (reading.n_values, reading.n_counted) == (array.size, values.size)
    assert reading.mean == pytest.approx(values.mean())
    resolution = 1e-7 * np.abs(values).max()
    assert reading.std == pytest.approx(values.std(), abs=resolution)
    assert (reading.minimum, reading.maximum) == (values.min(), values.max())
    assert reading.zero_share == np.mean(values == 0)
    assert reading.histogram.n_zeros == np.count_nonzero(values == 0)
    check_histogram(reading.histogram, values)
    if reading.signal is not None:
        deviations = values - unit_means
        assert reading.signal == pytest.approx(np.sqrt(np.mean(deviations**2)), abs=resolution)
        if not reading.histogram.log_magnitude:
            check_histogram(reading.signal_histogram, values.mean() + deviations)


@pytest.mark.parametrize("every_value", [True, False])
@pytest.mark.parametrize("look", [LINEAR, LOG, OWN])
@pytest.mark.parametrize("seed", range(4))
def test_arrays_measured_together_have_the_readings_of_each_alone(seed, look, every_value):
    generator = np.random.default_rng(seed)
    runs = [random_run(generator, 1), random_run(generator, 2)]
    measured = Prober().measure(runs, look, every_value)
    assert list(measured) == [1, 2]
    for run in runs:
        readings = measured[run.run_id]
        assert (readings.kinds, readings.log_magnitude) == (run.layer_kinds, look.log_magnitude)
        assert readings.n_outputs == tuple(output.shape[1] for output in run.outputs)
        for row, reading in enumerate(readings):
            assert reading.forward.signal is not None
            assert reading.backward.signal is None
            check_reading(reading.forward, run.outputs[row], every_value)
            check_reading(reading.backward, run.output_grads[row], every_value)


@pytest.mark.parametrize("seed", range(4))
def test_a_shared_axis_covers_what_the_widest_of_its_arrays_needs(seed):
    generator = np.random.default_rng(seed)
    runs = [random_run(generator, 1), random_run(generator, 2)]
    measured = Prober().measure(runs, LINEAR, every_value=True)
    needed: dict[str, float] = {}
    for run in runs:
        for kind, gradient in zip(run.layer_kinds, run.output_grads, strict=True):
            magnitudes = np.sort(np.abs(gradient), axis=None)
            limit = round_up(float(magnitudes[round(0.995 * (magnitudes.size - 1))]))
            needed[kind] = max(limit, needed.get(kind, 0))
    for readings in measured.values():
        for reading in readings:
            histogram = reading.backward.histogram
            assert (histogram.low, histogram.high) == (-needed[reading.kind], needed[reading.kind])


@pytest.mark.parametrize("look", [LINEAR, LOG, OWN])
def test_every_value_of_a_large_array_is_measured(look):
    generator = np.random.default_rng(0)
    output, gradient = generator.normal(1, 2, (500, 300)), generator.normal(0, 1e-6, (500, 300))
    run = FixedRun(["dense"], [output], [gradient])
    (reading,) = Prober().measure([run], look, every_value=True)[1]
    check_reading(reading.forward, run.outputs[0], every_value=True)
    check_reading(reading.backward, run.output_grads[0], every_value=True)


@pytest.mark.parametrize("every_value", [True, False])
@pytest.mark.parametrize("share", [1e-2, 1e-4, 1e-6])
def test_a_signal_far_below_the_mean_keeps_its_digits(share, every_value):
    values = np.float32(0.5 + 0.5 * share * np.random.default_rng(0).standard_normal((1_000, 50)))
    sample, unit_means = sample_of(values, every_value)
    signal = np.sqrt(np.mean((sample - unit_means) ** 2))
    reading = measure_one(values, kind="sigmoid", every_value=every_value).forward
    assert reading.signal == pytest.approx(signal, rel=1e-5 + 2e-9 / share)


def test_a_unit_that_does_not_change_has_no_signal_beside_units_that_do():
    values = np.random.default_rng(0).standard_normal((100, 4))
    values[:, 2] = 0.1
    reading = measure_one(values, look=LOG).forward
    assert reading.signal_histogram.n_zeros == 100
    assert reading.signal_histogram.low > -8


def test_gradients_that_nearly_vanish_are_counted_on_their_axis():
    gradient = np.float32(1e-40 * np.random.default_rng(0).standard_normal((50, 20)))
    for look in (LINEAR, LOG, OWN):
        histogram = measure_one(np.ones((50, 20)), gradient=gradient, look=look).backward.histogram
        check_histogram(histogram, gradient.astype(np.float64).reshape(-1))
        assert histogram.counts.max() < 500


def test_a_run_with_values_that_are_not_finite_leaves_the_others_theirs():
    healthy = FixedRun(["dense"], [np.ones((2, 2))], [np.ones((2, 2))], run_id=1)
    diverged = FixedRun(["dense"], [np.array([[1.0, np.nan], [0.0, 0.0]])], [np.ones((2, 2))], run_id=2)
    measured = Prober().measure([diverged, healthy], LINEAR, every_value=True)
    assert list(measured) == [1]
    assert measured[1][0].forward.mean == 1


def test_values_too_far_apart_for_a_difference_give_no_reading():
    run = FixedRun(["dense"], [np.ones((2, 2))], [np.array([[3e38, -3e38], [0.0, 0.0]])])
    assert Prober().measure([run], LINEAR, every_value=True) == {}


def test_a_value_that_is_not_finite_is_found_in_the_forward_values_even_outside_the_sample():
    values = np.ones((100, 300))
    values[0, 1] = np.inf
    run = FixedRun(["dense"], [values], [np.ones((100, 300))])
    assert Prober().measure([run], LINEAR, every_value=False) == {}


def test_values_that_are_not_finite_give_no_reading():
    run = FixedRun(["dense"], [np.ones((2, 2))], [np.array([[1.0, np.inf], [0.0, 0.0]])])
    assert Prober().measure([run], LINEAR, every_value=True) == {}


def test_measuring_a_real_network_changes_nothing_in_training(dataset):
    document = experiment(model("m", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU))
    watched, plain = Trainer(document, dataset), Trainer(document, dataset)
    prober = Prober()
    for _ in range(8):
        watched.advance()
        plain.advance()
        readings = prober.measure(watched.runs, LINEAR, every_value=False)[watched.runs[0].run_id]
        assert [reading.kind for reading in readings] == [
            "dense",
            "batch_norm",
            "sigmoid",
            "dense",
            "relu",
            "head",
        ]
    assert watched.runs[0].history.losses.tolist() == plain.runs[0].history.losses.tolist()
