"""Resources are found in the source tree and in an installed package, and a missing one is named."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bnstudio.resources import MissingResourceError, resource_path

ROOT = Path(__file__).resolve().parent.parent


def test_a_resource_is_found_in_the_source_tree() -> None:
    assert resource_path("mnist/README.md").is_file()


def test_a_missing_resource_is_named_with_what_to_do() -> None:
    with pytest.raises(MissingResourceError, match=r"'mnist/none\.gz' is missing.*install bnstudio again"):
        resource_path("mnist/none.gz")


def test_the_installed_package_has_its_resources_beside_a_module_of_the_same_name(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    site = tmp_path / "site"
    with zipfile.ZipFile(tmp_path / built.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    load = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "from bnstudio.data.datasets import load_mnist\n"
        "from bnstudio.document.presets import load_preset, preset_names\n"
        "import bnstudio.resources as resources\n"
        "load_mnist()\n"
        "for name in preset_names(): load_preset(name)\n"
        "print(resources.__file__, resources.resource_path('mnist'))"
    )
    # -P and another folder: nothing of the source tree is on the way.
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", load], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == [
        str(site / "bnstudio" / "resources.py"),
        str(site / "bnstudio" / "resources" / "mnist"),
    ]
