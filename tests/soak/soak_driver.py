"""Runs the program with somebody in it, and says in the end how it went."""

import ctypes
import os
import random
import sys
import time
from collections import deque

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtGui import QPixmapCache
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from soak_person import Person
from soak_replay import Replay, Trained
from soak_watch import Watch, is_multiprocessings_own, kinds_of_top_levels
from soak_watch import children as child_processes

from bnstudio.cli import main
from bnstudio.gui.main_window import MainWindow
from bnstudio.training.snapshot import State

CALM_SECONDS, COMPARE_SECONDS = 60.0, 12.0
"""Between two censuses, and between two comparisons of losses; in a short soak a third of it."""
N_REMEMBERED = 100
MOST_FAILURES = 5
KILLS_PER_ACTION = 1 / 150
QUIET = (State.PAUSED, State.FINISHED, State.STOPPED)


class Driver(QObject):
    """Lets the person act, checks at calm moments, and closes the window when time is up."""

    def __init__(self, application, folder, *, minutes, most_actions, seed, kill) -> None:
        super().__init__(application)
        self._application, self._folder = application, folder
        self._random = random.Random(seed)
        self.seed = seed
        self._kill = kill
        self._n_kills = 0
        self._seconds = 60 * minutes
        self._most_actions = most_actions
        self._calm_seconds = min(CALM_SECONDS, self._seconds / 3)
        self._compare_seconds = min(COMPARE_SECONDS, self._seconds / 10)
        self.failures: list[str] = []
        self.log: deque[str] = deque(maxlen=N_REMEMBERED)
        self.n_actions = 0
        self.watch: Watch | None = None
        self.replay = Replay()
        self._window = None
        self._script = None
        self._on_document_opened()
        self._ending = False
        self._nested = 0
        self._timer = QTimer(self, interval=20)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()
        # A timer does not fire while its own slot runs: another one answers questions that block.
        self._guard = QTimer(self, interval=150)
        self._guard.timeout.connect(self._on_guard_timeout)
        self._guard.start()

    def _on_timeout(self) -> None:
        if self._window is None:
            self._look_for_window()
            return
        self._nested += 1
        self._tick_began = time.monotonic()
        try:
            self._go_on()
        finally:
            self._nested -= 1

    def _look_for_window(self) -> None:
        windows = [w for w in self._application.topLevelWidgets() if isinstance(w, MainWindow)]
        if not windows or not windows[0].isVisible():
            return
        window = self._window = windows[0]
        self.watch = Watch(window, self._note_failure, lambda: self.log[-1] if self.log else "starting")
        self._person = Person(window, self._random, self._folder, self._note)
        window.feed.snapshot_arrived.connect(self._on_snapshot_arrived)
        window._document.experiment_changed.connect(self._on_experiment_changed)
        window._document.opened.connect(self._on_document_opened)
        self._started = self._calm_at = self._compared_at = time.monotonic()

    def _go_on(self) -> None:
        if self._script is None:
            self._script = self._next_script()
        # Every script is a generator of pauses in milliseconds.
        script, self._script = self._script, None  # one that raises is at its end
        pause = next(script, None)
        if pause is not None:
            self._script = script
        else:
            pause = self._random.choice((0, 0, 0, 10, 30, 80))
        self._timer.setInterval(pause)

    def _next_script(self):
        now = time.monotonic()
        over = now - self._started >= self._seconds or self._over_actions or self._too_bad
        if over:
            return self._end()
        if now - self._calm_at >= self._calm_seconds:
            return self._be_calm()
        if now - self._compared_at >= self._compare_seconds:
            return self._compare()
        self.n_actions += 1
        if self._kill and self._random.random() < KILLS_PER_ACTION:
            return self._kill_training()
        return self._person.act()

    @property
    def _over_actions(self) -> bool:
        return self._most_actions is not None and self.n_actions >= self._most_actions

    @property
    def _too_bad(self) -> bool:
        return self.watch.training_failed or len(self.failures) >= MOST_FAILURES

    def _kill_training(self):
        """Kill the training process, as a system that runs out of memory does."""
        if self._training_process.is_alive() and self.watch.latest.state is not State.FAILED:
            self._note("kill the training process")
            self._n_kills += 1
            self.watch.expects_failure = True
            self._training_process.kill()
            yield from self._wait_for(lambda: not self.watch.expects_failure)

    @property
    def _training_process(self):
        return self._window._session._session._process

    def _on_guard_timeout(self) -> None:
        """Answer what runs an event loop of its own: menus of buttons, and questions of file dialogs."""
        if not self._nested:
            return
        popup, box = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        if popup is not None:
            for _ in self._person.answer_popup(popup):
                pass
        elif isinstance(box, QMessageBox) and box.isVisible():
            button = self._random.choice(box.buttons())
            self._note(f"in between: {box.text()!r}: {button.text()!r}")
            button.click()
        elif (
            time.monotonic() - self._tick_began > 0.5
        ):  # nothing but a drag of rows waits so, and for Esc too
            self._note("in between: Escape")
            QTest.keyClick(self._window.windowHandle(), Qt.Key.Key_Escape)

    # Calm moments

    def _be_calm(self):
        yield from self._compare()
        if self._too_bad:
            return
        yield from self._person.rest()
        # What is counted is counted with the same in the window each time.
        yield from self._wait_for(lambda: self.watch.latest.step == 0 and self.watch.latest.state in QUIET)
        yield 1200
        QPixmapCache.clear()  # Qt keeps 10 MB of the icons and glyphs that were drawn last
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)
        self._application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        training_pid = self._training_process.pid
        census = self.watch.take_census(training_pid)
        self.watch.check_threads_and_processes(
            {training_pid, self.replay.pid}, own_threads=("bnstudio commands",)
        )
        print(f"{self.n_actions} actions, {census}", flush=True)  # noqa: T201
        if len(self.watch.censuses) in (2, 20):
            print(f"top levels: {dict(kinds_of_top_levels())}", flush=True)  # noqa: T201
        self._calm_at = time.monotonic()

    def _compare(self):
        """Have the losses of all current runs compared with those of an undisturbed training."""
        self._take_answers()
        self._note("pause and compare the losses")
        yield from self._person.put_away()
        yield from self._person.train_for_a_while()
        self._window.control_bar.pause_asked.emit()
        answers = []  # before one comes, snapshots may be older than the last edit
        self._window.run_files.read(self._folder / "no such folder" / "a.bnrun", answers.append)
        yield from self._wait_for(lambda: answers)
        yield from self._wait_for(lambda: self.watch.latest.state in QUIET)
        if self._too_bad:
            return
        experiment = self._window._document.experiment
        for model in experiment.models:
            run = self._window.histories.current(model.name)
            if run is None:
                self._note_failure(f"{model.name} has no run")
            elif run.n_steps and run.run_id in self._first_rates:
                self.replay.ask(self._trained(experiment.replaced(models=(model,)), run))
        self._compared_at = time.monotonic()

    def _trained(self, experiment, run) -> Trained:
        late = f", late by {run.late_by}" if run.late_by else ""
        known = tuple(change.before for change in run.rate_changes[:1])
        first_rates = known or tuple(self._first_rates[run.run_id])
        return Trained(
            experiment=experiment,
            first_rates=first_rates,
            changes=tuple((change.step, change.learning_rate) for change in run.rate_changes),
            losses=run.losses[:200].copy(),
            accuracies=run.accuracies[:200].copy(),
            diverged_at=run.divergence.step if run.divergence else None,
            about=f"{run.name} (run {run.run_id}, {run.n_steps} steps{late})",
        )

    def _on_snapshot_arrived(self, snapshot) -> None:
        """Note with which rate each run may have begun: any that was chosen until its first step was seen."""
        self._names |= {run.run_id: run.name for run in snapshot.runs}
        for run in snapshot.runs:
            before = self._first_rates.get(run.run_id, set())
            if run.run_id not in self._first_rates and run.step > 0:
                # It is taken back from an earlier run of the model, which has its name by now, or was quick.
                earlier = (rates for i, rates in self._first_rates.items() if self._names[i] == run.name)
                before = self._rates().union(*earlier)
            if run.run_id not in self._first_rates or run.step == 0:
                # The document may have been edited while the snapshot was on its way.
                self._first_rates[run.run_id] = before | {run.learning_rate} | self._rates()
        self._at_start = {run.run_id for run in snapshot.runs if run.step == 0}

    def _on_experiment_changed(self, _experiment) -> None:
        for run_id in self._at_start:
            self._first_rates[run_id] |= self._rates()

    def _on_document_opened(self) -> None:
        self._first_rates, self._names, self._at_start = {}, {}, set()

    def _rates(self) -> set[float]:
        return {model.learning_rate for model in self._window._document.experiment.models}

    def _take_answers(self, wait: float = 0) -> None:
        for problem in self.replay.answers(wait):
            self._note_failure(problem)

    def _wait_for(self, condition, seconds=120):
        """Wait for what the training process has to do; a step of a large model takes seconds."""
        end = time.monotonic() + seconds
        while not condition():
            if self._too_bad:
                return
            if time.monotonic() > end:
                self._note_failure(f"nothing came within {seconds} s; last: {self._describe_latest()}")
                return
            yield 50

    def _describe_latest(self) -> str:
        latest = self.watch.latest
        return "no snapshot" if latest is None else f"{latest.state}, step {latest.step} of {latest.target}"

    # The end

    def _end(self):
        if not self._too_bad:
            yield from self._be_calm()
            yield from self._wait_for(lambda: self._take_answers() or not self.replay.n_waiting)
        self._ending = True
        self._timer.stop()
        self._guard.stop()
        self.watch.stop()
        self._window._document.undo_stack.setClean()
        self._window.close()
        yield 0

    def _note(self, what: str) -> None:
        self.log.append(what)
        if os.environ.get("SOAK_VERBOSE"):
            print(what, flush=True)  # noqa: T201

    def _note_failure(self, failure: str) -> None:
        self.failures.append(failure)
        log = "\n  ".join(self.log)
        print(  # noqa: T201
            f"FAILURE with seed {self.seed} at action {self.n_actions}: {failure}\nafter\n  {log}\n",
            flush=True,
        )


