import importlib.metadata
import sys

import pytest

from bnstudio.cli.doctor import (
    Finding,
    Verdict,
    examine_blas,
    examine_data,
    examine_packages,
    examine_window,
    report,
)
from bnstudio.data import datasets
from bnstudio.data.idx import DataError


def test_the_installed_packages_are_told_with_their_versions():
    found = {finding.subject: finding for finding in examine_packages(importlib.metadata.version)}
    assert found["numpy"] == Finding(Verdict.OK, "numpy", importlib.metadata.version("numpy"))
    assert all(finding.verdict is Verdict.OK for finding in found.values())


def test_a_package_that_is_not_installed_is_missing():
    def version_of(name: str) -> str:
        if name == "PySide6-Essentials":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    missing = [item.subject for item in examine_packages(version_of) if item.verdict is Verdict.MISSING]
    assert missing == ["PySide6-Essentials"]


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("6.11.3", Verdict.OK),
        ("6.12.0", Verdict.WARNING),
        ("6.12.1", Verdict.WARNING),
        ("6.120.0", Verdict.OK),
    ],
)
def test_the_pyside_that_crashes_is_warned_of(version, verdict):
    findings = examine_packages(lambda name: version)
    assert [item.verdict for item in findings if item.subject == "PySide6-Essentials"] == [verdict]


def test_blas_is_told_with_its_threads():
    blas = next(iter(examine_blas({})))
    assert "threads" in blas.text


def test_a_forced_choice_of_kernels_is_warned_of():
    findings = list(examine_blas({"OPENBLAS_CORETYPE": "Haswell"}))
    assert findings[-1].verdict is Verdict.WARNING
    assert "OPENBLAS_CORETYPE=Haswell" in findings[-1].text


def test_data_and_presets_are_loaded():
    assert [(item.subject, item.verdict) for item in examine_data()] == [
        ("MNIST", Verdict.OK),
        ("presets", Verdict.OK),
    ]


def test_damaged_data_are_told_with_the_readers_message(monkeypatch):
    def damaged():
        raise DataError("train-images: is corrupt")

    monkeypatch.setattr(datasets, "load_mnist", damaged)
    mnist = next(iter(examine_data()))
    assert mnist == Finding(Verdict.MISSING, "MNIST", "train-images: is corrupt")


def test_a_part_that_cannot_be_imported_is_a_finding_and_the_rest_is_examined(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setitem(sys.modules, "bnstudio.data.datasets", None)
    assert [item.verdict for item in (*examine_blas({}), *examine_data())] == [Verdict.MISSING] * 2


def test_where_the_window_can_open_qt_was_really_started(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "minimal")
    import os

    (window,) = examine_window(os.environ)
    assert window == Finding(Verdict.OK, "window", "Qt starts, on the platform 'minimal'")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has displays to look for")
def test_without_a_display_the_window_is_missing():
    window = next(iter(examine_window({})))
    assert window.verdict is Verdict.MISSING
    assert "no display" in window.text


def test_the_report_says_each_verdict_in_words():
    findings = [
        Finding(Verdict.OK, "a", "1"),
        Finding(Verdict.WARNING, "b", "2"),
        Finding(Verdict.MISSING, "c", "3"),
    ]
    lines = report(findings).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["✓", "ok", "a", "1"],
        ["!", "warning", "b", "2"],
        ["✗", "missing", "c", "3"],
    ]
    assert lines[-1] == "Needed and missing: c."


def test_the_report_says_that_training_works_where_only_the_window_does_not():
    assert "training works without it" in report([Finding(Verdict.MISSING, "window", "no display")])
    assert report([Finding(Verdict.WARNING, "BLAS", "slow")]).endswith("All that bnstudio needs is here.")
