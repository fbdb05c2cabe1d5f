"""A session in a thread: commands in, snapshots out. Knows no Qt.

Its worker owns the trainer and everything in it; only immutable things cross the thread. Commands go in
through a queue and are carried out in order, between two pieces of work. Snapshots come out of an Outbox.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from bnstudio.data.datasets import load_mnist
from bnstudio.training.commands import Commands
from bnstudio.training.outbox import Outbox
from bnstudio.training.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.training.outbox import Asked
    from bnstudio.training.snapshot import Snapshot


class Session(Commands):
    """Trains an experiment in a thread of its own.

    All methods may be called from one other thread; only `close` waits.

    Parameters
    ----------
    experiment
        What to train; replaced by `open`, changed by `set_experiment`.
    load_dataset
        Called once, in the thread. What it raises ends in a snapshot with `State.FAILED`.
    on_snapshot
        Called in the thread whenever a snapshot waits to be taken, with whether it had been asked for.
    asked
        What `poll` sets and the thread looks at between two steps; see `Outbox`.
    """

    def __init__(
        self,
        experiment: Experiment,
        load_dataset: Callable[[], Dataset] = load_mnist,
        on_snapshot: Callable[[bool], None] = lambda _: None,
        asked: Asked | None = None,
    ) -> None:
        self._outbox = Outbox(on_snapshot, asked)
        self._worker = Worker(self._outbox)
        self._commands = self._worker.commands
        self._thread = threading.Thread(
            target=self._worker.work, args=(experiment, load_dataset), name="bnstudio training", daemon=True
        )

    def start(self) -> None:
        """Start the thread; it reads the data first."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, in the middle of a run if need be, and wait until it has ended."""
        self._worker.closing = True
        self._commands.put(self._worker.wake)
        self._thread.join()

    def poll(self) -> Snapshot | None:
        """Take the snapshot that waits, if there is one, and thereby ask for the next."""
        return self._outbox.take()

    def collect(self) -> Snapshot | None:
        """Take the snapshot that waits, for somebody who sets `asked` when the next is wanted."""
        return self._outbox.collect()

    def open(self, experiment: Experiment) -> None:
        """Override: later snapshots are about it alone."""
        self._send("open", experiment, self._outbox.begin_document())

    def _send(self, command: str, *arguments: Any) -> None:
        self._commands.put(partial(getattr(self._worker, command), *arguments))
