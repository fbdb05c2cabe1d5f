"""A run's file is checked before it is used, and written whole or not at all."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import bnstudio
from bnstudio.document.presets import load_preset, preset_names
from bnstudio.document.storage import StorageError, read_experiment
from bnstudio.training import run_file
from bnstudio.training.build import build_network
from bnstudio.training.run_arrays import ArrayForm, layer_shapes
from bnstudio.training.run_file import RunFileError, read_run, read_summary, write_run
from bnstudio.training.snapshot import Divergence, Evaluation, Explosion, RateChange
from bnstudio.training.trainer import Trainer
from tests.training.experiments import BATCH_NORM, DENSE, RELU, experiment, model

ROOT = Path(bnstudio.__file__).parents[1]


@pytest.fixture
def trainer(dataset):
    trainer = Trainer(experiment(model("a", DENSE, BATCH_NORM, RELU), model("b")), dataset)
    while trainer.step < 13:
        trainer.advance()
    return trainer


@pytest.fixture
def path(trainer, tmp_path):
    """A sound file."""
    path = tmp_path / "saved.bnrun"
    write_run(trainer.state(), path)
    return path


def rewritten(path, change=lambda members: None, compression=zipfile.ZIP_STORED):
    """Write the members of a file again, after `change` did something to them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def with_record(path, change):
    """Change what `run.json` holds."""

    def change_members(members):
        record = json.loads(members["run.json"])
        change(record)
        members["run.json"] = json.dumps(record).encode()

    return rewritten(path, change_members)


def problem(path):
    """Return what reading says; that the summary says the same, where it sees it, is no question."""
    with pytest.raises(RunFileError) as raised:
        read_run(path)
    assert str(raised.value).startswith(f"{path}: ")
    return raised.value.problem


def test_it_is_a_zip_of_arrays_that_numpy_reads_and_an_experiment_that_storage_reads(path, trainer, tmp_path):
    with zipfile.ZipFile(path) as archive:
        archive.extract("experiment.bnstudio", tmp_path)
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    assert read_experiment(tmp_path / "experiment.bnstudio") == trainer.experiment
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["runs/0/losses"], trainer.runs[0].history.losses)
        weight = trainer.runs[0].network.layers[0].params["weight"]
        np.testing.assert_array_equal(arrays["runs/0/layers/0/weight"], weight)


def test_the_header_of_an_array_is_the_one_that_numpy_writes(tmp_path):
    for shape in [(0,), (7,), (123456789,), (784, 300), (1, 1)]:
        form = ArrayForm(shape, np.dtype("<f4"))
        with open(tmp_path / "header", "wb+") as file:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f4", "fortran_order": False, "shape": shape}
            )
            file.seek(0)
            assert np.lib.format.read_magic(file) == (1, 0)
            expected = np.lib.format.read_array_header_1_0(file)
        (tmp_path / "ours").write_bytes(form.header)
        with open(tmp_path / "ours", "rb") as file:
            assert np.lib.format.read_magic(file) == (1, 0)
            assert np.lib.format.read_array_header_1_0(file) == expected
        assert len(form.header) % 64 == 0


@pytest.mark.parametrize("name", preset_names())
def test_the_shapes_are_those_of_the_networks_that_are_built(name):
    for setup in load_preset(name).models:
        layers = build_network(setup, seed=0).layers
        built = [
            {name: array.shape for name, array in (layer.params | layer.buffers).items()} for layer in layers
        ]
        assert layer_shapes(setup) == built


