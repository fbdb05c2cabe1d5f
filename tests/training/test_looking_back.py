"""The window can look back at any recorded step while training goes on, and training does not notice."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from bnstudio.training.activation import ActivationInspection
from bnstudio.training.batch_norm import BatchNormHistoryInspection, BatchNormInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.health import HealthInspection
from bnstudio.training.inspection import Inspection
from bnstudio.training.recorder import recorded_inspections
from bnstudio.training.recorder_schedule import is_scheduled, next_scheduled
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_catch_up import MANY
from tests.training.test_eight_models import EIGHT
from tests.training.test_recorder import fresh, measured, plain
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps

NORMED = model("normed", DENSE, BATCH_NORM, SIGMOID, DENSE, RELU)
PLAIN = model("plain", DENSE, RELU)
WILD = model("wild", DENSE, RELU, DENSE, RELU, DENSE, RELU, learning_rate=1e6)
BOTH = experiment(NORMED, PLAIN, epochs=MANY)


@dataclass(frozen=True)
class LiveOnly(Inspection[int]):
    """Finds the step that is live."""

    def measure(self, run, trainer) -> Iterator[int | None]:
        yield run.step


def back_at(step, *models, inspections=(), **look):
    names = frozenset(setup.name for setup in models or (NORMED, PLAIN))
    found = (i for setup in models or (NORMED, PLAIN) for i in recorded_inspections(setup))
    return Look(names, inspections=frozenset((*found, *inspections)), at_step=step, **look)


def live(*models, inspections=(), **look):
    return back_at(None, *models, inspections=inspections, **look)


def look_back(window, step, *models, **look):
    """Look at a step and return the first snapshot of it."""
    window.session.look(back_at(step, *models, **look))
    return window.wait_until(lambda s: s.at_step == step)


def train_to(window, step):
    """Take steps, of which each is a command, and pause."""
    for _ in range(step):
        window.session.step()
    return window.wait_until(paused_at(step))


def of(snapshot, name):
    return next(run for run in snapshot.runs if run.name == name and not run.replaced)


# Paused


def test_a_look_back_is_answered_at_once_while_paused(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 20)
    snapshot = look_back(window, 7)
    assert (snapshot.state, snapshot.step) == (State.PAUSED, 20)
    for run in snapshot.runs:
        assert (run.step, run.readings_step) == (20, 7)
        assert GradientFlowInspection(run.name).found_in(run).step == 7


def test_nobody_has_to_have_looked_at_a_model_for_it_to_have_a_past(open_window):  # noqa: F811
    window = open_window(EIGHT)
    window.session.train()
    finished = window.wait_until(lambda s: s.state is State.FINISHED)
    assert [run.readings for run in finished.runs] == [None] * 8
    snapshot = look_back(window, 3, *EIGHT.models)
    for run, setup in zip(snapshot.runs, EIGHT.models, strict=True):
        assert run.readings_step == 3
        assert set(run.findings) == set(recorded_inspections(setup))


def test_what_is_seen_is_what_was_live_at_that_step(open_window, dataset):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 30)
    run = of(look_back(window, 12), "normed")
    fresh_run, trainer, readings = fresh(dataset, 12)
    assert plain(run.readings) == plain(readings)
    for inspection in recorded_inspections(NORMED):
        if not isinstance(inspection, HealthInspection):
            assert plain(inspection.found_in(run)) == plain(measured(inspection, fresh_run, trainer))
    assert HealthInspection("normed").found_in(run).step == 1


def test_between_two_recorded_steps_it_is_the_one_before(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 112)
    assert [run.readings_step for run in look_back(window, 111).runs] == [106, 106]


def test_before_the_first_step_there_is_nothing(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 3)
    for run in look_back(window, 0).runs:
        assert run.readings is None
        assert run.findings == {}


def test_a_model_that_is_not_looked_at_has_no_readings_of_the_past(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 5)
    snapshot = look_back(window, 2, PLAIN)
    assert of(snapshot, "normed").readings is None
    assert of(snapshot, "plain").readings_step == 2


def test_each_model_has_the_findings_that_are_its_own(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 5)
    for look in (live(), back_at(4)):
        window.session.look(look)
        snapshot = window.wait_until(
            lambda s, at_step=look.at_step: s.at_step == at_step and all(run.findings for run in s.runs)
        )
        for run in snapshot.runs:
            assert {inspection.model for inspection in run.findings} == {run.name}


def test_what_is_not_recorded_is_missing_while_looking_back_and_there_again_live(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 5)
    inspection = LiveOnly("normed")
    window.session.look(live(inspections=[inspection]))
    snapshot = window.wait_until(lambda s: inspection.found_in(of(s, "normed")))
    run = of(look_back(window, 4, inspections=[inspection]), "normed")
    assert inspection not in run.findings
    assert ActivationInspection("normed", 2).found_in(run).step == 4
    window.session.look(live(inspections=[inspection]))
    snapshot = window.wait_until(lambda s: s.at_step is None)
    assert inspection.found_in(of(snapshot, "normed")) == 5


def test_going_back_to_the_latest_shows_it_with_every_value_counted(open_window):  # noqa: F811
    wide = model("wide", DENSE.replaced(units=1000))
    window = open_window(experiment(wide))
    train_to(window, 5)
    recorded = look_back(window, 4, wide).runs[0].readings
    assert recorded[0].forward.n_counted < 20_000
    window.session.look(live(wide))
    run = window.wait_until(lambda s: s.at_step is None).runs[0]
    assert (run.readings_step, run.readings[0].forward.n_counted) == (5, 20_000)


def test_what_is_looked_at_again_is_the_very_same_object(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 5)
    first, _, second = (of(look_back(window, step), "normed") for step in (3, 4, 3))
    assert first.readings is second.readings
    flow = GradientFlowInspection("normed")
    assert flow.found_in(first) is flow.found_in(second)


# While training


def test_training_goes_on_while_looking_back_and_all_losses_arrive(open_window, dataset):  # noqa: F811
    window = open_window(BOTH)
    window.session.look(live())
    window.session.train()
    window.wait_until(lambda s: s.step > 30)
    first = look_back(window, 10)
    later = window.wait_until(lambda s: s.step > first.step + 20)
    for snapshot in (first, later):
        assert (snapshot.state, snapshot.at_step) == (State.TRAINING, 10)
        assert [run.readings_step for run in snapshot.runs] == [10, 10]
    assert of(first, "normed").readings is of(later, "normed").readings
    window.session.look(live())
    at_live = window.wait_until(lambda s: s.at_step is None)
    assert (at_live.state, at_live.step >= later.step) == (State.TRAINING, True)
    assert [run.readings_step for run in at_live.runs] == [run.step for run in at_live.runs]
    window.session.pause()
    end = window.wait_until(lambda s: s.state is State.PAUSED and not s.evaluating).step
    trainer = Trainer(BOTH, dataset)
    take_steps(trainer, end)
    for index, history in enumerate(window.histories.values()):
        assert history.losses.tolist() == losses(trainer, index)
        assert history.evaluations == trainer.runs[index].history.evaluations


def test_what_is_trained_while_looking_back_is_recorded_too(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 3)
    look_back(window, 2)
    for _ in range(5):
        window.session.step()
    window.wait_until(paused_at(8))
    for step in (3, 5, 8):
        assert [run.readings_step for run in look_back(window, step).runs] == [step, step]


def test_gamma_and_beta_over_time_are_those_of_all_moments_also_while_looking_back(
    open_window,  # noqa: F811
):
    inspection = BatchNormHistoryInspection("normed", 1)
    window = open_window(BOTH)
    train_to(window, 6)
    run = of(look_back(window, 2, inspections=[inspection]), "normed")
    assert inspection.found_in(run).steps.tolist() == [1, 2, 3, 4, 5, 6]
    window.session.step()
    snapshot = window.wait_until(
        lambda s: s.step == 7 and len(inspection.found_in(of(s, "normed")).steps) > 6
    )
    assert snapshot.at_step == 2
    history = inspection.found_in(of(snapshot, "normed"))
    assert history.steps.tolist() == [1, 2, 3, 4, 5, 6, 7]
    finding = BatchNormInspection("normed", 1).found_in(of(snapshot, "normed"))
    assert finding.step == 2
    assert history.gamma[1].tolist() == finding.gamma.tolist()
    assert history.beta[1].tolist() == finding.beta.tolist()


def test_of_two_models_that_are_looked_at_the_axes_are_one_in_the_past_too(open_window):  # noqa: F811
    large = model("large", DENSE.replaced(units=3), RELU, DENSE, RELU, learning_rate=0.5)
    window = open_window(experiment(NORMED, large, epochs=MANY))
    window.session.look(live(NORMED, large))
    train_to(window, 9)
    small, other = (run.readings for run in look_back(window, 6, NORMED, large).runs)
    for kind in ("dense", "relu", "head"):
        ends = {
            (reading.forward.histogram.high, reading.backward.histogram.high)
            for readings in (small, other)
            for reading in readings
            if reading.kind == kind
        }
        assert len(ends) == 1


def test_the_past_has_the_axes_that_were_on_the_screen(open_window):  # noqa: F811
    window = open_window(BOTH)
    window.session.look(live(log_magnitude=True))
    train_to(window, 4)
    assert all(run.readings.log_magnitude for run in look_back(window, 3, log_magnitude=True).runs)


# A past of one's own


def test_what_was_restarted_or_edited_has_no_past_of_what_it_was(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 9)
    look_back(window, 5)
    edited = BOTH.replaced(models=(NORMED, model("plain", DENSE, SIGMOID)))
    window.session.set_experiment(edited)
    snapshot = window.wait_until(lambda s: any(run.replaced for run in s.runs))
    assert of(snapshot, "normed").readings_step == 5
    assert of(snapshot, "plain").readings is None
    assert of(snapshot, "plain").findings == {}
    window.session.restart()
    snapshot = window.wait_until(lambda s: of(s, "normed").step == 0)
    for name in ("normed", "plain"):
        assert of(snapshot, name).readings is None
        assert of(snapshot, name).findings == {}


def test_a_run_that_has_not_come_as_far_has_nothing_to_show_yet(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 9)
    window.session.set_experiment(BOTH.replaced(models=(NORMED, model("plain", DENSE, SIGMOID))))
    window.session.start_at_zero()
    window.session.step()
    window.session.step()
    window.wait_until(paused_at(2))
    late = BOTH.models[0], model("plain", DENSE, SIGMOID)
    for step, expected in ((1, 1), (2, 2), (3, 0), (11, 0)):
        snapshot = look_back(window, step, *late)
        assert [of(snapshot, name).readings_step for name in ("normed", "plain")] == [step, expected]
        assert bool(of(snapshot, "plain").findings) == bool(expected)


def test_another_document_has_no_past_of_the_one_before(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 9)
    look_back(window, 5)
    window.session.open(BOTH)
    snapshot = window.wait_until(lambda s: s.step == 0)
    assert [(run.readings, run.findings) for run in snapshot.runs] == [(None, {}), (None, {})]


def test_a_run_that_was_taken_back_shows_its_past_up_to_there(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 70)
    before = of(look_back(window, 45), "normed")
    window.session.take_back("normed")
    snapshot = window.wait_until(lambda s: of(s, "normed").run_id != before.run_id)
    after = of(snapshot, "normed")
    assert (after.step, after.readings_step) == (50, 45)
    assert after.readings is before.readings
    assert dict(after.findings) == dict(before.findings)
    assert of(look_back(window, 55), "normed").readings is None
    window.session.step()
    window.wait_until(paused_at(71))
    assert of(look_back(window, 55), "normed").readings_step == 55


def test_a_run_that_was_taken_back_shows_what_was_recorded_until_its_next_step(open_window):  # noqa: F811
    window = open_window(BOTH)
    window.session.look(live(inspections=[LiveOnly("normed")]))
    train_to(window, 70)
    before = of(look_back(window, 50), "normed")
    window.session.look(live(inspections=[LiveOnly("normed")]))
    window.session.take_back("normed")
    snapshot = window.wait_until(lambda s: of(s, "normed").run_id != before.run_id and s.at_step is None)
    after = of(snapshot, "normed")
    assert (after.step, after.readings_step) == (50, 50)
    assert after.readings is before.readings
    assert GradientFlowInspection("normed").found_in(after) is None
    window.session.step()
    run = of(window.wait_until(paused_at(71)), "normed")
    assert (run.readings_step, GradientFlowInspection("normed").found_in(run).step) == (71, 71)


def test_a_renamed_model_shows_its_past_under_its_new_name(open_window):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 9)
    before = of(look_back(window, 5), "normed")
    renamed = NORMED.replaced(name="other")
    window.session.set_experiment(BOTH.replaced(models=(renamed, PLAIN)))
    run = of(look_back(window, 6, renamed, PLAIN), "other")
    assert (run.run_id, run.readings_step) == (before.run_id, 6)
    assert set(run.findings) == set(recorded_inspections(renamed))
    again = of(look_back(window, 5, renamed, PLAIN), "other")
    assert again.readings is before.readings
    flow = GradientFlowInspection("other").found_in(again)
    assert flow is GradientFlowInspection("normed").found_in(before)


def test_a_model_that_diverged_shows_the_steps_before(open_window):  # noqa: F811
    window = open_window(experiment(WILD, NORMED, epochs=MANY))
    for _ in range(9):
        window.session.step()
    diverged = window.wait_until(paused_at(9)).runs[0]
    last = diverged.divergence.step - 1
    assert 1 <= last < 9
    snapshot = look_back(window, last, WILD, NORMED)
    assert [run.readings_step for run in snapshot.runs] == [last, last]
    assert GradientFlowInspection("wild").found_in(snapshot.runs[0]).step == last
    snapshot = look_back(window, 9, WILD, NORMED)
    assert [run.readings_step for run in snapshot.runs] == [0, 9]


def test_a_step_in_two_halves_is_recorded_once_and_as_a_whole_one_is(open_window, dataset):  # noqa: F811
    window = open_window(BOTH)
    train_to(window, 3)
    for step in (4, 5):
        window.session.begin_step()
        window.wait_until(lambda s: s.runs[0].half_step is not None)
        assert of(look_back(window, 3), "normed").readings_step == 3
        assert of(look_back(window, step), "normed").readings is None
        window.session.step()
        window.wait_until(paused_at(step))
    history = BatchNormHistoryInspection("normed", 1)
    run = of(look_back(window, 5, inspections=[history]), "normed")
    assert history.found_in(run).steps.tolist() == [1, 2, 3, 4, 5]
    fresh_run, trainer, readings = fresh(dataset, 5)
    assert plain(run.readings) == plain(readings)
    flow = GradientFlowInspection("normed")
    assert flow.found_in(run) == measured(flow, fresh_run, trainer)


def check_past(snapshot):
    """All that a snapshot of the past shows is of the last recorded step up to the one looked at."""
    for run in snapshot.runs:
        if snapshot.at_step is not None and run.readings is not None:
            assert is_scheduled(run.readings_step)
            assert run.readings_step <= snapshot.at_step < next_scheduled(run.readings_step)
            assert {inspection.model for inspection in run.findings} <= {run.name}


def test_whatever_happens_the_past_is_of_the_step_that_is_looked_at_and_no_step_is_lost(
    open_window,  # noqa: F811
):
    chance = random.Random(11)
    window = open_window(BOTH)
    names = (f"normed {number}" for number in itertools.count())
    document, n_steps = BOTH, 0
    for _ in range(600):
        command = chance.choice(["step", "step", "half", "look", "live", "poll", "rate", "name", "back"])
        if command == "half":
            window.session.begin_step()
        elif command == "look":
            window.session.look(back_at(chance.randrange(150), *document.models))
        elif command == "live":
            window.session.look(live(*document.models))
        elif command in ("rate", "name"):
            change = {"rate": {"learning_rate": chance.uniform(0.01, 0.2)}, "name": {"name": next(names)}}
            document = document.replaced(models=(document.models[0].replaced(**change[command]), PLAIN))
            window.session.set_experiment(document)
        elif command == "poll":
            window.poll()
        else:
            if command == "back":
                window.session.take_back("plain")
            window.session.step()
            n_steps += 1
            if command == "back":  # what is catching up is training that could be paused
                window.wait_until(paused_at(n_steps))
    window.session.step()
    n_steps += 1
    window.wait_until(paused_at(n_steps))
    for snapshot in window.snapshots:
        check_past(snapshot)
    assert [run.step for run in window.latest.runs if not run.replaced] == [n_steps, n_steps]
    for step in filter(is_scheduled, range(1, n_steps + 1)):
        snapshot = look_back(window, step, *document.models)
        assert [run.readings_step for run in snapshot.runs] == [step, step]
