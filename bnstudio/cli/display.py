"""Finds out whether Qt can open a window here, before Qt is started: where it can't, Qt aborts the process.

Qt's own libraries are opened the way Qt would open them, so what this reports missing is what Qt would miss.
Where the platform is not Linux there is nothing to find out. It must not import PySide6.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

WITHOUT_A_WINDOW = (
    "Without a window these work: bnstudio train, bnstudio reproduce, bnstudio gradcheck, bnstudio presets, "
    "bnstudio doctor."
)

# Shared libraries that Qt's wheels expect of the system, and the Debian and Ubuntu packages that have them.
_LIBRARIES_OF_QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libzstd.so.1": "libzstd1",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
}
_LIBRARIES_OF_PLATFORMS = {
    "xcb": {
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render.so.0": "libxcb-render0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-shm.so.0": "libxcb-shm0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxcb.so.1": "libxcb1",
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}


@dataclass(frozen=True)
class Problem:
    """Something that keeps the window from opening, and what would help."""

    what: str
    remedy: str


def find_problems(environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Find what keeps Qt from opening a window with these environment variables; nothing where it can.

    Where Qt has several platforms to try, Wayland and then X11, one that works is enough.
    """
    if importlib.util.find_spec("PySide6") is None:
        remedy = "Install it into this Python: python -m pip install 'PySide6-Essentials>=6.10,<6.12'"
        return (Problem("PySide6 (Qt for Python), which draws the window, is not installed.", remedy),)
    if not sys.platform.startswith("linux"):
        return ()
    platforms = candidate_platforms(environ)
    if not platforms:
        no_display = Problem(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            "Start it in a desktop session, or over ssh with X forwarding: ssh -X",
        )
        return (no_display, *_loading_problems("xcb", environ))
    problems: list[Problem] = []
    for platform in platforms:
        # The connection is tried only where the libraries that it takes are here.
        of_platform = _loading_problems(platform, environ) or _connection_problems(platform, environ)
        if not of_platform:
            return ()
        problems += [problem for problem in of_platform if problem not in problems]
    return tuple(problems)


def candidate_platforms(environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the platforms, like "xcb" or "offscreen", that Qt tries in turn with these variables."""
    chosen = environ.get("QT_QPA_PLATFORM")
    if chosen:
        return tuple(part.partition(":")[0].lower() for part in chosen.split(";") if part)
    platforms = []
    if environ.get("WAYLAND_DISPLAY") or environ.get("XDG_SESSION_TYPE") == "wayland":
        platforms.append("wayland")
    if environ.get("DISPLAY"):
        platforms.append("xcb")
    return tuple(platforms)


def describe(problems: Iterable[Problem]) -> str:
    """Put the problems into one message for a person at a terminal."""
    lines = ["the window cannot be opened here."]
    for problem in problems:
        lines += [f"  {problem.what}", f"    {problem.remedy}"]
    return "\n".join([*lines, WITHOUT_A_WINDOW])


def _loading_problems(platform: str, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    plugins = _qt_folder() / "plugins" / "platforms"
    if "QT_QPA_PLATFORM_PLUGIN_PATH" in environ or not plugins.is_dir():
        return ()  # Not the wheel's Qt: whoever put it there has seen to its libraries.
    family = platform.partition("-")[0]  # One file may serve several: wayland, wayland-egl, wayland-brcm.
    patterns = (f"libq{platform}.so", f"libq{family}.so", f"libq{family}-*.so")
    files = [file for pattern in patterns for file in plugins.glob(pattern)]
    if not files:
        names = ", ".join(sorted(file.stem.removeprefix("libq") for file in plugins.glob("libq*.so")))
        what = f"QT_QPA_PLATFORM asks for {platform!r}, which this Qt does not have."
        return (Problem(what, f"Unset it, or choose one of: {names}"),)
    problem = loading_problem(files[0], platform)
    return () if problem is None else (problem,)


def _connection_problems(platform: str, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    if platform == "xcb" and not _x11_answers(environ.get("DISPLAY", "")):
        what = f"The display {environ.get('DISPLAY', '')!r}, which DISPLAY names, cannot be reached."
        return (Problem(what, "Check that it runs and lets you in, or start bnstudio in a desktop session."),)
    if platform.startswith("wayland") and not _wayland_answers(environ):
        what = f"The Wayland display {environ.get('WAYLAND_DISPLAY', 'wayland-0')!r} cannot be reached."
        remedy = "Check WAYLAND_DISPLAY and XDG_RUNTIME_DIR, or start bnstudio in a desktop session."
        return (Problem(what, remedy),)
    return ()


def _qt_folder() -> Path:
    """Return where the wheels of PySide6 keep Qt; a PySide6 of another origin has no such folder."""
    spec = importlib.util.find_spec("PySide6")
    return Path(spec.origin if spec is not None and spec.origin is not None else "").parent / "Qt"


def _open_library(name: str) -> None:
    # Lazy: bound now, Qt's tens of thousands of symbols would cost 20 ms at every start.
    ctypes.CDLL(name, mode=os.RTLD_LAZY)


def loading_problem(
    plugin: Path, platform: str, open_library: Callable[[str], None] = _open_library
) -> Problem | None:
    """Open Qt's platform plugin with all that it is linked to, and tell what is missing.

    Parameters
    ----------
    plugin
        The file of the platform plugin.
    platform
        Its name, like "xcb": decides which libraries are looked for by name when the plugin can't be opened.
    open_library
        Opens a shared library by path or name, and raises OSError where it can't.
    """
    try:
        open_library(os.fspath(plugin))
    except OSError as error:
        reason = str(error)
    else:
        return None
    # The loader names only the first library that it misses; a person wants to install all at once.
    packages = _LIBRARIES_OF_QT | _LIBRARIES_OF_PLATFORMS.get(platform.partition("-")[0], {})
    missing = [name for name in packages if not _opens(name, open_library)]
    named = re.match(r"(\S+): cannot open shared object file", reason)
    if named and named[1] not in missing:
        missing.append(named[1])
    if not missing:
        return Problem(
            f"Qt's libraries cannot be loaded: {reason}",
            "Reinstall PySide6-Essentials, or update the system.",
        )
    what = f"System {'library' if len(missing) == 1 else 'libraries'} missing: {', '.join(missing)}."
    known = sorted({packages[name] for name in missing if name in packages})
    if not known:
        return Problem(what, "Install the package of your system that contains it.")
    return Problem(what, f"On Debian or Ubuntu: sudo apt install {' '.join(known)}")


def _opens(name: str, open_library: Callable[[str], None]) -> bool:
    try:
        open_library(name)
    except OSError:
        return False
    return True


def _x11_answers(display: str) -> bool:
    """Connect to the X server as Qt would, access rights included."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # A Qt of another origin, with its own: then it is Qt's to say.
        return True
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(os.fsencode(display), None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    """Connect to the compositor's socket, which is where the Wayland library looks for it."""
    if "WAYLAND_SOCKET" in environ:  # A connection that is open already and can be used only once.
        return True
    path = Path(environ.get("XDG_RUNTIME_DIR", ""), environ.get("WAYLAND_DISPLAY", "wayland-0"))
    if not path.is_absolute():
        return False
    with socket.socket(socket.AF_UNIX) as compositor:
        try:
            compositor.connect(os.fspath(path))
        except OSError:
            return False
    return True
