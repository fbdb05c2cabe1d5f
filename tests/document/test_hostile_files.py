"""Experiment files that want to harm: each is refused in a blink, with a message that is fit to be shown."""

import json
import os
import tracemalloc
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bnstudio.document.presets import load_preset
from bnstudio.document.storage import (
    MAX_FILE_SIZE,
    MAX_VALUES,
    FileAccessError,
    InvalidExperimentError,
    NotJSONError,
    StorageError,
    parse_experiment,
    read_experiment,
    to_json,
)
from tests.fuzz.kinds import EXPERIMENTS, hostile_experiment
from tests.fuzz.reading import outcome_of
from tests.fuzz.special_files import SPECIAL_FILES

PRESET = load_preset("S6_BN")
AS_LARGE_AS_MAY_BE = MAX_FILE_SIZE - 5_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.bnstudio"


def with_raw(place: str, raw: str) -> bytes:
    """A file in which `raw` stands for a value at the top, or for the first model's layers or name."""
    content: dict[str, Any] = json.loads(to_json(PRESET))
    if place in ("layers", "name"):
        content["models"][0][place] = "@"
    else:
        content[place] = "@"
    return json.dumps(content).replace('"@"', raw).encode()


def problem_of(content: bytes, kind: type[StorageError]) -> str:
    with pytest.raises(StorageError) as error:
        parse_experiment(content, Path("mine.bnstudio"))
    assert type(error.value) is kind
    return error.value.problem


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=300,
    deadline=None,
    derandomize=True,
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_a_file_holds_it_is_read_or_refused_with_its_name(path: Path, random: Random) -> None:
    path.write_bytes(hostile_experiment(random))
    outcome_of(EXPERIMENTS, path)


@pytest.mark.parametrize(
    ("place", "item", "found"),
    [
        ("models", "0,", "models: found a list of "),
        ("models", "{},", "models: found a list of "),
        ("layers", "0,", "models[0].layers: found a list of "),
        ("layers", '{"type":"relu","x":0},', "models[0].layers: found a list of "),
        ("seed", "[[]],", "seed: found a list of "),
    ],
)
def test_a_list_of_very_many_is_refused_before_each_becomes_a_problem(
    place: str, item: str, found: str
) -> None:
    n = AS_LARGE_AS_MAY_BE // len(item)
    content = with_raw(place, f"[{item * n}0]")
    tracemalloc.start()
    try:
        problem = problem_of(content, InvalidExperimentError)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert problem == f"{found}{n + 1}; right would be fewer than {MAX_VALUES:,} values in the whole file"
    assert peak < 150_000_000


def test_very_many_unknown_keys_are_refused_before_each_becomes_a_problem() -> None:
    keys = ",".join(f'"{i}":0' for i in range(80_000))
    problem = problem_of(with_raw("seed", f"0,{keys}"), InvalidExperimentError)
    assert problem == f"found an object; right would be fewer than {MAX_VALUES:,} values in the whole file"


def test_a_wide_list_deep_inside_takes_no_memory_for_its_places() -> None:
    n = AS_LARGE_AS_MAY_BE // 2 - 1_000
    content = with_raw("seed", "[" * 150 + "0," * n + "0" + "]" * 150)
    tracemalloc.start()
    try:
        problem = problem_of(content, InvalidExperimentError)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert problem == "seed: found a list of 1; right would be a whole number from 0 to 4,294,967,295"
    assert peak < 50_000_000


def test_the_largest_experiment_is_far_from_the_limits(path: Path) -> None:
    layers = json.dumps([{"type": "batch_norm"}, {"type": "dense", "units": 1}] * 50, indent=8)
    models = [
        json.dumps(
            {
                "name": f"{i}" + "数" * 59,
                "learning_rate": 1e-300,
                "weight_init": {"scheme": "normal", "std": 1e-300},
            }
        )[:-1]
        + f', "layers": {layers}}}'
        for i in range(8)
    ]
    content = f'{{"format": "bnstudio", "version": 1, "models": [{",".join(models)}]}}'.encode()
    assert len(parse_experiment(content, path).models) == 8
    assert 5 * len(content) < MAX_FILE_SIZE


