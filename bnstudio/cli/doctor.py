"""Examines the machine: is what bnstudio needs there, and does it work.

It has to work on the very machines on which the rest does not, so each examination stands alone, imports
what it needs itself, and turns a failure into a finding.
"""

# ruff: noqa: PLC0415 (for the reason above)

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import bnstudio
from bnstudio.cli.display import candidate_platforms, find_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Version = Callable[[str], str]

_TO_TRAIN = ("numpy", "threadpoolctl", "psutil", "pydantic", "typer", "rich")
_FOR_THE_WINDOW = "PySide6-Essentials"
_BROKEN_PYSIDE = "6.12"
_QT_TRIAL = "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())"
_QT_TRIAL_SECONDS = 60


class Verdict(Enum):
    """What a finding means."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could, or perhaps not for long."""
    MISSING = "missing"
    """Something needed is not there, or does not work."""


@dataclass(frozen=True)
class Finding:
    """One thing that was examined."""

    verdict: Verdict
    subject: str
    text: str


def examine(environ: Mapping[str, str], version_of: Version = importlib.metadata.version) -> list[Finding]:
    """Examine everything.

    Parameters
    ----------
    environ
        The environment variables.
    version_of
        Returns the version of an installed distribution, or raises PackageNotFoundError.
    """
    return [
        Finding(Verdict.OK, "bnstudio", bnstudio.__version__),
        Finding(Verdict.OK, "Python", f"{platform.python_version()} ({sys.executable})"),
        Finding(Verdict.OK, "system", f"{platform.platform()}, {_n_cpus()} CPUs for this process"),
        *examine_packages(version_of),
        *examine_blas(environ),
        *examine_data(),
        *examine_window(environ),
    ]


def report(findings: Sequence[Finding]) -> str:
    """Put the findings into lines for a terminal, with a last one that sums them up."""
    marks = {Verdict.OK: "✓ ok", Verdict.WARNING: "! warning", Verdict.MISSING: "✗ missing"}
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        indented = finding.text.replace("\n", "\n" + " " * (9 + 2 + width + 2))
        lines.append(f"{marks[finding.verdict]:9}  {finding.subject:{width}}  {indented}")
    missing = {finding.subject for finding in findings if finding.verdict is Verdict.MISSING}
    if not missing:
        conclusion = "All that bnstudio needs is here."
    elif missing <= {_FOR_THE_WINDOW, "window"}:
        conclusion = "The window cannot be opened here; training works without it (bnstudio train)."
    else:
        conclusion = f"Needed and missing: {', '.join(sorted(missing))}."
    return "\n".join([*lines, "", conclusion])


def examine_packages(version_of: Version) -> Iterator[Finding]:
    """Look up the versions of the packages that bnstudio is built on."""
    for name in (*_TO_TRAIN, _FOR_THE_WINDOW):
        try:
            version = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(Verdict.MISSING, name, f"not installed; python -m pip install {name}")
            continue
        if name == _FOR_THE_WINDOW and version.split(".")[:2] == _BROKEN_PYSIDE.split("."):
            remedy = f"python -m pip install '{name}<{_BROKEN_PYSIDE}'"
            text = f"{version} loses references to None and crashes; {remedy}"
            yield Finding(Verdict.WARNING, name, text)
        else:
            yield Finding(Verdict.OK, name, version)


def examine_blas(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find the library that multiplies NumPy's matrices, its threads and its kernels."""
    try:
        import numpy  # noqa: F401 (so that its BLAS is loaded and can be found)
        from threadpoolctl import threadpool_info
    except ImportError as error:
        yield Finding(Verdict.MISSING, "BLAS", f"cannot be examined: {error}")
        return
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    for library in libraries:
        kernels = f", kernels for {library['architecture']}" if "architecture" in library else ""
        text = (
            f"{library['internal_api']} {library['version'] or 'of unknown version'}{kernels}, "
            f"{library['num_threads']} threads; training uses 1"
        )
        yield Finding(Verdict.OK, "BLAS", text)
    if not libraries:
        yield Finding(
            Verdict.WARNING, "BLAS", "none was found whose threads can be set; training may use several"
        )
    if environ.get("OPENBLAS_CORETYPE"):
        name = environ["OPENBLAS_CORETYPE"]
        text = f"OPENBLAS_CORETYPE={name} chooses the kernels; the CPU may have faster ones"
        yield Finding(Verdict.WARNING, "BLAS", text)


def examine_data() -> Iterator[Finding]:
    """Load MNIST, which verifies its checksums, and every preset."""
    try:
        from bnstudio.data.datasets import load_mnist
        from bnstudio.data.idx import DataError
        from bnstudio.document.presets import load_preset, preset_names
        from bnstudio.document.storage import StorageError
        from bnstudio.resources import MissingResourceError
    except ImportError as error:
        yield Finding(Verdict.MISSING, "data", f"cannot be examined: {error}")
        return
    try:
        mnist = load_mnist()
    except DataError as error:
        yield Finding(Verdict.MISSING, "MNIST", str(error))
    else:
        n_train, n_test = len(mnist.train_labels), len(mnist.test_labels)
        yield Finding(Verdict.OK, "MNIST", f"{n_train:,} + {n_test:,} images, checksums verified")
    try:
        for name in preset_names():
            load_preset(name)
    except (StorageError, MissingResourceError) as error:
        yield Finding(Verdict.MISSING, "presets", str(error))
    else:
        yield Finding(Verdict.OK, "presets", f"all {len(preset_names())} can be read")


def examine_window(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find out whether the window can open: look for known obstacles, then start Qt in a process."""
    problems = find_problems(environ)
    for problem in problems:
        yield Finding(Verdict.MISSING, "window", f"{problem.what}\n{problem.remedy}")
    if problems:
        return
    try:
        trial = subprocess.run(
            [sys.executable, "-c", _QT_TRIAL],
            env=dict(environ),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_QT_TRIAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Finding(Verdict.MISSING, "window", f"Qt did not start within {_QT_TRIAL_SECONDS} s")
        return
    if trial.returncode == 0:
        yield Finding(Verdict.OK, "window", f"Qt starts, on the platform {trial.stdout.strip()!r}")
    else:
        tried = ", ".join(candidate_platforms(environ)) or "its default"
        said = trial.stderr.strip() or f"it ended with code {trial.returncode} and said nothing"
        yield Finding(Verdict.MISSING, "window", f"Qt does not start (platform: {tried}):\n{said}")


def _n_cpus() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Only Linux has it.
        return os.cpu_count() or 1
