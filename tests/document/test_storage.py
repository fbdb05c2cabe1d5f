"""What is written comes back exactly, a failed write harms nothing, and each bad file has its message."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bnstudio.document import atomic_file
from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    HeInit,
    LeCunInit,
    ModelSetup,
    NormalInit,
    ReLUSpec,
    SigmoidSpec,
    XavierInit,
)
from bnstudio.document.explanation import explain
from bnstudio.document.storage import (
    ChangedFileError,
    FileAccessError,
    InvalidExperimentError,
    NewerVersionError,
    NotABnstudioFileError,
    NotJSONError,
    StorageError,
    read_experiment,
    read_file,
    write_experiment,
)

MODEL = ModelSetup(
    name="数字",
    learning_rate=0.1,
    weight_init=NormalInit(std=0.01),
    layers=(DenseSpec(units=30), BatchNormSpec(), SigmoidSpec()),
)
EXPERIMENT = Experiment(seed=7, models=(MODEL,))

TEXT = """\
{
  "format": "bnstudio",
  "version": 1,
  "batch_size": 100,
  "epochs": 5,
  "seed": 7,
  "dataset": "mnist",
  "models": [
    {
      "name": "数字",
      "learning_rate": 0.1,
      "weight_init": {"scheme": "normal", "std": 0.01},
      "layers": [
        {"type": "dense", "units": 30},
        {"type": "batch_norm"},
        {"type": "sigmoid"}
      ]
    }
  ]
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.bnstudio"


def document() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(TEXT)
    return content


def problem_of(path: Path, content: dict[str, Any] | str | bytes, kind: type[StorageError]) -> str:
    """Return what `read_experiment` says of a file with this content, without the file's name."""
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StorageError) as error:
        read_experiment(path)
    assert type(error.value) is kind
    assert str(error.value) == f"{path}: {error.value.problem}"
    return error.value.problem


# What is written comes back.

