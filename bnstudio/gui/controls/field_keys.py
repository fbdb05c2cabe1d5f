"""Small habits of the window's entry fields, as event filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

_UNDO_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class _DocumentUndo(QObject):
    """Leaves Undo and Redo to the document while nothing has been typed into the field since its last edit.

    A line edit claims both keys even when it has nothing to take back, and a spin box asks its line edit.
    """

    def take_typed_text(self) -> None:
        """Take what stands there as the document's: Undo is no longer about typing."""
        self._line_edit().setModified(False)

    def _line_edit(self) -> QLineEdit:
        return cast("QLineEdit", self.parent())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not self._line_edit().isModified()
            and any(event.matches(key) for key in _UNDO_KEYS)
        ):
            event.ignore()
            return True
        return False


class _NoStrayWheel(QObject):
    """Lets the wheel turn a field only when the field has the focus: scrolling past must edit nothing."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class _Escape(QObject):
    """Takes typed text back with Escape."""

    def __init__(self, parent: QObject, show_document: Callable[[], None]) -> None:
        super().__init__(parent)
        self._show_document = show_document

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self._show_document()
            return True
        return False


def tame_field(field: QAbstractSpinBox | QComboBox | QLineEdit, show_document: Callable[[], None]) -> None:
    """Give an entry field the habits of this window.

    Undo and Redo go to the document unless something was just typed, the wheel needs the focus, Escape calls
    `show_document`, which puts the document's value back.
    """
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_NoStrayWheel(field))
    line_edit = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
    if line_edit is None:
        return
    document_undo = _DocumentUndo(line_edit)
    for widget in (field, line_edit):
        widget.installEventFilter(document_undo)
    field.installEventFilter(_Escape(field, show_document))
    if not isinstance(field, QComboBox):
        field.editingFinished.connect(document_undo.take_typed_text)
