"""The Network panel on a screen, and which parts of a widget are painted."""

from PySide6.QtCore import QEvent, QObject

from bnstudio.gui.network.network_panel import NetworkPanel
from bnstudio.gui.network.stack_view import StackView


def view_of(panel) -> StackView:
    """Return the stack of the first model."""
    return panel.findChild(StackView)


def shown_panel(document, qtbot, width, height) -> NetworkPanel:
    panel = NetworkPanel(document)
    qtbot.addWidget(panel)
    panel.resize(width, height)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel


def focused_panel(document, qtbot) -> NetworkPanel:
    """Return a panel with the focus on its stack."""
    panel = shown_panel(document, qtbot, 700, 500)
    view_of(panel).setFocus()
    qtbot.waitUntil(lambda: view_of(panel).hasFocus())
    return panel


class PaintRecorder(QObject):
    """Notes which part of a widget is painted."""

    def __init__(self, painted):
        super().__init__()
        self._painted = painted

    def eventFilter(self, watched, event):  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self._painted.append(event.rect())
        return False
