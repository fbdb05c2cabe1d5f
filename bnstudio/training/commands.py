"""What a session can be told, wherever it runs: in a thread (session.py) or a process (remote_session.py)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.document.experiment import Experiment
    from bnstudio.training.snapshot import Look, Snapshot


class Commands(ABC):
    """What a session can be told. Each method returns at once; they take effect in the order of the calls."""

    @abstractmethod
    def _send(self, command: str, *arguments: Any) -> None:
        """Have the command of this name carried out when its turn comes."""

    def train(self) -> None:
        """Train to the end of the planned epochs or, where they are done, as many again.

        Where every run has diverged, all start anew, as weights that are not finite cannot be trained.
        """
        self._send("train")

    def train_epoch(self) -> None:
        """Train to the end of the epoch, or of the next one at its border.

        Runs that are behind catch up first. Where runs are late, it is the epoch of the one furthest behind.
        """
        self._send("train_epoch")

    def pause(self) -> None:
        """Stop after the step that is under way, also in the middle of catching up."""
        self._send("pause")

    def step(self) -> None:
        """Train every able run on exactly one mini-batch, and then be paused.

        Runs that are behind catch up first. As that may take long, it is training that can be paused; each
        further step that is asked for meanwhile is one mini-batch more after it.
        """
        self._send("step")

    def begin_step(self) -> None:
        """Do all of the next step but its update, and be paused; whatever trains next finishes it first.

        Where runs are behind, or an evaluation is under way, nothing happens.
        """
        self._send("begin_step")

    def restart(self) -> None:
        """Start every run anew from the same initial weights; go on training if it was training."""
        self._send("restart")

    def take_back(self, name: str) -> None:
        """Take one model's run back to its last good moment, also after it diverged; it catches up.

        Where no model has the name, as it may have been removed meanwhile, nothing happens.
        """
        self._send("take_back", name)

    def start_at_zero(self) -> None:
        """Let all runs that are catching up off it: they start at step 0 and stay late from then on.

        Every able run takes the batch of its own step then. Where nobody is catching up, nothing happens.
        """
        self._send("start_at_zero")

    def set_experiment(self, experiment: Experiment) -> None:
        """Follow an edit of the document; see `Trainer.set_experiment` for which runs start anew."""
        self._send("set_experiment", experiment)

    def look(self, look: Look) -> None:
        """Say what is being looked at, which decides what is measured; answered even when paused."""
        self._send("look", look)

    def set_pace(self, steps_per_second: float | None) -> None:
        """Train at most so many steps a second; None is full speed."""
        self._send("set_pace", steps_per_second)

    def save_run(self, path: Path, ticket: int) -> None:
        """Write the training into a file as it is now, once an evaluation under way is done.

        What came of it is told by the `Answer` of a snapshot that has this ticket; training goes on.
        """
        self._send("save_run", path, ticket)

    def read_run(self, path: Path, ticket: int) -> None:
        """Read a training from a file, to be taken up by `use_run`; it changes nothing yet.

        What came of it is told by the `Answer` of a snapshot that has this ticket.
        """
        self._send("read_run", path, ticket)

    def use_run(self, ticket: int) -> None:
        """Let the next `open` go on with the training that was read last, if it was with this ticket."""
        self._send("use_run", ticket)

    @abstractmethod
    def open(self, experiment: Experiment) -> None:
        """Show another document, paused. No later snapshot is about the one before.

        All runs are at step 0 or, after `use_run`, where the training that was read had come to.
        """

    @abstractmethod
    def start(self) -> None:
        """Begin: the data are read first."""

    @abstractmethod
    def close(self) -> None:
        """Stop, in the middle of a run if need be, and wait until it has ended."""

    @abstractmethod
    def poll(self) -> Snapshot | None:
        """Take the snapshot that waits, if there is one, and thereby ask for the next. Never waits."""
