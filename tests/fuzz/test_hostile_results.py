"""Folders of a study that want to harm: a result is used, counts as missing, or is refused by name."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnstudio.study.store import MARK, StoreError, open_store
from tests.fuzz.kinds import TRAINING, Kind, Results, results
from tests.fuzz.reading import outcome_of
from tests.fuzz.special_files import SPECIAL_FILES

unix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


@pytest.fixture(scope="module")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Kind:
    return results(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return Results(tmp_path_factory.mktemp("study"))


@pytest.fixture
def path(study: Results) -> Iterator[Path]:
    yield study.path
    if study.path.is_dir() and not study.path.is_symlink():
        study.path.rmdir()
    else:
        study.path.unlink(missing_ok=True)


def sealed(content: dict[str, object]) -> bytes:
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({"sha256": digest, **content}).encode()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=150,
    deadline=None,
    derandomize=True,
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_a_result_holds_it_is_used_missing_or_refused(
    kind: Kind, tmp_path: Path, random: Random
) -> None:
    (tmp_path / kind.name).write_bytes(kind.make(random))
    outcome_of(kind, tmp_path / kind.name)


def test_a_sealed_result_is_used_as_it_is(study: Results, path: Path) -> None:
    path.write_bytes(sealed(study.content))
    assert study.store.load(TRAINING) is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("losses", None),
        ("losses", [1.0]),
        ("losses", ["1.0", 2.0, 3.0]),
        ("losses", [10**400, 0.0, 0.0]),
        ("accuracies", {}),
        ("steps_per_epoch", 0),
        ("steps_per_epoch", "3"),
        ("diverged_at", "never"),
        ("evaluations", [{"step": 3}]),
        ("evaluations", [3]),
        ("moments", []),
        ("moments", {"x": []}),
        ("moments", {"600": [{"kind": "sigmoid"}]}),
        ("speed", 3),
    ],
)
def test_a_sealed_result_with_a_value_of_the_wrong_kind_counts_as_missing(
    study: Results, path: Path, key: str, value: object
) -> None:
    path.write_bytes(sealed(study.content | {key: value}))
    assert study.store.load(TRAINING) is None


@pytest.mark.parametrize("key", ["experiment", "losses", "moments"])
def test_a_sealed_result_without_a_key_counts_as_missing(study: Results, path: Path, key: str) -> None:
    path.write_bytes(sealed({name: value for name, value in study.content.items() if name != key}))
    assert study.store.load(TRAINING) is None


def test_a_result_nested_as_deeply_as_json_allows_counts_as_missing(study: Results, path: Path) -> None:
    for depth in range(800, 1_000, 7):
        path.write_bytes(
            b'{"sha256":' + b"[" * depth + b"]" * depth + b',"a":' + b"[" * depth + b"]" * depth + b"}"
        )
        assert study.store.load(TRAINING) is None


@unix_only
def test_a_result_that_is_too_large_is_refused_by_name(study: Results, path: Path) -> None:
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(10**12)  # it takes no room on the disk
    with pytest.raises(StoreError, match=r"cannot read .*result\.json: it is too large"):
        study.store.load(TRAINING)


@unix_only
@pytest.mark.parametrize("name", ["folder", "pipe", "endless", "loop"])
def test_a_result_that_is_no_file_is_refused_and_not_waited_for(
    study: Results, path: Path, name: str
) -> None:
    path.unlink(missing_ok=True)
    SPECIAL_FILES[name](path)
    with pytest.raises(StoreError, match=r"cannot read .*result\.json: "):
        study.store.load(TRAINING)


@unix_only
@pytest.mark.parametrize("make", [SPECIAL_FILES[name] for name in ("folder", "pipe", "endless")])
def test_a_mark_that_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / MARK)
    with pytest.raises(StoreError, match="cannot write to the folder"), open_store(tmp_path):
        pass


@unix_only
def test_a_link_that_lies_in_wait_is_not_written_through(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("years of work")
    with open_store(tmp_path / "study") as store:
        (store.folder / ".report.md.tmp").symlink_to(mine)
        store.write(Path("report.md"), b"all claims hold")
        assert mine.read_text() == "years of work"
        assert not (store.folder / "report.md").is_symlink()
        assert (store.folder / "report.md").read_bytes() == b"all claims hold"
