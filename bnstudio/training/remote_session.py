"""A session in a process of its own, so that drawing the window and training do not share Python's lock.

What crosses is what crosses to a Session's thread too, commands and snapshots, through pipes. The window
asks for a snapshot by a flag in shared memory, as writing to the pipe would wake the other process with each
frame; only when none comes does it remind the other side, which may be waiting for a command.

Whoever writes into a full pipe waits, so nobody may wait for the other in a circle. Commands and snapshots
have a pipe each. Commands are sent by a thread of their own, never by the window's: it may wait until the
other process reads on; that may wait until a snapshot is sent; and a snapshot waits for nothing but the
window's thread, which takes it or closes its end.
"""

from __future__ import annotations

import pickle
import signal
import threading
from contextlib import suppress
from ctypes import c_bool
from dataclasses import replace
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from bnstudio.training.commands import Commands
from bnstudio.training.outbox import Sieve
from bnstudio.training.parcels import Packer, Unpacker
from bnstudio.training.snapshot import Snapshot, State

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bnstudio.document.experiment import Experiment

_PATIENCE = 5.0
"""Seconds that a process is given to end by itself."""


class RemoteSession(Commands):
    """Trains an experiment in another process; used like a Session.

    When the process dies, the last snapshot says so with `State.FAILED`; after a failure in it, it ends.
    """

    def __init__(self, experiment: Experiment) -> None:
        context = get_context("spawn")  # a fork would take the window's threads with it
        commands, self._sending = context.Pipe(duplex=False)
        # Each is used one way too, but of this kind a pipe takes more, mostly a whole snapshot at once.
        self._receiving, snapshots = context.Pipe()
        self._theirs = commands, snapshots
        self._asked = context.RawValue(c_bool, False)
        self._process = context.Process(
            target=_serve,
            args=(*self._theirs, experiment, self._asked),
            name="bnstudio training",
            daemon=True,
        )
        self._commands: SimpleQueue[bytes | None] = SimpleQueue()
        self._sender = threading.Thread(target=self._send_commands, name="bnstudio commands", daemon=True)
        self._reminded = False
        self._ended = False
        self._n_opened = 0
        self._at_step: int | None = None
        """Which step the snapshot that came last looks back at."""
        self._unpacker = Unpacker()
        self._sieve = Sieve()

    def start(self) -> None:
        """Start the process; it reads the data first."""
        self._process.start()
        for connection in self._theirs:  # so that the pipes end with the process
            connection.close()
        self._sender.start()

    def close(self) -> None:
        """Stop the process, in the middle of a run if need be, and wait until it has ended."""
        self._receiving.close()  # first, as commands may wait for a snapshot that nobody takes any more
        self._commands.put(None)
        self._process.join(_PATIENCE)
        for end in (self._process.terminate, self._process.kill):  # the second for one that was stopped
            if self._process.is_alive():
                end()
                self._process.join(_PATIENCE)
        self._sender.join()

    def poll(self) -> Snapshot | None:
        """Take the snapshot that has come, if there is one, and ask for the next. Never waits."""
        if self._ended:
            return None
        try:
            snapshot = self._receive()
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            snapshot = replace(_failure(self._process.exitcode), at_step=self._at_step)
        if snapshot is not None and snapshot.state is State.FAILED:
            self._ended = True
            self._commands.put(None)  # the process ends with its pipe
        return snapshot

    def open(self, experiment: Experiment) -> None:
        """Override: later snapshots are about it alone."""
        self._n_opened += 1
        self._send("open", experiment)

    def _receive(self) -> Snapshot | None:
        if not self._receiving.poll():
            if not self._reminded:
                self._reminded = self._asked.value = True
                self._send("remind")
            return None
        n_opened: int
        n_opened, parcel = self._receiving.recv()
        snapshot = self._unpacker.unpack(parcel)
        self._at_step = snapshot.at_step
        self._reminded = False
        self._asked.value = True
        return self._sieve.pass_on(snapshot, is_current=n_opened == self._n_opened)

    def _send(self, command: str, *arguments: Any) -> None:
        if not self._ended:
            self._commands.put(pickle.dumps((command, arguments)))

    def _send_commands(self) -> None:
        """Send what is put into the queue, in a thread of its own, until that is None or the process ends."""
        with self._sending, suppress(OSError):  # the process has ended, and `poll` says so
            while (command := self._commands.get()) is not None:
                self._sending.send_bytes(command)


def _failure(exit_code: int | None) -> Snapshot:
    if exit_code is None or exit_code >= 0:
        return Snapshot(State.FAILED, error=f"The training process ended (exit code {exit_code}).")
    # Not every number of a signal has a name.
    name = next((known.name for known in signal.Signals if known == -exit_code), "a signal without a name")
    text = f"The training process was ended from outside ({name}, exit code {exit_code})."
    if name == "SIGKILL":
        return Snapshot(State.FAILED, problem=f"{text} A system that runs out of memory does that.")
    return Snapshot(State.FAILED, error=text)


def _serve(commands: Connection, snapshots: Connection, experiment: Experiment, asked: c_bool) -> None:
    """Run a session in this process until the window closes the pipes, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the window, which then closes this
    # Here, because the window's process has no use for it, and would be on the screen later.
    from bnstudio.training.session import Session  # noqa: PLC0415

    # Two threads deliver, the session's what was asked for and this one what it is reminded of: a snapshot is
    # packed against the one that was sent before it, and labelled with the document that is open.
    lock = threading.Lock()
    packer = Packer()
    n_opened = 0

    def on_snapshot(was_asked: bool) -> None:
        """Send it, called by the session's thread; one that nobody asked for yet waits for a reminder."""
        if was_asked:
            deliver()

    def deliver() -> None:
        with lock:
            snapshot = session.collect()
            asked.value = snapshot is None  # one of another document was dropped: the window still waits
            if snapshot is not None:
                with suppress(OSError):  # the window is gone, and the loop below ends this
                    snapshots.send((n_opened, packer.pack(snapshot)))

    session = Session(experiment, on_snapshot=on_snapshot, asked=asked)
    session.start()
    try:
        while True:
            command, arguments = commands.recv()
            if command == "remind":
                deliver()
            elif command == "open":
                with lock:
                    n_opened += 1
                    session.open(*arguments)
            else:
                getattr(session, command)(*arguments)
    except (EOFError, OSError):  # the window has closed the pipes, or ended without a word
        return
    finally:
        session.close()
