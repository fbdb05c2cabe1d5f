"""Somebody who does one thing after another at random, with mouse and keys on the widgets of the window.

Each action is a generator of pauses in milliseconds, so that a drag takes as long as a drag does, and notes
what it does before it does it. All of them know where things are in the window, not what they should do.
"""

from pathlib import Path

from PySide6.QtWidgets import QApplication
from soak_answers import Answers
from soak_edits import Edits
from soak_looks import Looks
from soak_trains import Trains

from bnstudio.document.storage import write_experiment


class Person(Answers, Trains, Edits, Looks):
    """Works with `window`, and saves and opens files in `folder` alone."""

    def __init__(self, window, random, folder: Path, note) -> None:
        super().__init__(window, random, note)
        self.folder = folder
        self._make_files()
        often, usually, seldom = 6, 3, 1
        self._choices = [
            (often, self._train_or_pause),
            (often, self._train_by_key),
            (often, self._step),
            (usually, self._stage),
            (usually, self._restart_or_seed),
            (usually, self._type_rate),
            (usually, self._drag_rate),
            (often, self._edit_stack_by_key),
            (often, self._select_row),
            (usually, self._change_units),
            (seldom, self._move_rows_by_mouse),
            (usually, self._undo_or_redo),
            (usually, self._edit_setup),
            (often, self._edit_models),
            (often, self._look_back),
            (often, self._turn_tab),
            (often, self._draw),
            (often, self._press_any_button),
            (usually, self._click_anywhere),
            (usually, self._press_keys),
            (usually, self._hover),
            (usually, self._turn_wheel),
            (usually, self._drag_anywhere),
            (usually, self._ask_context_menu),
            (often, self._trigger_menu_action),
            (usually, self._answer_notice),
            (seldom, self._resize),
            (seldom, self._minimize),
            (seldom, self._open_file),
            (seldom, self._change_pace),
            (seldom, self._wait),
        ]

    def act(self):
        """Return the next action: an answer to what has popped up, or else any."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            return self.answer_popup(popup)
        dialogs = self._dialogs()
        modal = QApplication.activeModalWidget()
        if modal is not None:
            return self._answer_dialog(modal)
        if dialogs and self._random.random() < 0.3:
            return self._answer_dialog(self._random.choice(dialogs))
        if self._is_too_large():
            return self._open_small_preset()
        weights = [weight for weight, _ in self._choices]
        ((_, action),) = self._random.choices(self._choices, weights)
        return action()

    def rest(self):
        """Close everything and open the preset S3, live, with normal text."""
        yield from self.put_away()
        self._note("rest: preset S3")
        window = self._window
        window._appearance.restore_text()
        window.showNormal()
        window._document.undo_stack.setClean()
        window.files.open_preset("S3")
        window.timeline_bar.go_live()
        yield 100

    def train_for_a_while(self):
        """Train some steps without an edit that begins anew, so that there is something to compare."""
        window = self._window
        window.control_bar.pace_combo.setCurrentIndex(0)
        for _ in range(self._random.randrange(1, 4)):
            if not window.control_bar.training:
                yield from self._press("F5", window)
            yield self._random.choice((200, 600))
            answer = window.notice_bar.answer_button
            if answer.isVisible() and self._random.random() < 0.7:
                self._click(answer, " of a notice")
            else:
                yield from self._random.choice((self._type_rate, self._drag_rate, self._look_back))()

    def _make_files(self) -> None:
        (self.folder / "saved").mkdir()
        good = self.folder / "good.bnstudio"
        write_experiment(self._window._document.experiment, good)
        text = good.read_text()
        bad = {"broken": text[: len(text) // 2], "newer": text.replace('"version": 1', '"version": 2')}
        self.files = [good, good, self.folder / "missing.bnstudio"]
        for name, content in bad.items():
            path = self.folder / f"{name}.bnstudio"
            path.write_text(content)
            self.files.append(path)

    def _is_too_large(self) -> bool:
        """Whether the models have become so large that nothing else would be seen any more."""
        experiment = self._window._document.experiment
        work = experiment.batch_size * sum(model.n_parameters for model in experiment.models)
        return work > 3e9 and self._random.random() < 0.1

    def _open_small_preset(self):
        self._note("preset R6, for these models take long")
        self._window.files.open_preset("R6")
        yield 0