@pytest.mark.parametrize(
    "key", ["a" * 900_000, "\x9b2J", "\u202e", "\x1b[2J"], ids=["long", "terminal", "reversed", "escape"]
)
def test_a_key_is_shown_short_and_without_what_a_terminal_obeys(key: str) -> None:
    problem = problem_of(with_raw("seed", f"0, {json.dumps(key)}: 0"), InvalidExperimentError)
    assert "unknown key" in problem
    assert len(problem) < 200
    assert problem.isprintable()


def test_a_value_is_shown_without_what_a_terminal_obeys() -> None:
    problem = problem_of(with_raw("seed", '"\x9b2J\u202e"'), InvalidExperimentError)
    assert problem.startswith('seed: found "\\x9b2J\\u202e"; right would be')


@pytest.mark.parametrize("character", ["\x7f", "\x80", "\x9b", "\u2028", "\ufffe", "\uffff"])
def test_a_name_has_no_control_characters_of_any_kind(character: str) -> None:
    with pytest.raises(ValidationError, match="no control characters"):
        PRESET.models[0].replaced(name=f"a{character}b")


@pytest.mark.parametrize("name", ["\u200b", "\u2066\u2069"])
def test_a_name_can_be_seen(name: str) -> None:
    with pytest.raises(ValidationError, match="can be seen"):
        PRESET.models[0].replaced(name=name)


@pytest.mark.parametrize("name", ["con", "COM1.txt", "lpt³", "CONIN$"])
def test_a_name_is_none_that_a_system_has_taken(name: str) -> None:
    with pytest.raises(ValidationError, match="reserved"):
        PRESET.models[0].replaced(name=name)


@pytest.mark.parametrize(
    ("raw", "kind", "problem"),
    [
        ("[" * 900_000, NotJSONError, "is nested too deeply"),
        ("9" * 900_000, NotJSONError, "holds a number with thousands of digits"),
        ("0." + "1" * 900_000, InvalidExperimentError, "seed: found 0.1111111111111111; right would be"),
        ("1e" + "9" * 900_000, InvalidExperimentError, "seed: found Infinity; right would be"),
        ("1000000000000", InvalidExperimentError, "seed: found 1000000000000; right would be"),
        ('"\\ud800"', NotJSONError, "is not JSON: "),
        ('"\x00"', NotJSONError, "is not JSON: line 1"),
        ("0,,", NotJSONError, "is not JSON: line 1"),
    ],
    ids=["deep", "digits", "fraction", "exponent", "too much", "half a character", "zero", "comma"],
)
def test_a_token_that_is_too_much_is_refused(raw: str, kind: type[StorageError], problem: str) -> None:
    assert problem_of(with_raw("seed", raw), kind).startswith(problem)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_another_encoding_is_refused(encoding: str) -> None:
    problem_of(to_json(PRESET).encode(encoding), NotJSONError)


def test_one_byte_order_mark_is_taken_and_two_are_not() -> None:
    text = to_json(PRESET)
    assert parse_experiment(("\ufeff" + text).encode(), Path("mine.bnstudio")) == PRESET
    problem_of(("\ufeff\ufeff" + text).encode(), NotJSONError)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", SPECIAL_FILES.values(), ids=SPECIAL_FILES)
def test_what_is_no_file_is_refused_and_not_waited_for(path: Path, make: Any) -> None:
    make(path)
    with pytest.raises(FileAccessError, match=r"mine\.bnstudio: cannot be read: "):
        read_experiment(path)


@pytest.mark.skipif(
    not os.path.exists("/proc/self/mem"), reason="a file that cannot be read stands there alone"
)
def test_a_file_whose_reading_fails_is_refused() -> None:
    with pytest.raises(FileAccessError, match="cannot be read: "):
        read_experiment(Path("/proc/self/mem"))


def test_a_file_that_grows_is_read_up_to_the_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(to_json(PRESET).encode())
    before = path.stat()
    path.write_bytes(b" " * (3 * MAX_FILE_SIZE))
    # What is asked before reading knows nothing of what came after.
    monkeypatch.setattr(os, "stat", lambda *_arguments, **_named: before)
    tracemalloc.start()
    try:
        with pytest.raises(StorageError, match="is too large"):
            read_experiment(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * MAX_FILE_SIZE
