import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from bnstudio.study.job import train
from bnstudio.study.measurement import BinnedValues, LayerMeasurement
from bnstudio.study.result import Result
from bnstudio.study.store import FORMAT, MARK, Store, StoreError, WriteError, open_store, training_folder
from bnstudio.training.history import History
from bnstudio.training.snapshot import Evaluation
from tests.study.small_study import small_dataset, small_plan

TRAINING = small_plan(epochs=2).training("S4", 7)


def a_result(training=TRAINING) -> Result:
    history = History()
    for loss in (2.25, 1 / 3, 1e-300):
        history.record(loss, 0.1)
    history.evaluations.append(Evaluation(3, "test", float("inf"), 0.3))
    binned = BinnedValues(-1.0, 1.0, (1, 2, 3), 4)
    layer = LayerMeasurement("sigmoid", 0.1, 0.2, 0.3, binned, binned, binned)
    return Result(training, 3, history, None, {600: (layer, layer)})


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "study") as store:
        yield store


def result_path(store: Store) -> Path:
    return store.folder / training_folder(TRAINING) / "result.json"


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_was_saved_is_loaded_bit_for_bit(store):
    saved = a_result()
    store.save(saved)
    loaded = store.load(TRAINING)
    assert loaded.history.losses.tolist() == saved.history.losses.tolist()
    assert loaded.history.accuracies.tolist() == saved.history.accuracies.tolist()
    assert loaded.history.evaluations == saved.history.evaluations
    assert loaded.moments == saved.moments
    assert (loaded.experiment, loaded.steps_per_epoch, loaded.diverged_at) == (TRAINING, 3, None)


def test_a_real_training_is_loaded_bit_for_bit(store):
    training = small_plan(epochs=1).training("S6_BN", 0)
    saved = train(training, small_dataset())
    store.save(saved)
    loaded = store.load(training)
    np.testing.assert_array_equal(loaded.history.losses, saved.history.losses)
    assert loaded.test_accuracy == saved.test_accuracy


def test_what_was_not_saved_is_missing(store):
    assert store.load(TRAINING) is None


def test_a_result_is_used_only_for_the_very_training_that_it_is_of(store):
    store.save(a_result())
    other_rate = TRAINING.models[0].replaced(learning_rate=0.02)
    for other in (
        TRAINING.replaced(seed=8),
        TRAINING.replaced(epochs=3),
        TRAINING.replaced(batch_size=3),
        TRAINING.replaced(models=(other_rate,)),
    ):
        assert store.load(other) is None
    assert store.load(TRAINING) is not None


def test_results_of_other_epochs_and_seeds_lie_side_by_side(store):
    for other in (TRAINING, TRAINING.replaced(seed=8), TRAINING.replaced(epochs=3)):
        store.save(a_result(other))
    assert len([name for name in files_in(store.folder) if name.endswith("result.json")]) == 3


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_result_with_one_changed_byte_counts_as_missing(store, place):
    store.save(a_result())
    content = bytearray(result_path(store).read_bytes())
    content[int(place * len(content))] ^= 1
    result_path(store).write_bytes(content)
    assert store.load(TRAINING) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{}", b'{"sha256": 3}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_file_that_is_no_result_counts_as_missing(store, content):
    store.save(a_result())
    result_path(store).write_bytes(content)
    assert store.load(TRAINING) is None


def test_a_half_written_result_counts_as_missing(store):
    store.save(a_result())
    content = result_path(store).read_bytes()
    result_path(store).write_bytes(content[: len(content) // 2])
    assert store.load(TRAINING) is None


def test_a_result_of_another_version_counts_as_missing(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(FORMAT, "bnstudio", "0.0.9")
        store.save(a_result())
        assert store.load(TRAINING) is not None
    assert store.load(TRAINING) is None


def test_a_result_is_json_that_any_program_reads(store):
    store.save(a_result())
    content = json.loads(result_path(store).read_text(encoding="utf-8"))
    assert content["losses"] == [2.25, 1 / 3, 1e-300]
    assert content["experiment"]["seed"] == 7


def test_a_result_that_cannot_be_read_is_an_error_and_not_overwritten(store):
    result_path(store).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"cannot read .*result\.json"):
        store.load(TRAINING)


def test_a_full_disk_is_told_and_leaves_what_was_there(store, monkeypatch):
    store.save(a_result())
    before = result_path(store).read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"cannot write .*result\.json: No space left on device"):
        store.save(a_result())
    assert result_path(store).read_bytes() == before
    assert files_in(store.folder) == {MARK, result_path(store).relative_to(store.folder).as_posix()}


def test_an_interruption_while_writing_leaves_no_half_file(store, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save(a_result())
    assert files_in(store.folder) == {MARK}


def test_opening_makes_the_folder_and_leaves_only_its_mark(tmp_path):
    with open_store(tmp_path / "a" / "b"):
        pass
    assert files_in(tmp_path) == {f"a/b/{MARK}"}


def test_a_folder_of_ours_is_opened_again(tmp_path):
    with open_store(tmp_path) as store:
        store.save(a_result())
    with open_store(tmp_path) as store:
        assert store.load(TRAINING) is not None


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match=r"holds something else \(thesis\.tex\)"), open_store(tmp_path):
        pass
    assert files_in(tmp_path) == {"thesis.tex"}


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write to the folder"), open_store(tmp_path / "file"):
        pass


def test_a_folder_in_use_is_refused_until_it_is_free(tmp_path):
    with (
        open_store(tmp_path),
        pytest.raises(StoreError, match="another `bnstudio reproduce` is at work"),
        open_store(tmp_path),
    ):
        pass
    with open_store(tmp_path):
        pass
