"""Edits: rates, setup, stack, models, undo, and another document."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from soak_hands import KEYS, LEFT, NO_MODIFIER, Hands, name_of

from bnstudio.gui.movable_rows_view import MovableRowsView

BATCH_SIZES = ("2", "7", "30", "100", "100", "100", "256", "1000", "1", "99999999", "x")
EPOCHS = ("1", "2", "5", "5", "50", "10000", "0", "10001")
SEEDS = ("0", "1", "12345", "4294967295", "99999999999", "-3")
RATES = (
    "1e-6",
    "0.001",
    "0.01",
    "0.1",
    "0.1",
    "0.5",
    "0.5",
    "1",
    "5",
    "1000",
    "1e6",
    "0",
    "1e9",
    "0,25",
    "1e-310",
)
NAMES = ("a", "b", "S6", "con", "x/y", "", "  z  ", "層の名前", "<b>&amp;%1", "w" * 60, "A", "S6_BN_lr")
STANDARD_DEVIATIONS = ("0.01", "0.1", "1", "1000", "1e6", "1e-30", "0")
UNITS = ("1", "2", "10", "30", "100", "300", "300", "600", "0", "5000", "1e3")
MOST_ROWS = 24
"""Rows that a model is allowed to grow to here; a hundred of them train too slowly to see anything else."""


class Edits(Hands):
    def _type_rate(self):
        yield from self._type(self._window.control_bar.learning_rate_editor.field, self._random.choice(RATES))

    def _drag_rate(self):
        yield from self._drag(self._window.control_bar.learning_rate_editor.slider, "the learning rate")

    def _edit_setup(self):
        setup = self._window.setup_panel
        what = self._random.randrange(7)
        if what == 0:
            yield from self._type(setup.batch_size_field, self._random.choice(BATCH_SIZES))
        elif what == 1:
            yield from self._type(setup.epochs_field, self._random.choice(EPOCHS))
        elif what == 2:
            yield from self._type(setup.seed_field, self._random.choice(SEEDS))
        elif what == 3:
            yield from self._type(setup.name_field, self._random.choice(NAMES))
        elif what == 4:
            yield from self._type(setup.std_field, self._random.choice(STANDARD_DEVIATIONS))
        elif what == 5:
            fields = (setup.batch_size_field, setup.epochs_field, setup.seed_field, setup.std_field)
            field = self._random.choice(fields)
            key = self._random.choice((KEYS.Key_Up, KEYS.Key_Down))
            self._note(f"{key.name} in {name_of(field)}")
            for _ in range(self._random.randrange(1, 5)):
                QTest.keyClick(field, key)
                yield 10
        else:
            self._note("another weight initialization")
            setup.init_combo.setFocus()
            QTest.keyClick(setup.init_combo, self._random.choice((KEYS.Key_Up, KEYS.Key_Down)))
        yield 0

    def _edit_stack_by_key(self):
        view = self._stack_view()
        view.setFocus()
        rows = view.model().rowCount()
        keys = [
            "Delete",
            "Alt+Up",
            "Alt+Down",
            "Shift+Down",
            "Shift+Up",
            "Up",
            "Down",
            "Home",
            "End",
            "Ctrl+U",
        ]
        if rows < MOST_ROWS:
            keys += [f"Ctrl+{i}" for i in (1, 2, 3, 4)] + [f"Ctrl+Shift+{i}" for i in (1, 2, 3, 4)]
            keys += ["Ctrl+D", "Ctrl+Shift+D"]
        else:
            keys += ["Delete"] * 10
        yield from self._press(self._random.choice(keys), view)

    def _select_row(self):
        view = self._stack_view()
        places = view.places
        row = self._random.randrange(view.model().rowCount())
        y = places.top_of(row) + view.stack_geometry.row_height // 2
        x = self._random.randrange(view.viewport().width())
        if 0 <= y < view.viewport().height():
            self._note(f"click row {row} at {x}")
            modifiers = self._random.choice((NO_MODIFIER, NO_MODIFIER, Qt.KeyboardModifier.ShiftModifier))
            QTest.mouseClick(view.viewport(), LEFT, modifiers, QPoint(x, int(y)))
        yield 0

    def _change_units(self):
        view = self._stack_view()
        model = view.model()
        dense = [row for row in range(model.n_hidden) if model.row(row).kind == "dense"]
        if not dense:
            return
        row = self._random.choice(dense)
        view.setFocus()
        view.select_rows(row, row)
        QTest.keyClick(view, KEYS.Key_F2)
        yield 20
        editor = QApplication.focusWidget()
        if editor is None or not view.isAncestorOf(editor) or editor is view:
            return
        text = self._random.choice(UNITS) if self._random.random() > 0.02 else "4096"
        self._note(f"units of row {row}: {text}")
        QTest.keyClick(editor, KEYS.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, self._random.choice((KEYS.Key_Return, KEYS.Key_Return, KEYS.Key_Escape)))
        yield 0

    def _move_rows_by_mouse(self):
        """Drop a row elsewhere: a real drag would block in an event loop of its own."""
        view = self._random.choice([v for v in self._window.findChildren(MovableRowsView) if v.isVisible()])
        model = view.model()
        row = self._random.randrange(model.rowCount())
        mime = model.mimeData([model.index(row)])
        if mime is None:
            return
        viewport = view.viewport()
        place = QPointF(10, self._random.randrange(viewport.height()))
        self._note(f"drag row {row} of {name_of(view)} to {place.y():.0f}")
        move = Qt.DropAction.MoveAction
        QApplication.sendEvent(viewport, QDragEnterEvent(place.toPoint(), move, mime, LEFT, NO_MODIFIER))
        QApplication.sendEvent(viewport, QDragMoveEvent(place.toPoint(), move, mime, LEFT, NO_MODIFIER))
        yield 20
        QApplication.sendEvent(viewport, QDropEvent(place, move, mime, LEFT, NO_MODIFIER))

    def _undo_or_redo(self):
        keys = self._random.choice(("Ctrl+Z", "Ctrl+Z", "Ctrl+Y"))
        for _ in range(self._random.choice((1, 1, 4, 15))):
            yield from self._press(keys, self._window)
            yield self._random.choice((0, 0, 20))

    def _edit_models(self):
        actions, view = self._window.models_panel._actions, self._window.models_panel._view
        view.setFocus()
        what = self._random.randrange(10)
        if what == 0:
            choices = actions.add_menu.actions()
            self._trigger(self._random.choice([a for a in choices if not a.isSeparator()]))
        elif what == 1:
            actions.compare_menu.aboutToShow.emit()
            self._trigger(self._random.choice(actions.compare_menu.actions()))
        elif what == 2:
            self._trigger(self._random.choice([a for a in actions.in_context_menu_order() if a is not None]))
        elif what == 3:
            self._note("rename in the list")
            QTest.keyClick(view, KEYS.Key_F2)
            yield 20
            editor = QApplication.focusWidget()
            if isinstance(editor, QLineEdit):
                editor.setText(self._random.choice(NAMES))
                QTest.keyClick(editor, self._random.choice((KEYS.Key_Return, KEYS.Key_Escape)))
        elif what == 4:
            place = QPoint(
                self._random.randrange(view.viewport().width()),
                self._random.randrange(view.viewport().height()),
            )
            self._note(f"click at {place.toTuple()} in the list of models")
            QTest.mouseClick(view.viewport(), LEFT, NO_MODIFIER, place)
        else:
            keys = (
                "Ctrl+PgUp",
                "Ctrl+PgDown",
                "Down",
                "Up",
                "Space",
                "Delete",
                "Ctrl+Shift+M",
                "Return",
                "Alt+Up",
            )
            yield from self._press(self._random.choice(keys), view)
        yield 0

    def _open_file(self):
        path = self._random.choice(self.files)
        self._note(f"drop {path.name}")
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, mime, LEFT, NO_MODIFIER)
        QApplication.sendEvent(self._window, event)
        yield 0