def test_all_that_can_happen_to_a_run_comes_back_as_it_was(trainer, path):
    run = trainer.runs[0]
    inf, nan = float("inf"), float("nan")
    run.history.evaluations += [Evaluation(13, "subset", nan, 0.125), Evaluation(13, "test", inf, 1.0)]
    run.history.rate_changes.append(RateChange(5, 0.1 + 2**-55, 0.3))
    run.divergence = Divergence(14, 2, "relu", 0.1, (1.0, -0.0, inf, nan), ((9, (1e-300, 0.1, 3.0, 4.0)),))
    run.explosion = Explosion(3, 1e30, 1e6)
    run.late_by = 10**9
    write_run(trainer.state(), path)
    state = read_run(path).runs[0]
    expected = run.state()
    for found, right in [
        (state.evaluations, expected.evaluations),
        (state.rate_changes, expected.rate_changes),
        (state.divergence, expected.divergence),
        (state.explosion, expected.explosion),
        (state.late_by, expected.late_by),
    ]:
        assert repr(found) == repr(right)


def test_every_number_of_a_record_comes_back_bit_for_bit(trainer, path):
    rng = np.random.default_rng(3)
    losses = np.abs(np.frombuffer(rng.bytes(8 * 2000), np.float64))
    losses = losses[np.isfinite(losses)]
    run = trainer.runs[0]
    run.history.evaluations = [Evaluation(1, "test", loss, 0.5) for loss in losses.tolist()]
    write_run(trainer.state(), path)
    assert [e.loss for e in read_run(path).runs[0].evaluations] == losses.tolist()


def test_the_summary_is_read_without_what_grows_with_the_steps(path, trainer):
    def spoil(members):
        for name, content in members.items():
            if name != "experiment.bnstudio":
                members[name] = bytes(len(content))

    summary = read_summary(rewritten(path, spoil))
    assert (summary.experiment, summary.step) == (trainer.experiment, 13)


def test_the_step_in_a_summary_is_that_of_the_run_that_is_furthest_ahead(path, trainer):
    trainer.set_experiment(trainer.experiment.with_model(0, model("a", DENSE)))
    write_run(trainer.state(), path)
    assert [len(run.losses) for run in read_run(path).runs] == [0, 13]
    assert read_summary(path).step == 13


@pytest.mark.parametrize("size", [None, 0, 127, 128, 128 + 8 * 12, 128 + 8 * 13 + 1, 128 + 8 * 14])
def test_a_summary_is_refused_where_the_size_of_an_array_fits_no_step(path, size):
    def change(members):
        losses = members.pop("runs/0/losses.npy")
        if size is not None:
            members["runs/0/losses.npy"] = losses.ljust(size, b"x")[:size]

    with pytest.raises(RunFileError, match=r"runs/0/(losses|accuracies)\.npy.*: found .*; right would be "):
        read_summary(rewritten(path, change))


# What is refused


def test_each_array_that_is_missing_strange_or_of_another_size_is_named(path):
    def rename(members):
        members["runs/0/layers/0/bios.npy"] = members.pop("runs/0/layers/0/bias.npy")

    assert "runs/0/layers/0/bi" in problem(rewritten(path, rename))


def test_an_array_that_is_too_much_is_refused(path):
    def add(members):
        members["../../evil.npy"] = b"x"

    text = problem(rewritten(path, add))
    assert '"../../evil.npy": found 1 bytes; right would be none' in text
    assert not (path.parents[1] / "evil.npy").exists()


def test_an_array_that_is_shorter_or_longer_is_refused(path):
    for content in (b"", b"x" * 9999):
        text = problem(
            rewritten(path, lambda members, content=content: members.update({"runs/0/losses.npy": content}))
        )
        assert f'"runs/0/losses.npy": found {len(content):,} bytes; right would be 232 bytes' in text


@pytest.mark.parametrize(
    "other",
    [ArrayForm((26,), np.dtype("<f4")), ArrayForm((13,), np.dtype(">f8")), ArrayForm((13,), np.dtype("<i8"))],
)
def test_an_array_of_the_same_size_but_another_form_is_refused(path, other):
    def change(members):
        members["runs/0/losses.npy"] = other.header + bytes(8 * 13)

    text = problem(rewritten(path, change))
    assert f'found "{{descr: {other.dtype.str}' in text
    assert 'right would be "{descr: <f8' in text


