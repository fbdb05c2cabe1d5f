"""When inspections are measured, what is kept of them, and what is let go."""

import itertools
import pickle
from dataclasses import dataclass
from typing import ClassVar

import pytest

from bnstudio.training import inspection
from bnstudio.training.inspection import Inspection, Inspector
from bnstudio.training.snapshot import RunSnapshot
from bnstudio.training.trainer import Trainer
from tests.training.experiments import DENSE, RELU, SIGMOID, experiment, model


@dataclass(frozen=True)
class StepInspection(Inspection[int]):
    """Finds the latest step, and reads the network as every inspection does."""

    def measure(self, run, trainer):
        assert run.network.outputs
        yield run.latest_step


@dataclass(frozen=True)
class SilentAtOddSteps(Inspection[int]):
    def measure(self, run, trainer):
        yield None if run.step % 2 else run.step


@dataclass(frozen=True)
class InPieces(Inspection[int]):
    """Finds the network's number of layers, in three pieces."""

    def measure(self, run, trainer):
        for _ in range(2):
            assert run.network.layers
            yield None
        yield len(run.network.layers)


@dataclass(frozen=True)
class Counting(Inspection[int]):
    """Finds 1, 2 and 3, of which the last is all."""

    number: int = 0
    once: ClassVar[bool] = True

    def can_measure(self, run):
        return True

    def is_whole(self, finding):
        return finding == 3

    def measure(self, run, trainer):
        yield 1
        yield None
        yield 2
        yield 3


class Bench:
    """Two models in training, an inspector, and a clock that is set by hand."""

    def __init__(self, dataset, monkeypatch):
        models = (model("one", DENSE, SIGMOID), model("two", DENSE))
        self.trainer = Trainer(experiment(*models, epochs=10), dataset)
        self.inspector = Inspector()
        self.now = 100.0
        monkeypatch.setattr(inspection.time, "monotonic", lambda: self.now)

    def step(self, n_steps=1):
        goal = self.trainer.step + n_steps
        assert goal <= self.trainer.target
        while self.trainer.step < goal or self.trainer.evaluating:
            self.trainer.advance()

    def ask(self, *inspections, at_full_speed=False):
        self.inspector.begin(self.trainer, frozenset(inspections), at_full_speed=at_full_speed)

    def finish(self):
        while self.inspector.busy:
            self.inspector.advance()

    def found(self, inspection):
        run = next(run for run in self.trainer.runs if run.model.name == inspection.model)
        return self.inspector.findings(run, [inspection]).get(inspection)


@pytest.fixture
def bench(dataset, monkeypatch):
    return Bench(dataset, monkeypatch)


# Due


def test_nothing_can_be_measured_before_the_first_step_unless_the_inspection_says_so(bench):
    bench.ask(StepInspection("one"), Counting("one"))
    assert bench.found(StepInspection("one")) is None
    assert bench.found(Counting("one")) == 1


def test_each_step_is_measured_once(bench, monkeypatch):
    measured = []
    monkeypatch.setattr(
        StepInspection, "measure", lambda self, run, _: iter([measured.append(run.step) or 7])
    )
    for _ in range(3):
        bench.step()
        for _ in range(3):
            bench.ask(StepInspection("one"))
    assert measured == [1, 2, 3]


def test_half_a_step_is_new_and_so_is_its_other_half(bench, monkeypatch):
    measured = []
    monkeypatch.setattr(
        StepInspection,
        "measure",
        lambda self, run, _: iter([measured.append((run.step, run.latest_step)) or 7]),
    )
    bench.trainer.begin_step()
    bench.ask(StepInspection("one"))
    bench.step()
    bench.ask(StepInspection("one"))
    assert measured == [(0, 1), (1, 1)]


def test_only_what_is_asked_for_is_measured_of_the_model_it_is_about(bench):
    bench.step()
    bench.ask(StepInspection("one"))
    one, two = bench.trainer.runs
    both = [StepInspection("one"), StepInspection("two")]
    assert bench.inspector.findings(one, both) == {StepInspection("one"): 1}
    assert bench.inspector.findings(two, both) == {}


def test_a_model_that_is_not_there_is_no_error(bench):
    bench.step()
    bench.ask(StepInspection("three"))
    assert not bench.inspector.busy


def test_at_full_speed_it_is_measured_ten_times_a_second(bench):
    found = set()
    for _ in range(12):
        bench.step()
        bench.ask(StepInspection("one"), at_full_speed=True)
        found.add(bench.found(StepInspection("one")))
        bench.now += 0.03
    assert len(found) == 3


def test_below_full_speed_each_step_is_measured_however_fast_they_come(bench):
    for step in range(1, 4):
        bench.step()
        bench.ask(StepInspection("one"))
        assert bench.found(StepInspection("one")) == step


def test_each_inspection_has_its_own_interval(bench):
    bench.step()
    bench.ask(StepInspection("one"), at_full_speed=True)
    bench.now += 0.05
    bench.step()
    bench.ask(StepInspection("one"), StepInspection("two"), at_full_speed=True)
    assert bench.found(StepInspection("one")) == 1
    assert bench.found(StepInspection("two")) == 2


