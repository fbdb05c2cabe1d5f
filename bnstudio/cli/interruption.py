"""What Ctrl+C does to a command, and the other signals that ask a program to end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]


class Interruption(Event):
    """Set once the end was asked for."""

    number: int = signal.SIGINT
    """Of the signal that asked for it."""

    @property
    def exit_code(self) -> int:
        """What the process ends with, as shells have it."""
        return 128 + self.number

    @property
    def cause(self) -> str:
        """What ended it, in words."""
        return "Ctrl+C" if self.number == signal.SIGINT else signal.Signals(self.number).name


@contextmanager
def interruption_noted() -> Iterator[Interruption]:
    """Turn the first signal to end into an event, so that no step is torn.

    After it Ctrl+C raises KeyboardInterrupt; the others, of which a terminal that closes sends several, are
    ignored.
    """
    interruption = Interruption()

    def note(number: int, frame: FrameType | None) -> None:
        # First, as a second signal while the event is being set would wait for the first for ever.
        for other in numbers:
            signal.signal(other, signal.default_int_handler if other == signal.SIGINT else signal.SIG_IGN)
        interruption.number = number
        interruption.set()

    numbers = _signals_to_end()
    with _handled_by(note, numbers):
        yield interruption


@contextmanager
def orderly_end() -> Iterator[None]:
    """End the block, and with it its processes, when Ctrl+C or an ordinary signal to end comes.

    Ctrl+C raises KeyboardInterrupt; being asked to end, or the terminal being closed, raises SystemExit.
    What comes after the first does not disturb the end, nor that of the program.
    """

    def end(number: int, frame: FrameType | None) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    numbers = _signals_to_end()
    with _handled_by(end, numbers, keep_ignored=True):
        yield


def _signals_to_end() -> list[int]:
    """Return all but those that whoever started the program wants ignored, as nohup does."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def _handled_by(handler: Handler, numbers: list[int], *, keep_ignored: bool = False) -> Iterator[None]:
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, earlier in zip(numbers, before, strict=True):
            if not keep_ignored or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, earlier)
