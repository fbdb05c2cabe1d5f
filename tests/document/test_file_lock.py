"""A lock ends with whoever has it."""

import subprocess
import sys

from bnstudio.document.file_lock import try_lock

LOCKS = """
import sys
from bnstudio.document.file_lock import try_lock

with open(sys.argv[1], "ab") as file:
    print(try_lock(file), flush=True)
    sys.stdin.read()
"""


def test_a_file_is_locked_until_it_is_closed(tmp_path):
    path = tmp_path / "lock"
    with open(path, "ab") as first, open(path, "ab") as second:
        assert try_lock(first)
        assert not try_lock(second)
        first.close()
        assert try_lock(second)


def test_a_program_that_is_killed_frees_its_locks(tmp_path):
    path = tmp_path / "lock"
    command = [sys.executable, "-c", LOCKS, str(path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program,
        open(path, "ab") as file,
    ):
        assert program.stdout.readline().strip() == b"True"
        assert not try_lock(file)
        program.kill()
        program.wait()
        assert try_lock(file)
