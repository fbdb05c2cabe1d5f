import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from bnstudio.document.experiment import HeInit, LeCunInit, NormalInit
from bnstudio.gui.controls.setup_panel import SetupPanel


@pytest.fixture
def panel(qtbot, document):
    panel = SetupPanel(document)
    qtbot.addWidget(panel)
    panel.resize(panel.sizeHint())
    panel.show()
    return panel


def type_into(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def choose(panel, text):
    index = panel.init_combo.findText(text)
    panel.init_combo.setCurrentIndex(index)
    panel.init_combo.activated.emit(index)


def test_the_panel_shows_the_document(panel):
    assert panel.batch_size_field.text() == "20"
    assert panel.epochs_field.text() == "2"
    assert panel.seed_field.text() == "0"
    assert panel.name_field.text() == "small"
    assert panel.init_combo.currentText() == "LeCun"


@pytest.mark.parametrize(
    ("key", "value"),
    [("batch_size", 64), ("epochs", 12), ("seed", 2**32 - 1)],
)
def test_a_typed_number_is_one_undoable_edit(qtbot, panel, document, key, value):
    field = getattr(panel, f"{key}_field")
    before = getattr(document.experiment, key)
    type_into(qtbot, field, str(value))
    assert getattr(document.experiment, key) == value
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert getattr(document.experiment, key) == before
    assert field.text() == str(before)


def test_typed_values_are_edits_of_their_own_and_arrows_one_together(qtbot, panel, document):
    type_into(qtbot, panel.batch_size_field, "50")
    type_into(qtbot, panel.batch_size_field, "60")
    assert document.undo_stack.count() == 2
    for _ in range(3):
        qtbot.keyClick(panel.batch_size_field, Qt.Key.Key_Up)
    assert document.experiment.batch_size == 63
    assert document.undo_stack.count() == 3


def test_a_refused_number_gives_a_message_and_the_field_goes_back(qtbot, panel, document):
    with qtbot.waitSignal(panel.message_raised) as raised:
        type_into(qtbot, panel.batch_size_field, "1")
    assert "from 2 to 10,000" in raised.args[0]
    assert panel.batch_size_field.text() == "20"
    assert document.undo_stack.isClean()


def test_a_new_name_is_an_edit(qtbot, panel, document):
    type_into(qtbot, panel.name_field, "deep")
    assert document.model.name == "deep"
    document.undo_stack.undo()
    assert panel.name_field.text() == "small"


def test_a_name_that_will_not_do_gives_a_message_and_the_field_goes_back(qtbot, panel, document):
    with qtbot.waitSignal(panel.message_raised) as raised:
        type_into(qtbot, panel.name_field, "a/b")
    assert "folder name" in raised.args[0]
    assert panel.name_field.text() == "small"
    assert document.model.name == "small"


def test_weights_are_chosen_by_scheme(panel, document):
    choose(panel, "He")
    assert document.model.weight_init == HeInit()
    document.undo_stack.undo()
    assert document.model.weight_init == LeCunInit()
    assert panel.init_combo.currentText() == "LeCun"


def test_normal_weights_ask_for_a_standard_deviation(qtbot, panel, document):
    assert not panel.std_field.isVisible()
    choose(panel, "Normal")
    assert document.model.weight_init == NormalInit(std=0.01)
    assert panel.std_field.isVisible()
    type_into(qtbot, panel.std_field, "0.05")
    assert document.model.weight_init == NormalInit(std=0.05)
    document.undo_stack.undo()
    assert panel.std_field.text() == "0.01"
    document.undo_stack.undo()
    assert not panel.std_field.isVisible()


def test_showing_a_document_edits_nothing(panel, document, experiment):
    model = document.model.replaced(weight_init=NormalInit(std=0.3))
    document.open(experiment.replaced(batch_size=7, epochs=3, seed=9).with_model(0, model), None)
    assert document.undo_stack.isClean()
    assert panel.std_field.text() == "0.3"


def test_the_wheel_over_a_field_without_the_focus_edits_nothing(panel, document):
    panel.name_field.setFocus()
    field = panel.batch_size_field
    event = QWheelEvent(
        QPointF(5, 5),
        field.mapToGlobal(QPointF(5, 5)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    assert document.experiment.batch_size == 20


def test_every_field_has_a_name_a_tool_tip_and_a_place_in_the_tab_order(panel):
    for field in (
        panel.batch_size_field,
        panel.epochs_field,
        panel.seed_field,
        panel.name_field,
        panel.init_combo,
        panel.std_field,
    ):
        assert field.accessibleName()
        assert field.toolTip()
        assert field.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_no_label_is_cut_off(panel):
    panel.resize(panel.minimumSizeHint())
    for label in panel.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap():
            assert label.width() >= label.sizeHint().width(), label.text()
