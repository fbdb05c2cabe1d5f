import errno
import os

import pytest

from bnstudio.gui.export.folder import (
    CancelledError,
    ExportError,
    Part,
    Progress,
    write_file,
    write_folder,
)


def part(path, *pieces):
    return Part(path, lambda: pieces, len(pieces))


def failing(path, code=errno.ENOSPC):
    """A file that the disk takes only the first piece of."""

    def pieces():
        yield b"half"
        raise OSError(code, os.strerror(code))

    return Part(path, pieces)


def contents(folder):
    """All files below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()
    }


def test_a_file_is_written_whole(tmp_path):
    progress = Progress()
    write_file(tmp_path / "a.csv", part("any name", b"one", b"two"), progress)
    assert contents(tmp_path) == {"a.csv": b"onetwo"}
    assert (progress.n_written, progress.n_pieces) == (2, 2)


def test_a_full_disk_leaves_the_file_before_and_nothing_else(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"before")
    with pytest.raises(ExportError) as error:
        write_file(tmp_path / "a.csv", failing("a.csv"), Progress())
    assert str(tmp_path / "a.csv") in str(error.value)
    assert os.strerror(errno.ENOSPC) in str(error.value)
    assert contents(tmp_path) == {"a.csv": b"before"}


def test_a_folder_in_the_way_of_a_file_is_told_of(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ExportError, match="it is a folder; right would be a file"):
        write_file(tmp_path / "a.csv", part("a.csv", b"new"), Progress())
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_bytes(b"before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_file(tmp_path / "link.csv", part("link.csv", b"new"), Progress())
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_new_folder_appears_with_all_its_files(tmp_path):
    write_folder(tmp_path / "out", [part("README.md", b"r"), part("S6/metrics.csv", b"m")], Progress())
    assert contents(tmp_path) == {"out/README.md": b"r", "out/S6/metrics.csv": b"m"}


def test_in_a_folder_that_is_there_only_files_of_the_same_name_are_replaced(tmp_path):
    (tmp_path / "S6").mkdir()
    (tmp_path / "S6" / "metrics.csv").write_bytes(b"before")
    (tmp_path / "mine.txt").write_bytes(b"mine")
    write_folder(tmp_path, [part("README.md", b"r"), part("S6/metrics.csv", b"m")], Progress())
    assert contents(tmp_path) == {"README.md": b"r", "S6/metrics.csv": b"m", "mine.txt": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "S6", "mine.txt"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_no_half_folder(tmp_path, exists):
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
        (folder / "README.md").write_bytes(b"before")
    before = contents(tmp_path)
    with pytest.raises(ExportError) as error:
        write_folder(folder, [part("README.md", b"new"), failing("S6/metrics.csv")], Progress())
    assert str(folder / "S6" / "metrics.csv") in str(error.value)
    assert contents(tmp_path) == before
    assert folder.exists() == exists


def test_what_was_already_put_in_place_is_taken_back_when_the_rest_finds_no_place(tmp_path):
    (tmp_path / "README.md").write_bytes(b"before")
    (tmp_path / "histograms.csv").mkdir()
    parts = [part("README.md", b"new"), part("S6/metrics.csv", b"m"), part("histograms.csv", b"h")]
    with pytest.raises(ExportError, match=r"histograms\.csv: cannot be written: it is a folder"):
        write_folder(tmp_path, parts, Progress())
    assert contents(tmp_path) == {"README.md": b"before"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "histograms.csv"]


def test_a_file_where_a_folder_is_needed_is_told_of_and_stays(tmp_path):
    (tmp_path / "S6").write_bytes(b"a file")
    parts = [part("README.md", b"new"), part("S6/metrics.csv", b"m")]
    with pytest.raises(ExportError, match="a file stands where a folder is needed"):
        write_folder(tmp_path, parts, Progress())
    assert contents(tmp_path) == {"S6": b"a file"}


def test_a_folder_inside_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot be written"):
        write_folder(tmp_path / "file" / "out", [part("README.md", b"r")], Progress())
    assert contents(tmp_path) == {"file": b""}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may do everything")
def test_a_folder_without_permission_is_told_of(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match="permission denied"):
            write_folder(tmp_path, [part("README.md", b"r")], Progress())
    finally:
        tmp_path.chmod(0o700)


def test_a_model_that_is_called_like_a_file_of_the_export_is_refused(tmp_path):
    parts = [part("README.md", b"r"), part("readme.md/metrics.csv", b"m")]
    with pytest.raises(ExportError, match="Rename the model"):
        write_folder(tmp_path / "out", parts, Progress())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [False, True])
def test_cancelled_in_the_middle_nothing_is_left(tmp_path, exists):
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    progress = Progress()

    def pieces():
        yield b"one"
        progress.cancelled = True
        yield b"two"

    with pytest.raises(CancelledError):
        write_folder(folder, [part("README.md", b"r"), Part("long.csv", pieces)], progress)
    assert folder.exists() == exists
    assert contents(tmp_path) == {}
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if exists else [])


@pytest.mark.skipif(os.name != "posix", reason="elsewhere files have no such permissions")
def test_what_is_replaced_stays_for_the_eyes_that_it_was_for(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"before")
        (tmp_path / name).chmod(0o600)
    write_file(tmp_path / "a.csv", part("a.csv", b"new"), Progress())
    write_folder(tmp_path, [part("b.csv", b"new")], Progress())
    for name in ("a.csv", "b.csv"):
        assert (tmp_path / name).read_bytes() == b"new"
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
