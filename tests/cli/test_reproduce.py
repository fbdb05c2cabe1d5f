"""`bnstudio reproduce`, on the study in small."""

import contextlib
import csv
import errno
import functools
import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import bnstudio
from bnstudio.cli import sources
from bnstudio.cli.commands import app
from bnstudio.cli.interruption import orderly_end
from bnstudio.cli.reproduce import parse_seeds, train_missing
from bnstudio.cli.sources import InputError
from bnstudio.data import datasets
from bnstudio.data.idx import DataError
from bnstudio.study.store import MARK, open_store
from tests.study.small_study import small_article, small_dataset, small_plan

ROOT = Path(bnstudio.__file__).parent.parent
TIMEOUT = 60
BAD_INPUT, INTERRUPTED = 2, 130
N_TRAININGS = 8 + 4 * 5


def run(patch: pytest.MonkeyPatch, out: Path, *words: object, load_mnist=small_dataset) -> Result:
    """Run the command in this process, on the study in small, one training after another."""
    patch.setattr(datasets, "load_mnist", load_mnist)
    patch.setattr(sources, "load_preset", lambda name: small_article())
    options = ["--epochs", 1, "--seeds", 0, "--jobs", 1, *words]
    return CliRunner().invoke(app, ["reproduce", "--out", str(out), *map(str, options)], prog_name="bnstudio")


@pytest.fixture
def reproduce(monkeypatch):
    return functools.partial(run, monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, Result]:
    """A study that ran to its end, to be looked at only: its folder, and what the command said."""
    out = tmp_path_factory.mktemp("finished") / "out"
    with pytest.MonkeyPatch.context() as patch:
        return out, run(patch, out)


