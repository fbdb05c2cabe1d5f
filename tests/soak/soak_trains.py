"""Training: begin, pause, step, step by stages, restart, and what the bars above the panels ask."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from soak_hands import KEYS, LEFT, Hands


class Trains(Hands):
    def _train_or_pause(self):
        self._note("click Train or Pause")
        QTest.mouseClick(self._window.control_bar.train_button, LEFT)
        yield self._random.choice((0, 0, 100, 400))

    def _train_by_key(self):
        yield from self._press("F5", self._window)
        yield self._random.choice((0, 0, 100, 400))

    def _step(self):
        for _ in range(self._random.choice((1, 1, 2, 5))):
            yield from self._press("F10", self._window)
            yield self._random.choice((0, 30))

    def _stage(self):
        bar, action = self._window.slow_motion_bar, self._window.slow_motion.stage_action
        for _ in range(self._random.choice((1, 3, 8))):
            buttons = self._buttons(bar.next_button, bar.finish_button, bar.close_button, bar.help_button)
            if buttons and self._random.random() < 0.5:
                self._click(self._random.choice(buttons), " of the stages")
            else:
                self._note("next stage")
                action.trigger()
            if QApplication.activePopupWidget() is not None:
                return
            yield self._random.choice((10, 100))

    def _restart_or_seed(self):
        yield from self._press(
            self._random.choice(("Ctrl+R", "Ctrl+R", "Ctrl+Shift+R", "Shift+F5")), self._window
        )

    def _answer_notice(self):
        window = self._window
        notice, study = window.notice_bar, window.study_bar
        buttons = self._buttons(
            notice.answer_button,
            notice.answer_button,
            notice.details_button,
            notice.close_button,
            window.catch_up_bar.cancel_button,
            window.recovery_bar.answer_button,
            window.recovery_bar.close_button,
            *study.findChildren(QAbstractButton),
        )
        if buttons:
            self._click(self._random.choice(buttons), " of a notice")
        yield 0

    def _change_pace(self):
        combo = self._window.control_bar.pace_combo
        key = self._random.choice((KEYS.Key_Up, KEYS.Key_Down, KEYS.Key_Home, KEYS.Key_Home))
        self._note(f"pace: {key.name}")
        QTest.keyClick(combo, key)
        yield 0

    def _wait(self):
        self._note("watch for some seconds")
        yield self._random.choice((300, 1000, 3000))
