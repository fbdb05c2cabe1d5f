"""What must not happen, and what must not become more, while somebody works with the program.

It does nothing to the window. Memory, files and processes are read off /proc. What is in use of the window's
memory is asked of the allocators: of what is free they give back to the system as much as they please.
"""

import ctypes
import faulthandler
import gc
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PySide6.QtCore import QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from bnstudio.training.snapshot import State

HEARTBEAT_MS = 10
QTS_OWN = {"QTipLabel", "QDesktopWidget"}
"""Top-level widgets that Qt makes once for all windows."""
LONGEST_GAP_SECONDS = 5.0
"""In which the event loop may not answer; the machine may be busy with something else."""
OFFSCREEN = "This plugin does not support"
"""Begins what the offscreen platform says of the windows that it does not have."""
HANGS_SECONDS = 60
MOST_PER_MINUTE = {
    "window_malloc_mb": 1.0,
    "window_python_blocks": 3000.0,
    "window_mb": 2.0,
    "training_mb": 2.0,
}
"""That memory may grow by, once it has been at work for a while; what is resident, with the holes in it."""
ENOUGH_MINUTES = 8.0
"""Over which growth can be told from the ups and downs of an allocator."""


@dataclass(frozen=True)
class Census:
    """What there is at a moment when nothing is open and the same preset is shown."""

    minute: float
    window_malloc_mb: float
    """That the C library has given out, to Qt, to NumPy and for Python's large objects."""
    window_python_blocks: int
    """Of some hundred bytes each, with which Python looks after its small objects."""
    window_mb: float
    """Resident, as `training_mb` is."""
    training_mb: float
    window_files: int
    training_files: int
    n_objects: int
    """QObjects of the window."""
    n_timers: int
    n_top_levels: int
    n_python_objects: int