@pytest.fixture
def folder(finished, tmp_path) -> Path:
    """A copy of the finished study's folder, to be changed."""
    return shutil.copytree(finished[0], tmp_path / "copy")


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def results_in(folder: Path) -> dict[str, float]:
    """Return when each result was written, by its path."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.rglob("result.json")}


def test_the_whole_study_leaves_results_metrics_figures_and_a_report(finished):
    out, result = finished
    assert result.exit_code == 0, result.stderr
    files = files_in(out)
    assert len([name for name in files if name.endswith("result.json")]) == N_TRAININGS
    assert len([name for name in files if name.startswith("figures/")]) == 12
    assert {"report.md", "report.html", MARK} <= files
    assert not [name for name in files if name.endswith(".tmp")]
    with (out / "epochs-1" / "seed-0" / "S6_BN" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 150
    assert rows[-1]["test_accuracy"]


def test_every_verdict_is_printed_and_the_place_of_the_report(finished):
    out, result = finished
    *verdicts, report = result.stdout.splitlines()
    assert [line[14:16] for line in verdicts] == ["1.", "2.", "3.", "4.", "5.", "6.", "7."]
    assert report == f"Report: {out / 'report.html'}"


def test_claims_that_do_not_hold_are_no_failure_of_the_command(finished):
    _, result = finished
    # Random labels can't be learned, and 150 steps are too few for the rest.
    assert result.stdout.startswith("does not hold 1. Making a sigmoid network deeper")
    assert "not measured  6. Forward" in result.stdout
    assert result.exit_code == 0


def test_the_page_asks_for_nothing_from_outside(finished):
    page = (finished[0] / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "url(" not in page
    assert page.count('src="data:image/svg+xml;base64,') == page.count("src=") == 6


def test_elsewhere_than_on_a_terminal_each_training_is_a_line(finished):
    lines = finished[1].stderr.splitlines()
    assert len(lines) == N_TRAININGS
    assert lines[0].startswith("1/28 trained: ")
    assert lines[-1].startswith("28/28 trained: ")
    assert lines[-1].endswith("; about 0:00 left")


def test_a_second_call_uses_what_is_there_and_writes_the_same_report(reproduce, finished, folder):
    before, report = results_in(folder), (folder / "report.html").read_bytes()
    second = reproduce(folder)
    assert second.stderr == "28 of 28 trainings were done before and are used again.\n"
    assert second.stdout.splitlines()[:-1] == finished[1].stdout.splitlines()[:-1]
    assert results_in(folder) == before
    assert (folder / "report.html").read_bytes() == report


def test_only_damaged_and_missing_results_are_made_again(reproduce, folder):
    before, report = results_in(folder), (folder / "report.html").read_bytes()
    trainings = folder / "epochs-1" / "seed-0"
    with (trainings / "S3" / "result.json").open("r+b") as file:
        file.truncate(1000)
    (trainings / "S4" / "result.json").unlink()
    (trainings / "R6" / "metrics.csv").unlink()
    assert reproduce(folder).stderr.startswith("26 of 28 trainings were done before")
    after = results_in(folder)
    assert {name for name, written in after.items() if before[name] != written} == {"S3", "S4"}
    assert (folder / "report.html").read_bytes() == report
    assert (trainings / "R6" / "metrics.csv").exists()


def test_other_epochs_leave_the_results_alone_and_rewrite_the_report(reproduce, folder):
    before, report = results_in(folder), (folder / "report.md").read_text(encoding="utf-8")
    other = reproduce(folder, "--epochs", 2)
    # The trials of the weights take one epoch either way.
    assert other.stderr.startswith("20 of 28 trainings were done before")
    assert results_in(folder / "epochs-1") == before
    assert len(results_in(folder / "epochs-2")) == 8
    assert "1 epoch, seed 0." in report
    assert "2 epochs, seed 0." in (folder / "report.md").read_text(encoding="utf-8")


def test_further_seeds_use_the_results_of_those_before(reproduce, folder):
    assert reproduce(folder, "--seeds", "0,5").stderr.startswith("28 of 56 trainings were done before")
    assert (folder / "epochs-1" / "seed-5" / "S3" / "metrics.csv").exists()


def test_on_a_terminal_a_bar_counts_the_trainings(tmp_path):
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    with open_store(tmp_path) as store:
        train_missing(small_plan(), store, small_dataset(), 1, console)
    assert isinstance(console.file, io.StringIO)
    assert "28/28 trainings" in console.file.getvalue()
    assert "left" in console.file.getvalue()


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(reproduce, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    result = reproduce(tmp_path)
    assert result.exit_code == BAD_INPUT
    assert result.stderr == (
        f"bnstudio: {tmp_path} holds something else (thesis.tex); choose a new folder, or an empty one\n"
    )
    assert files_in(tmp_path) == {"thesis.tex"}


def test_a_folder_that_cannot_be_written_is_told_before_training(reproduce, tmp_path):
    (tmp_path / "file").touch()
    result = reproduce(tmp_path / "file")
    assert result.exit_code == BAD_INPUT
    assert result.stderr.startswith("bnstudio: cannot write to the folder")
    assert "trained" not in result.stderr


def test_a_folder_in_use_is_refused(reproduce, tmp_path):
    with open_store(tmp_path):
        result = reproduce(tmp_path)
    assert result.exit_code == BAD_INPUT
    assert "another `bnstudio reproduce` is at work" in result.stderr


@pytest.mark.parametrize("jobs", [1, 2])
def test_when_the_disk_is_full_what_was_done_is_kept(reproduce, tmp_path, monkeypatch, jobs):
    real_fsync = os.fsync
    written = []

    def fills_up(descriptor):
        written.append(descriptor)
        if len(written) > 5:  # The first is the trial.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real_fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fills_up)
        result = reproduce(tmp_path, "--jobs", jobs)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr.splitlines()[-1]
    assert len(result.stderr.splitlines()) == 5  # four trainings, and the message
    assert len(results_in(tmp_path)) == 4
    assert reproduce(tmp_path).stderr.startswith("4 of 28 trainings were done before")


def test_without_matplotlib_nothing_is_trained(reproduce, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    result = reproduce(tmp_path / "out")
    assert result.exit_code == BAD_INPUT
    assert "pip install 'bnstudio[report]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_damaged_data_is_told(reproduce, tmp_path):
    def damaged():
        raise DataError("train-images: is not the original")

    result = reproduce(tmp_path, load_mnist=damaged)
    assert result.exit_code == 1
    assert result.stderr == "bnstudio: train-images: is not the original\n"


@pytest.mark.parametrize(
    "options",
    [["--epochs", 0], ["--epochs", 10_001], ["--seeds", "0,x"], ["--jobs", 0], ["--jobs", "all"]],
)
def test_a_bad_option_is_a_message_that_names_it(reproduce, tmp_path, options):
    result = reproduce(tmp_path / "out", *options)
    assert result.exit_code == BAD_INPUT
    assert options[0] in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_seeds_are_numbers_with_commas():
    assert parse_seeds("0,1,2") == (0, 1, 2)
    assert parse_seeds(" 7, 4294967295 ") == (7, 4294967295)


@pytest.mark.parametrize("text", ["", "0,", "0;1", "-1", "1.0", "1_0", "٣", "4294967296", "9" * 5000, "0 1"])
def test_what_is_no_seed_is_refused(text):
    with pytest.raises(InputError, match="option --seeds: found"):
        parse_seeds(text)


def test_a_seed_that_stands_twice_is_refused():
    with pytest.raises(InputError, match="1 stands twice"):
        parse_seeds("0,1,01")


@pytest.fixture
def handlers_afterwards():
    """See to it that the signals do after a test what they did before it."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("name", "raised"), [("SIGINT", KeyboardInterrupt), ("SIGTERM", SystemExit)])
