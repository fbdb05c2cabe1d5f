"""One training step in slow motion: which stage it is in, and how far that has come. Knows no widget.

The session computes everything of a step but its update at once; the stages then reveal what was computed in
the order in which it came about. Only the update really waits until its stage is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence

from bnstudio.gui.network.alignment import Slots, aligned, unaligned
from bnstudio.gui.slow_motion import stage_text
from bnstudio.gui.slow_motion.stage_text import MiniBatch
from bnstudio.gui.slow_motion.stages import Stage, reveal_at, row_reached
from bnstudio.training.digits import DigitsInspection
from bnstudio.training.gradient_flow import GradientFlowInspection
from bnstudio.training.snapshot import State

if TYPE_CHECKING:
    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.network.reveal import Reveal
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import HalfStep, RunSnapshot, Snapshot

ROW_MS, STAGE_MS = 150, 2_000
"""How long a row is lit, and how long all rows of a stage take at most."""


class SlowMotion(QObject):
    """Leads through the steps of `document`'s models; what is said is of the selected one."""

    begin_asked = Signal()
    """The session shall begin a step."""
    finish_asked = Signal()
    """The session shall do the rest of the step."""
    look_changed = Signal()
    """`inspections` returns another set."""
    reveal_changed = Signal(object)
    """The Reveal that the stacks shall show, or None."""
    changed = Signal()
    """There is something else to tell."""

    def __init__(self, document: ExperimentDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting = False
        self._looking_back = False
        self._obstacle = ""
        self._stage: Stage | None = None
        self._n_lit = 0
        self._runs: dict[str, RunSnapshot] = {}
        self._half_steps: dict[int, HalfStep] = {}
        self._finished: dict[int, HalfStep] = {}
        self._rates: dict[int | None, float] = {}
        self._reveal: Reveal | None = None
        self._wanted: frozenset[Inspection[Any]] = frozenset()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.advance)
        self.stage_action = self._make_action()
        document.opened.connect(self.end)
        document.experiment_changed.connect(self._tell)
        document.selected_changed.connect(self._tell)
        document.compared_changed.connect(self._tell)

    # What there is to tell

    @property
    def active(self) -> bool:
        """Whether a person goes through a step, or waits for one to begin."""
        return self._waiting or self._stage is not None

    @property
    def stage(self) -> Stage | None:
        """The stage that is shown; None before the first."""
        return self._stage

    @property
    def lighting(self) -> bool:
        """Whether the rows are being lit, one after the other."""
        return self._timer.isActive()

    @property
    def reveal(self) -> Reveal | None:
        """What of the step the stacks show; None where they show all."""
        return self._reveal

    @property
    def has_rest(self) -> bool:
        """Whether the update of the step that is shown is still to be made."""
        return self._stage is not None and self._stage < Stage.UPDATE

    @property
    def hindered(self) -> bool:
        """Whether no step can be begun; `text` says why."""
        return bool(self._obstacle)

    @property
    def mini_batch(self) -> MiniBatch | None:
        """What is known of the selected model's part in the step; None where it has none."""
        model = self._document.model
        run = self._runs.get(model.name)
        half_step = None if run is None else self._half_steps.get(run.run_id)
        if run is None or half_step is None:
            return None
        if run.readings is not None and run.readings.kinds != model.kinds:
            return None  # the model was edited, and is about to begin anew
        return MiniBatch.of(run, half_step, self._rates.get(model.colour, model.learning_rate))

    @property
    def text(self) -> str:
        """The sentence of the stage, or why there is none."""
        if self._obstacle or not self.active:
            return self._obstacle
        if self._waiting and self._looking_back:
            return self.tr("The window looks back: go to the latest step first.")
        if self._stage is None:
            return self.tr("Waiting for the mini-batch…")
        batch = self.mini_batch
        if batch is None:
            return self.tr("{model} takes no part in this step.").format(model=self._document.model.name)
        row = row_reached(self._reveal, self._slots) if self.lighting and self._reveal is not None else None
        sentence = stage_text.sentence(self._stage, batch, row)
        if self._document.compared is None:
            return sentence
        return self.tr("{model}: {sentence}").format(model=self._document.model.name, sentence=sentence)

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Return what has to be measured: nothing while nobody goes through a step."""
        return self._wanted

    # What a person does

    def go_on(self) -> None:
        """Light all rows at once where they are being lit; otherwise go to the next stage or step."""
        if self.lighting:
            self._timer.stop()
            self._tell()
        elif self.has_rest and self._stage is not None:
            self._enter(Stage(self._stage + 1))
        else:
            self._begin()

    def finish(self) -> None:
        """Do the rest of the step, and show all of it."""
        if self.has_rest:
            self._enter(Stage.UPDATE)

    def close(self) -> None:
        """Do the rest of the step, and be done."""
        self.finish()
        self.end()

    def end(self) -> None:
        """Be done; what is left of the step is done by whatever trains next."""
        self._waiting = False
        self._show_stage(None)

    def advance(self) -> None:
        """Light the next row."""
        self._n_lit += 1
        if self._n_lit > self._slots.n_slots:
            self._timer.stop()
        self._tell()

    # What the session says

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow what becomes of the step, after the stacks have shown `snapshot`."""
        if not self.active:
            return
        runs = {run.name: run for run in snapshot.runs if not run.replaced}
        self._looking_back = snapshot.at_step is not None
        if snapshot.state is State.FAILED or (self._looking_back and not self._waiting):
            self.end()
        elif self._looking_back:
            self._tell()
        elif self._document.model.name in runs:  # else it is being renamed, or the data is still being read
            self._runs = runs
            if self._waiting:
                self._look_for_half_steps(snapshot)
            elif self._is_left_behind(snapshot):
                self.end()
            else:
                self._follow_update()
                self._tell()

    def _look_for_half_steps(self, snapshot: Snapshot) -> None:
        begun = {run.run_id: run.half_step for run in self._runs.values() if run.half_step is not None}
        if begun and begun != self._finished:  # or the command to finish those is still on its way
            self._waiting = False
            self._half_steps = begun
            self._rates = {}
            self._enter(Stage.FORWARD)
            return
        training = snapshot.state is State.TRAINING
        obstacle = "" if training else self._find_obstacle(snapshot)
        if self._obstacle and not obstacle:
            self.end()
        elif obstacle and obstacle != self._obstacle:
            self._show_stage(None, obstacle)

    def _find_obstacle(self, snapshot: Snapshot) -> str:
        if snapshot.catch_up is not None:
            return self.tr("A model is catching up: let it finish first (Train).")
        if snapshot.state is State.STOPPED:
            return self.tr("There is no step to take: every model has diverged.")
        if snapshot.problem is not None:
            return self.tr("There is not enough memory to take a step.")
        return ""

    def _is_left_behind(self, snapshot: Snapshot) -> bool:
        """Return whether something else is being trained by now."""
        if snapshot.state is State.TRAINING or snapshot.catch_up is not None:
            return True
        run = self._runs[self._document.model.name]
        half_step = self._half_steps.get(run.run_id)
        if half_step is None:  # it started anew, unless it has diverged and takes no part
            return run.divergence is None
        return run.step + (run.half_step is not None) != half_step.step

    def _follow_update(self) -> None:
        """Show the update where somebody else has asked for it."""
        run = self._runs[self._document.model.name]
        if self.has_rest and run.half_step is None and run.divergence is None:
            self._note_update()

    # Stages

    @property
    def _slots(self) -> Slots:
        """Where the rows of the selected model stand, beside those of the other one where two are shown."""
        pair = self._document.pair
        stacks = [self._document.experiment.models[index].layers for index in pair]
        if len(stacks) == 1:
            return unaligned(len(stacks[0]) + 1)
        return aligned(stacks[0], stacks[1])[pair.index(self._document.selected)]

    def _begin(self) -> None:
        self._waiting = True
        self._obstacle = ""
        self._tell()  # has what will be shown measured, before it is there
        self.begin_asked.emit()

    def _enter(self, stage: Stage) -> None:
        if stage is Stage.UPDATE:
            self._note_update()
            self._tell()
            self.finish_asked.emit()
            return
        self._show_stage(stage)

    def _note_update(self) -> None:
        self._timer.stop()
        self._stage = Stage.UPDATE
        self._finished = self._half_steps
        # Commands are carried out in order, so that these are the rates that the update is made with.
        self._rates = {model.colour: model.learning_rate for model in self._document.experiment.models}

    def _show_stage(self, stage: Stage | None, obstacle: str = "") -> None:
        self._stage, self._obstacle = stage, obstacle
        if stage in (Stage.FORWARD, Stage.BACKWARD):
            self._n_lit = 1
            self._timer.start(min(ROW_MS, STAGE_MS // self._slots.n_slots))
        else:
            self._timer.stop()
        self._tell()

    # Telling

    def _make_action(self) -> QAction:
        action = QAction(self.tr("Step by st&ages"), self)
        action.setShortcut(QKeySequence("Shift+F10"))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(
            self.tr("Go through one training step: forward, loss, backward, update ({keys})").format(
                keys=keys
            )
        )
        action.triggered.connect(self.go_on)
        return action

    def _tell(self) -> None:
        """Say what has to be measured, what the stacks shall show, and that there is something to tell."""
        wanted: frozenset[Inspection[Any]] = frozenset()
        if self.active:
            name = self._document.model.name
            wanted = frozenset({DigitsInspection(name), GradientFlowInspection(name)})
        if wanted != self._wanted:
            self._wanted = wanted
            self.look_changed.emit()
        reveal = None
        if self._stage is not None:
            n_lit = self._n_lit if self.lighting else None
            reveal = reveal_at(self._stage, self._slots.n_slots, n_lit)
        if reveal != self._reveal:
            self._reveal = reveal
            self.reveal_changed.emit(reveal)
        self.changed.emit()
