"""Has threads write the document into files, one after the other, so that no slow folder holds the window up.

The document's clean mark goes to the very experiment that is written: what is edited meanwhile stays unsaved.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.document.storage import ExperimentFile, write_experiment
from bnstudio.gui.threaded_work import ThreadedWork

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from bnstudio.gui.experiment_document import ExperimentDocument


class ExperimentSaving(QObject):
    """Writes `document`."""

    lasting = Signal(str)
    """What takes long, for the status line; again and again, until it is done."""
    ended = Signal(Path, object, object)
    """A file was written, or not: the Future that has it or raises why, and what is to follow."""
    answered = Signal()
    """Whoever follows `ended` has been told."""

    def __init__(self, document: ExperimentDocument, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._work: ThreadedWork | None = None
        self._was_clean = False
        """Whether there was nothing to be saved when the writing began."""
        self._waiting: list[tuple[Path | None, Callable[[], None] | None]] = []
        """What else is to be written."""

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._work is not None

    def save(self, path: Path | None, then: Callable[[], None] | None) -> None:
        """Write the document as soon as nothing else is being written.

        Parameters
        ----------
        path
            Where to, whatever stands there; None is the document's own file, unless another program has
            changed it.
        then
            What is to follow; it is not called here, but handed on.
        """
        if self.busy:
            if (path, then) not in self._waiting:
                self._waiting.append((path, then))
            return
        before = None
        if path is None:
            assert self._document.file is not None
            path, before = self._document.file
        text = self.tr("Saving {name}…").format(name=path.name)
        self._work = ThreadedWork(partial(write_experiment, self._document.experiment, path, before), self)
        self._work.lasting.connect(lambda: self.lasting.emit(text))
        self._work.ended.connect(partial(self._on_ended, path, then))
        self._was_clean = self._document.undo_stack.isClean()
        self._document.undo_stack.setClean()

    def _on_ended(self, path: Path, then: Callable[[], None] | None, outcome: Future[ExperimentFile]) -> None:
        self._work = None
        waiting, self._waiting = self._waiting, []
        if outcome.exception() is None:
            self._document.set_file(outcome.result())
        else:
            is_own = path == self._document.path
            if not self._was_clean or is_own:
                self._document.undo_stack.resetClean()
            if is_own:  # it would fail again
                waiting = [save for save in waiting if save[0] is not None]
        for save in waiting:
            self.save(*save)
        self.ended.emit(path, outcome, then)
        self.answered.emit()
