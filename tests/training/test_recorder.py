"""The recorder keeps what a run was like, as it would have been measured then, in little memory."""

import itertools
import pickle
import tracemalloc
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from bnstudio.document.presets import load_preset
from bnstudio.training import recorder as recorder_module
from bnstudio.training.activation import ActivationInspection
from bnstudio.training.batch_norm import BatchNormInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection
from bnstudio.training.probes import Prober
from bnstudio.training.recorder import Recorder, recall, recorded_inspections
from bnstudio.training.recorder_schedule import index_of, is_scheduled, next_scheduled, step_at
from bnstudio.training.snapshot import Look
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_eight_models import EIGHT
from tests.training.test_trainer import losses

NORMED = model("normed", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU)
PLAIN = model("plain", DENSE, RELU)
FLOW, HEALTH = GradientFlowInspection("normed"), HealthInspection("normed")
ALL = recorded_inspections(NORMED)


def record(trainer):
    for run in trainer.runs:
        if trainer.recorder.is_due(run):
            trainer.recorder.record(run, None, trainer)


def record_to(trainer, step):
    trainer.extend_to(step)
    while trainer.step < step:
        trainer.advance()
        record(trainer)
    return trainer


def recorded(dataset, step, *models):
    return record_to(Trainer(experiment(*(models or [NORMED])), dataset), step)


def steps_of(trainer, index=0):
    run = trainer.runs[index]
    return [step for step, _ in trainer.recorder.findings(run, GradientFlowInspection(run.model.name))]


def fresh(dataset, step):
    """Return a run that was stepped to `step`, its trainer and the readings, on axes that followed."""
    trainer, prober, readings = Trainer(experiment(NORMED), dataset), Prober(), None
    (run,) = trainer.runs
    trainer.extend_to(step)
    while trainer.step < step:
        trainer.advance()
        if is_scheduled(run.step) and (readings is None or run.step > readings[0]):
            readings = run.step, prober.measure([run], Look(), every_value=False)[run.run_id]
    assert readings[0] == step
    return run, trainer, readings[1]


def measured(inspection, run, trainer):
    *_, finding = inspection.measure(run, trainer)
    return finding


def plain(thing):
    """Return what says all of a finding and can be compared."""
    if isinstance(thing, np.ndarray):
        return thing.dtype.str, thing.shape, thing.tobytes()
    if is_dataclass(thing):
        return type(thing), [plain(getattr(thing, field.name)) for field in fields(thing)]
    if isinstance(thing, (tuple, list)):
        return [plain(part) for part in thing]
    return thing


def state_of(run):
    layers = run.network.layers
    arrays = [a for layer in layers for kept in (layer.params, layer.buffers) for a in kept.values()]
    return [array.tobytes() for array in arrays]


# What is kept


def test_each_of_the_first_hundred_steps_is_kept_and_then_those_of_the_schedule(dataset):
    trainer = recorded(dataset, 150)
    assert steps_of(trainer) == [*range(1, 101), 106, 112, 119, 126, 133, 141, 149]
    (run,) = trainer.runs
    assert [trainer.recorder.moment(run, step).step for step in (1, 100, 105, 106, 148, 150)] == [
        1, 100, 100, 106, 141, 149,
    ]  # fmt: skip
    assert trainer.recorder.moment(run, 151) is None


@pytest.mark.parametrize("step", [1, 2, 37, 100, 126])
def test_what_is_recalled_is_what_a_run_that_has_just_done_the_step_would_show(dataset, step):
    trainer = recorded(dataset, 140)
    moment = trainer.recorder.moment(trainer.runs[0], step)
    run, its_trainer, readings = fresh(dataset, step)
    assert moment.step == step
    assert plain(moment.readings) == plain(readings)
    found = recall(moment, ALL)
    assert set(found) == set(ALL)
    for inspection in ALL:
        if inspection != HEALTH:
            assert plain(found[inspection]) == plain(measured(inspection, run, its_trainer))


