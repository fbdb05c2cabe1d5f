"""Folders that do only what they may, as on a slow network."""

import os
import threading
from contextlib import contextmanager


class Gate:
    """What is let through one by one."""

    def __init__(self):
        self.n_waiting = 0
        self._may_go_on = threading.Semaphore(0)

    def open(self, n=1):
        self._may_go_on.release(n)

    def pass_through(self):
        self.n_waiting += 1
        assert self._may_go_on.acquire(timeout=60)
        self.n_waiting -= 1


@contextmanager
def slow_writing(monkeypatch):
    """Every file that is written waits at the gate before it takes its place."""
    gate = Gate()
    monkeypatch.setattr(os, "fsync", lambda descriptor: gate.pass_through())
    yield gate
    gate.open(100)


@contextmanager
def slow_reading(monkeypatch, slow):
    """Whoever looks at the file at `slow` waits at the gate."""
    gate, stat = Gate(), os.stat

    def slow_stat(path, *arguments, **named):
        if path == slow:
            gate.pass_through()
        return stat(path, *arguments, **named)

    monkeypatch.setattr(os, "stat", slow_stat)
    yield gate
    gate.open(100)


def edit(window, epochs):
    window._document.edit(window._document.experiment.replaced(epochs=epochs), "epochs")


def begin_to_save(qtbot, window, gate):
    """Save, and return when the file waits at the gate."""
    window.files.save_action.trigger()
    qtbot.waitUntil(lambda: gate.n_waiting == 1)