def test_a_pickled_array_is_refused_unread(path, tmp_path):
    with open(tmp_path / "pickled.npy", "wb") as file:
        np.save(file, np.array([print], object), allow_pickle=True)

    def change(members):
        size = len(members["runs/0/losses.npy"])
        members["runs/0/losses.npy"] = (tmp_path / "pickled.npy").read_bytes().ljust(size, b"\0")[:size]

    assert "runs/0/losses.npy: found" in problem(rewritten(path, change))


@pytest.mark.parametrize(
    ("name", "value"), [("losses", np.nan), ("losses", np.inf), ("accuracies", -0.1), ("accuracies", np.nan)]
)
def test_a_curve_with_a_value_that_cannot_be_is_refused(path, name, value):
    def change(members):
        members[f"runs/1/{name}.npy"] = members[f"runs/1/{name}.npy"][:-8] + np.float64(value).tobytes()

    assert f"runs/1/{name}.npy: found a value" in problem(rewritten(path, change))


def test_what_is_compressed_is_refused_however_small_it_is(path):
    def bomb(members):
        members["runs/0/losses.npy"] = bytes(10**8)

    assert "is compressed; right would be not" in problem(rewritten(path, bomb, zipfile.ZIP_DEFLATED))
    assert path.stat().st_size < 10**6


def test_a_member_that_stands_there_twice_is_refused(path):
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("run.json", b"{}")
    assert '"run.json": stands there more than once' in problem(path)


def test_parts_that_lie_over_each_other_cannot_claim_more_than_there_is(path):
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        largest = max(infos, key=lambda info: info.file_size)
        for info in infos:
            if info is not largest:
                info.header_offset = largest.header_offset
                info.file_size = info.compress_size = largest.file_size
        with pytest.raises(ValueError, match="claim more than"):
            run_file._check_members(archive, path.stat().st_size)


def test_a_byte_that_fell_over_is_found(path):
    with zipfile.ZipFile(path) as archive:
        offsets = {
            info.filename: info.header_offset + 30 + len(info.filename) + info.file_size - 1
            for info in archive.infolist()
        }
    sound = path.read_bytes()
    for name, place in offsets.items():
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert f"is damaged: Bad CRC-32 for file '{name}'" in problem(path)


def test_a_file_that_ends_early_anywhere_is_refused(path):
    sound = path.read_bytes()
    for size in [0, 1, 21, 22, 30, 100, *range(1000, len(sound), 977), len(sound) - 22, len(sound) - 1]:
        path.write_bytes(sound[:size])
        assert problem(path)
    path.write_bytes(sound + b"x")
    assert problem(path)


def test_a_list_of_very_many_parts_is_not_even_read(path):
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20_000):
            archive.writestr(f"{i:040}", b"")
    assert "not as bnstudio writes it" in problem(path)


def test_a_zip_with_something_before_it_or_with_the_end_of_a_larger_kind_is_refused(path):
    sound = path.read_bytes()
    for content in (b"x" + sound, sound[:-22] + b"PK\x06\x07".ljust(20, b"\0") + sound[-22:]):
        path.write_bytes(content)
        assert "not as bnstudio writes it" in problem(path)


def test_what_is_no_zip_no_file_or_not_there_says_so(tmp_path):
    (tmp_path / "text.bnrun").write_text("hello")
    assert "it is no bnstudio run" in problem(tmp_path / "text.bnrun")
    assert "right would be a file" in problem(tmp_path)
    assert "there is no such file" in problem(tmp_path / "none.bnrun")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.bnrun")
        assert "right would be a file" in problem(tmp_path / "pipe.bnrun")


def test_an_error_is_one_of_storages_as_those_of_experiments_are(tmp_path):
    with pytest.raises(StorageError):
        read_summary(tmp_path / "none.bnrun")


def test_an_experiment_that_is_none_is_explained(path):
    def change(members):
        members["experiment.bnstudio"] = members["experiment.bnstudio"].replace(
            b'"batch_size": 20', b'"batch_size": 1'
        )

    assert "experiment.bnstudio: batch_size: found 1; right would be a whole number" in problem(
        rewritten(path, change)
    )


