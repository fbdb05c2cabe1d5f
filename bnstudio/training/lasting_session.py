"""A session that outlives its failures: what a person does next begins another one.

Whatever ends a session (its process was killed, memory ran out, a fault of ours), the window goes on with the
document as it is. Nothing is begun again by itself, as what has failed once may fail at once again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.training.commands import Commands
from bnstudio.training.remote_session import RemoteSession
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.document.experiment import Experiment
    from bnstudio.training.snapshot import Snapshot

_LASTING = ("look", "set_pace")
"""Commands that hold until the next of their kind: another session is told them first."""
_ABOUT_WHAT_IS_GONE = (*_LASTING, "pause", "save_run", "use_run")
"""Commands that begin no other session."""


class LastingSession(Commands):
    """Trains an experiment in one session after another, each until it fails.

    After the snapshot with `State.FAILED` the next command, unless it is about what is gone, begins another
    session: all runs are at step 0, with ids of their own.

    Parameters
    ----------
    experiment
        What to train; replaced by `open`, changed by `set_experiment`.
    make_session
        Makes a session of an experiment, not yet started.
    """

    def __init__(
        self, experiment: Experiment, make_session: Callable[[Experiment], Commands] = RemoteSession
    ) -> None:
        self._experiment = experiment
        self._make_session = make_session
        self._session = make_session(experiment)
        self._failed = False
        self._lasting: dict[str, tuple[Any, ...]] = {}

    def start(self) -> None:
        """Override: start the first session."""
        self._session.start()

    def close(self) -> None:
        """Override: close the latest session."""
        self._session.close()

    def poll(self) -> Snapshot | None:
        """Override: a failure is told once."""
        snapshot = None if self._failed else self._session.poll()
        self._failed = self._failed or (snapshot is not None and snapshot.state is State.FAILED)
        return snapshot

    def open(self, experiment: Experiment) -> None:
        """Override: it is what the next session trains, too."""
        self._experiment = experiment
        self._send("open", experiment)

    def set_experiment(self, experiment: Experiment) -> None:
        """Override: it is what the next session trains, too."""
        self._experiment = experiment
        super().set_experiment(experiment)

    def _send(self, command: str, *arguments: Any) -> None:
        if command in _LASTING:
            self._lasting[command] = arguments
        if self._failed:
            if command in _ABOUT_WHAT_IS_GONE:
                return
            self._begin_another()
        getattr(self._session, command)(*arguments)

    def _begin_another(self) -> None:
        self._session.close()
        self._session = self._make_session(self._experiment)
        self._session.start()
        self._failed = False
        for command, arguments in self._lasting.items():
            getattr(self._session, command)(*arguments)