layers = st.one_of(
    st.builds(DenseSpec, units=st.integers(1, 512)),
    st.builds(BatchNormSpec),
    st.builds(SigmoidSpec),
    st.builds(ReLUSpec),
)
weight_inits = st.one_of(
    st.builds(NormalInit, std=st.floats(1e-300, 1e6)),
    st.builds(LeCunInit),
    st.builds(XavierInit),
    st.builds(HeInit),
)
names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='/\\:*?"<>|.'), max_size=50)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    models = [
        ModelSetup(
            name=f"m{draw(names)}{i}",  # starts and ends with what any name may, and is no other model's
            learning_rate=draw(st.floats(1e-300, 1e6)),
            weight_init=draw(weight_inits),
            colour=draw(st.none() | st.just(i)),
            layers=tuple(draw(st.lists(layers, max_size=12))),
        )
        for i in range(draw(st.integers(1, 8)))
    ]
    return Experiment(
        batch_size=draw(st.integers(2, 10_000)),
        epochs=draw(st.integers(1, 10_000)),
        seed=draw(st.integers(0, 2**32 - 1)),
        models=tuple(models),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(experiment=experiments())
def test_what_is_written_comes_back_exactly(path: Path, experiment: Experiment) -> None:
    write_experiment(experiment, path)
    assert read_experiment(path) == experiment


def test_a_file_is_readable_with_a_line_for_each_layer(path: Path) -> None:
    write_experiment(EXPERIMENT, path)
    assert path.read_bytes() == TEXT.encode()


def test_a_model_without_hidden_layers_comes_back(path: Path) -> None:
    experiment = EXPERIMENT.with_model(0, MODEL.replaced(layers=()))
    write_experiment(experiment, path)
    assert read_experiment(path) == experiment
    assert '"layers": []\n' in path.read_text(encoding="utf-8")


def test_what_is_common_may_be_left_out_and_a_byte_order_mark_may_be_there(path: Path) -> None:
    content = document()
    for key in ("batch_size", "epochs", "seed", "dataset"):
        del content[key]
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    assert read_experiment(path) == EXPERIMENT.replaced(seed=0)


def test_whole_numbers_are_learning_rates_too(path: Path) -> None:
    content = document()
    content["models"][0]["learning_rate"] = 1
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_experiment(path).models[0].learning_rate == 1.0


# A failed write harms nothing.


def test_a_file_is_replaced_only_if_it_holds_what_is_thought_to_be_there(path: Path) -> None:
    known = write_experiment(EXPERIMENT, path)
    assert known == (path, path.read_bytes())
    assert read_file(path) == (EXPERIMENT, known)
    path.write_bytes(b"another program's")
    with pytest.raises(ChangedFileError, match=r"mine\.bnstudio: was changed by another program"):
        write_experiment(EXPERIMENT.replaced(seed=5), path, known.content)
    assert path.read_bytes() == b"another program's"
    write_experiment(EXPERIMENT.replaced(seed=5), path, b"another program's")
    assert read_experiment(path).seed == 5


def test_writing_replaces_the_file_and_leaves_nothing_else(path: Path) -> None:
    path.write_text("old", encoding="utf-8")
    write_experiment(EXPERIMENT, path)
    assert read_experiment(path) == EXPERIMENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, failing, fail)  # a full disk cannot be had for real
    with pytest.raises(FileAccessError, match=r"mine\.bnstudio: cannot be written: No space left on device"):
        write_experiment(EXPERIMENT, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege elsewhere")
def test_a_link_stays_a_link_to_the_file_that_is_replaced(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "real.bnstudio"
    target.parent.mkdir()
    target.write_text("old", encoding="utf-8")
    path.symlink_to(target)
    write_experiment(EXPERIMENT, path)
    assert path.is_symlink()
    assert read_experiment(target) == EXPERIMENT


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_a_file_keeps_its_permissions_and_a_new_one_follows_the_umask(path: Path, tmp_path: Path) -> None:
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    new = tmp_path / "new.bnstudio"
    write_experiment(EXPERIMENT, path)
    write_experiment(EXPERIMENT, new)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert new.stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_neither_read_nor_replaced(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(FileAccessError, match="cannot be read: it is a device or a pipe"):
        read_experiment(path)
    with pytest.raises(FileAccessError, match="cannot be written: it is a device or a pipe"):
        write_experiment(EXPERIMENT, path)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="cannot be read: it is a folder; right would be a file"):
        read_experiment(tmp_path)
    with pytest.raises(FileAccessError, match="cannot be written: it is a folder; right would be a file"):
        write_experiment(EXPERIMENT, tmp_path)


def test_a_missing_file_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="cannot be read: there is no such file"):
        read_experiment(tmp_path / "none.bnstudio")
    with pytest.raises(FileAccessError, match="cannot be written: there is no such file or folder"):
        write_experiment(EXPERIMENT, tmp_path / "none" / "mine.bnstudio")


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5_000, "\ud800"):
        with pytest.raises(FileAccessError, match="cannot be read"):
            read_experiment(tmp_path / name)
        with pytest.raises(FileAccessError, match="cannot be written"):
            write_experiment(EXPERIMENT, tmp_path / name)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may do everything")
def test_a_protected_file_is_neither_read_nor_replaced(path: Path) -> None:
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0o400)
    with pytest.raises(FileAccessError, match="cannot be written: permission denied"):
        write_experiment(EXPERIMENT, path)
    path.chmod(0)
    with pytest.raises(FileAccessError, match="cannot be read: permission denied"):
        read_experiment(path)


# Each bad file has its message.


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not JSON: line 1, column 1: Expecting value"),
        ('{\n  "format": "bnstudio",\n}', "is not JSON: line 3, column 1: Expecting property name"),
        (TEXT[:-4], "is not JSON: line 19, column 3: Expecting"),
        (b'{"format": "\xff"}', "is not text: byte 13 is no UTF-8; right would be JSON in UTF-8"),
        ("[" * 100_000, "is nested too deeply for a bnstudio experiment"),
        (
            '{"format": "bnstudio", "version": 1' + "0" * 5_000 + "}",
            "holds a number with thousands of digits",
        ),
        (TEXT.replace("数字", "\\ud800"), "is not JSON: unexpected end of hex escape at line 10"),
    ],
)
def test_what_is_not_json_is_told_with_line_and_column(
    path: Path, content: str | bytes, problem: str
) -> None:
    assert problem_of(path, content, NotJSONError).startswith(problem)


