"""Of the folders of autosaves: what is taken, and what is deleted, is what programs left and nothing else."""

import errno
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile

from bnstudio.document.presets import load_preset
from bnstudio.gui import autosave_folder
from bnstudio.gui.autosave_folder import AutosaveFolder, find_left
from bnstudio.training.run_file import write_run
from bnstudio.training.trainer import Trainer
from tests.gui.run_windows import digits  # noqa: F401 (fixture)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "autosave"
    folder.mkdir()
    return folder


@pytest.fixture
def leave_run(root, digits):  # noqa: F811
    """Leave a run in a folder of this name, as a program that was killed does; its file is returned."""

    def leave(name):
        folder = root / name
        folder.mkdir()
        write_run(Trainer(load_preset("S3"), digits).state(), folder / "run.bnrun")
        (folder / "lock").write_bytes(b"bnstudio\n")
        return folder / "run.bnrun"

    return leave


def make_newer(path, part, more_arrays=False):
    """Let a run be what a newer bnstudio has written."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[part] = re.sub(rb'("version": ?)1', rb"\g<1>2", members[part])
    if more_arrays:
        members["runs/0/more.npy"] = b"12"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def refuse(*_):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# Whose it is


def test_what_the_user_has_put_there_is_let_be(root):
    (root / "my backups").mkdir()
    (root / "my backups" / "run.bnrun").write_bytes(b"x")
    (root / ("a" * 16)).mkdir()
    (root / ("a" * 16) / "thesis.txt").write_bytes(b"x")
    (root / "notes.txt").write_bytes(b"x")
    before = sorted(root.rglob("*"))
    assert find_left(root) == (None, None)
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("names", [["thesis.txt"], [".bnstudio-1.tmp", "lock"]])
def test_a_link_is_not_followed(root, tmp_path, names):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in names:
        (elsewhere / name).write_bytes(b"x")
    (root / ("a" * 16)).symlink_to(elsewhere, target_is_directory=True)
    assert find_left(root) == (None, None)
    assert names_in(elsewhere) == names
    assert names_in(root) == ["a" * 16]


def test_what_a_program_left_is_cleaned_away_and_a_strange_file_in_there_is_not(root):
    for name in ("a" * 16, "b" * 16):
        (root / name).mkdir()
        (root / name / "lock").write_bytes(b"bnstudio\n")
        (root / name / ".bnstudio-77.tmp").write_bytes(b"x" * 1000)
    (root / ("b" * 16) / "thesis.txt").write_bytes(b"x")
    assert find_left(root) == (None, None)
    assert names_in(root) == ["b" * 16]
    assert names_in(root / ("b" * 16)) == ["thesis.txt"]


# Taking


def test_a_folder_that_another_program_is_about_to_lock_is_not_cleaned_away(root, monkeypatch):
    """What another program does at each moment between the new folder and its lock."""
    mkdir, lock = Path.mkdir, autosave_folder.try_lock
    found = []

    def make_folder_and_look(path, **options):
        mkdir(path, **options)
        found.append(find_left(root))

    def look_and_lock(file):
        found.append(find_left(root))
        return lock(file)

    monkeypatch.setattr(Path, "mkdir", make_folder_and_look)
    monkeypatch.setattr(autosave_folder, "try_lock", look_and_lock)
    folder = AutosaveFolder.make(root)
    monkeypatch.undo()
    assert found == [(None, None)] * 2
    assert find_left(root) == (None, None)
    assert folder.file.parent.is_dir()
    folder.remove()
    assert names_in(root) == []


@pytest.mark.skipif(sys.platform == "win32", reason="nobody else can read a QLockFile there")
def test_a_program_that_has_the_process_number_of_the_one_that_was_killed_is_offered_what_that_left(
    root, leave_run
):
    """As in a container, where each start has the same."""
    file = leave_run("a" * 16)
    lock = QLockFile(str(file.with_name("lock")))
    file.with_name("lock").unlink()
    assert lock.tryLock(0)
    ours = file.with_name("lock").read_bytes()
    lock.unlock()
    file.with_name("lock").write_bytes(ours)
    left, _ = find_left(root)
    assert left.folder.file == file
    left.folder.leave()


@pytest.mark.parametrize("fails", ["lock", "write"])
def test_where_no_folder_can_be_locked_none_is_left_behind(root, monkeypatch, fails):
    class FullFile:
        """A file on a full disk."""

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if fails == "lock":
        monkeypatch.setattr(autosave_folder, "try_lock", lambda file: False)
    else:
        monkeypatch.setattr(autosave_folder, "open", lambda *_, **__: FullFile(), raising=False)
        monkeypatch.setattr(autosave_folder, "try_lock", lambda file: True)
    with pytest.raises(OSError, match="another program has locked" if fails == "lock" else "No space left"):
        AutosaveFolder.make(root)
    assert names_in(root) == []


def test_on_a_disk_that_can_only_be_read_what_was_left_is_found(root, leave_run, monkeypatch):
    file = leave_run("a" * 16)
    opened = open

    def open_to_read(path, mode, **options):
        if mode != "rb":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, mode, **options)

    monkeypatch.setattr(autosave_folder, "open", open_to_read, raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    left, problem = find_left(root)
    assert (left.folder.file, problem) == (file, None)
    left.folder.remove()


# What cannot be read


@pytest.mark.parametrize(
    ("part", "more_arrays"),
    [("experiment.bnstudio", False), ("experiment.bnstudio", True), ("run.json", True)],
)
def test_those_of_a_newer_version_stay_where_they_are_until_that_is_back(root, leave_run, part, more_arrays):
    files = [leave_run("a" * 16), leave_run("b" * 16)]
    for file in files:
        make_newer(file, part, more_arrays)
    before = [file.read_bytes() for file in files]
    for _ in range(2):
        left, problem = find_left(root)
        assert left is None
        assert problem.startswith(f"{files[1]}: cannot be opened: {part}: was written by a newer bnstudio")
    assert [file.read_bytes() for file in files] == before
    for file in files:
        AutosaveFolder.take(file.parent).leave()  # they are free


def test_one_that_cannot_be_read_now_is_offered_later(root, leave_run, monkeypatch):
    file = leave_run("a" * 16)
    monkeypatch.setattr("bnstudio.training.run_file.check_is_file", refuse)
    assert find_left(root) == (None, f"{file}: cannot be opened: permission denied")
    monkeypatch.undo()
    left, problem = find_left(root)
    assert (left.folder.file, problem) == (file, None)
    left.folder.leave()


def test_one_that_cannot_be_locked_does_not_hide_the_others(root, leave_run, monkeypatch):
    first, second = leave_run("a" * 16), leave_run("b" * 16)
    first.with_name("lock").unlink()
    first.with_name("lock").mkdir()
    left, problem = find_left(root)
    assert left.folder.file == second
    assert problem.startswith(f"{first.parent}: ")
    assert first.exists()
    left.folder.leave()


def test_damaged_ones_are_set_aside_side_by_side(root, leave_run):
    for name, content in [("a" * 16, b"first"), ("b" * 16, b"second")]:
        leave_run(name).write_bytes(content)
    left, problem = find_left(root)
    assert left is None
    assert problem.startswith(f"{root}{os.sep}damaged-{'b' * 16}.bnrun: ")
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {
        f"damaged-{'a' * 16}.bnrun": b"first",
        f"damaged-{'b' * 16}.bnrun": b"second",
    }
    assert find_left(root) == (None, None)


def test_a_damaged_one_that_cannot_be_moved_stays(root, leave_run, monkeypatch):
    file = leave_run("a" * 16)
    file.write_bytes(b"PK")
    monkeypatch.setattr(os, "replace", refuse)
    left, problem = find_left(root)
    assert left is None
    assert problem.startswith(f"{file}: ")
    assert problem.endswith("; it cannot be set aside: permission denied")
    assert file.read_bytes() == b"PK"
