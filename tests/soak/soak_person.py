"""Somebody who does one thing after another at random, with mouse and keys on the widgets of the window.

Each action is a generator of pauses in milliseconds, so that a drag takes as long as a drag does, and notes
what it does before it does it. It knows where things are in the window, not what they should do.
"""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QInputMethodEvent,
    QKeySequence,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSplitterHandle,
    QWidget,
)

from bnstudio.document.storage import write_experiment
from bnstudio.gui.movable_rows_view import MovableRowsView

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
KEYS = Qt.Key
NO_MODIFIER = Qt.KeyboardModifier.NoModifier
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


class Person:
    """Works with `window`, and saves and opens files in `folder` alone."""

    def __init__(self, window, random, folder: Path, note) -> None:
        self._window, self._random, self._folder, self._note = window, random, folder, note
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
                self._note(f"notice: {name_of(answer)}")
                QTest.mouseClick(answer, LEFT)
            else:
                yield from self._random.choice((self._type_rate, self._drag_rate, self._look_back))()

    # What pops up

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
            buttons = [b for b in dialog.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
            if self._random.random() < 0.5 and buttons:
                button = self._random.choice(buttons)
                self._note(f"{name_of(button)} in {name_of(dialog)}")
                QTest.mouseClick(button, LEFT)
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
            path = self._folder / "saved" / stem
        else:
            path = self._random.choice(self._files)
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        self._note(f"{dialog.windowTitle()}: {path.name}")
        field.setText(str(path))
        yield 20
        QTest.keyClick(field, KEYS.Key_Return)
        yield 0

    # Training

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
            buttons = (bar.next_button, bar.finish_button, bar.close_button, bar.help_button)
            seen = [button for button in buttons if button.isVisible() and button.isEnabled()]
            if seen and self._random.random() < 0.5:
                button = self._random.choice(seen)
                self._note(f"stages: {name_of(button)}")
                QTest.mouseClick(button, LEFT)
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
        buttons = (
            notice.answer_button,
            notice.answer_button,
            notice.details_button,
            notice.close_button,
            window.catch_up_bar.cancel_button,
            *study.findChildren(QAbstractButton),
        )
        seen = [button for button in buttons if button.isVisible() and button.isEnabled()]
        if seen:
            button = self._random.choice(seen)
            self._note(f"notice: {name_of(button)}")
            QTest.mouseClick(button, LEFT)
        else:
            yield from self._type_rate()
        yield 0

    def _change_pace(self):
        combo = self._window.control_bar.pace_combo
        key = self._random.choice((KEYS.Key_Up, KEYS.Key_Down, KEYS.Key_Home, KEYS.Key_Home))
        self._note(f"pace: {key.name}")
        QTest.keyClick(combo, key)
        yield 0

    # Edits

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

    # Looking

    def _look_back(self):
        bar = self._window.timeline_bar
        if not bar.isVisible():
            yield from self._train_or_pause()
            return
        what = self._random.randrange(4)
        if what == 0:
            yield from self._drag(bar.slider, "the timeline")
        elif what == 1 and bar.live_button.isVisible() and bar.live_button.isEnabled():
            self._note("live")
            QTest.mouseClick(bar.live_button, LEFT)
        else:
            keys = ("Left", "Left", "Right", "Home", "End", "PgUp", "PgDown", "Esc")
            bar.slider.setFocus()
            for _ in range(self._random.randrange(1, 4)):
                yield from self._press(self._random.choice(keys), bar.slider)
                yield 20

    def _turn_tab(self):
        bar = self._window.instruments.bar
        index = self._random.randrange(bar.count())
        self._note(f"tab {bar.tabText(index)}")
        QTest.mouseClick(bar, LEFT, NO_MODIFIER, bar.tabRect(index).center())
        yield self._random.choice((0, 100))
        panel = self._window.instruments._stack.currentWidget()
        buttons = [b for b in panel.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
        if buttons:
            button = self._random.choice(buttons)
            self._note(f"{name_of(button)} in it")
            QTest.mouseClick(button, LEFT)
        yield 0

    def _draw(self):
        panel = self._window.instruments.try_it_panel
        self._window.instruments.show_panel(panel)
        yield 20
        panel.switch.choose(self._random.randrange(4))
        yield 50
        page = panel.example_page
        if page.isVisible() and page.draws:
            yield from self._drag(
                page.surface, "on the drawing surface", self._random.choice((LEFT, LEFT, RIGHT))
            )
        elif page.isVisible():
            yield from self._type(
                page.number_field, self._random.choice(("0", "17", "9999", "10000", "123456"))
            )

    def _press_any_button(self):
        buttons = [
            button
            for button in self._window.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled()
        ]
        button = self._random.choice(buttons)
        self._note(f"click {name_of(button)}")
        QTest.mouseClick(button, LEFT)
        yield 0

    def _click_anywhere(self):
        widget, place = self._anywhere()
        button = LEFT if self._random.random() < 0.9 else Qt.MouseButton.MiddleButton
        double = self._random.random() < 0.2
        self._note(f"{'double ' if double else ''}click {name_of(widget)} at {place.toTuple()}")
        QTest.mouseClick(widget, button, NO_MODIFIER, place)
        if double:
            QTest.mouseDClick(widget, button, NO_MODIFIER, place)
        yield 0

    def _press_keys(self):
        keys = (
            "Tab",
            "Shift+Tab",
            "Space",
            "Up",
            "Down",
            "Left",
            "Right",
            "Home",
            "End",
            "PgUp",
            "PgDown",
            "Esc",
            "+",
            "-",
            "L",
            "[",
            "]",
            "Ctrl+Left",
            "Shift+Right",
            "Return",
            "Ctrl+I",
            "F1",
            "Menu",
        )
        for _ in range(self._random.randrange(1, 5)):
            if QApplication.activePopupWidget() is not None or QApplication.activeModalWidget() is not None:
                return
            yield from self._press(self._random.choice(keys), QApplication.focusWidget() or self._window)
            yield 10

    def _hover(self):
        widget, place = self._anywhere()
        self._note(f"hover over {name_of(widget)} at {place.toTuple()}")
        move_mouse(widget, place)
        yield 30
        if is_alive(widget) and widget.isVisible():
            tip = QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place))
            QApplication.sendEvent(widget, tip)
        yield 0

    def _turn_wheel(self):
        widget, place = self._anywhere()
        delta = self._random.choice((120, -120, 480, -480))
        self._note(f"wheel {delta} over {name_of(widget)} at {place.toTuple()}")
        where = QPointF(place)
        modifiers = self._random.choice((NO_MODIFIER, NO_MODIFIER, Qt.KeyboardModifier.ControlModifier))
        wheel = QWheelEvent(
            where,
            widget.mapToGlobal(where),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, wheel)
        yield 0

    def _drag_anywhere(self):
        handles = [h for h in self._window.findChildren(QSplitterHandle) if h.isVisible()]
        curves = [
            p.view for p in (self._window.loss_panel, self._window.accuracy_panel) if p.view.isVisible()
        ]
        widgets = [*handles, *(curve.viewport() for curve in curves)]
        if not widgets:
            return
        widget = self._random.choice(widgets)
        yield from self._drag(widget, name_of(widget), reach=150)

    def _ask_context_menu(self):
        widget, place = self._anywhere()
        self._note(f"context menu of {name_of(widget)} at {place.toTuple()}")
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, widget.mapToGlobal(place))
        # A QLineEdit's own would be run in an event loop of its own by some styles; theirs are Qt's business.
        if not isinstance(widget, QLineEdit):
            QApplication.sendEvent(widget, event)
        yield 0

    def _trigger_menu_action(self):
        menus = [action.menu() for action in self._window.menuBar().actions() if action.menu() is not None]
        menu = self._random.choice(menus)
        for _ in range(3):
            menu.aboutToShow.emit()
            actions = [a for a in menu.actions() if not a.isSeparator() and a.isEnabled() and not is_quit(a)]
            menu.aboutToHide.emit()
            if not actions:
                return
            action = self._random.choice(actions)
            if action.menu() is None:
                break
            menu = action.menu()
        self._trigger(action)
        yield 0

    def _resize(self):
        size = self._random.randrange(800, 1900), self._random.randrange(600, 1060)
        self._note(f"resize to {size}")
        if self._random.random() < 0.2:
            self._window.showMaximized()
            yield 200
        self._window.showNormal()
        self._window.resize(*size)
        yield 50

    def _minimize(self):
        self._note("minimize and show again")
        self._window.showMinimized()
        yield self._random.choice((100, 1500))
        self._window.showNormal()
        self._window.activateWindow()
        yield 100

    def _wait(self):
        self._note("watch for some seconds")
        yield self._random.choice((300, 1000, 3000))

    # Files

    def _make_files(self) -> None:
        (self._folder / "saved").mkdir()
        good = self._folder / "good.bnstudio"
        write_experiment(self._window._document.experiment, good)
        text = good.read_text()
        bad = {"broken": text[: len(text) // 2], "newer": text.replace('"version": 1', '"version": 2')}
        self._files = [good, good, self._folder / "missing.bnstudio"]
        for name, content in bad.items():
            path = self._folder / f"{name}.bnstudio"
            path.write_text(content)
            self._files.append(path)

    def _open_file(self):
        path = self._random.choice(self._files)
        self._note(f"drop {path.name}")
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, mime, LEFT, NO_MODIFIER)
        QApplication.sendEvent(self._window, event)
        yield 0

    def _is_too_large(self) -> bool:
        """Whether the models have become so large that nothing else would be seen any more."""
        experiment = self._window._document.experiment
        work = experiment.batch_size * sum(model.n_parameters for model in experiment.models)
        return work > 3e9 and self._random.random() < 0.1

    def _open_small_preset(self):
        self._note("preset R6, for these models take long")
        self._window.files.open_preset("R6")
        yield 0

    # How

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

    def _stack_view(self):
        columns = self._window.network_panel._shown_columns
        return self._random.choice(columns).view

    def _anywhere(self):
        window = self._window
        place = QPoint(self._random.randrange(window.width()), self._random.randrange(window.height()))
        widget = window.childAt(place) or window
        return widget, widget.mapFrom(window, place)

    def _dialogs(self) -> list[QDialog]:
        return [d for d in QApplication.topLevelWidgets() if isinstance(d, QDialog) and d.isVisible()]


def move_mouse(widget: QWidget, place: QPoint, button=Qt.MouseButton.NoButton) -> None:
    """Move the mouse: `QTest.mouseMove` cannot say with which button down."""
    from PySide6.QtGui import QMouseEvent

    where = QPointF(place)
    move = QEvent.Type.MouseMove
    event = QMouseEvent(move, where, widget.mapToGlobal(where), Qt.MouseButton.NoButton, button, NO_MODIFIER)
    QApplication.sendEvent(widget, event)


def is_alive(widget: QWidget) -> bool:
    from shiboken6 import Shiboken

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
