"""As many models as an experiment may hold: in lockstep, measured only where looked at, freed when gone."""

import weakref

import numpy as np
import pytest

from bnstudio.document.experiment import MAX_MODELS, NormalInit
from bnstudio.training.outbox import Outbox
from bnstudio.training.snapshot import Look, State
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, SIGMOID, experiment, model
from tests.training.test_session import open_window, paused_at  # noqa: F401 (a fixture)
from tests.training.test_trainer import losses, take_steps, train

STACKS = [(DENSE, activation) * depth for activation in (SIGMOID, RELU) for depth in (1, 2)]
STACKS += [(DENSE, BATCH_NORM, activation) * depth for activation in (SIGMOID, RELU) for depth in (1, 2)]
EIGHT = experiment(*(model(str(i), *stack) for i, stack in enumerate(STACKS)))


def test_eight_models_train_together_as_each_would_alone(dataset):
    assert len(EIGHT.models) == MAX_MODELS
    together = train(Trainer(EIGHT, dataset))
    for i, setup in enumerate(EIGHT.models):
        assert losses(together, i) == losses(train(Trainer(experiment(setup), dataset)))


def test_of_eight_models_only_the_one_looked_at_is_measured(open_window):  # noqa: F811
    window = open_window(EIGHT)
    window.session.look(Look(frozenset({"5"})))
    window.session.train()
    window.wait_until(lambda s: s.state is State.FINISHED)
    for snapshot in window.snapshots:
        assert {run.name for run in snapshot.runs if run.readings is not None} <= {"5"}
    assert window.latest.runs[5].readings is not None


def test_two_models_looked_at_share_an_axis_for_each_kind_of_layer(open_window):  # noqa: F811
    window = open_window(EIGHT)
    window.session.look(Look(frozenset({"1", "5"})))
    window.session.step()
    runs = window.wait_until(lambda s: paused_at(1)(s) and s.runs[1].readings is not None).runs
    axes = {}
    for run in (runs[1], runs[5]):
        for reading in run.readings:
            for direction in ("forward", "backward"):
                histogram = getattr(reading, direction).histogram
                axes.setdefault((direction, reading.kind), set()).add((histogram.low, histogram.high))
    assert {kind for _, kind in axes} == {"dense", "sigmoid", "batch_norm", "head"}
    assert [len(found) for found in axes.values()] == [1] * len(axes)


@pytest.mark.parametrize("edit", ["restart", "take_back", "remove"])
def test_the_network_of_a_run_that_ended_is_freed_before_its_last_losses_are_taken(dataset, edit):
    trainer = Trainer(EIGHT, dataset)
    take_steps(trainer, 3)
    network = weakref.ref(trainer.runs[2].network)
    outbox = Outbox()
    outbox.put(trainer.runs, {}, state=State.PAUSED)
    if edit == "restart":
        ended = trainer.restart()
    elif edit == "take_back":
        ended = trainer.take_back("2")
    else:
        ended = trainer.set_experiment(EIGHT.replaced(models=EIGHT.models[3:]))
    outbox.end(ended)
    del ended
    assert network() is None
    outbox.put(trainer.runs, {}, state=State.PAUSED)
    last = [run for run in outbox.take().runs if run.replaced and run.name == "2"]
    assert [len(run.losses) for run in last] == [3]


def test_a_model_that_is_selected_again_has_the_axes_that_it_had(open_window):  # noqa: F811
    narrow, wide = (
        model(name, DENSE, SIGMOID).replaced(weight_init=NormalInit(std=std))
        for name, std in (("narrow", 0.01), ("wide", 3))
    )
    window = open_window(experiment(narrow, wide))
    window.session.look(Look(frozenset({"narrow"})))
    window.session.step()

    def axes_at(step):
        snapshot = window.wait_until(lambda s: s.runs and s.runs[0].readings_step == step)
        return [
            (side.histogram.low, side.histogram.high)
            for row in snapshot.runs[0].readings
            for side in (row.forward, row.backward)
        ]

    before = axes_at(1)
    window.session.look(Look(frozenset({"wide"})))
    window.wait_until(lambda s: s.runs[1].readings is not None)
    window.session.look(Look(frozenset({"narrow"})))
    window.session.step()
    assert np.allclose(axes_at(2), before, rtol=0.5)