class Watch(QObject):
    """Takes down failures, gaps between two heartbeats, and a census whenever it is asked for.

    Parameters
    ----------
    window
        Whose feed and objects are watched.
    note_failure : callable
        Told of each failure in a sentence or a traceback.
    doing : callable
        Returns what is being done, to be put down beside a gap.
    """

    def __init__(self, window, note_failure, doing) -> None:
        super().__init__()
        self._window, self._note_failure, self._doing = window, note_failure, doing
        self._started = self._last_beat = time.monotonic()
        self._armed = 0.0
        self._last_used = time.thread_time()
        self.gaps: list[tuple[float, float, str]] = []
        """Seconds, seconds that this thread has computed in them, and what was being done."""
        self.censuses: list[Census] = []
        self._kinds: list[Counter] = []
        """Python objects that the collector knows, by kind, at each census."""
        self.latest = None
        self.expects_failure = False
        """Whether somebody has killed the training process, and nobody has told of it yet."""
        self.training_failed = False
        self._excepthook, sys.excepthook = sys.excepthook, self._on_exception_raised
        self._threadhook, threading.excepthook = threading.excepthook, self._on_thread_exception_raised
        self._unraisablehook, sys.unraisablehook = sys.unraisablehook, self._on_unraisable
        self._messages = qInstallMessageHandler(self._on_message)
        window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
        self._heart = QTimer(self, interval=HEARTBEAT_MS)
        self._heart.timeout.connect(self._on_beat)
        self._heart.start()

    def stop(self) -> None:
        """Give the hooks back."""
        self._heart.stop()
        faulthandler.cancel_dump_traceback_later()
        sys.excepthook, threading.excepthook = self._excepthook, self._threadhook
        sys.unraisablehook = self._unraisablehook
        qInstallMessageHandler(self._messages)

    def take_census(self, training_pid: int) -> Census:
        """Count what there is now."""
        gc.collect()
        objects = self._window.findChildren(QObject)
        census = Census(
            minute=round((time.monotonic() - self._started) / 60, 2),
            window_malloc_mb=malloc_mb(),
            window_python_blocks=sys.getallocatedblocks(),
            window_mb=resident_mb(os.getpid()),
            training_mb=resident_mb(training_pid),
            window_files=n_open_files(os.getpid()),
            training_files=n_open_files(training_pid),
            n_objects=len(objects),
            n_timers=sum(isinstance(found, QTimer) and found.isActive() for found in objects),
            n_top_levels=len(QApplication.topLevelWidgets()),
            n_python_objects=len(gc.get_objects()),
        )
        self.censuses.append(census)
        self._kinds.append(Counter(type(found).__qualname__ for found in gc.get_objects()))
        return census

    def check_threads_and_processes(self, own: set[int], own_threads: tuple[str, ...] = ()) -> None:
        """Fail on threads beside the main one and on processes that are not among our own."""
        threads = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
        threads = [name for name in threads if name not in own_threads]
        if threads:
            self._note_failure(f"threads were left running: {threads}")
        others = [pid for pid in children(os.getpid()) if pid not in own and not is_multiprocessings_own(pid)]
        if others:
            self._note_failure(f"processes were left running: {[command_of(pid) for pid in others]}")

    def check_end(self) -> None:
        """Fail on windows and threads that outlive the program."""
        self.check_threads_and_processes(set(children(os.getpid())))
        left = [w for w in QApplication.topLevelWidgets() if w.metaObject().className() not in QTS_OWN]
        if left:
            self._note_failure(f"windows were left after the end: {left}")

    def check_growth(self) -> list[str]:
        """Fail on what has become more since the first censuses; return sentences on it all."""
        # The first half fills caches, of glyphs, of arrays and of what is made when first shown.
        later = self.censuses[len(self.censuses) // 2 :]
        if len(later) < 2:
            return []
        minutes = later[-1].minute - later[0].minute
        said = []
        for name, most in MOST_PER_MINUTE.items():
            slope = theil_sen([(c.minute, getattr(c, name)) for c in later])
            said.append(f"{name}: {slope:+.2f} a minute over the last {minutes:.0f} minutes")
            if minutes >= ENOUGH_MINUTES and slope > most:
                self._note_failure(f"memory grows: {said[-1]}")
        for name, room in (
            ("window_files", 3),
            ("training_files", 3),
            ("n_timers", 5),
            ("n_top_levels", 5),
            ("n_objects", 200),
        ):
            before, after = getattr(later[0], name), getattr(later[-1], name)
            said.append(f"{name}: {before} and later {after}")
            if after > before + room:
                self._note_failure(f"becomes more: {said[-1]}")
        grown = self._kinds[-1] - self._kinds[len(self.censuses) // 2]
        said.append(f"most new Python objects: {grown.most_common(8)}")
        return said

    @property
    def longest_gaps(self) -> list[tuple[float, float, str]]:
        return sorted(self.gaps, reverse=True)[:10]

    @property
    def hardest_gaps(self) -> list[tuple[float, float, str]]:
        """Those in which the window itself had most to do, rather than to wait for the processor."""
        return sorted(self.gaps, key=lambda gap: gap[1], reverse=True)[:10]

    def _on_beat(self) -> None:
        now = time.monotonic()
        gap, self._last_beat = now - self._last_beat, now
        used, self._last_used = time.thread_time() - self._last_used, time.thread_time()
        if gap > 0.05:
            self.gaps.append((gap, used, self._doing()))
        if gap > LONGEST_GAP_SECONDS:
            self._note_failure(f"the event loop did not answer for {gap:.1f} s")
        if now - self._armed > 1:
            self._armed = now
            faulthandler.dump_traceback_later(HANGS_SECONDS, exit=True)

    def _on_snapshot_arrived(self, snapshot) -> None:
        self.latest = snapshot
        if snapshot.state is State.FAILED and self.expects_failure:
            self.expects_failure = False
        elif snapshot.state is State.FAILED:
            self.training_failed = True
            self._note_failure(f"training failed: {snapshot.problem or snapshot.error}")

    def _on_exception_raised(self, kind, exception, where) -> None:
        import traceback

        self._note_failure("".join(traceback.format_exception(kind, exception, where)))

    def _on_thread_exception_raised(self, args) -> None:
        self._on_exception_raised(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_unraisable(self, args) -> None:
        self._on_exception_raised(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_message(self, kind, _context, message: str) -> None:
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or OFFSCREEN in message:
            return
        self._note_failure(f"Qt says: {message}")


def theil_sen(points) -> float:
    """Return the median of all slopes between two points, which a few outliers do not move."""
    return median((b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1 :])


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


class _MallocInfo(ctypes.Structure):
    """What mallinfo2 of the GNU C library returns."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def malloc_mb() -> float:
    """Return what this process has asked of malloc and not freed."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _MallocInfo
    info = ask()
    return round((info.uordblks + info.hblkhd) / 2**20, 2)


def n_open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def is_multiprocessings_own(pid: int) -> bool:
    """Whether it is the process in which Python looks after shared memory, one for good."""
    return "resource_tracker" in command_of(pid)


def kinds_of_top_levels() -> Counter:
    return Counter(type(widget).__name__ for widget in QApplication.topLevelWidgets())
