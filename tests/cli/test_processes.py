"""The program as a person starts it: a process of its own."""

import contextlib
import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

import bnstudio
from bnstudio.document.experiment import DenseSpec, Experiment, LeCunInit, ModelSetup
from bnstudio.document.storage import read_experiment, write_experiment

ROOT = Path(bnstudio.__file__).parent.parent
TIMEOUT = 60
FULL_DISK = Path("/dev/full")


def environment(**changes: str | None) -> dict[str, str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **changes}
    return {name: value for name, value in environ.items() if value is not None}


@contextlib.contextmanager
def broken_pipe() -> Iterator[int]:
    """Make a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def run(
    *words: object,
    stdout: IO[str] | int = subprocess.PIPE,
    stderr: IO[str] | int = subprocess.PIPE,
    **changes: str | None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment(**changes),
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture
def quick_file(tmp_path):
    """An experiment that trains on all of MNIST in a moment: six large steps an epoch."""
    model = ModelSetup(name="quick", learning_rate=0.1, weight_init=LeCunInit(), layers=(DenseSpec(units=1),))
    path = tmp_path / "quick.bnstudio"
    write_experiment(Experiment(batch_size=10_000, epochs=1, models=(model,)), path)
    return path


def test_python_m_bnstudio_is_bnstudio():
    assert run("-m", "bnstudio", "--version").stdout == f"bnstudio {bnstudio.__version__}\n"


def test_training_from_the_command_line_imports_no_qt(quick_file):
    script = (
        "import sys\n"
        "from bnstudio.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    tops = {name.partition('.')[0] for name in sys.modules}\n"
        "    print('Qt:', sorted(tops & {'PySide6', 'shiboken6'}))\n"
    )
    result = run("-c", script, "train", quick_file)
    assert result.returncode == 0, result.stderr
    assert "quick" in result.stdout
    assert result.stdout.endswith("Qt: []\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
def test_ctrl_c_ends_training_with_what_there_is(quick_file, tmp_path, request):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "bnstudio", "train", quick_file, "--epochs", "10000", "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, env=environment(), **pipes) as process:
        assert process.stderr is not None
        watchdog = Timer(TIMEOUT, process.kill)  # Reading a line has no timeout of its own.
        watchdog.start()
        request.addfinalizer(watchdog.cancel)
        assert process.stderr.readline().startswith("epoch 1/10000, step 6/60,000")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    last_line = stderr.splitlines()[-1]
    assert last_line.startswith("bnstudio: ended by Ctrl+C after ")
    with (out / "quick" / "metrics.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file)]
    assert steps == list(range(1, len(steps) + 1))
    assert f"after {len(steps):,} of" in last_line
    assert read_experiment(out / "experiment.bnstudio").epochs == 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
def test_a_second_ctrl_c_does_not_disturb_the_end():
    script = (
        "import atexit, signal\n"
        "from bnstudio.cli import main\n"
        "from bnstudio.data import datasets\n"
        "datasets.load_mnist = lambda: signal.raise_signal(signal.SIGINT)\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "main()\n"
    )
    result = run("-c", script, "gradcheck", "S3")
    assert (result.returncode, result.stderr) == (130, "bnstudio: ended by Ctrl+C\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to a whole console")
def test_ctrl_c_while_the_program_is_loaded_ends_it_without_a_word():
    script = (
        "import signal, sys\n"
        "from bnstudio.cli import main\n"
        "class Finder:\n"
        "    def find_spec(name, path, target):\n"
        "        if name == 'typer':\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder)\n"
        "main()\n"
    )
    result = run("-c", script, "presets")
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize(
    "words", [["presets"], ["--help"], ["--version"], ["train", "--help"], ["gradcheck", "S3"]], ids=" ".join
)
def test_output_that_cannot_be_written_is_one_message(words):
    with FULL_DISK.open("w") as stdout:
        result = run("-m", "bnstudio", *words, stdout=stdout)
    assert result.returncode == 1
    assert result.stderr == "bnstudio: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells of a broken pipe in another way")
def test_output_that_nobody_reads_any_more_ends_it_without_a_word():
    with broken_pipe() as stdout:
        result = run("-m", "bnstudio", "presets", stdout=stdout)
    assert (result.returncode, result.stderr) == (1, "")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize(
    "broken", [lambda: FULL_DISK.open("w"), broken_pipe], ids=["full disk", "broken pipe"]
)
def test_progress_that_cannot_be_written_is_left_out_and_training_goes_on(quick_file, tmp_path, broken):
    out = tmp_path / "out"
    with broken() as stderr:
        result = run("-m", "bnstudio", "train", quick_file, "--epochs", 2, "--out", out, stderr=stderr)
    assert result.returncode == 0
    assert result.stdout.endswith(f"Results: {out}\n")
    assert (out / "quick" / "metrics.csv").exists()


@pytest.mark.skipif(not FULL_DISK.exists(), reason="only Linux has a disk that is always full")
def test_a_message_that_cannot_be_written_does_not_change_the_exit_code():
    with FULL_DISK.open("w") as stderr:
        assert run("-m", "bnstudio", "train", "S6_BM", stderr=stderr).returncode == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays to look for")
@pytest.mark.parametrize("display", [None, ":4711"])
def test_without_a_display_the_window_ends_with_one_message_and_not_with_qts_abort(display):
    result = run(
        "-m", "bnstudio", DISPLAY=display, WAYLAND_DISPLAY=None, XDG_SESSION_TYPE=None, QT_QPA_PLATFORM=None
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("bnstudio: the window cannot be opened here.\n")
    assert "qt.qpa" not in result.stderr
    assert "bnstudio train" in result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays to look for")
def test_the_window_does_not_wait_for_what_reads_the_command_line_and_the_collector_works_again():
    script = (
        "import gc, sys\n"
        "from bnstudio.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('typer' in sys.modules, gc.isenabled())\n"
    )
    result = run("-c", script, QT_QPA_PLATFORM="holodeck")
    assert result.stderr.startswith("bnstudio: the window cannot be opened here.\n")
    assert result.stdout == "False True\n"


def test_the_real_window_opens_trains_and_closes(tmp_path):
    settings = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"), str(tmp_path))
    result = run(ROOT / "tests" / "train_in_window.py", **settings)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("The window opened, trained ")
    # Said by the offscreen platform itself, and of no meaning.
    assert [line for line in result.stderr.splitlines() if "propagateSizeHints" not in line] == []
