"""The Models panel, with real keys and clicks."""

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragMoveEvent, QDropEvent, QImage, QRegion
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from bnstudio.document.experiment import DenseSpec, Experiment
from bnstudio.document.presets import load_preset
from bnstudio.gui.curves.run_histories import RunHistories
from bnstudio.gui.experiment_document import ExperimentDocument
from bnstudio.gui.models.model_list_view import ModelListView
from bnstudio.gui.models.models_panel import ModelsPanel
from bnstudio.gui.models.row_geometry import RowGeometry
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from bnstudio.training.snapshot import Divergence
from tests.gui.model_experiments import experiment_of, run_news, small_model, snapshot_of_runs

CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT = Qt.MouseButton.LeftButton
popup = pytest.mark.qt_log_ignore("does not support raise", "does not support grabbing")
"""Without a screen there is nothing to raise a menu above, and no keyboard to grab."""


class Recorder(QObject):
    """Notes the regions of a widget that are painted, and the keys that nobody below it used."""

    def __init__(self):
        super().__init__()
        self.painted = []
        self.keys = []

    def eventFilter(self, watched, event):  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.painted.append(QRegion(event.region()))
        elif event.type() == QEvent.Type.KeyPress:
            self.keys.append(event.key())
        return False


class Bench:
    """A panel in a window, with the focus on its list."""

    def __init__(self, qtbot, experiment, width=180, height=600):
        self.qtbot = qtbot
        self.document = ExperimentDocument(experiment)
        self.histories = RunHistories()
        self.panel = ModelsPanel(self.document, self.histories)
        self.messages = []
        self.panel.message_raised.connect(self.messages.append)
        self.window = QWidget()
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.panel)
        layout.addStretch(1)
        qtbot.addWidget(self.window)
        self.window.resize(width, height)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.view.setFocus()
        qtbot.waitUntil(self.view.hasFocus)

    @property
    def view(self) -> ModelListView:
        return self.panel.findChild(ModelListView)

    @property
    def names(self):
        return [model.name for model in self.document.experiment.models]

    @property
    def shown_names(self):
        model = self.view.model()
        return [model.index(row).data() for row in range(model.rowCount())]

    @property
    def shown_selection(self):
        return [index.row() for index in self.view.selectedIndexes()]

    def rect(self, row):
        return self.view.visualRect(self.view.model().index(row))

    def click(self, row, button=LEFT):
        self.qtbot.mouseClick(self.view.viewport(), button, pos=self.rect(row).center())

    def eye(self, row):
        return self.view.row_geometry.eye_button(self.rect(row)).center()

    def click_eye(self, row):
        self.qtbot.mouseClick(self.view.viewport(), LEFT, pos=self.eye(row))

    def key(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        self.qtbot.keyClick(self.view, key, modifiers)

    def action(self, text):
        actions = [action for action in self.panel.actions_in_menu_order() if action is not None]
        return next(action for action in actions if action.text().replace("&", "") == text)

    def button(self, name) -> QToolButton:
        return next(b for b in self.panel.findChildren(QToolButton) if b.accessibleName() == name)

    def show(self, *runs, **more):
        snapshot = snapshot_of_runs(*runs, **more)
        self.histories.apply(snapshot)
        self.panel.refresh(snapshot)

    def tip(self, row):
        return self.view.model().index(row).data(Qt.ItemDataRole.ToolTipRole)


@pytest.fixture
def bench(qtbot):
    """Models a, b and c, of which a is selected."""
    return Bench(qtbot, experiment_of("a", "b", "c"))


@pytest.fixture
def alone(qtbot):
    """One model, a."""
    return Bench(qtbot, experiment_of("a"))


@pytest.fixture
def full(qtbot):
    """As many models as there can be."""
    return Bench(qtbot, load_preset("article"))


# Selecting


def test_a_click_selects_a_model(bench):
    bench.click(2)
    assert bench.document.selected == 2


def test_arrow_keys_select_the_models_in_turn(bench):
    bench.key(Qt.Key.Key_Down)
    assert bench.document.selected == 1
    bench.key(Qt.Key.Key_End)
    assert bench.document.selected == 2
    bench.key(Qt.Key.Key_Up)
    assert bench.document.selected == 1


def test_the_list_follows_a_selection_made_elsewhere(bench):
    bench.document.select(1)
    assert bench.shown_selection == [1]
    assert bench.view.currentIndex().row() == 1


def test_one_model_stays_selected_whatever_is_clicked(bench):
    bench.qtbot.mouseClick(bench.view.viewport(), LEFT, CONTROL, pos=bench.rect(0).center())
    bench.click(1, Qt.MouseButton.RightButton)
    assert bench.shown_selection == [0]
    assert bench.document.selected == 0


def test_next_and_previous_model_go_round(bench):
    bench.key(Qt.Key.Key_PageDown, CONTROL)
    assert bench.document.selected == 1
    bench.key(Qt.Key.Key_PageUp, CONTROL)
    bench.key(Qt.Key.Key_PageUp, CONTROL)
    assert bench.document.selected == 2
    bench.key(Qt.Key.Key_PageDown, CONTROL)
    assert bench.document.selected == 0


def test_ctrl_and_an_arrow_look_at_a_row_without_selecting_it(bench):
    bench.key(Qt.Key.Key_Down, CONTROL)
    assert bench.view.current_row() == 1
    assert bench.document.selected == 0
    bench.button("Duplicate model").setFocus(Qt.FocusReason.TabFocusReason)
    assert bench.view.current_row() == 0


def test_another_document_is_shown_with_its_first_model_selected(bench):
    bench.document.select(2)
    bench.document.open(experiment_of("x", "y"), None)
    assert bench.shown_names == ["x", "y"]
    assert bench.shown_selection == [0]


def test_the_qt_model_is_sound_through_edits(bench, qtmodeltester):
    qtmodeltester.check(bench.view.model(), force_py=True)
    bench.button("Duplicate model").click()
    bench.key(Qt.Key.Key_Up, ALT)
    bench.document.undo_stack.setIndex(0)
    qtmodeltester.check(bench.view.model(), force_py=True)
    assert bench.shown_names == ["a", "b", "c"]


# Renaming


def rename(bench, name, open_with=Qt.Key.Key_F2):
    bench.key(open_with)
    editor = bench.view.findChild(QLineEdit)
    assert editor.hasFocus()
    editor.selectAll()
    bench.qtbot.keyClicks(editor, name)
    bench.qtbot.keyClick(editor, Qt.Key.Key_Return)


@pytest.mark.parametrize("key", [Qt.Key.Key_F2, Qt.Key.Key_Return])
def test_a_model_is_renamed_in_place_as_one_edit(bench, key):
    rename(bench, "deep & wide", key)
    bench.qtbot.waitUntil(lambda: bench.names == ["deep & wide", "b", "c"])
    assert bench.document.undo_stack.count() == 1
    assert bench.document.undo_stack.undoText() == "rename to deep & wide"
    assert bench.shown_names == bench.names


def test_a_double_click_renames(bench):
    bench.click(1)
    bench.qtbot.mouseDClick(bench.view.viewport(), LEFT, pos=bench.rect(1).center())
    assert bench.view.findChild(QLineEdit).text() == "b"


@pytest.mark.parametrize(
    ("name", "words"), [("B", "names must differ"), ("x/y", "folder name"), ("  ", "1 to 60 characters")]
)
def test_a_name_that_will_not_do_is_refused_with_words(bench, name, words):
    rename(bench, name)
    bench.qtbot.waitUntil(lambda: bool(bench.messages))
    assert words in bench.messages[0]
    assert bench.shown_names == ["a", "b", "c"]
    assert bench.document.undo_stack.count() == 0


def test_escape_leaves_the_name(bench):
    bench.key(Qt.Key.Key_F2)
    editor = bench.view.findChild(QLineEdit)
    bench.qtbot.keyClicks(editor, "other")
    bench.qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert bench.document.undo_stack.count() == 0
    assert bench.view.hasFocus()


def test_who_renames_already_goes_on_with_it(bench):
    for _ in range(2):
        bench.action("Rename").trigger()
    (editor,) = bench.view.findChildren(QLineEdit)
    bench.qtbot.keyClicks(editor, "other")
    bench.qtbot.keyClick(editor, Qt.Key.Key_Return)
    bench.qtbot.waitUntil(lambda: bench.shown_names == ["other", "b", "c"])


def test_a_name_that_is_typed_while_another_document_opens_names_none_of_its(bench):
    bench.action("Rename").trigger()
    bench.qtbot.keyClicks(bench.view.findChild(QLineEdit), "other")
    bench.document.open(experiment_of("x", "y", "z"), None)
    bench.qtbot.waitUntil(lambda: bench.view.findChild(QLineEdit) is None)
    assert bench.names == ["x", "y", "z"]
    assert bench.view.hasFocus()


def test_who_drops_something_beside_it_while_renaming_goes_on_with_it_too(bench):
    bench.action("Rename").trigger()
    drop(bench, 0, QMimeData())
    bench.key(Qt.Key.Key_Return)
    (editor,) = bench.view.findChildren(QLineEdit)
    assert editor.hasFocus()


# Duplicating, adding, removing, moving


def test_a_copy_stands_below_its_original_and_is_selected(bench):
    bench.document.select(1)
    bench.button("Duplicate model").click()
    assert bench.names == ["a", "b", "b 2", "c"]
    assert bench.document.model.name == "b 2"
    assert bench.document.compared is None
    assert bench.shown_selection == [2]
    assert bench.document.undo_stack.count() == 1
    bench.document.undo_stack.undo()
    assert bench.shown_names == ["a", "b", "c"]


def test_a_copy_has_a_colour_of_its_own_and_all_else_of_its_original(bench):
    bench.button("Duplicate model").click()
    original, copy = bench.document.experiment.models[:2]
    assert copy.colour == 3
    assert copy.replaced(name="a", colour=0) == original


def test_a_key_duplicates_from_anywhere_in_the_window(bench):
    bench.button("Add model").setFocus()
    bench.qtbot.keyClick(bench.button("Add model"), Qt.Key.Key_M, CONTROL | SHIFT)
    assert bench.names == ["a", "a 2", "b", "c"]


def add(bench, start):
    menu = bench.button("Add model").menu()
    next(action for action in menu.actions() if action.text().replace("&", "").startswith(start)).trigger()


def test_an_empty_model_trains_at_the_rate_of_the_selected_one(bench):
    bench.document.edit_model(bench.document.model.replaced(learning_rate=0.7), "rate")
    add(bench, "Empty model")
    assert bench.names == ["a", "b", "c", "Model 1"]
    assert bench.document.model.name == "Model 1"
    assert bench.document.model.learning_rate == 0.7
    assert bench.document.model.layers == ()
    add(bench, "Empty model")
    assert bench.names[-1] == "Model 2"


def test_a_preset_s_model_is_added_under_a_free_name(bench):
    add(bench, "S6 –")
    add(bench, "S6 –")
    assert bench.names == ["a", "b", "c", "S6", "S6 2"]
    preset = load_preset("S6").models[0]
    assert bench.document.model.layers == preset.layers
    assert bench.document.model.learning_rate == preset.learning_rate
    assert bench.document.selected == 4


def test_a_preset_of_many_models_is_none_to_add(bench):
    assert not any("article" in action.text() for action in bench.button("Add model").menu().actions())


def test_delete_removes_a_model_and_goes_to_the_next(bench):
    bench.document.select(1)
    bench.key(Qt.Key.Key_Delete)
    assert bench.names == ["a", "c"]
    assert bench.shown_selection == [1]
    bench.key(Qt.Key.Key_Delete)
    assert bench.shown_selection == [0]
    bench.document.undo_stack.undo()
    assert bench.shown_names == ["a", "c"]


def test_the_only_model_is_not_removed_and_the_button_says_why(alone):
    button = alone.button("Remove model")
    assert not button.isEnabled()
    assert button.toolTip() == "An experiment has at least one model."
    alone.key(Qt.Key.Key_Delete)
    assert alone.names == ["a"]
    assert alone.document.undo_stack.count() == 0


def test_a_ninth_model_is_not_offered_and_the_buttons_say_why(full):
    for name in ("Add model", "Duplicate model"):
        assert not full.button(name).isEnabled()
        assert full.button(name).toolTip() == "An experiment has at most 8 models."
    full.key(Qt.Key.Key_Delete)
    assert full.button("Duplicate model").isEnabled()
    assert "Ctrl" in full.button("Duplicate model").toolTip()


def test_too_many_parameters_are_refused_with_words(qtbot):
    wide = small_model("wide", layers=(DenseSpec(units=4096),) * 3)
    bench = Bench(qtbot, Experiment(models=(wide,)))
    bench.button("Duplicate model").click()
    assert "at most 50,000,000" in bench.messages[0]
    assert bench.names == ["wide"]


def test_alt_and_arrows_move_the_selected_model(bench):
    bench.key(Qt.Key.Key_Down, ALT)
    assert bench.names == ["b", "a", "c"]
    assert bench.shown_selection == [1]
    bench.key(Qt.Key.Key_Down, ALT)
    bench.key(Qt.Key.Key_Down, ALT)
    assert bench.names == ["b", "c", "a"]
    bench.key(Qt.Key.Key_Up, ALT)
    assert bench.shown_names == ["b", "a", "c"]
    assert bench.document.undo_stack.count() == 3


def drop(bench, y, data=None, kind=QDropEvent):
    model = bench.view.model()
    data = data or model.mimeData([model.index(bench.document.selected)])
    arguments = (Qt.DropAction.MoveAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    if kind is QDropEvent:
        event = QDropEvent(QPointF(50, y), *arguments)
        bench.view.dropEvent(event)
    else:
        event = QDragMoveEvent(QPoint(50, y), *arguments)
        bench.view.dragMoveEvent(event)
    return event


def test_a_dragged_model_lands_between_two_others_as_one_edit(bench):
    assert drop(bench, bench.rect(2).top() + 3).isAccepted()
    assert bench.names == ["b", "a", "c"]
    assert bench.shown_selection == [1]
    assert bench.document.undo_stack.count() == 1


def test_one_dropped_below_the_last_becomes_the_last(bench):
    drop(bench, 5_000)
    assert bench.names == ["b", "c", "a"]


def test_a_line_shows_where_a_dragged_model_would_land(bench):
    before = bench.view.viewport().grab().toImage()
    assert drop(bench, bench.rect(1).bottom(), kind=QDragMoveEvent).isAccepted()
    assert bench.view.viewport().grab().toImage() != before


def test_a_model_that_is_dragged_while_another_document_opens_moves_none_of_its(bench):
    data = bench.view.model().mimeData([bench.view.model().index(0)])
    bench.document.open(experiment_of("x", "y", "z"), None)
    assert not drop(bench, 5_000, data).isAccepted()
    assert bench.names == ["x", "y", "z"]


def test_what_is_no_model_is_not_taken(bench):
    text = QMimeData()
    text.setText("a text")
    assert not drop(bench, 10, text).isAccepted()


# Showing curves, and showing one beside another


def test_a_click_on_an_eye_hides_curves_and_selects_nothing(bench):
    bench.click_eye(1)
    assert not bench.document.is_visible(1)
    assert bench.document.selected == 0
    bench.click_eye(1)
    assert bench.document.is_visible(1)


def test_a_double_click_on_an_eye_neither_selects_nor_renames(bench):
    bench.qtbot.mouseDClick(bench.view.viewport(), LEFT, pos=bench.eye(1))
    assert bench.document.selected == 0
    assert bench.view.findChild(QLineEdit) is None


def test_space_hides_the_curves_of_the_row_that_is_looked_at(bench):
    recorder = Recorder()
    bench.window.installEventFilter(recorder)
    bench.key(Qt.Key.Key_Down, CONTROL)
    bench.key(Qt.Key.Key_Space)
    assert not bench.document.is_visible(1)
    assert Qt.Key.Key_Space not in recorder.keys
    index = bench.view.model().index(1)
    assert index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked
    assert "Its curves are hidden" in index.data(Qt.ItemDataRole.AccessibleDescriptionRole)


def test_space_on_the_selected_model_says_why_not_and_does_not_reach_the_window(bench):
    recorder = Recorder()
    bench.window.installEventFilter(recorder)
    bench.key(Qt.Key.Key_Space)
    assert "always shown" in bench.messages[0]
    assert Qt.Key.Key_Space not in recorder.keys


def test_a_hidden_model_looks_different(bench):
    before = bench.view.viewport().grab().toImage()
    bench.document.set_visible(2, False)
    assert bench.view.viewport().grab().toImage() != before


def tip_at(bench, row, position):
    return bench.view.itemDelegate().tip_at(position, bench.rect(row), row)


def test_the_eye_says_what_it_does(bench):
    assert "Hide its curves" in tip_at(bench, 1, bench.eye(1))
    assert "always shown" in tip_at(bench, 0, bench.eye(0))
    bench.click_eye(1)
    assert "Show its curves" in tip_at(bench, 1, bench.eye(1))
    assert "Learning rate 0.1" in tip_at(bench, 1, bench.rect(1).center())


def compare_actions(bench):
    menu = bench.action("Compare with").menu()
    menu.aboutToShow.emit()
    return {action.text().replace("&", ""): action for action in menu.actions()}


def test_the_menu_lists_the_others_to_compare_with(bench):
    assert list(compare_actions(bench)) == ["None", "b", "c"]
    assert compare_actions(bench)["None"].isChecked()
    compare_actions(bench)["c"].trigger()
    assert bench.document.compared == 2
    assert compare_actions(bench)["c"].isChecked()
    assert "Shown beside a." in bench.tip(2)
    compare_actions(bench)["None"].trigger()
    assert bench.document.compared is None


def test_the_compared_model_is_marked(bench):
    before = bench.view.viewport().grab().toImage()
    bench.document.compare(1)
    assert bench.view.viewport().grab().toImage() != before


def context_menu(bench, row) -> QMenu:
    position = bench.rect(row).center()
    bench.click(row, Qt.MouseButton.RightButton)
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, position, bench.view.viewport().mapToGlobal(position))
    QApplication.sendEvent(bench.view.viewport(), event)
    return QApplication.activePopupWidget()


@popup
def test_the_context_menu_is_about_the_row_under_the_mouse(bench):
    menu = context_menu(bench, 2)
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    actions["Show beside a"].trigger()
    assert bench.document.compared == 2
    assert actions["Show beside a"].isChecked()
    actions["Show beside a"].trigger()
    assert bench.document.compared is None
    actions["Show curves"].trigger()
    assert not bench.document.is_visible(2)
    actions["Remove model"].trigger()
    assert bench.names == ["a", "b"]
    menu.close()


@popup
def test_the_selected_model_is_not_shown_beside_itself(bench):
    menu = context_menu(bench, 0)
    beside = next(action for action in menu.actions() if "beside" in action.text())
    assert not beside.isEnabled()
    assert beside.toolTip() == "It is the selected model itself."
    menu.close()


# Numbers


def test_numbers_reach_the_rows_and_their_tips(bench):
    bench.show(run_news(1, "a", [2.0, 1.0]), run_news(2, "b", [0.5]))
    assert bench.view.model().text(0).loss == "1.500"
    assert "Loss 1.500" in bench.tip(0)
    assert "Loss 0.500" in bench.tip(1)


def test_new_numbers_paint_their_lines_alone(bench):
    bench.show(run_news(1, "a", [2.0]), run_news(2, "b", [2.0]))
    QApplication.processEvents()
    recorder = Recorder()
    bench.view.viewport().installEventFilter(recorder)
    bench.show(run_news(1, "a", [], first_step=1), run_news(2, "b", [1.0], first_step=1))
    bench.qtbot.waitUntil(lambda: bool(recorder.painted))
    area = bench.view.row_geometry.numbers_area(bench.rect(1))
    assert [region.boundingRect() for region in recorder.painted] == [area]


@pytest.mark.parametrize("selected", [0, 1])
def test_numbers_painted_alone_look_as_painted_with_all_the_rest(bench, selected):
    viewport, geometry = bench.view.viewport(), bench.view.row_geometry
    bench.document.select(selected)
    bench.show(run_news(1, "a", [2.0]), run_news(2, "b", [2.0], divergence=None))
    image = QImage(viewport.size(), QImage.Format.Format_RGB32)
    viewport.render(image)
    bench.show(
        run_news(1, "a", [0.3], first_step=1),
        run_news(2, "b", [], first_step=1, divergence=Divergence(2, None, None, 0.1)),
    )
    for row in range(3):
        area = geometry.numbers_area(bench.rect(row))
        viewport.render(image, area.topLeft(), QRegion(area))
    whole = QImage(viewport.size(), QImage.Format.Format_RGB32)
    viewport.render(whole)
    assert image == whole


def test_nothing_is_computed_while_the_panel_is_hidden_and_all_is_there_when_it_shows(bench):
    bench.panel.hide()
    bench.show(run_news(1, "a", [2.0]))
    assert bench.view.model().text(0).loss == ""
    bench.panel.show()
    assert bench.view.model().text(0).loss == "2.000"


def test_the_numbers_of_another_document_do_not_stay(bench):
    bench.show(run_news(1, "a", [2.0]))
    bench.histories.clear()
    bench.document.open(experiment_of("a", "b", "c"), None)
    assert bench.view.model().text(0).loss == ""
    bench.panel.hide()
    bench.panel.show()
    assert bench.view.model().text(0).loss == ""


def test_a_late_run_makes_its_row_higher_and_nothing_scrolls(bench):
    before = bench.rect(1).height()
    bench.show(run_news(1, "a", [1.0]), run_news(2, "b", [1.0], late_by=40))
    bench.qtbot.waitUntil(lambda: bench.rect(1).height() > before)
    assert bench.rect(1) == bench.view.row_geometry.row(1, bench.view.viewport().width())
    assert bench.rect(0).height() == before
    bench.qtbot.waitUntil(lambda: bench.view.height() == bench.view.sizeHint().height())
    assert bench.view.verticalScrollBar().maximum() == 0


# Look and size


def test_the_list_is_as_high_as_its_rows(bench):
    def fits():
        last = bench.rect(len(bench.names) - 1)
        return bench.view.viewport().height() == last.bottom() + 1

    bench.qtbot.waitUntil(fits)
    bench.button("Duplicate model").click()
    bench.qtbot.waitUntil(fits)


def test_what_does_not_fit_is_scrolled_to(qtbot):
    bench = Bench(qtbot, load_preset("article"), height=200)
    assert bench.view.verticalScrollBar().maximum() > 0
    bench.key(Qt.Key.Key_End)
    assert bench.view.viewport().rect().contains(bench.rect(7))


def test_rows_grow_with_the_text(bench):
    before = bench.rect(0).height()
    font = bench.panel.font()
    font.setPointSizeF(2 * font.pointSizeF())
    bench.panel.setFont(font)
    bench.qtbot.waitUntil(lambda: bench.rect(0).height() > 1.6 * before)
    assert bench.rect(2) == bench.view.row_geometry.row(2, bench.view.viewport().width())


@pytest.mark.parametrize("width", [180, 320])
def test_columns_are_on_the_row_and_do_not_touch(qtbot, width):
    bench = Bench(qtbot, load_preset("article"), width=width)
    geometry = bench.view.row_geometry
    assert bench.view.viewport().width() >= geometry.width
    loss, accuracy, rate = geometry.rights
    assert loss > accuracy + geometry.small_metrics.horizontalAdvance("99.9 %")
    assert accuracy > rate + geometry.small_metrics.horizontalAdvance("0.01")


def test_one_model_has_no_eye_and_no_other_to_go_to(alone):
    assert not alone.action("Next model").isEnabled()
    assert not alone.action("Compare with").isEnabled()
    assert "Hide" not in tip_at(alone, 0, alone.eye(0))
    assert "always shown" not in tip_at(alone, 0, alone.eye(0))


def test_the_theme_is_followed(bench, qapp):
    def brightness():
        return bench.view.viewport().grab().toImage().pixelColor(3, bench.rect(1).bottom()).lightness()

    qapp.setPalette(palette_of(LIGHT))
    bench.qtbot.waitUntil(lambda: brightness() > 200)
    qapp.setPalette(palette_of(DARK))
    bench.qtbot.waitUntil(lambda: brightness() < 100)


def test_tab_goes_from_the_list_through_its_buttons(bench):
    reached = []
    for _ in range(3):
        bench.qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(bench.window.focusWidget().accessibleName())
    assert reached == ["Add model", "Duplicate model", "Remove model"]


def test_no_two_actions_of_the_menu_share_a_key(bench):
    actions = [action for action in bench.panel.actions_in_menu_order() if action is not None]
    keys = [action.shortcut().toString() for action in actions if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys)) >= 8


def test_new_numbers_leave_the_underscore_of_a_name(qapp):
    geometry = RowGeometry(qapp.font(), ("loss", "accuracy", "rate"), ("0.01",), (False,))
    row = geometry.row(0, 200)
    name, numbers = geometry.name(QRectF(row), 0), geometry.numbers_area(row)
    assert name.bottom() + 1 <= numbers.top() < geometry.numbers(QRectF(row)).center().y()


def test_the_underscore_of_a_name_is_no_line_over_the_numbers(qapp):
    geometry = RowGeometry(qapp.font(), ("loss", "accuracy", "rate"), ("0.01",), (False,))
    row = QRectF(geometry.row(0, 200))
    underscore, digits = (
        metrics.tightBoundingRect(text).translated(0, rect.top() + metrics.ascent())
        for metrics, text, rect in (
            (geometry.name_metrics, "_", geometry.name(row, 0)),
            (geometry.small_metrics, "1.322", geometry.numbers(row)),
        )
    )
    assert digits.top() - underscore.bottom() > 1
    assert digits.bottom() < row.bottom() - 2  # where the frame of the focus is