def test_a_missing_text_is_named(path):
    for name in ("experiment.bnstudio", "run.json"):
        sound = path.read_bytes()
        assert f"{name}: is missing" in problem(rewritten(path, lambda members, name=name: members.pop(name)))
        path.write_bytes(sound)


def test_a_text_that_is_too_large_is_not_read(path, monkeypatch):
    monkeypatch.setitem(run_file._MAX_TEXT_SIZES, "run.json", 10)
    assert "right would be at most 10" in problem(path)


DIVERGENCE = {
    "step": 14,
    "layer": 2,
    "kind": "relu",
    "learning_rate": 0.1,
    "largest": [1.0] * 4,
    "earlier": [],
}
EXPLOSION = {"step": 3, "loss": 99.0, "learning_rate": 0.1}
CHANGE = {"step": 3, "learning_rate": 0.1, "before": 0.3}
NAN = float("nan")


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("version", 2, "was written by a newer bnstudio: its version is 2"),
        ("version", True, "version: found true"),
        ("format", "x", 'format: found "x"'),
        ("target", None, "target: found null"),
        ("target", -1, "target: found -1"),
        ("surprise", 1, "surprise: found 1; Extra inputs"),
        ("runs", [], "runs: found a list of 0"),
        (
            "runs.1.name",
            "c",
            """runs: found "a", "c"; right would be those of the experiment's models, "a", "b\"""",
        ),
        ("runs.1.step", "13", 'runs[1].step: found "13"'),
        ("runs.1.step", 13.5, "runs[1].step: found 13.5"),
        ("runs.1.step", 10**13, "runs[1].step: found 10000000000000"),
        ("runs.1.step", 10**11, "right would be 800,000,000,128 bytes"),
        ("runs.0.rate_in_use", 0, "runs[0].rate_in_use: found 0"),
        ("runs.0.rate_in_use", NAN, "runs[0].rate_in_use: found NaN"),
        ("runs.0.late_by", -1, "runs[0].late_by: found -1"),
        ("runs.0.evaluations.0.step", 0, "runs[0].evaluations: found one out of place"),
        ("runs.0.evaluations.0.step", 14, "runs[0].evaluations: found one out of place"),
        ("runs.0.evaluations.0.examples", "all", 'runs[0].evaluations[0].examples: found "all"'),
        ("runs.0.evaluations.0.accuracy", 1.5, "runs[0].evaluations: found an accuracy"),
        ("runs.0.evaluations.0.accuracy", NAN, "runs[0].evaluations: found an accuracy"),
        ("runs.0.evaluations.0.more", 1, "runs[0].evaluations[0].more: found 1"),
        ("runs.0.rate_changes", [{**CHANGE, "step": 13}], "runs[0].rate_changes: found one out of place"),
        ("runs.0.rate_changes", [CHANGE, CHANGE], "runs[0].rate_changes: found one out of place"),
        ("runs.0.rate_changes", [{**CHANGE, "learning_rate": -1.0}], "found a learning rate out of bounds"),
        ("runs.0.rate_changes", [{**CHANGE, "before": 1e7}], "found a learning rate out of bounds"),
        ("runs.0.explosion", {**EXPLOSION, "step": 14}, "explosion.step: found 14; right would be 1 to 13"),
        ("runs.0.explosion", {**EXPLOSION, "loss": NAN}, "explosion: found a number out of bounds"),
        ("runs.0.divergence", {**DIVERGENCE, "step": 13}, "divergence.step: found 13; right would be 14"),
        ("runs.0.divergence", {**DIVERGENCE, "layer": 4}, "divergence.layer: found 4"),
        ("runs.0.divergence", {**DIVERGENCE, "layer": -1}, "divergence.layer: found -1"),
        ("runs.0.divergence", {**DIVERGENCE, "kind": "head"}, "divergence.layer: found 2"),
        ("runs.0.divergence", {**DIVERGENCE, "learning_rate": 0.0}, "divergence.learning_rate: found 0.0"),
        ("runs.0.divergence", {**DIVERGENCE, "largest": [1.0]}, "divergence.largest: found 1 values"),
        ("runs.0.divergence", {**DIVERGENCE, "earlier": [[99, [1.0] * 4]]}, "divergence.earlier: found what"),
        ("runs.0.divergence", {**DIVERGENCE, "earlier": [[9, [1.0]]]}, "divergence.earlier: found what"),
    ],
)
def test_what_does_not_fit_in_the_record_is_named_with_its_place(path, key, value, text):
    def change(record):
        *parents, last = key.split(".")
        for parent in parents:
            record = record[int(parent) if parent.isdigit() else parent]
        record[last] = value

    assert text in problem(with_record(path, change))


