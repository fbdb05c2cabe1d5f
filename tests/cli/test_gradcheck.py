"""The command that checks gradients, as one types it."""

import io
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bnstudio.cli import gradcheck
from bnstudio.cli.commands import app
from bnstudio.data import datasets
from bnstudio.document.experiment import BatchNormSpec, DenseSpec, NormalInit, ReLUSpec, SigmoidSpec
from bnstudio.document.presets import preset_names
from bnstudio.document.storage import write_experiment

WRONG, BAD_INPUT, INTERRUPTED = 1, 2, 130


@pytest.fixture
def run(monkeypatch, small_dataset):
    """Run `bnstudio gradcheck` on the small data set instead of MNIST."""
    monkeypatch.setattr(datasets, "load_mnist", lambda: small_dataset)

    def run(*words):
        return CliRunner().invoke(app, ["gradcheck", *map(str, words)], prog_name="bnstudio")

    return run


@pytest.fixture
def write(small_experiment, tmp_path):
    """Write an experiment of one model with these layers, and return the file's path."""

    def write(*layers, **changes):
        model = small_experiment.models[0].replaced(layers=layers, **changes)
        path = tmp_path / "one.bnstudio"
        write_experiment(small_experiment.replaced(batch_size=30, models=(model,)), path)
        return path

    return write


@pytest.fixture
def two_models(small_experiment, tmp_path):
    path = tmp_path / "two.bnstudio"
    write_experiment(small_experiment.replaced(batch_size=30), path)
    return path


def verdicts(stdout):
    """Read the table: the verdict of each (row, array)."""
    lines = [line.split() for line in stdout.splitlines()]
    found = {}
    for words in lines:
        if words and words[0].isdigit():
            place = next(i for i, word in enumerate(words) if word in ("weight", "bias", "gamma", "beta"))
            error = next(i for i, word in enumerate(words) if "e-" in word or "e+" in word or word == "nan")
            found[int(words[0]), words[place]] = " ".join(words[error + 1 :])
    return found


def test_every_preset_passes(run):
    result = run("article")  # which holds the models of all the others
    assert result.exit_code == 0, result.stdout
    for name in set(preset_names()) - {"article"}:
        assert f"\n{name}: no wrong gradient in " in result.stdout
    assert set(verdicts(result.stdout).values()) <= {"pass", "too small to check"}


def test_the_output_says_what_was_checked_and_is_the_same_every_time(run, two_models):
    first, again, other = run(two_models), run(two_models), run(two_models, "--seed", 7)
    assert first.stdout.startswith(
        "Initial weights of seed 1; the first 20 of the 30 training images of the first mini-batch.\n\n"
        "plain\n"
    )
    assert first.stdout == again.stdout
    assert other.stdout.startswith("Initial weights of seed 7;")
    assert verdicts(first.stdout)[1, "bias"] == "too small to check"  # of "normed", the second model
    assert "normed: no wrong gradient in 6 arrays, 1 of them too small to check.\n" in first.stdout
    assert first.stderr == ""


def test_the_wrong_batch_norm_fails_in_what_comes_before_the_last_batch_norm(run, write):
    norm = (DenseSpec(units=8), BatchNormSpec(), SigmoidSpec())
    result = run(write(*norm, *norm), "--wrong-batch-norm")
    assert result.exit_code == WRONG
    found = verdicts(result.stdout)
    assert [place for place, verdict in found.items() if verdict == "fail"] == [
        (1, "weight"),
        (2, "gamma"),
        (2, "beta"),
        (4, "weight"),
    ]
    assert found[5, "gamma"] == found[5, "beta"] == found[7, "weight"] == found[7, "bias"] == "pass"
    assert found[1, "bias"] == found[4, "bias"] == "too small to check"
    assert "plain: the gradient is wrong in 4 of 10 arrays, most in row" in result.stdout


def test_one_failing_model_of_several_is_enough_for_exit_code_1(run, two_models):
    result = run(two_models, "--wrong-batch-norm")
    assert result.exit_code == WRONG
    assert "plain, which has no BatchNorm whose gradient could be wrong" in result.stdout
    assert "plain: no wrong gradient in 4 arrays." in result.stdout
    assert "normed: the gradient is wrong in 1 of 6 arrays, most in row 1 (weight)" in result.stdout
    assert run(two_models, "--wrong-batch-norm", "--model", "plain").exit_code == 0


@pytest.mark.parametrize("layers", [[], [DenseSpec(units=1)], [ReLUSpec()], [BatchNormSpec(), ReLUSpec()]])
def test_small_stacks_pass(run, write, layers):
    assert run(write(*layers)).exit_code == 0


def test_a_model_is_found_by_its_name_ignoring_case(run, two_models):
    stdout = run(two_models, "--model", "NORMED").stdout
    assert "\nnormed\n" in stdout
    assert "plain" not in stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--model", "norm"],
            "option --model: found 'norm', which is the name of no model; did you mean normed?",
        ),
        (
            ["--model", "S6"],
            "option --model: found 'S6', which is the name of no model; right would be plain, normed",
        ),
        (["--seed", -1], "option --seed: found -1; right would be a whole number from 0 to 4,294,967,295"),
    ],
)
def test_a_bad_option_is_one_message(run, two_models, words, message):
    result = run(two_models, *words)
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert result.stderr == f"bnstudio: {message}\n"


def test_a_bad_file_is_one_message(run, tmp_path):
    path = tmp_path / "bad.bnstudio"
    path.write_text('{"format": "bnstudio"', encoding="utf-8")
    result = run(path)
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert result.stderr.startswith(f"bnstudio: {path}")
    assert "Traceback" not in result.stderr


def test_a_network_that_overflows_fails_and_says_why(run, write):
    wild = write(*[DenseSpec(units=4)] * 80, weight_init=NormalInit(std=1e6))
    result = run(wild)
    assert result.exit_code == WRONG
    assert set(verdicts(result.stdout).values()) == {"not finite"}
    assert "plain: there is nothing to measure, the loss or a slope is not finite" in result.stdout
    assert result.stderr == ""


def test_ctrl_c_ends_it_without_a_traceback(run, two_models, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(gradcheck, "check_gradients", interrupted)
    result = run(two_models)
    assert result.exit_code == INTERRUPTED
    assert result.stderr == "bnstudio: ended by Ctrl+C\n"


def test_a_terminal_shows_how_many_arrays_are_done(small_experiment, small_dataset):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    assert gradcheck.check_models(
        small_experiment, small_dataset, False, Console(file=io.StringIO()), terminal
    )
    assert "6/6 arrays" in screen.getvalue()


def test_no_qt_is_imported():
    code = (
        "import sys, bnstudio.cli.gradcheck\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "sys.exit(not found.isdisjoint({'PySide6', 'shiboken6'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
