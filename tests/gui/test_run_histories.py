import numpy as np

from bnstudio.gui.curves.run_histories import MAX_GHOSTS, MAX_ORPHANS, RunHistories
from bnstudio.training.snapshot import Divergence, RunSnapshot, Snapshot, State


def news(run_id, losses, name="S6", first_step=0, **more):
    losses = np.array(losses, dtype=np.float64)
    return RunSnapshot(
        run_id, name, first_step + len(losses), 0.1, first_step, losses, 1 - losses / 3, **more
    )


def snapshot(*runs):
    return Snapshot(State.TRAINING, steps_per_epoch=600, runs=runs)


def test_a_history_grows_with_its_snapshots():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0, 1.5])))
    histories.apply(snapshot(news(1, [1.0], first_step=2)))
    assert histories.current("S6").losses.tolist() == [2.0, 1.5, 1.0]


def test_a_replaced_run_gets_its_last_losses_and_becomes_a_ghost():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(1, [1.5], first_step=1, replaced=True), news(2, [2.1])))
    assert [ghost.losses.tolist() for ghost in histories.ghosts("S6")] == [[2.0, 1.5]]
    assert histories.current("S6").losses.tolist() == [2.1]


def test_the_new_run_may_stand_before_the_replaced_one():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(2, [2.1]), news(1, [1.5], first_step=1, replaced=True)))
    assert histories.ghosts("S6")[0].losses.tolist() == [2.0, 1.5]
    assert histories.current("S6").losses.tolist() == [2.1]


def test_a_new_run_makes_the_one_before_a_ghost_without_being_told():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(2, [])))
    assert [ghost.losses.tolist() for ghost in histories.ghosts("S6")] == [[2.0]]
    assert histories.current("S6").n_steps == 0


def test_only_the_latest_ghosts_are_kept():
    histories = RunHistories()
    for run_id in range(MAX_GHOSTS + 3):
        histories.apply(snapshot(news(run_id, [float(run_id)])))
    kept = [ghost.losses[0] for ghost in histories.ghosts("S6")]
    assert kept == [2.0, 3.0, 4.0]


def test_a_run_without_a_step_leaves_no_ghost():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [])))
    histories.apply(snapshot(news(2, [2.0])))
    assert histories.ghosts("S6") == []


def test_a_renamed_model_keeps_its_curve_and_its_ghosts():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(2, [2.1])))
    histories.apply(snapshot(news(2, [1.9], name="deep", first_step=1)))
    assert histories.current("S6") is None
    assert histories.ghosts("S6") == []
    assert histories.current("deep").losses.tolist() == [2.1, 1.9]
    assert len(histories.ghosts("deep")) == 1


def test_a_model_that_was_edited_and_renamed_at_once_keeps_its_curve_as_a_ghost():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(
        snapshot(news(2, [2.1], name="deep", replaces=1), news(1, [1.9], first_step=1, replaced=True))
    )
    assert [ghost.losses.tolist() for ghost in histories.ghosts("deep")] == [[2.0, 1.9]]
    assert histories.orphans() == []


def test_two_models_may_swap_names():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [1.0], name="a"), news(2, [2.0], name="b")))
    histories.apply(snapshot(news(1, [], name="b", first_step=1), news(2, [], name="a", first_step=1)))
    assert histories.current("a").losses.tolist() == [2.0]
    assert histories.current("b").losses.tolist() == [1.0]


def test_dismissed_ghosts_are_gone_and_told_of(qtbot):
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(2, [2.1])))
    with qtbot.waitSignal(histories.ghosts_dismissed):
        histories.dismiss_ghosts(histories.ghosts("S6"))
    assert histories.ghosts("S6") == []
    assert histories.current("S6") is not None


def test_divergence_is_of_the_current_run():
    histories = RunHistories()
    divergence = Divergence(2, 0, "dense", 5.0)
    histories.apply(snapshot(news(1, [2.0], divergence=divergence)))
    assert histories.current("S6").divergence == divergence
    histories.apply(snapshot(news(2, [2.0])))
    assert histories.current("S6").divergence is None


def test_how_late_a_run_is_stays_known_when_it_has_become_a_ghost():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0], late_by=1_200)))
    assert histories.current("S6").late_by == 1_200
    histories.apply(snapshot(news(2, [2.0])))
    assert [ghost.late_by for ghost in histories.ghosts("S6")] == [1_200]
    assert histories.current("S6").late_by == 0


def test_the_run_of_a_removed_model_stays():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0]), news(2, [1.0], name="R6")))
    histories.apply(
        snapshot(news(2, [0.9], name="R6", first_step=1), news(1, [], first_step=1, replaced=True))
    )
    assert [run.losses.tolist() for run in histories.orphans()] == [[2.0]]
    assert histories.ghosts("R6") == histories.ghosts("S6") == []


def test_a_model_that_comes_back_has_its_run_before_as_a_ghost():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.apply(snapshot(news(1, [], first_step=1, replaced=True)))
    histories.apply(snapshot(news(3, [2.2])))
    assert [ghost.losses.tolist() for ghost in histories.ghosts("S6")] == [[2.0]]
    assert histories.orphans() == []


def test_a_model_that_takes_the_name_of_a_removed_one_does_not_take_its_runs():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0]), news(2, [1.0], name="R6")))
    histories.apply(snapshot(news(2, [], name="R6", first_step=1), news(1, [], first_step=1, replaced=True)))
    histories.apply(snapshot(news(2, [0.9], name="S6", first_step=1)))
    assert histories.ghosts("S6") == []
    assert [run.losses.tolist() for run in histories.orphans()] == [[2.0]]


def test_removing_and_taking_the_name_may_come_in_one_snapshot():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0]), news(2, [1.0], name="R6")))
    histories.apply(snapshot(news(2, [], name="S6", first_step=1), news(1, [], first_step=1, replaced=True)))
    assert histories.current("S6").losses.tolist() == [1.0]
    assert [run.losses.tolist() for run in histories.orphans()] == [[2.0]]


def test_of_removed_models_only_the_latest_runs_are_kept():
    histories = RunHistories()
    for run_id in range(MAX_ORPHANS + 3):
        name = f"model {run_id}"
        histories.apply(snapshot(news(run_id, [float(run_id)], name=name)))
        histories.apply(snapshot(news(run_id, [], name=name, first_step=1, replaced=True)))
    assert [run.losses[0] for run in histories.orphans()] == list(range(3, MAX_ORPHANS + 3))


def test_after_clear_the_rest_of_a_forgotten_run_is_ignored():
    histories = RunHistories()
    histories.apply(snapshot(news(1, [2.0])))
    histories.clear()
    histories.apply(snapshot(news(1, [1.9], first_step=1, replaced=True)))
    assert histories.current("S6") is None
    assert histories.ghosts("S6") == []
