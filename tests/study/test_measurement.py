import numpy as np
import pytest

from bnstudio.study.job import train
from bnstudio.study.measurement import N_BINS, measure_layers
from bnstudio.training.run import Run
from tests.study.small_study import small_dataset, small_plan


@pytest.fixture
def run():
    """S6_BN_lr after one step."""
    model = small_plan().training("S6_BN_lr", 0).models[0]
    run = Run(model, seed=0)
    images = small_dataset().train_images[:50].astype(np.float32) / 255
    run.train_step(images, small_dataset().train_labels[:50])
    return run


def test_the_numbers_are_those_of_their_definitions(run):
    for layer, output, gradient in zip(
        measure_layers(run), run.network.outputs, run.network.output_grads, strict=True
    ):
        assert layer.pooled_std == pytest.approx(output.std(dtype=np.float64))
        assert layer.signal == pytest.approx(np.sqrt(output.var(axis=0, dtype=np.float64).mean()))
        assert layer.gradient_rms == pytest.approx(np.sqrt((gradient.astype(np.float64) ** 2).mean()))


def test_every_value_is_counted_inside_or_outside_of_the_axis(run):
    for layer, output in zip(measure_layers(run), run.network.outputs, strict=True):
        for binned in (layer.values, layer.deviations, layer.gradients):
            assert len(binned.counts) == N_BINS
            assert sum(binned.counts) + binned.n_outside == output.size


def test_a_unit_that_is_constant_has_no_signal_but_spread(run):
    output = run.network.outputs[0]
    output[:] = np.arange(output.shape[1])
    layer = measure_layers(run)[0]
    assert layer.signal == 0
    assert layer.pooled_std == pytest.approx(np.arange(output.shape[1]).std())
    assert max(layer.deviations.counts) == output.size
    assert max(layer.values.counts) < output.size


def test_layers_of_a_kind_share_their_axes_and_a_sigmoids_is_from_0_to_1(run):
    layers = measure_layers(run)
    for kind in ("dense", "batch_norm", "sigmoid"):
        of_kind = [layer for layer in layers if layer.kind == kind]
        assert len(of_kind) == 4
        assert len({(layer.values.low, layer.values.high) for layer in of_kind}) == 1
        assert len({(layer.gradients.low, layer.gradients.high) for layer in of_kind}) == 1
    assert {(layer.values.low, layer.values.high) for layer in layers if layer.kind == "sigmoid"} == {(0, 1)}


def test_nearly_all_values_lie_on_the_axis(run):
    for layer in measure_layers(run):
        assert layer.gradients.n_outside <= 0.03 * sum(layer.gradients.counts)


def test_values_that_are_not_finite_are_counted_as_outside(run):
    run.network.outputs[0][0, 0] = np.inf
    layer = measure_layers(run)[0]
    assert layer.values.n_outside >= 1
    assert not np.isfinite(layer.pooled_std)


def test_layers_are_measured_after_step_600_as_that_step_left_them():
    training = small_plan(epochs=4).training("S4", 3)
    result = train(training, small_dataset())
    assert set(result.moments) == {600}
    assert result.history.n_steps == 600
    run = Run(training.models[0], training.seed)
    assert [layer.kind for layer in result.moments[600]] == list(run.layer_kinds)


def test_a_training_that_is_shorter_is_not_measured():
    assert train(small_plan(epochs=1).training("S4", 0), small_dataset()).moments == {}
