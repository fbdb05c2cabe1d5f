"""Runs' files that want to harm: each is refused by name, before it has taken much time or memory."""

import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnstudio.training import run_file
from bnstudio.training.run_file import RunFileError, read_run, read_summary, write_run
from tests.fuzz.kinds import Kind, Runs, run_files
from tests.fuzz.reading import outcome_of
from tests.fuzz.special_files import SPECIAL_FILES

EXPERIMENT, RECORD = "experiment.bnstudio", "run.json"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Kind:
    return run_files(tmp_path_factory.mktemp("run"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.bnrun"


def zipped(members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_raw(runs: Runs, member: str, place: str, raw: str) -> bytes:
    """A file in which `raw` stands under a key at the top of a text, or in the first of its runs."""
    content: dict[str, Any] = json.loads(runs.members[member])
    inside = content["runs"][0] if place.startswith("runs[0].") else content
    inside[place.removeprefix("runs[0].")] = "@"
    text = json.dumps(content).replace('"@"', raw)
    return zipped({**runs.members, member: text.encode()})


def problem_of(path: Path) -> tuple[str, int]:
    """Return why a file is refused, and how much memory that took."""
    tracemalloc.start()
    try:
        with pytest.raises(RunFileError) as error:
            read_run(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return error.value.problem, peak


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=200,
    deadline=None,
    derandomize=True,
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_a_file_holds_it_is_read_or_refused_with_its_name(
    kind: Kind, tmp_path: Path, random: Random
) -> None:
    (tmp_path / kind.name).write_bytes(kind.make(random))
    outcome_of(kind, tmp_path / kind.name)


NOTHINGS, NUMBERS = "0," * 400_000, "1111111111," * 400_000
WRONG = '{"an object of some length": 1111111111},'
MISTAKES = {
    "models": (EXPERIMENT, "models", f"[{NOTHINGS}0]", "models: found a list of 400001"),
    "size": (EXPERIMENT, "seed", " " * 1_000_000 + "0", "bytes; right would be at most 1,000,000"),
    "runs": (RECORD, "runs", f"[{NUMBERS}0]", '"runs": found more than 10,000 values'),
    "evaluations": (
        RECORD,
        "runs[0].evaluations",
        f"[{NUMBERS}0]",
        "runs[0].evaluations[0]: found 1111111111;",
    ),
    "changes": (RECORD, "runs[0].rate_changes", f"[{WRONG * 200_000}0]", "runs[0].rate_changes[0]"),
    "largest": (
        RECORD,
        "runs[0].divergence",
        f'{{"largest": [{NUMBERS}"x"]}}',
        '"largest": found more than',
    ),
    "earlier": (
        RECORD,
        "runs[0].divergence",
        f'{{"earlier": [[1, [{NUMBERS}0]]]}}',
        '"earlier": found more',
    ),
    "keys": (RECORD, "x", "0" + "".join(f',"{i}":0' for i in range(100_000)), "found an object of 100,00"),
    "repeated": (RECORD, "target", '1, "target": 2', '"target": stands more than once'),
    "deep": (RECORD, "target", '{"x":' * 10_000, "run.json: is nested too deeply"),
    "lists": (RECORD, "runs[0].evaluations", f"[{'[[]],' * 400_000}0]", "run.json: found 800,005 lists"),
    "objects": (RECORD, "runs[0].evaluations", f"[{'{},' * 400_000}0]", "run.json: found '{' 400,004 times"),
    "values": (RECORD, "runs[0].evaluations", f"[{NOTHINGS}0]", "run.json: found ',' 400,021 times"),
    "digits": (RECORD, "target", "9" * 500_000, "run.json: is not JSON: "),
}
"""Text, place in it, what stands there, and a part of what is to be said."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_text_of_very_many_mistakes_is_refused_before_each_is_told(
    runs: Runs, path: Path, mistake: str
) -> None:
    member, place, raw, found = MISTAKES[mistake]
    path.write_bytes(with_raw(runs, member, place, raw))
    problem, peak = problem_of(path)
    assert problem.startswith(f"cannot be opened: {member}: ")
    assert found in problem
    assert len(problem) < 300
    assert peak < 100_000_000


def test_a_name_of_very_many_characters_is_not_told_whole(runs: Runs, path: Path) -> None:
    content = bytearray(zipped({"x" * 60_000: b"", **runs.members}))
    content[40] ^= 1  # the name before the content is another than in the list at the end
    path.write_bytes(content)
    problem, _ = problem_of(path)
    assert len(problem) < 300


def test_a_file_that_could_not_be_read_again_is_not_written(
    runs: Runs, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(zipped(runs.members))
    before, training = path.read_bytes(), read_run(path)
    monkeypatch.setitem(run_file._MAX_TEXT_SIZES, RECORD, 100)
    with pytest.raises(
        RunFileError, match=r"cannot be written: its run\.json would have more than 100 bytes"
    ):
        write_run(training, path)
    assert path.read_bytes() == before


def test_a_zip_that_swells_is_refused_unread(runs: Runs, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in runs.members.items():
            archive.writestr(name, content + bytes(5_000_000))
    assert path.stat().st_size < 1_000_000
    problem, peak = problem_of(path)
    assert "is compressed; right would be not" in problem
    assert peak < 2_000_000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", SPECIAL_FILES.values(), ids=SPECIAL_FILES)
@pytest.mark.parametrize("read", [read_run, read_summary])
def test_what_is_no_file_is_refused_and_not_waited_for(
    path: Path, make: Callable[[Path], None], read: Callable[[Path], object]
) -> None:
    make(path)
    with pytest.raises(RunFileError, match=r"mine\.bnrun: cannot be opened: "):
        read(path)
