"""Finds the files that ship with the program: MNIST, presets, icons, translations.

In an installed package they lie in bnstudio/resources, in a source tree beside the package. That folder has
the name of this module, and must never get an `__init__.py`: it would be imported in this module's place.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FOLDERS = (_PACKAGE / "resources", _PACKAGE.parent / "resources")


class MissingResourceError(Exception):
    """A file that ships with the program is not there; `str()` says which and what to do."""


def resource_path(relative: str) -> Path:
    """Return where a resource lies.

    Parameters
    ----------
    relative : str
        Path inside the resources folder, with forward slashes, for example ``"presets/S6_BN.bnstudio"``.

    Raises
    ------
    MissingResourceError
        When there is no such file or folder.
    """
    for folder in _FOLDERS:
        path = folder / relative
        if path.exists():
            return path
    looked_in = " and in ".join(str(folder) for folder in _FOLDERS)
    raise MissingResourceError(
        f"the resource {relative!r} is missing; looked in {looked_in}. "
        "The installation is incomplete: install bnstudio again."
    )
