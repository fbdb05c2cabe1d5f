"""Reads tens of thousands of hostile files of every kind, each kind in a process with limits, and counts.

Run it as `python tests/fuzz/fuzz_files.py --seconds 300`, or with `--n 10000` files of each kind, or one kind
with `--kind run`. A file is made from the seed, its kind and its number alone, so that a run can be repeated
and one file made again. What breaks a promise (another error than the reader's own, a message without the
file's name, too long or not fit to print, another file opened, a program started), takes too long, or ends
the process is kept in the folder of `--keep`, and the exit code is 1. Needs a system with resource limits:
no Windows.
"""
# ruff: noqa: T201

import argparse
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO, Any

KINDS = ("experiment", "idx", "result", "run", "settings")
MEMORY_LIMIT = 3 << 30
"""Bytes of address space for a process, of which Python, NumPy and Qt take the larger part."""
SLOWEST = 20.0
"""Seconds after which a reader counts as hanging."""


@dataclass
class Tally:
    """What became of the files of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    """Seconds, and the number of the file."""
    biggest: tuple[int, int] = (0, -1)
    """MB that a file added to the largest that its process had been, and its number."""


def main() -> int:
    """Run the command; see above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, help="how long in all, shared by the kinds")
    parser.add_argument("--n", type=int, default=2_000, help="files of each kind, where no time is given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this one; may be repeated")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir(), "fuzz-findings"),
        help="folder for what is found",
    )
    parser.add_argument("--worker", nargs=3, metavar=("KIND", "FIRST", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        kind, first, folder = options.worker
        work(kind, options.seed, int(first), Path(folder))
        return 0
    kinds = options.kind or KINDS
    tallies = {}
    for kind in kinds:
        is_done = _after(options.n, None if options.seconds is None else options.seconds / len(kinds))
        campaign = Campaign(kind, options.seed, options.keep, is_done)
        campaign.run()
        tallies[kind] = campaign.tally
        print(row(kind, tallies[kind]), flush=True)
    for kind, tally in tallies.items():
        print(f"{kind}: {', '.join(f'{n} {outcome}' for outcome, n in tally.outcomes.most_common())}")
        for finding in tally.findings:
            print(f"  FOUND {finding}")
    print(f"{sum(sum(tally.outcomes.values()) for tally in tallies.values()):,} files")
    return int(any(tally.findings for tally in tallies.values()))


def row(kind: str, tally: Tally) -> str:
    """Return a line of the table."""
    slowest, biggest = tally.slowest, tally.biggest
    return (
        f"{kind:11}{sum(tally.outcomes.values()):8,} files, {len(tally.findings)} findings; slowest"
        f" {slowest[0]:.2f} s (number {slowest[1]}), most memory +{biggest[0]} MB (number {biggest[1]})"
    )


def _after(n: int, seconds: float | None) -> Callable[[int], bool]:
    if seconds is None:
        return lambda number: number >= n
    ends_at = time.monotonic() + seconds
    return lambda _number: time.monotonic() >= ends_at


class Campaign:
    """Reads files of one kind, in another process as soon as one ends.

    Parameters
    ----------
    kind
        One of `KINDS`.
    seed
        What the files are made from.
    keep
        Folder for the files that something was found with.
    is_done
        Given how many files were read, whether it is enough.
    """

    def __init__(self, kind: str, seed: int, keep: Path, is_done: Callable[[int], bool]) -> None:
        self.tally = Tally()
        self._kind = kind
        self._seed = seed
        self._keep = keep
        self._is_done = is_done
        self._number = 0

    def run(self) -> None:
        """Read until it is enough."""
        while not self._is_done(self._number):
            with tempfile.TemporaryDirectory() as folder:
                self._run_worker(Path(folder))

    def _run_worker(self, folder: Path) -> None:
        """Count what a worker says until it is enough or the worker ends."""
        root = str(Path(__file__).resolve().parents[2])
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(
                [
                    *(sys.executable, __file__, "--seed", str(self._seed)),
                    *("--worker", self._kind, str(self._number), str(folder)),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONPATH": root, "QT_QPA_PLATFORM": "offscreen"},
            ) as worker,
        ):
            assert worker.stdout is not None
            lines: queue.SimpleQueue[str] = queue.SimpleQueue()
            reader = threading.Thread(target=_pass_on, args=(worker.stdout, lines))
            reader.start()
            problem = ""
            try:
                lines.get(timeout=3 * SLOWEST)  # it has started, and trained what it will spoil
                while not problem and not self._is_done(self._number):
                    line = lines.get(timeout=SLOWEST)
                    if line:
                        self._count(json.loads(line), folder)
                    else:
                        problem = f"ended the process ({worker.wait()})"
            except queue.Empty:
                problem = f"did not end within {SLOWEST:.0f} s"
            finally:
                worker.kill()
                reader.join()
            if problem:
                errors.seek(0)
                self.tally.outcomes["ended"] += 1
                self._found(f"{problem}: {errors.read()[-300:]}", folder)
                self._number += 1

    def _count(self, said: dict[str, Any], folder: Path) -> None:
        tally = self.tally
        tally.outcomes[said["outcome"]] += 1
        tally.slowest = max(tally.slowest, (said["seconds"], self._number))
        tally.biggest = max(tally.biggest, (said["megabytes"], self._number))
        if said["found"]:
            self._found(said["found"], folder)
        self._number += 1

    def _found(self, problem: str, folder: Path) -> None:
        self.tally.findings.append(f"number {self._number}: {problem}")
        self._keep.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("hostile/*"):
            if path.is_file():
                shutil.copy(path, self._keep / f"{self._kind}-{self._number}-{path.name}")


def _pass_on(stdout: IO[str], lines: "queue.SimpleQueue[str]") -> None:
    for line in stdout:
        lines.put(line)
    lines.put("")


def work(kind_name: str, seed: int, first: int, folder: Path) -> None:
    """Make and read one file after the other, and say of each what became of it, until killed."""
    from tests.fuzz.kinds import EXPERIMENTS, IDX_FILES, results, run_files
    from tests.fuzz.reading import BrokenPromiseError, Watch, outcome_of

    (folder / "good").mkdir()
    (folder / "hostile").mkdir()
    match kind_name:
        case "experiment":
            kind = EXPERIMENTS
        case "idx":
            kind = IDX_FILES
        case "result":
            kind = results(folder / "good")
        case "run":
            kind = run_files(folder / "good")
        case _:
            from tests.fuzz.settings_kind import settings_files

            kind = settings_files(folder / "good")
    path = folder / "hostile" / kind.name
    watch = Watch(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say()
    number = first
    while True:
        content = kind.make(Random(f"{seed} {kind_name} {number}"))
        path.write_bytes(content)
        del content
        before, started = _peak(), time.perf_counter()
        found = ""
        try:
            outcome = outcome_of(kind, path, watch)
        except BrokenPromiseError as error:
            outcome, found = "broken promise", str(error)
        _say(
            outcome=outcome,
            found=found,
            seconds=time.perf_counter() - started,
            megabytes=_peak() - before,
        )
        number += 1


def _peak() -> int:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main())
