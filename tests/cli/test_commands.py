import csv
import errno
import os

import numpy as np
import pytest
from typer.testing import CliRunner

import bnstudio
from bnstudio.cli import headless
from bnstudio.cli.commands import app
from bnstudio.data import datasets
from bnstudio.document.presets import preset_names
from bnstudio.document.storage import read_experiment, write_experiment
from bnstudio.training import memory

DIVERGED, BAD_INPUT = 1, 2
NOT_HERE = 1


@pytest.fixture
def run(monkeypatch, small_dataset):
    """Run a command line, on the small data set instead of MNIST."""
    monkeypatch.setattr(datasets, "load_mnist", lambda: small_dataset)

    def run(*words):
        return CliRunner().invoke(app, [str(word) for word in words], prog_name="bnstudio")

    return run


@pytest.fixture
def experiment_file(small_experiment, tmp_path):
    path = tmp_path / "small.bnstudio"
    write_experiment(small_experiment, path)
    return path


def test_version_prints_the_version(run):
    assert run("--version").stdout == f"bnstudio {bnstudio.__version__}\n"


def test_help_lists_the_commands_and_hides_the_default_one(run):
    stdout = run("--help").stdout
    commands = [line.split()[0] for line in stdout.partition("Commands:")[2].split("\n") if line.strip()]
    assert commands == ["presets", "train", "reproduce", "gradcheck", "doctor"]


def test_presets_lists_every_preset(run):
    assert [line.split()[0] for line in run("presets").stdout.splitlines()] == list(preset_names())


@pytest.mark.parametrize("words", [["S6_BM"], ["train", "S6_BM"], ["window", "S6_BM"]])
def test_an_unknown_name_is_one_message_on_stderr(run, words):
    result = run(*words)
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert result.stderr == "bnstudio: 'S6_BM' is neither a preset nor a file; did you mean S6_BN?\n"


@pytest.mark.parametrize("words", [[], ["S6"], ["window"]])
def test_without_a_command_the_window_is_asked_for(run, monkeypatch, words):
    monkeypatch.setenv("QT_QPA_PLATFORM", "holodeck")
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("bnstudio: the window cannot be opened here.")
    assert "bnstudio train" in result.stderr


def test_train_writes_the_results_and_prints_the_summary(run, experiment_file, tmp_path):
    result = run("train", experiment_file, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert read_experiment(tmp_path / "out" / "experiment.bnstudio") == read_experiment(experiment_file)
    for name in ("plain", "normed"):
        assert name in result.stdout
        with (tmp_path / "out" / name / "metrics.csv").open() as file:
            assert len(list(csv.DictReader(file))) == 300


def test_train_twice_gives_the_same_bytes_and_another_seed_others(run, experiment_file, tmp_path):
    for out, seed in (("a", 5), ("b", 5), ("c", 6)):
        run("train", experiment_file, "--epochs", 1, "--seed", seed, "--out", tmp_path / out)
    a, b, c = ((tmp_path / out / "plain" / "metrics.csv").read_bytes() for out in "abc")
    assert a == b != c


def test_options_of_train_are_written_into_the_experiment(run, experiment_file, tmp_path):
    run("train", experiment_file, "--epochs", 1, "--seed", 9, "--out", tmp_path / "out")
    written = read_experiment(tmp_path / "out" / "experiment.bnstudio")
    assert written == read_experiment(experiment_file).replaced(epochs=1, seed=9)


def test_without_out_train_writes_nothing(run, experiment_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("train", experiment_file, "--epochs", 1).exit_code == 0
    assert list(tmp_path.iterdir()) == [experiment_file]


def test_results_are_replaced_only_when_forced(run, experiment_file, tmp_path):
    out = tmp_path / "out"
    run("train", experiment_file, "--epochs", 1, "--out", out)
    before = (out / "plain" / "metrics.csv").read_bytes()
    refused = run("train", experiment_file, "--out", out)
    assert refused.exit_code == BAD_INPUT
    assert "already holds results" in refused.stderr
    assert (out / "plain" / "metrics.csv").read_bytes() == before
    assert run("train", experiment_file, "--out", out, "--force").exit_code == 0
    assert (out / "plain" / "metrics.csv").read_bytes() != before


@pytest.mark.parametrize("options", [["--epochs", 0], ["--epochs", "many"], ["--seed", -1], ["--speed", 3]])
def test_a_bad_option_is_a_message_and_no_traceback(run, experiment_file, options):
    result = run("train", experiment_file, *options)
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert options[0] in result.stderr
    assert "Traceback" not in result.stderr


def test_what_does_not_fit_into_the_memory_is_a_message_and_nothing_is_trained(
    run, experiment_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**7)
    result = run("train", experiment_file, "--out", tmp_path / "out")
    assert result.exit_code == NOT_HERE
    assert result.stdout == ""
    assert result.stderr == (
        "bnstudio: There is not enough memory for this training: it takes about 34 MB, and 10 MB are "
        "available. Fewer units or fewer rows take less.\n"
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_where_the_system_refuses_memory_train_says_so(run, experiment_file, monkeypatch):
    def refuse(trainer):
        raise MemoryError

    monkeypatch.setattr(headless, "check_memory", refuse)
    result = run("train", experiment_file)
    assert result.exit_code == NOT_HERE
    assert result.stderr == (
        "bnstudio: There was not enough memory to go on with training (it is used up). "
        "Smaller batches, fewer units or fewer rows take less.\n"
    )


def test_a_model_that_diverges_is_told_of_and_what_there_is_is_written(run, small_experiment, tmp_path):
    wild = small_experiment.models[0].replaced(name="wild", learning_rate=1e6)
    wild = wild.replaced(layers=tuple(layer for layer in wild.layers if layer.type == "dense") * 3)
    write_experiment(small_experiment.replaced(models=(wild,)), tmp_path / "wild.bnstudio")
    result = run("train", tmp_path / "wild.bnstudio", "--out", tmp_path / "out")
    assert result.exit_code == DIVERGED
    assert "bnstudio: wild diverged: the loss of step" in result.stderr
    with (tmp_path / "out" / "wild" / "metrics.csv").open() as file:
        losses = [float(row["train_loss"]) for row in csv.DictReader(file)]
    assert np.isfinite(losses).all()
    assert f"step {len(losses) + 1} " in result.stderr


@pytest.mark.parametrize("command", [["train", "S3"], ["reproduce"]])
def test_a_folder_without_a_name_is_refused(run, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*command, "--out", "")
    assert result.exit_code == BAD_INPUT
    assert "'--out': found nothing; right would be a folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_the_results_cannot_be_written_the_summary_is_there(
    run, experiment_file, tmp_path, monkeypatch
):
    def fill_up(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fill_up)
    result = run("train", experiment_file, "--out", tmp_path / "out")
    assert result.exit_code == NOT_HERE
    assert "test accuracy" in result.stdout
    assert "Results:" not in result.stdout
    assert "bnstudio: cannot write the results to" in result.stderr


def test_a_second_ctrl_c_says_that_not_all_was_written(run, experiment_file, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(headless, "train_without_window", interrupt)
    result = run("train", experiment_file, "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert result.stderr == "bnstudio: ended at once by Ctrl+C; not all results were written\n"