@pytest.mark.parametrize("content", ["{}", "[]", "3", '"bnstudio"', '{"format": "other"}', '{"models": []}'])
def test_json_of_others_is_not_taken_for_ours(path: Path, content: str) -> None:
    assert problem_of(path, content, NotABnstudioFileError).startswith(
        "is JSON, but not a bnstudio experiment"
    )


def test_a_newer_version_is_refused_politely_whatever_else_is_in_it(path: Path) -> None:
    content = document() | {"version": 2, "weights": []}
    assert problem_of(path, content, NewerVersionError) == (
        "was written by a newer bnstudio: its version is 2, this program reads up to 1. "
        "Update bnstudio to open it; the file was left as it is."
    )


@pytest.mark.parametrize("version", [True, 1.0, "1", None, 0, -1])
def test_a_version_that_is_none_is_refused(path: Path, version: Any) -> None:
    problem = problem_of(path, document() | {"version": version}, InvalidExperimentError)
    assert problem == f"version: found {json.dumps(version)}; right would be 1"


def test_a_file_without_a_version_is_refused(path: Path) -> None:
    content = document()
    del content["version"]
    problem = problem_of(path, content, InvalidExperimentError)
    assert problem == "version: found none; right would be 1"


def test_a_huge_file_is_refused_without_being_read(path: Path) -> None:
    problem = problem_of(path, b" " * 1_000_001, NotABnstudioFileError)
    assert problem == "is too large for a bnstudio experiment: right would be at most 1,000,000 bytes"


def with_value(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    content = document()
    inside: Any = content
    for part in place[:-1]:
        inside = inside[part]
    inside[place[-1]] = value
    return content


M = ("models", 0)
L = ("models", 0, "layers")


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("batch_size",), 1, "batch_size: found 1; right would be a whole number from 2 to 10,000"),
        (("epochs",), 30.5, "epochs: found 30.5; right would be a whole number from 1 to 10,000"),
        (("seed",), "7", 'seed: found "7"; right would be a whole number from 0 to 4,294,967,295'),
        (("dataset",), "cifar", 'dataset: found "cifar"; right would be "mnist"'),
        (("models",), [], "models: found a list of 0; right would be a list of 1 to 8 models"),
        (("models",), {}, "models: found an object; right would be a list of 1 to 8 models"),
        (M, 3, "models[0]: found 3; right would be an object that describes a model"),
        ((*M, "name"), "", 'models[0].name: found ""; right would be a text of 1 to 60 characters'),
        ((*M, "name"), "a/b", 'models[0].name: found "a/b"; a name is also a folder name: no control'),
        (
            (*M, "learning_rate"),
            True,
            "models[0].learning_rate: found true; right would be a number from 1e-300",
        ),
        (
            (*M, "learning_rate"),
            1e-310,
            "models[0].learning_rate: found 1e-310; right would be a number from",
        ),
        ((*M, "learning_rate"), float("nan"), "models[0].learning_rate: found NaN; right would be a number"),
        ((*M, "learning_rate"), 10**400, "models[0].learning_rate: found 1000000000"),
        ((*M, "weight_init"), "he", 'models[0].weight_init: found "he"; right would be an object such as'),
        (
            (*M, "weight_init", "std"),
            float("inf"),
            "models[0].weight_init.std: found Infinity; right would be",
        ),
        (
            (*M, "weight_init", "scheme"),
            "zero",
            'models[0].weight_init.scheme: found "zero"; right would be one',
        ),
        (
            (*L, 0, "units"),
            "30",
            'models[0].layers[0].units: found "30"; right would be a whole number from 1 to',
        ),
        ((*M, "colour"), 8, "models[0].colour: found 8; right would be a whole number from 0 to 7"),
        ((*L, 0, "units"), 4097, "models[0].layers[0].units: found 4097; right would be a whole number"),
        ((*L, 1, "type"), "conv", 'models[0].layers[1].type: found "conv"; right would be one of "dense"'),
        ((*L, 1), {}, 'models[0].layers[1].type: missing; right would be one of "dense", "batch_norm"'),
        ((*L, 1), None, "models[0].layers[1]: found null; right would be an object such as"),
        ((*L, 1), {"type": "dense"}, "models[0].layers[1].units: missing; right would be a whole number"),
        (
            L,
            [{"type": "relu"}] * 101,
            "models[0].layers: found a list of 101; right would be a list of at most 100",
        ),
        (
            ("speed",),
            3,
            "speed: unknown key; known here: format, version, batch_size, epochs, seed, dataset, models",
        ),
        (
            (*M, "lr"),
            3,
            "models[0].lr: unknown key; known here: name, learning_rate, weight_init, colour, layers",
        ),
        ((*L, 0, "dense"), 3, "models[0].layers[0].dense: unknown key; known here: type, units"),
        ((*L, 2, "a b"), 3, 'models[0].layers[2]["a b"]: unknown key; known here: type'),
    ],
)
def test_a_wrong_value_is_told_with_its_place_and_what_would_be_right(
    path: Path, place: tuple[str | int, ...], value: Any, problem: str
) -> None:
    found = problem_of(path, with_value(place, value), InvalidExperimentError)
    assert found.startswith(problem)
    assert "\n" not in found