def test_a_key_that_is_missing_is_named(path):
    assert "target: Field required" in problem(with_record(path, lambda record: record.pop("target")))


def test_runs_in_another_order_than_the_models_are_refused(path):
    assert 'runs: found "b", "a"' in problem(with_record(path, lambda record: record["runs"].reverse()))


def test_a_record_with_a_sound_divergence_is_taken(path):
    with_record(path, lambda record: record["runs"][0].update(divergence=DIVERGENCE))
    assert read_run(path).runs[0].divergence == Divergence(14, 2, "relu", 0.1, (1.0,) * 4)


def test_a_run_json_that_is_no_json_says_so(path):
    for content in (b"", b"{", b"[" * 10**6, b"\xff", b"null"):
        rewritten(path, lambda members, content=content: members.update({"run.json": content}))
        assert "run.json: " in problem(path)


# Writing


def test_a_file_that_was_there_keeps_its_permissions_and_a_link_stays_a_link(trainer, path, tmp_path):
    link = tmp_path / "link.bnrun"
    link.symlink_to(path)
    path.chmod(0o640)
    write_run(trainer.state(), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert read_summary(link).step == 13


def test_where_it_cannot_be_written_the_old_one_stays_and_nothing_is_left(trainer, path, tmp_path):
    before = path.read_bytes()
    path.chmod(0o400)
    if os.access(path, os.W_OK):  # who may do everything is stopped by nothing
        pytest.skip("permissions do not hold for this user")
    with pytest.raises(RunFileError, match="cannot be written: permission denied"):
        write_run(trainer.state(), path)
    assert path.read_bytes() == before


def test_a_folder_is_not_written_over(trainer, tmp_path):
    with pytest.raises(RunFileError, match="cannot be written"):
        write_run(trainer.state(), tmp_path)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys
from pathlib import Path
from bnstudio.training.run_file import RunFileError, read_run, write_run
path = Path(sys.argv[1])
training = read_run(path)
for limit in (0, 1, 1000, 20_000, path.stat().st_size - 1):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_run(training, path)
    except RunFileError as error:
        print(error.problem)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_when_the_disk_is_full_the_old_file_stays_and_nothing_is_left_beside(path):
    before = path.read_bytes()
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.splitlines() == ["cannot be written: File too large"] * 5
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


KILLED_WHILE_WRITING = """
import os, random, signal, sys, time
from dataclasses import replace
from pathlib import Path
from bnstudio.training.run_file import read_run, write_run
path = Path(sys.argv[1])
for _ in range(40):
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        training = read_run(path)
        while True:
            training = replace(training, target=training.target + 1)
            write_run(training, path)
            os.write(said, b"!")
    os.read(heard, 1)
    time.sleep(random.uniform(0, 0.01))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(heard), os.close(said)
    print(read_run(path).target)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be split here")
def test_killed_at_any_moment_there_is_the_old_file_or_the_new_one_whole(path):
    result = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    targets = [int(line) for line in result.stdout.split()]
    assert len(targets) == 40
    assert sorted(set(targets)) == targets
    left = [found.name for found in path.parent.iterdir() if found != path]
    assert all(name.startswith(".bnstudio-") and name.endswith(".tmp") for name in left)
