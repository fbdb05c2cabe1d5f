"""How somebody uses mouse and keys on a widget, and what is to be noted of it.

Everything that takes time is a generator of pauses in milliseconds.
"""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputMethodEvent, QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QDialog, QWidget
from shiboken6 import Shiboken

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
KEYS = Qt.Key
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class Hands:
    """Work on `window`; `random` decides what is left open, and `note` is told before anything is done."""

    def __init__(self, window, random, note) -> None:
        self._window, self._random, self._note = window, random, note

    def _trigger(self, action) -> None:
        self._note(f"action {action.text()!r}{'' if action.isEnabled() else ' (disabled)'}")
        action.trigger()

    def _press(self, keys: str, widget):
        self._note(f"key {keys} in {name_of(widget)}")
        combination = QKeySequence(keys)[0]
        QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())
        yield 0

    def _type(self, field, text: str):
        if not field.isVisible():
            return
        self._note(f"type {text!r} into {name_of(field)}")
        field.setFocus()
        field.selectAll()
        if text.isascii():
            QTest.keyClicks(field, text)
        else:  # there are no keys for it: it comes from an input method
            composed = QInputMethodEvent()
            composed.setCommitString(text)
            QApplication.sendEvent(field, composed)
        yield self._random.choice((0, 100))
        key = self._random.choice((KEYS.Key_Return, KEYS.Key_Return, KEYS.Key_Tab, KEYS.Key_Escape))
        if is_alive(field) and field.isVisible():
            QTest.keyClick(field, key)

    def _drag(self, widget, what: str, button=LEFT, reach: int = 2000):
        if not widget.isVisible() or widget.width() < 2 or widget.height() < 2:
            return
        self._note(f"drag {what}")
        width, height = widget.width(), widget.height()
        x, y = self._random.randrange(width), self._random.randrange(height)
        QTest.mousePress(widget, button, NO_MODIFIER, QPoint(x, y))
        for _ in range(self._random.randrange(2, 16)):
            yield self._random.choice((5, 16, 50))
            x = min(max(x + self._random.randrange(-min(reach, width), min(reach, width)), 0), width - 1)
            y = min(max(y + self._random.randrange(-min(reach, height), min(reach, height)), 0), height - 1)
            move_mouse(widget, QPoint(x, y), button)
        QTest.mouseRelease(widget, button, NO_MODIFIER, QPoint(x, y))

    def _anywhere(self):
        window = self._window
        place = QPoint(self._random.randrange(window.width()), self._random.randrange(window.height()))
        widget = window.childAt(place) or window
        return widget, widget.mapFrom(window, place)

    def _stack_view(self):
        columns = self._window.network_panel._shown_columns
        return self._random.choice(columns).view

    def _dialogs(self) -> list[QDialog]:
        return [d for d in QApplication.topLevelWidgets() if isinstance(d, QDialog) and d.isVisible()]

    def _click(self, button: QAbstractButton, where: str = "") -> None:
        self._note(f"click {name_of(button)}{where}")
        QTest.mouseClick(button, LEFT)

    def _buttons(self, *buttons: QAbstractButton) -> list[QAbstractButton]:
        """Return those that can be clicked."""
        return [button for button in buttons if button.isVisible() and button.isEnabled()]


def move_mouse(widget: QWidget, place: QPoint, button=Qt.MouseButton.NoButton) -> None:
    """Move the mouse: `QTest.mouseMove` cannot say with which button down."""

    where = QPointF(place)
    move = QEvent.Type.MouseMove
    event = QMouseEvent(move, where, widget.mapToGlobal(where), Qt.MouseButton.NoButton, button, NO_MODIFIER)
    QApplication.sendEvent(widget, event)


def is_alive(widget: QWidget) -> bool:

    return Shiboken.isValid(widget)


def is_quit(action) -> bool:
    return action.text().replace("&", "") == "Quit"


def name_of(widget: QWidget) -> str:
    """Return what one finds it again by in the log."""
    text = getattr(widget, "text", "")
    said = widget.accessibleName() or (text() if callable(text) else str(text)) or widget.objectName()
    kind = type(widget).__name__
    if not said and isinstance(widget.parent(), QAbstractScrollArea):
        kind = f"{type(widget.parent()).__name__}'s {kind}"
    return f"{kind} {said[:40]!r}" if said else kind