def test_two_models_of_one_name_are_told(path: Path) -> None:
    content = document()
    content["models"] *= 2
    problem = problem_of(path, content, InvalidExperimentError)
    assert problem == "two models are named '数字'; names must differ, ignoring case"


def test_a_key_that_stands_twice_is_told_with_its_place(path: Path) -> None:
    content = TEXT.replace('"units": 30', '"units": 30, "units": 40').replace('"seed"', '"epochs"')
    assert problem_of(path, content, InvalidExperimentError).splitlines() == [
        "2 problems:",
        "  epochs: stands more than once; right would be once",
        "  models[0].layers[0].units: stands more than once; right would be once",
    ]


def test_several_problems_are_told_at_once_and_no_more_than_ten(path: Path) -> None:
    lines = problem_of(path, with_value(L, [3] * 50), InvalidExperimentError).splitlines()
    assert lines[0] == "50 problems:"
    assert lines[10].startswith("  models[0].layers[9]: found 3; right would be")
    assert lines[11:] == ["  and 40 more"]


def test_an_edit_is_explained_like_a_file() -> None:
    with pytest.raises(ValidationError) as error:
        MODEL.replaced(learning_rate=0.0)
    assert (
        explain(error.value) == "learning_rate: found 0.0; right would be a number from 1e-300 to 1,000,000"
    )
    with pytest.raises(ValidationError) as error:
        DenseSpec(units=0)
    assert explain(error.value) == "units: found 0; right would be a whole number from 1 to 4,096"
    with pytest.raises(ValidationError) as error:
        EXPERIMENT.replaced(models=(MODEL, MODEL))
    assert explain(error.value) == "two models are named '数字'; names must differ, ignoring case"
    with pytest.raises(ValidationError) as error:
        EXPERIMENT.replaced(models=())
    assert explain(error.value) == "models: found a list of 0; right would be a list of 1 to 8 models"


# Whatever a file holds, reading it gives an experiment or a StorageError.

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["dense", "he", "mnist"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=10,
)


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(inner for key, item in items for inner in places(item, (*place, key)))]


def read_or_refuse(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        experiment = read_experiment(path)
    except StorageError as error:
        str(error).encode()
    else:
        write_experiment(experiment, path)
        assert read_experiment(path) == experiment


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_value_stands_anywhere_it_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(document())[1:]))
    if data.draw(st.booleans()):
        place = (*place[:-1], data.draw(st.text())) if isinstance(place[-1], str) else place
    read_or_refuse(path, json.dumps(with_value(place, data.draw(json_values))).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_bytes_are_changed_it_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    content = TEXT.encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 20, len(content))))
    read_or_refuse(path, content[:start] + data.draw(st.binary(max_size=8)) + content[end:])


def test_a_name_that_is_no_unicode_cannot_be_made() -> None:
    with pytest.raises(ValidationError) as error:
        MODEL.replaced(name="\ud800")
    assert explain(error.value) == 'name: found "\\ud800"; right would be a text of 1 to 60 characters'