def test_health_is_the_one_measured_last_and_says_of_which_step_it_is(dataset):
    trainer = recorded(dataset, 140)
    (run,) = trainer.runs
    found = trainer.recorder.findings(run, HEALTH)
    assert [step for step, _ in found] == steps_of(trainer)
    assert sorted({health.step for _, health in found}) == [1, 51, 106]
    assert all(step - 55 < health.step <= step for step, health in found)
    for step in (1, 51, 106):
        its_run, its_trainer, _ = fresh(dataset, step)
        assert dict(found)[step] == measured(HEALTH, its_run, its_trainer)


def test_health_is_measured_ever_less_often(dataset):
    trainer = recorded(dataset, 400)
    (run,) = trainer.runs
    steps = sorted({health.step for _, health in trainer.recorder.findings(run, HEALTH)})
    for step, following in itertools.pairwise(steps):
        assert following == next_scheduled(step + max(50, step // 3) - 1)
    assert len(steps) > 5


def test_a_model_has_the_findings_of_each_of_its_rows(dataset):
    assert [(type(inspection), getattr(inspection, "row", None)) for inspection in ALL] == [
        (GradientFlowInspection, None), (HealthInspection, None),
        (BatchNormInspection, 1), (ActivationInspection, 2), (ActivationInspection, 4),
    ]  # fmt: skip
    assert all(inspection.recorded for inspection in ALL)
    trainer = recorded(dataset, 2)
    (run,) = trainer.runs
    before, after = (
        trainer.recorder.findings(run, ActivationInspection("normed", row))[-1][1] for row in (2, 4)
    )
    assert plain(before) != plain(after)
    assert trainer.recorder.findings(run, ActivationInspection("normed", 0)) == []


@pytest.mark.parametrize(
    "layers", [[DENSE.replaced(units=4_096)], [DENSE.replaced(units=300), *[SIGMOID] * 90]]
)
def test_health_that_would_take_long_is_not_kept_and_the_rest_is(dataset, layers):
    large = model("large", *layers)
    assert HealthInspection("large") not in recorded_inspections(large)
    trainer = recorded(dataset, 2, large)
    (run,) = trainer.runs
    assert trainer.recorder.findings(run, HealthInspection("large")) == []
    assert steps_of(trainer) == [1, 2]


@pytest.mark.parametrize("name", ["S6", "S6_BN", "R6", "R6_BN"])
def test_of_the_article_s_networks_health_is_kept(name):
    (of_article,) = load_preset(name).models
    assert HealthInspection(name) in recorded_inspections(of_article)


@pytest.mark.parametrize("layers", [(), (BATCH_NORM,), (SIGMOID, BATCH_NORM)])
def test_stacks_without_a_dense_row_are_recorded_too(dataset, layers):
    trainer = recorded(dataset, 3, model("odd", *layers))
    assert steps_of(trainer) == [1, 2, 3]
    moment = trainer.recorder.latest(trainer.runs[0])
    assert len(recall(moment, recorded_inspections(trainer.runs[0].model))) == 2 + len(layers)


def test_readings_that_are_on_the_screen_are_kept_as_they_are(dataset):
    trainer = Trainer(experiment(NORMED), dataset)
    (run,) = trainer.runs
    trainer.advance()
    readings = Prober().measure([run], Look(log_magnitude=True), every_value=True)[run.run_id]
    trainer.recorder.record(run, readings, trainer)
    assert trainer.recorder.latest(run).readings is readings


def test_the_largest_magnitudes_are_those_of_what_the_layers_put_out(dataset):
    trainer = recorded(dataset, 5)
    (run,) = trainer.runs
    largest = trainer.recorder.largest(run, 3)
    assert [step for step, _ in largest] == [3, 4, 5]
    assert largest[-1][1] == pytest.approx([np.abs(output).max() for output in run.network.outputs])
    assert trainer.recorder.largest(run, 30)[0][0] == 1


def test_training_is_the_same_bit_for_bit_with_the_recorder(dataset):
    document = experiment(NORMED, PLAIN, epochs=9)
    with_recorder, without = Trainer(document, dataset), Trainer(document, dataset)
    while not with_recorder.finished:
        with_recorder.advance()
        record(with_recorder)
        without.advance()
    for index in range(2):
        assert losses(with_recorder, index) == losses(without, index)
        assert state_of(with_recorder.runs[index]) == state_of(without.runs[index])


# When it is due


def test_a_step_is_due_once_and_only_where_it_is_scheduled(dataset):
    trainer = Trainer(experiment(NORMED), dataset)
    (run,) = trainer.runs
    assert not trainer.recorder.is_due(run)
    trainer.advance()
    assert trainer.recorder.is_due(run)
    record(trainer)
    assert not trainer.recorder.is_due(run)
    record_to(trainer, 101)
    assert steps_of(trainer)[-1] == 100
    assert not trainer.recorder.is_due(run)


def test_a_step_that_has_yet_to_update_the_weights_is_kept_after_it_has(dataset):
    trainer = recorded(dataset, 4)
    trainer.extend_to(5)
    trainer.begin_step()
    record(trainer)
    assert steps_of(trainer) == [1, 2, 3, 4]
    trainer.advance()
    record(trainer)
    assert steps_of(trainer) == [1, 2, 3, 4, 5]
    run, its_trainer, readings = fresh(dataset, 5)
    moment = trainer.recorder.latest(trainer.runs[0])
    assert plain(moment.readings) == plain(readings)
    for inspection in set(ALL) - {HEALTH}:
        assert plain(recall(moment, [inspection])[inspection]) == plain(
            measured(inspection, run, its_trainer)
        )


def test_what_is_too_large_to_be_measured_leaves_no_moment(dataset):
    trainer = recorded(dataset, 3)
    trainer.extend_to(5)
    trainer.advance()
    trainer.runs[0].network.outputs[0][2, 3] = np.inf
    record(trainer)
    assert steps_of(trainer) == [1, 2, 3]
    trainer.begin_step()
    record(trainer)
    assert steps_of(trainer) == [1, 2, 3]
    record_to(trainer, 5)
    assert steps_of(trainer) == [1, 2, 3, 5]


def test_what_has_no_finding_is_missing_and_the_rest_is_there(dataset):
    trainer = recorded(dataset, 50)
    (run,) = trainer.runs
    trainer.extend_to(51)
    trainer.advance()
    run.network.layers[-1].params["weight"][0, 0] = np.nan
    record(trainer)
    found = recall(trainer.recorder.latest(run), ALL)
    assert trainer.recorder.latest(run).step == 51
    assert FLOW not in found
    assert HEALTH not in found
    assert BatchNormInspection("normed", 1) in found


def test_a_run_that_diverged_keeps_its_past_and_gets_no_more_of_it(dataset):
    wild = model("wild", DENSE, RELU, DENSE, RELU, DENSE, RELU, learning_rate=1e6)
    trainer = Trainer(experiment(wild), dataset)
    (run,) = trainer.runs
    while run.divergence is None:
        trainer.advance()
        record(trainer)
    last = trainer.recorder.latest(run)
    assert 1 <= last.step <= run.step < run.divergence.step
    assert np.isfinite(last.readings.forward.std).all()
    assert not trainer.recorder.is_due(run)


# Whose past it is


def test_before_its_first_moment_a_run_has_none(dataset):
    trainer = recorded(dataset, 3)
    (run,) = trainer.runs
    assert trainer.recorder.moment(run, 0) is None
    assert recall(None, ALL) == {}
    (other,) = Trainer(experiment(NORMED), dataset).runs
    assert trainer.recorder.latest(other) is None
    assert trainer.recorder.findings(other, FLOW) == []
    assert trainer.recorder.largest(other, 3) == ()


def test_the_record_begins_with_the_first_moment_of_any_run(dataset):
    assert Trainer(experiment(NORMED), dataset).recorder.first_step is None
    trainer = Trainer.restored(recorded(dataset, 5, NORMED, PLAIN).state(), dataset)
    assert trainer.recorder.first_step is None
    record_to(trainer, 8)
    assert trainer.recorder.first_step == 6
    trainer.set_experiment(experiment(NORMED, model("plain", DENSE, SIGMOID)))
    assert trainer.recorder.first_step == 6
    record_to(trainer, 9)
    assert trainer.recorder.first_step == 1


def test_of_a_renamed_model_the_past_is_found_by_its_new_name(dataset):
    trainer = recorded(dataset, 5)
    trainer.set_experiment(experiment(NORMED.replaced(name="other")))
    record_to(trainer, 7)
    (run,) = trainer.runs
    found = trainer.recorder.findings(run, GradientFlowInspection("other"))
    assert [step for step, _ in found] == [flow.step for _, flow in found] == [1, 2, 3, 4, 5, 6, 7]
    inspection = BatchNormInspection("other", 1)
    assert set(recall(trainer.recorder.moment(run, 3), [inspection])) == {inspection}


def test_what_starts_anew_has_no_past_and_the_others_keep_theirs(dataset):
    trainer = recorded(dataset, 5, NORMED, PLAIN)
    old = trainer.runs[1]
    trainer.set_experiment(experiment(NORMED, model("plain", DENSE, SIGMOID)))
    assert trainer.recorder.latest(trainer.runs[1]) is None
    assert trainer.recorder.latest(old) is None
    assert steps_of(trainer) == [1, 2, 3, 4, 5]
    trainer.restart()
    assert steps_of(trainer) == []
    assert trainer.recorder.n_bytes == 0


def test_a_run_that_was_taken_back_keeps_its_past_up_to_there_and_goes_on_from_it(dataset):
    trainer = recorded(dataset, 75, NORMED, PLAIN)
    (before, _) = trainer.runs
    at_50 = trainer.recorder.moment(before, 50)
    trainer.take_back("normed")
    (run, _) = trainer.runs
    assert (run.step, steps_of(trainer)) == (50, list(range(1, 51)))
    assert trainer.recorder.moment(run, 50) is at_50
    assert trainer.recorder.moment(run, 51) is None
    assert trainer.recorder.latest(before) is None
    record_to(trainer, 60)
    assert steps_of(trainer) == list(range(1, 61))
    assert trainer.recorder.findings(run, HEALTH)[50][1].step == 51
    assert steps_of(trainer, 1) == list(range(1, 76))


def test_taken_back_to_its_start_it_has_no_past(dataset):
    trainer = recorded(dataset, 20)
    trainer.take_back("normed")
    assert steps_of(trainer) == []
    record_to(trainer, 2)
    assert steps_of(trainer) == [1, 2]


def test_a_late_run_is_recorded_by_its_own_steps(dataset):
    trainer = recorded(dataset, 106)
    trainer.set_experiment(experiment(NORMED, PLAIN))
    trainer.start_at_zero()
    trainer.extend_to(112)
    record_to(trainer, 6)
    assert [run.step for run in trainer.runs] == [112, 6]
    assert steps_of(trainer)[-3:] == [100, 106, 112]
    assert steps_of(trainer, 1) == [1, 2, 3, 4, 5, 6]


# Memory


def bytes_of(dataset, layers, n_steps):
    """Return the bytes that the moments of a model take, and what the recorder counted."""
    trainer = recorded(dataset, n_steps, model("m", *layers))
    (run,) = trainer.runs
    data = pickle.dumps([trainer.recorder.moment(run, step) for step in range(1, n_steps + 1)])
    pickle.loads(data)  # what is imported for it and stays
    tracemalloc.start()
    try:
        copies = pickle.loads(data)
        n_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(copies) == n_steps
    return n_bytes, trainer.recorder.n_bytes


@pytest.mark.parametrize("layers", [(DENSE,), (DENSE, BATCH_NORM, SIGMOID) * 4])
def test_the_memory_that_is_counted_is_what_the_moments_take(dataset, layers):
    n_bytes, counted = bytes_of(dataset, layers, n_steps=60)
    assert n_bytes == pytest.approx(counted, rel=0.35)


def test_that_of_wide_layers_is_counted_too(dataset, monkeypatch):
    monkeypatch.setattr(recorder_module, "_MOST_HEALTH_WORK", 10**8)
    narrow, narrow_counted = bytes_of(dataset, (DENSE, *[RELU] * 20), n_steps=1)
    wide, wide_counted = bytes_of(dataset, (DENSE.replaced(units=4_000), *[RELU] * 20), n_steps=1)
    assert wide - narrow == pytest.approx(wide_counted - narrow_counted, rel=0.25)


def test_what_stands_in_many_moments_is_counted_once(dataset):
    n_bytes = recorded(dataset, 10).recorder.n_bytes
    of_each = [recorded(dataset, n_steps).recorder.n_bytes for n_steps in (11, 51)]
    of_a_step = of_each[0] - n_bytes
    assert n_bytes > 10 * of_a_step  # the first has a health too
    assert of_each[1] == pytest.approx(n_bytes + 41 * of_a_step + (n_bytes - 10 * of_a_step), rel=0.01)


def test_eight_models_share_the_memory(dataset, monkeypatch):
    assert recorder_module.MEMORY == 64 * 2**20
    monkeypatch.setattr(recorder_module, "MEMORY", 8 * 150_000)
    trainer = recorded(dataset, 300, *EIGHT.models)
    assert trainer.recorder.n_bytes <= 8 * 150_000
    for index in range(8):
        kept = steps_of(trainer, index)
        assert kept == sorted(set(kept))
        assert (kept[0], kept[-1]) == (1, step_at(index_of(300)))


@pytest.mark.parametrize("n_moments", [104, 105])
def test_where_memory_runs_out_the_middle_gets_sparser_and_the_start_and_the_latest_stay(
    dataset, monkeypatch, n_moments
):
    full = step_at(n_moments)
    trainer = recorded(dataset, full)
    monkeypatch.setattr(recorder_module, "MEMORY", 8 * trainer.recorder.n_bytes)
    for step in range(full + 1, 501):
        record_to(trainer, step)
        if is_scheduled(step):
            assert steps_of(trainer)[-1] == step
    kept = steps_of(trainer)
    assert kept[:100] == list(range(1, 101))
    assert kept[-1] == step_at(index_of(500))
    assert 1 < len(kept[100:]) < 10
    assert all(is_scheduled(step) for step in kept)
    assert trainer.recorder.n_bytes <= recorder_module.MEMORY // 8


def test_where_even_the_start_is_too_much_its_first_step_and_the_latest_stay(dataset, monkeypatch):
    trainer = recorded(dataset, 10)
    monkeypatch.setattr(recorder_module, "MEMORY", 8 * trainer.recorder.n_bytes)
    record_to(trainer, 200)
    kept = steps_of(trainer)
    assert (kept[0], kept[-1]) == (1, step_at(index_of(200)))
    assert 3 <= len(kept) <= 10
    assert trainer.recorder.n_bytes <= recorder_module.MEMORY // 8


def test_where_not_even_one_has_room_the_first_and_the_latest_are_kept(dataset, monkeypatch):
    monkeypatch.setattr(recorder_module, "MEMORY", 8)
    trainer = recorded(dataset, 119)
    assert steps_of(trainer) == [1, 119]


def test_an_empty_recorder_takes_no_memory():
    assert Recorder().n_bytes == 0
