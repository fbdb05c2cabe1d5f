"""The shortest of the soaks: some hundred random actions in the real program, always the same ones."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")
N_ACTIONS = 200
TIMEOUT_SECONDS = 300


@pytest.mark.parametrize("kill", [False, True])
def test_some_hundred_random_actions_end_in_no_exception_warning_or_wrong_loss(kill):
    command = [sys.executable, str(SOAK), "--actions", str(N_ACTIONS), "--minutes", "3", "--seed", "2"]
    command += ["--kill"] * kill
    soak = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    assert soak.returncode == 0, soak.stdout + soak.stderr
    assert f"{N_ACTIONS} actions, 0 failures" in soak.stdout
