# ruff: noqa: D102  (what the commands do is said in commands.py)
"""What runs in a session's thread: it trains as told, and tells what is asked for, in turns.

It works in small pieces (a step, a part of an evaluation or of a measurement) and looks for commands between.
"""

from __future__ import annotations

import time
import traceback
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from bnstudio.data.idx import DataError
from bnstudio.training.arithmetic import subnormals_as_zero
from bnstudio.training.measuring import Measuring
from bnstudio.training.memory import NotEnoughMemoryError, check_memory, explain_shortage, give_memory_back
from bnstudio.training.run_file import RunFileError, read_run, write_run
from bnstudio.training.snapshot import Answer, Look, State
from bnstudio.training.speedometer import Speedometer
from bnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.data.datasets import Dataset
    from bnstudio.document.experiment import Experiment
    from bnstudio.training.outbox import Outbox
    from bnstudio.training.run import Run
    from bnstudio.training.run_state import TrainingState


class Worker:
    """Carries out what a session is told. Its public methods are the commands, but for `work`."""

    def __init__(self, outbox: Outbox) -> None:
        self.commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.closing = False
        """Set from outside; looked at between two pieces of work."""
        self._outbox = outbox
        self._measuring = Measuring()
        self._look = Look()
        self._read: tuple[int, TrainingState] | None = None
        """The training that was read last, with its ticket."""
        self._to_use: TrainingState | None = None
        """What the next document goes on with."""
        self._problem: str | None = None
        """Why there was not enough memory when training was to begin."""
        self._news = True
        self._training = False
        self._steps_left = 0
        """Steps in lockstep after which training pauses; 0 is no limit."""
        self._pause_after_epoch = False
        self._speedometer = Speedometer()
        self._step_interval = 0.0
        self._next_step_time = 0.0

    @subnormals_as_zero()
    def work(self, experiment: Experiment, load_dataset: Callable[[], Dataset]) -> None:
        """Load the data, then train as told, until closed. An exception becomes the last snapshot."""
        try:
            self._outbox.put([], {}, state=State.LOADING)
            self._dataset = load_dataset()
            self._trainer = Trainer(experiment, self._dataset)
            while not self.closing:
                self._do_next()
        except Exception as exception:  # whatever it was, the window has to hear of it, and `close` to work
            problem = _explain(exception)
            error = None if problem else traceback.format_exc()
            put = partial(
                self._outbox.put, state=State.FAILED, at_step=self._look.at_step, problem=problem, error=error
            )
            trainer = getattr(self, "_trainer", None)  # none where the data could not be read
            try:
                put(trainer.runs if trainer is not None else [], {})
            except Exception:  # the runs may be what cannot be told
                put([], {})

    def train(self) -> None:
        if not self._trainer.able:
            self.restart()
        self._trainer.extend_to(self._trainer.step + 1)
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
            if (trainer.evaluating or self._measuring.busy) and self._outbox.asked.value:
                self._publish()
            self._do_piece()

    def begin_step(self) -> None:
        self.pause()
        while (self._trainer.evaluating or self._measuring.busy) and not self.closing:
            self._do_piece()
        if self._trainer.catching_up or not self._has_memory():
            return
        self._trainer.extend_to(self._trainer.lockstep + 1)
        self._trainer.begin_step()
        self._measuring.record(self._trainer, self._look)

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
        self._read = self._to_use = self._problem = None
        self._outbox.turn_to(document)
        self._measuring.forget(self._trainer.runs)
        give_memory_back()

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
        if look.names != self._look.names:
            self._measuring.forget_axes()
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
        if self._measuring.busy:
            self._measuring.advance()
            return
        stepping = not self._trainer.evaluating
        in_lockstep = stepping and not self._trainer.catching_up
        self._trainer.advance()
        self._measuring.record(self._trainer, self._look)
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
        if self._trainer.evaluating or self._measuring.busy:
            return 0.0
        if not self._training:
            return None
        return max(0.0, self._next_step_time - time.monotonic()) if self._step_interval else 0.0

    def _begin_training(self, steps_left: int = 0, pause_after_epoch: bool = False) -> None:
        if not self._trainer.able or not self._has_memory():
            return
        self._steps_left, self._pause_after_epoch = steps_left, pause_after_epoch
        if not self._training:
            self._training = True
            self._speedometer.reset()
            self._next_step_time = time.monotonic()

    def _end(self, runs: list[Run]) -> None:
        if runs:
            self._outbox.end(runs)
            self._measuring.forget(self._trainer.runs)
            give_memory_back()
        if self._training or (runs and self._problem is not None):
            self._has_memory()

    def _has_memory(self) -> bool:
        """Whether all runs can take a step; where they cannot, training pauses and the window is told why."""
        try:
            check_memory(self._trainer)
        except NotEnoughMemoryError as error:
            self._problem = str(error)
            self.pause()
        else:
            self._problem = None
        return self._problem is None

    def _answer(self, ticket: int, do: Callable[[], TrainingState]) -> None:
        """Do something with a file, and say what came of it."""
        since = time.monotonic()
        try:
            training = do()
        except RunFileError as error:
            answer = Answer(ticket, str(error))
        else:
            seconds = time.monotonic() - since
            answer = Answer(ticket, None, training.experiment, training.step, seconds, training.can_go_on)
        self._outbox.answer(answer)

    def _publish(self) -> None:
        trainer, look = self._trainer, self._look
        every_value = not self._training or self._step_interval > 0
        self._measuring.measure(trainer, look, every_value=every_value)
        self._outbox.put(
            trainer.runs,
            self._measuring.readings(trainer, look),
            self._measuring.findings(trainer, look),
            state=self._state(),
            step=trainer.step,
            target=trainer.target,
            steps_per_epoch=trainer.steps_per_epoch,
            steps_per_second=self._speedometer.steps_per_second if self._training else 0.0,
            catch_up=trainer.catch_up,
            evaluating=trainer.evaluating,
            at_step=look.at_step,
            recorded_from=trainer.recorder.first_step,
            problem=self._problem,
        )
        self._news = False

    def _state(self) -> State:
        if self._training:
            return State.TRAINING
        if not self._trainer.able:
            return State.STOPPED
        return State.FINISHED if self._trainer.step >= self._trainer.target else State.PAUSED


def _explain(exception: Exception) -> str | None:
    """Return in words what somebody can do something about; None where that is nobody but us."""
    if isinstance(exception, DataError):
        return str(exception)
    if isinstance(exception, MemoryError):
        return explain_shortage(exception)
    return None
