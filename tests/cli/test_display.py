import re
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from bnstudio.cli.display import Problem, candidate_platforms, describe, find_problems, loading_problem

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has displays to look for"
)
NO_SUCH_DISPLAY = ":4711"


def loader_without(*missing: str):
    """A loader on a machine that lacks these libraries, and a plugin that is linked to them all."""

    def open_library(name: str) -> None:
        lacking = name if name in missing else missing[0] if name.endswith("plugin.so") and missing else None
        if lacking is not None:
            raise OSError(f"{lacking}: cannot open shared object file: No such file or directory")

    return open_library


PLUGIN = Path("plugin.so")


@pytest.mark.parametrize(
    ("environ", "platforms"),
    [
        ({}, ()),
        ({"DISPLAY": ":0"}, ("xcb",)),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ("wayland", "xcb")),
        ({"XDG_SESSION_TYPE": "wayland"}, ("wayland",)),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, ("offscreen",)),
        ({"QT_QPA_PLATFORM": "wayland-egl;xcb:option=1"}, ("wayland-egl", "xcb")),
    ],
)
def test_platforms_are_tried_in_qts_order(environ, platforms):
    assert candidate_platforms(environ) == platforms


def test_where_nothing_is_missing_there_is_no_problem():
    assert loading_problem(PLUGIN, "xcb", loader_without()) is None


def test_all_missing_libraries_are_named_at_once_with_their_packages():
    open_library = loader_without("libEGL.so.1", "libxcb-cursor.so.0")
    problem = loading_problem(PLUGIN, "xcb", open_library)
    assert problem == Problem(
        "System libraries missing: libEGL.so.1, libxcb-cursor.so.0.",
        "On Debian or Ubuntu: sudo apt install libegl1 libxcb-cursor0",
    )


def test_libraries_of_another_platform_are_not_asked_for():
    open_library = loader_without("libEGL.so.1", "libxcb-cursor.so.0")
    problem = loading_problem(PLUGIN, "offscreen", open_library)
    assert problem is not None
    assert problem.what == "System library missing: libEGL.so.1."


def test_a_missing_library_of_which_we_have_no_package_is_named_all_the_same():
    problem = loading_problem(PLUGIN, "offscreen", loader_without("libnew.so.1"))
    assert problem is not None
    assert problem.what == "System library missing: libnew.so.1."
    assert "apt" not in problem.remedy


def test_a_library_that_is_there_but_cannot_be_loaded_gives_the_loaders_reason():
    def too_old(name: str) -> None:
        if name == "plugin.so":
            raise OSError("libc.so.6: version `GLIBC_2.99' not found")

    problem = loading_problem(PLUGIN, "xcb", too_old)
    assert problem is not None
    assert "GLIBC_2.99" in problem.what


@linux_only
def test_no_display_is_said():
    problems = find_problems({})
    assert problems[0].what == "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."


@linux_only
def test_offscreen_needs_no_display():
    assert find_problems({"QT_QPA_PLATFORM": "offscreen"}) == ()


@linux_only
def test_a_platform_that_qt_does_not_have_is_said_with_those_that_it_has():
    (problem,) = find_problems({"QT_QPA_PLATFORM": "holodeck"})
    assert "'holodeck'" in problem.what
    assert re.search(r"offscreen.*xcb", problem.remedy)


@linux_only
def test_a_display_without_a_server_is_said():
    if any("missing" in problem.what for problem in find_problems({"QT_QPA_PLATFORM": "xcb"})):
        pytest.skip("the libraries that it takes to try are missing here")
    (problem,) = find_problems({"DISPLAY": NO_SUCH_DISPLAY})
    assert problem.what == "The display ':4711', which DISPLAY names, cannot be reached."


@linux_only
def test_a_wayland_display_is_found_where_a_compositor_listens_and_only_there():
    # Not in tmp_path, whose name may be too long for a socket's.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as compositor:
        environ = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": folder}
        if any("missing" in problem.what for problem in find_problems(environ)):
            pytest.skip("the libraries that it takes to try are missing here")
        assert [problem.what for problem in find_problems(environ)] == [
            "The Wayland display 'wayland-7' cannot be reached."
        ]
        compositor.bind(f"{folder}/wayland-7")
        compositor.listen()
        assert find_problems(environ) == ()
        assert find_problems({**environ, "DISPLAY": NO_SUCH_DISPLAY}) == ()


def test_the_message_has_every_problem_its_remedy_and_what_works_all_the_same():
    message = describe([Problem("No display.", "Get one."), Problem("No library.", "Install it.")])
    for words in (
        "No display.",
        "Get one.",
        "No library.",
        "Install it.",
        "bnstudio train",
        "bnstudio doctor",
    ):
        assert words in message