def soak(folder, minutes, most_actions, seed, kill) -> int:
    """Run the program; return 0 or, where something went wrong, 1."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(folder / "settings"))
    application = QApplication(["bnstudio"])
    driver = Driver(application, folder, minutes=minutes, most_actions=most_actions, seed=seed, kill=kill)
    sys.argv = ["bnstudio", "S6_BN_lr"]
    try:
        main()
    except SystemExit as end:
        if end.code != 0:
            driver._note_failure(f"the program ended with {end.code}")
    return report(driver)


def report(driver) -> int:
    watch, replay = driver.watch, driver.replay
    if not driver._ending:
        driver._note_failure("the window was closed before the end")
    replay.close()
    if watch is not None:
        watch.check_end()
    left = [pid for pid in child_processes(os.getpid()) if not is_multiprocessings_own(pid)]
    if left:
        driver._note_failure(f"processes were left after the end: {left}")
    lines = watch.check_growth() if watch is not None else []
    if watch is not None:
        for title, gaps in (("longest", watch.longest_gaps), ("hardest", watch.hardest_gaps)):
            lines.append(f"{title} gaps of the event loop:")
            lines += [
                f"  {1e3 * gap:.0f} ms, computing {1e3 * used:.0f}: {doing}" for gap, used, doing in gaps
            ]
    lines.append(f"compared {replay.n_compared} runs, {replay.n_steps} steps")
    minutes = f"{driver._seconds / 60:g} minutes"
    if driver._kill:
        lines.append(f"killed the training process {driver._n_kills} times")
    lines.append(
        f"seed {driver.seed}, {minutes}, {driver.n_actions} actions, {len(driver.failures)} failures"
    )
    print("\n".join(lines), flush=True)  # noqa: T201
    return 1 if driver.failures else 0
