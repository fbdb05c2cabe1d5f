"""The worker thread: commands in, snapshots out. Knows no Qt.

The worker owns the trainer and everything in it; only immutable things cross the thread. Commands go in
through a queue and are carried out in order, between two pieces of work. Snapshots come out of an Outbox.
"""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from bnstudio.data.datasets import load_mnist
from bnstudio.training.commands import Commands
from bnstudio.training.inspection import Inspector
from bnstudio.training.outbox import Measured, Outbox
from bnstudio.training.probes import Prober
from bnstudio.training.recorder import recall
from bnstudio.training.run_file import RunFileError, read_run, write_run
from bnstudio.training.snapshot import Answer, Look, State
from bnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.outbox import Asked
    from bnstudio.training.run import Run
    from bnstudio.training.run_state import TrainingState
    from bnstudio.training.snapshot import Snapshot

_SPEED_INTERVAL = 0.5
"""Seconds over which steps per second are measured."""
_N_EARLIER = 3
"""Recorded steps that the explanation of a divergence looks back on."""


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
        self._worker = _Worker(self._outbox)
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


class _Worker:
    """What runs in the thread. Its public methods are the commands, but for `work`."""

    def __init__(self, outbox: Outbox) -> None:
        self.commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.closing = False
        """Set from outside; looked at between two pieces of work."""
        self._outbox = outbox
        self._prober = Prober()
        self._inspector = Inspector()
        self._look = Look()
        self._read: tuple[int, TrainingState] | None = None
        """The training that was read last, with its ticket."""
        self._to_use: TrainingState | None = None
        """What the next document goes on with."""
        self._measured: dict[int, Measured] = {}
        self._measured_for: object = None
        self._news = True
        self._training = False
        self._steps_left = 0
        """Steps in lockstep after which training pauses; 0 is no limit."""
        self._pause_after_epoch = False
        self._speedometer = Speedometer()
        self._step_interval = 0.0
        self._next_step_time = 0.0

    def work(self, experiment: Experiment, load_dataset: Callable[[], Dataset]) -> None:
        """Load the data, then train as told, until closed. An exception becomes the last snapshot."""
        try:
            self._outbox.put([], {}, state=State.LOADING)
            self._dataset = load_dataset()
            self._trainer = Trainer(experiment, self._dataset)
            while not self.closing:
                self._do_next()
        except Exception:  # whatever it was, the window has to hear of it, and `close` has to work
            trainer = getattr(self, "_trainer", None)  # none where the data could not be read
            runs = trainer.runs if trainer is not None else []
            self._outbox.put(
                runs, self._measured, self._findings(runs), state=State.FAILED, error=traceback.format_exc()
            )

    def train(self) -> None:
        if self._trainer.step >= self._trainer.target:
            self._trainer.extend()
        self._begin_training()

    def train_epoch(self) -> None:
        steps_per_epoch = self._trainer.steps_per_epoch
        self._trainer.extend_to((self._trainer.lockstep // steps_per_epoch + 1) * steps_per_epoch)
        self._begin_training(pause_after_epoch=True)

    def pause(self) -> None:
        self._training = False
        self._steps_left = 0

    def step(self) -> None:
        trainer = self._trainer
        self._begin_training(steps_left=self._steps_left + 1)
        trainer.extend_to(trainer.lockstep + self._steps_left)
        # Done at once, so that a later command is carried out after it; catching up takes longer than that.
        while self._training and not trainer.catching_up and not self.closing:
            if (trainer.evaluating or self._inspector.busy) and self._outbox.asked.value:
                self._publish()
            self._do_piece()

    def begin_step(self) -> None:
        self.pause()
        self._trainer.extend_to(self._trainer.lockstep + 1)
        while (self._trainer.evaluating or self._inspector.busy) and not self.closing:
            self._do_piece()
        self._trainer.begin_step()
        self._record()

    def restart(self) -> None:
        self._end(self._trainer.restart())

    def take_back(self, name: str) -> None:
        self._end(self._trainer.take_back(name))

    def start_at_zero(self) -> None:
        self._end(self._trainer.start_at_zero())

    def set_experiment(self, experiment: Experiment) -> None:
        self._end(self._trainer.set_experiment(experiment))

    def open(self, experiment: Experiment, document: int) -> None:
        self.pause()
        if self._to_use is None:
            self._trainer = Trainer(experiment, self._dataset)
        else:
            self._trainer = Trainer.restored(self._to_use, self._dataset)
            self._trainer.set_experiment(experiment)
        self._read = self._to_use = None
        self._outbox.turn_to(document)
        self._forget_readings()

    def save_run(self, path: Path, ticket: int) -> None:
        def save() -> TrainingState:
            training = self._trainer.state()
            write_run(training, path)
            return training

        self._answer(ticket, save)

    def read_run(self, path: Path, ticket: int) -> None:
        def read() -> TrainingState:
            training = read_run(path)
            self._read = ticket, training
            return training

        self._answer(ticket, read)

    def use_run(self, ticket: int) -> None:
        self._to_use = self._read[1] if self._read and self._read[0] == ticket else None

    def look(self, look: Look) -> None:
        self._look = look

    def set_pace(self, steps_per_second: float | None) -> None:
        self._step_interval = 1 / steps_per_second if steps_per_second else 0.0
        self._next_step_time = time.monotonic()

    def wake(self) -> None:
        """Do nothing but look whether it is time to close."""

    def _do_next(self) -> None:
        """Carry out one command or, when none waits, do the next piece of work when it is due."""
        wait = self._time_to_next_piece()
        if self._news and wait != 0:  # nothing would tell the window during the wait
            self._publish()
            wait = self._time_to_next_piece()  # publishing may have begun a measurement of several pieces
        try:
            command = self.commands.get(timeout=wait)
        except Empty:
            self._do_piece()
            if self._outbox.asked.value:
                self._publish()
        else:
            command()
            self._note_end()
            self._news = True

    def _do_piece(self) -> None:
        self._news = True
        if self._inspector.busy:
            self._inspector.advance()
            return
        stepping = not self._trainer.evaluating
        in_lockstep = stepping and not self._trainer.catching_up
        self._trainer.advance()
        self._record()
        if stepping:
            self._speedometer.count_step()
            self._next_step_time = max(time.monotonic(), self._next_step_time + self._step_interval)
        if in_lockstep:
            self._note_lockstep()
        self._note_end()

    def _note_lockstep(self) -> None:
        if self._steps_left:
            self._steps_left -= 1
            self._training = self._steps_left > 0
        elif self._pause_after_epoch and self._trainer.step % self._trainer.steps_per_epoch == 0:
            self._training = False

    def _note_end(self) -> None:
        if self._trainer.step >= self._trainer.target or not self._trainer.able:
            self.pause()

    def _time_to_next_piece(self) -> float | None:
        """Return the seconds until there is something to do; None where a command has to come first."""
        if self._trainer.evaluating or self._inspector.busy:
            return 0.0
        if not self._training:
            return None
        return max(0.0, self._next_step_time - time.monotonic()) if self._step_interval else 0.0

    def _begin_training(self, steps_left: int = 0, pause_after_epoch: bool = False) -> None:
        if not self._trainer.able:
            return
        self._steps_left, self._pause_after_epoch = steps_left, pause_after_epoch
        if not self._training:
            self._training = True
            self._speedometer.reset()
            self._next_step_time = time.monotonic()

    def _end(self, runs: list[Run]) -> None:
        if runs:
            self._outbox.end(runs)
            self._forget_readings()

    def _answer(self, ticket: int, do: Callable[[], TrainingState]) -> None:
        """Do something with a file, and say what came of it."""
        since = time.monotonic()
        try:
            training = do()
        except RunFileError as error:
            answer = Answer(ticket, str(error))
        else:
            answer = Answer(ticket, None, training.experiment, training.step, time.monotonic() - since)
        self._outbox.answer(answer)

    def _forget_readings(self) -> None:
        """Let go of the readings of runs that are gone, and choose new axes for those that are there."""
        self._prober.forget_axes()
        current = {run.run_id for run in self._trainer.runs}
        self._measured = {run_id: kept for run_id, kept in self._measured.items() if run_id in current}

    def _publish(self) -> None:
        self._measure()
        trainer = self._trainer
        self._outbox.put(
            trainer.runs,
            self._shown_readings(),
            self._findings(trainer.runs),
            state=self._state(),
            step=trainer.step,
            target=trainer.target,
            steps_per_epoch=trainer.steps_per_epoch,
            steps_per_second=self._speedometer.steps_per_second if self._training else 0.0,
            catch_up=trainer.catch_up,
            evaluating=trainer.evaluating,
            at_step=self._look.at_step,
        )
        self._news = False

    def _state(self) -> State:
        if self._training:
            return State.TRAINING
        if not self._trainer.able:
            return State.STOPPED
        return State.FINISHED if self._trainer.step >= self._trainer.target else State.PAUSED

    def _looked_at(self) -> list[Run]:
        return [run for run in self._trainer.runs if run.model.name in self._look.names]

    def _record(self) -> None:
        """Keep for the timeline what is due, of all runs."""
        recorder = self._trainer.recorder
        due = [run for run in self._trainer.runs if recorder.is_due(run)]
        if due and self._look.at_step is None:
            self._measure_readings(every_value=False)
        for run in due:
            measured = self._measured.get(run.run_id)
            is_new = measured is not None and measured.step == run.latest_step
            recorder.record(run, measured.readings if measured and is_new else None, self._trainer)
        for run in self._trainer.runs:
            if run.divergence is not None and not run.divergence.earlier:
                run.divergence = replace(run.divergence, earlier=recorder.largest(run, _N_EARLIER))

    def _measure(self) -> None:
        """Measure what is being looked at, unless that has been done; every value when there is time."""
        every_value = not self._training or self._step_interval > 0
        inspections = self._look.inspections
        if self._look.at_step is None:
            self._measure_readings(every_value)
        else:
            inspections = frozenset(i for i in inspections if i.while_looking_back)
        self._inspector.begin(self._trainer, inspections, at_full_speed=not every_value)

    def _measure_readings(self, every_value: bool) -> None:
        runs = [run for run in self._looked_at() if run.holds_values]
        wanted_for = (every_value, self._look, [(run.run_id, run.latest_step) for run in runs])
        if wanted_for != self._measured_for:
            self._measured_for = wanted_for
            steps = {run.run_id: run.latest_step for run in runs}
            for run_id, readings in self._prober.measure(runs, self._look, every_value).items():
                self._measured[run_id] = Measured(steps[run_id], readings)

    def _shown_readings(self) -> dict[int, Measured]:
        """Return the latest readings, or those of the step that is looked back at."""
        recorder, at_step = self._trainer.recorder, self._look.at_step
        shown = dict(self._measured) if at_step is None else {}
        for run in self._looked_at():
            if at_step is not None:
                moment = recorder.moment(run, at_step)  # none of a step that the run has not reached
            else:  # one that diverged or was taken back keeps a picture, which may have been recorded only
                moment = None if run.holds_values else recorder.latest(run)
            before = shown.get(run.run_id)
            if moment is not None and (before is None or before.step < moment.step):
                shown[run.run_id] = Measured(moment.step, moment.readings)
        return shown

    def _findings(self, runs: Iterable[Run]) -> dict[int, dict[Inspection[Any], Any]]:
        inspections, at_step = self._look.inspections, self._look.at_step
        found = {}
        for run in runs:
            findings = self._inspector.findings(run, inspections)
            own = [inspection for inspection in inspections if inspection.model == run.model.name]
            if at_step is not None:
                findings |= recall(self._trainer.recorder.moment(run, at_step), own)
            elif run.divergence is not None:  # what it no longer holds was recorded while it did
                findings = recall(self._trainer.recorder.latest(run), own) | findings
            found[run.run_id] = findings
        return found


class Speedometer:
    """Measures steps per second over the last moments."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, after a pause."""
        self.steps_per_second = 0.0
        self._n_steps = 0
        self._since = time.monotonic()

    def count_step(self) -> None:
        """Note that a step was taken."""
        self._n_steps += 1
        elapsed = time.monotonic() - self._since
        if elapsed >= _SPEED_INTERVAL:
            self.steps_per_second = self._n_steps / elapsed
            self._n_steps, self._since = 0, time.monotonic()