def test_a_slow_one_takes_two_per_cent_of_the_time_at_most(bench, monkeypatch):
    def slowly(self, run, trainer):
        bench.now += 0.2
        yield run.step

    monkeypatch.setattr(StepInspection, "measure", slowly)
    times = []
    while bench.now < 160:
        bench.step()
        before = bench.found(StepInspection("one"))
        bench.ask(StepInspection("one"), at_full_speed=True)
        if bench.found(StepInspection("one")) != before:
            times.append(bench.now)
        bench.now += 1
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(10 <= pause <= 11.3 for pause in pauses)
    assert len(pauses) >= 4


# Pieces


def test_what_takes_several_pieces_is_under_way_until_the_last(bench):
    bench.step()
    bench.ask(InPieces("one"))
    for _ in range(2):
        assert bench.inspector.busy
        assert bench.found(InPieces("one")) is None
        bench.inspector.advance()
    assert not bench.inspector.busy
    assert bench.found(InPieces("one")) == 3


def test_it_is_not_begun_again_while_it_is_under_way(bench):
    bench.step()
    bench.ask(InPieces("one"))
    bench.inspector.advance()
    bench.ask(InPieces("one"))
    bench.inspector.advance()
    assert not bench.inspector.busy


def test_the_time_of_all_pieces_counts(bench, monkeypatch):
    def slowly(self, run, trainer):
        for finding in (None, None, run.step):
            bench.now += 0.2
            yield finding

    monkeypatch.setattr(InPieces, "measure", slowly)
    bench.step()
    bench.ask(InPieces("one"), at_full_speed=True)
    bench.finish()
    bench.step()
    bench.now += 29.9
    bench.ask(InPieces("one"), at_full_speed=True)
    assert not bench.inspector.busy
    bench.now += 0.2
    bench.ask(InPieces("one"), at_full_speed=True)
    assert bench.inspector.busy


def test_several_are_done_one_after_another(bench):
    bench.step()
    bench.ask(InPieces("one"), InPieces("two"))
    bench.finish()
    assert bench.found(InPieces("one")) == 3
    assert bench.found(InPieces("two")) == 2


# Findings


def test_where_nothing_is_found_the_finding_before_stays(bench):
    for found in (None, 2, 2, 4):
        bench.step()
        bench.ask(SilentAtOddSteps("one"))
        bench.finish()
        assert bench.found(SilentAtOddSteps("one")) == found


def test_what_is_found_on_the_way_is_shown_until_there_is_more(bench):
    found = []
    bench.ask(Counting("one"))
    while bench.inspector.busy:
        found.append(bench.found(Counting("one")))
        bench.inspector.advance()
    assert found == [1, 1, 2]
    assert bench.found(Counting("one")) == 3


def test_what_is_measured_once_is_not_measured_at_the_next_step(bench):
    bench.ask(Counting("one"))
    bench.finish()
    bench.step(3)
    bench.ask(Counting("one"))
    assert not bench.inspector.busy
    assert bench.found(Counting("one")) == 3


def test_another_question_is_measured_anew(bench):
    bench.ask(Counting("one", number=1))
    bench.finish()
    bench.ask(Counting("one", number=2))
    assert bench.inspector.busy
    assert bench.found(Counting("one", number=2)) == 1


def test_a_snapshot_answers_an_equal_inspection():
    run = RunSnapshot(1, "one", 5, 0.1, 0, [], [], findings={Counting("one", number=2): 3})
    asked = pickle.loads(pickle.dumps(Counting("one", number=2)))
    assert asked.found_in(run) == 3
    assert Counting("one").found_in(run) is None
    assert asked.found_in(None) is None


# Letting go


def test_what_is_no_longer_asked_for_is_forgotten_and_measured_anew_when_it_is(bench):
    bench.step()
    bench.ask(Counting("one"))
    bench.finish()
    bench.ask()
    assert bench.found(Counting("one")) is None
    bench.ask(Counting("one"))
    assert bench.inspector.busy


def test_what_is_under_way_is_dropped_when_it_is_no_longer_asked_for(bench):
    bench.step()
    bench.ask(InPieces("one"), InPieces("two"))
    bench.ask(InPieces("two"))
    bench.finish()
    assert bench.found(InPieces("one")) is None
    assert bench.found(InPieces("two")) == 2


def test_a_run_that_starts_anew_is_measured_anew(bench):
    bench.ask(Counting("one"))
    bench.finish()
    bench.trainer.restart()
    bench.ask(Counting("one"))
    assert bench.found(Counting("one")) == 1
    assert bench.inspector.busy


def test_what_is_under_way_of_a_run_that_has_ended_is_left_off_and_its_network_not_touched(bench):
    bench.step()
    bench.ask(InPieces("one"), InPieces("two"))
    after = experiment(model("one", RELU), model("two", DENSE), epochs=10)
    replaced = bench.trainer.set_experiment(after)
    for run in replaced:
        run.let_go()
    bench.finish()
    assert bench.found(InPieces("one")) is None
    assert bench.found(InPieces("two")) == 2
