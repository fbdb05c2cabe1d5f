"""Looking: the past, tabs and their pages, drawing, and clicks, keys and wheels on anything in the window."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QSplitterHandle
from soak_hands import LEFT, NO_MODIFIER, RIGHT, Hands, is_alive, is_quit, move_mouse, name_of


class Looks(Hands):
    def _look_back(self):
        bar = self._window.timeline_bar
        if not bar.isVisible():
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
        buttons = self._buttons(*panel.findChildren(QAbstractButton))
        if buttons:
            self._click(self._random.choice(buttons), " in it")
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
        self._click(self._random.choice(self._buttons(*self._window.findChildren(QAbstractButton))))
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
        widgets = [*handles, *curves]
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
