"""What somebody does about menus, messages and dialogs that have popped up."""

from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QLineEdit, QMenu, QMessageBox
from soak_hands import KEYS, LEFT, Hands, is_quit, name_of


class Answers(Hands):
    """Saves and opens files in `folder` alone."""

    folder: Path
    files: list[Path]
    """That can be chosen to be opened; not all are there, or experiments."""

    def put_away(self):
        """Close popups and dialogs."""
        for _ in range(20):
            popup = QApplication.activePopupWidget()
            if popup is not None:
                popup.close()
            for dialog in self._dialogs():
                if isinstance(dialog, QMessageBox) or not dialog.close():
                    dialog.reject()
            yield 20
            if QApplication.activePopupWidget() is None and not self._dialogs():
                return

    def answer_popup(self, popup):
        if not isinstance(popup, QMenu) or self._random.random() < 0.3:
            self._note(f"Escape in {name_of(popup)}")
            QTest.keyClick(popup, KEYS.Key_Escape)
            yield 0
            if QApplication.activePopupWidget() is popup:
                popup.close()
            return
        for _ in range(self._random.randrange(1, 8)):
            QTest.keyClick(popup, KEYS.Key_Down)
        action = popup.activeAction()
        if action is None or is_quit(action):
            self._note("close a menu")
            popup.close()
            return
        self._note(f"Enter in a menu on {action.text()!r}")
        QTest.keyClick(popup, KEYS.Key_Return)
        yield 0

    def _answer_dialog(self, dialog):
        if isinstance(dialog, QMessageBox):
            button = self._random.choice(dialog.buttons())
            self._note(f"{dialog.text()!r}: {button.text()!r}")
            QTest.mouseClick(button, LEFT)
            yield 0
        elif isinstance(dialog, QFileDialog):
            yield from self._answer_file_dialog(dialog)
        elif self._random.random() < 0.5:
            self._note(f"Escape in {name_of(dialog)}")
            QTest.keyClick(dialog, KEYS.Key_Escape)
            yield 0
        else:
            buttons = self._buttons(*dialog.findChildren(QAbstractButton))
            if self._random.random() < 0.5 and buttons:
                self._click(self._random.choice(buttons), f" in {name_of(dialog)}")
            else:
                self._note(f"keys in {name_of(dialog)}")
                for _ in range(5):
                    key = self._random.choice((KEYS.Key_Down, KEYS.Key_Right, KEYS.Key_Tab, KEYS.Key_Home))
                    QTest.keyClick(dialog.focusWidget() or dialog, key)
            yield 0

    def _answer_file_dialog(self, dialog):
        if self._random.random() < 0.25:
            self._note("Escape in a file dialog")
            QTest.keyClick(dialog, KEYS.Key_Escape)
            yield 0
            return
        saves = dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
        if saves:
            stem = f"{self._random.choice('abcdefgh')}{self._random.choice(('', '', '.png', '.svg', '.csv'))}"
            path = self.folder / "saved" / stem
        else:
            path = self._random.choice(self.files)
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        self._note(f"{dialog.windowTitle()}: {path.name}")
        field.setText(str(path))
        yield 20
        QTest.keyClick(field, KEYS.Key_Return)
        yield 0
