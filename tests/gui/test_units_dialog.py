"""The units of a layer are shown one by one, live, by mouse and by keys."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from bnstudio.document.experiment import BatchNormSpec
from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.network.stack_model import StackModel
from bnstudio.gui.network.units_dialog import UnitsDialog
from bnstudio.gui.network.units_grid import UnitsGrid
from bnstudio.training.health import conditions_of
from tests.gui.health_findings import ILL, layer, run_with

pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)


@pytest.fixture
def model(document):
    """Dense 8, BatchNorm, Sigmoid, head."""
    return StackModel(document)


@pytest.fixture
def window(qtbot):
    """What a dialog belongs to, and goes with."""
    window = QWidget()
    qtbot.addWidget(window)
    return window


def shown(dialog):
    dialog.show()
    return dialog


@pytest.fixture
def dialog(model, experiment, window):
    """The units of the Sigmoid, of which the first and the eighth are saturated."""
    model.show_run(run_with(experiment, ILL))
    return shown(UnitsDialog(model, 2, "saturated", window))


def words(dialog):
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_arrows_go_from_unit_to_unit(dialog, qtbot):
    assert "unit 1: saturated, not constant" in words(dialog)
    for key, unit in [(Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Left, 1), (Qt.Key.Key_End, 8)]:
        qtbot.keyClick(dialog.grid, key)
        assert f"unit {unit}: " in words(dialog)
        assert dialog.grid.accessibleDescription().startswith(f"unit {unit}: ")
    assert "unit 8: saturated" in words(dialog)


def test_up_and_down_go_a_row(qtbot):
    grid = UnitsGrid(300)
    qtbot.addWidget(grid)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert grid.unit == 20
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    assert grid.unit == 0


@pytest.mark.parametrize("n_units", [1, 8, 300, 784, 4_096])
def test_every_unit_has_a_place_of_its_own(qtbot, n_units):
    grid = UnitsGrid(n_units)
    qtbot.addWidget(grid)
    assert [grid.unit_at(grid.rect_of(unit).center()) for unit in range(n_units)] == list(range(n_units))
    assert all(grid.rect().contains(grid.rect_of(unit)) for unit in range(n_units))
    assert max(grid.width(), grid.height()) < 500
    assert grid.unit_at(QPoint(0, 0)) is None


def test_every_unit_has_a_place_of_its_own_after_the_font_grew(qtbot):
    grid = UnitsGrid(300)
    qtbot.addWidget(grid)
    font = grid.font()
    font.setPointSize(3 * font.pointSize())
    grid.setFont(font)
    assert [grid.unit_at(grid.rect_of(unit).center()) for unit in range(300)] == list(range(300))
    assert all(grid.rect().contains(grid.rect_of(unit)) for unit in range(300))


def test_the_mouse_reads_a_unit(dialog, qtbot):
    qtbot.mouseMove(dialog.grid, dialog.grid.rect_of(6).center())
    qtbot.waitUntil(lambda: "unit 7: not saturated" in words(dialog))


def test_it_is_live(dialog, model, experiment):
    assert "2 of 8 units are saturated on more than half of the images: 1, 8" in words(dialog)
    sigmoid = layer("sigmoid", own=[3], share=0.1)
    model.show_run(
        run_with(experiment, replace(ILL, step=9, layers=(*ILL.layers[:2], sigmoid, ILL.layers[3])))
    )
    assert "1 of 8 units is saturated on more than half of the images: 4" in words(dialog)
    assert "after step 9" in words(dialog)
    assert dialog.grid.concerned == [3]


def test_without_health_it_marks_nothing_and_says_why(dialog, model, experiment):
    model.forget_readings()
    assert dialog.grid.concerned == ()
    assert "Nothing has been measured" in words(dialog)


def test_the_other_condition_is_chosen_in_it(dialog, qtbot):
    buttons = {button.text(): button for button in dialog.findChildren(QToolButton)}
    assert set(buttons) == set(conditions_of("sigmoid"))
    qtbot.mouseClick(buttons["constant"], Qt.MouseButton.LeftButton)
    assert "None of the 8 units is constant" in words(dialog)


def test_a_marked_unit_looks_different(dialog):
    def picture(unit):
        return dialog.grid.grab(dialog.grid.rect_of(unit).adjusted(3, 3, -3, -3)).toImage()

    dialog.grid.read(4)
    assert picture(7) != picture(6)
    assert picture(5) == picture(6)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.remove(2, 2),
        lambda model: model.setData(model.index(0), 16),
        lambda model: model.insert(0, BatchNormSpec()),
        lambda model: model.move_rows(2, 2, 0),
    ],
)
def test_an_edit_of_the_stack_closes_it(dialog, model, change):
    change(model)
    assert not dialog.isVisible()


def test_the_units_of_the_head_close_when_the_stack_becomes_smaller(model, experiment, window):
    model.show_run(run_with(experiment, ILL))
    dialog = shown(UnitsDialog(model, 3, "constant", window))
    model.remove(0, 1)
    assert not dialog.isVisible()


def test_escape_closes_it(dialog, qtbot):
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_layer_that_can_only_be_constant_offers_no_choice(model, experiment, window):
    model.show_run(run_with(experiment, ILL))
    dialog = shown(UnitsDialog(model, 3, "constant", window))
    assert "10 of 10 units are constant" in words(dialog)
    assert not any(switch.isVisibleTo(dialog) for switch in switches(dialog))


def switches(dialog):
    return dialog.findChildren(SegmentedSwitch)