def test_the_first_signal_ends_it_and_further_ones_do_not_disturb_the_end(name, raised, handlers_afterwards):
    with orderly_end():
        with pytest.raises(raised):
            signal.raise_signal(getattr(signal, name))
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)


def test_without_a_signal_all_is_afterwards_as_before():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with orderly_end():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


PROGRAM = """
from bnstudio.cli import main, sources
from bnstudio.data import datasets
from tests.study.small_study import small_article, small_dataset

datasets.load_mnist = small_dataset
sources.load_preset = lambda name: small_article()
main()
"""
EPOCHS = 6
"""So many that training takes a while."""


@contextlib.contextmanager
def at_work(out: Path, request: pytest.FixtureRequest):
    """Start the command as a process with two workers, and wait until its first training is done."""
    options = ["reproduce", "--out", out, "--epochs", EPOCHS, "--seeds", 0, "--jobs", 2]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, options)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        watchdog = Timer(TIMEOUT, lambda: os.killpg(process.pid, signal.SIGKILL))
        watchdog.start()
        request.addfinalizer(watchdog.cancel)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("1/28 trained")
        yield process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
@pytest.mark.parametrize("whole_group", [True, False], ids=["from a terminal", "to the command alone"])
def test_ctrl_c_ends_it_with_one_message_and_keeps_what_is_done(tmp_path, request, whole_group):
    with at_work(tmp_path, request) as process:
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        # The workers hold the same pipe: it ends when the last of them does.
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == INTERRUPTED
    assert stdout == ""
    *lines, last = stderr.splitlines()
    assert last == f"bnstudio: ended by Ctrl+C; the same command goes on with what is in {tmp_path}"
    assert all("trained: " in line for line in lines)
    assert len(lines) < N_TRAININGS - 1
    assert len(results_in(tmp_path)) >= len(lines) + 1
    assert not [name for name in files_in(tmp_path) if name.endswith(".tmp")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_in_the_middle_it_goes_on_when_it_is_started_again(reproduce, tmp_path, request):
    with at_work(tmp_path, request) as process:
        process.kill()
        process.communicate(timeout=TIMEOUT)  # Until the workers have seen that they are alone.
    kept = results_in(tmp_path)
    assert 1 <= len(kept) < N_TRAININGS
    assert not (tmp_path / "report.html").exists()
    again = reproduce(tmp_path, "--epochs", EPOCHS)
    assert again.exit_code == 0, again.stderr
    assert again.stderr.startswith(f"{len(kept)} of 28 trainings were done before")
    assert kept.items() <= results_in(tmp_path).items()
    assert (tmp_path / "report.html").exists()
