"""Names as long as they may be: what shows them gives way, and the window becomes no wider."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.document.experiment import MAX_MODELS
from bnstudio.gui.controls.catch_up_bar import DELAY_MS
from bnstudio.gui.elided_label import ElidedLabel
from bnstudio.gui.messages import divergence_text
from bnstudio.gui.try_it.try_it_panel import CONFUSION
from bnstudio.training.snapshot import CatchUp, Divergence
from tests.gui.run_windows import digits, make_window  # noqa: F401 (fixtures)
from tests.gui.window_walk import ACCURACY, GRADIENT_FLOW, LAYER, TRY_IT, Walker

LONG = "W" * 59
"""And a number, for no two have the same."""


@pytest.fixture
def several(document):
    """As many models as there can be, with short names."""
    models = tuple(document.model.replaced(name=f"S6_{i}", colour=None) for i in range(MAX_MODELS))
    document.open(document.experiment.replaced(models=models), None)
    return document


def least_width(qtbot, window, document):
    """Go to all places that show names, and return how wide the window has to be for them."""
    walker, widths = Walker(qtbot, window, document), []

    def measure():
        for _ in range(10):  # that there is less room goes up from widget to widget
            QApplication.processEvents()
        widths.append(window.minimumSizeHint().width())

    name = document.model.name
    window.notice_bar.show_notice(
        divergence_text(name, Divergence(5, None, None, 0.1)), "Back to step 4, rate 0.03", print, print
    )
    document.compare(1)
    for tab in (ACCURACY, GRADIENT_FLOW, LAYER, TRY_IT):
        window.instruments.bar.setCurrentIndex(tab)
        window.instruments.try_it_panel.switch.choose(CONFUSION)
        walker.settle()
        measure()
    document.compare(None)
    window.slow_motion.stage_action.trigger()
    walker.settle()
    window.catch_up_bar.show_catch_up(CatchUp(tuple(m.name for m in document.experiment.models), 1, 200))
    qtbot.waitUntil(window.catch_up_bar.isVisible, timeout=20 * DELAY_MS)
    measure()
    window.slow_motion.close()
    return max(widths)


def test_the_window_is_as_wide_as_with_short_names(qtbot, make_window, several):  # noqa: F811
    window = make_window(several)
    before = least_width(qtbot, window, several)
    models = several.experiment.models
    models = tuple(model.replaced(name=f"{LONG}{i}") for i, model in enumerate(models))
    several.edit(several.experiment.replaced(models=models), "rename")
    assert least_width(qtbot, window, several) == before


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_label_says_all_where_it_cannot_show_it(qtbot):
    label = ElidedLabel(f"Sigmoid · row 2 of {LONG}")
    qtbot.addWidget(label)
    label.resize(200, 30)
    assert label.shown_text.startswith("Sigmoid · row 2 of W")
    assert label.shown_text.endswith("…")
    help_asked = QHelpEvent(QEvent.Type.ToolTip, QPoint(), QPoint())
    QApplication.sendEvent(label, help_asked)
    assert QToolTip.text() == label.text()
    assert QAccessible.queryAccessibleInterface(label).text(QAccessible.Text.Name) == label.text()
    label.resize(2_000, 30)
    assert label.shown_text == label.text()


def test_the_numbers_at_the_end_of_a_line_stay(qtbot):
    label = ElidedLabel(f"{LONG}: step 3 of 200", Qt.TextElideMode.ElideMiddle)
    qtbot.addWidget(label)
    label.resize(250, 30)
    assert label.shown_text.endswith("step 3 of 200")
