"""Makes the signs of health on a stack's rows answer the mouse: a click shows the units concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent

from bnstudio.gui.network.units_dialog import show_units

if TYPE_CHECKING:
    from bnstudio.gui.network.stack_model import StackModel
    from bnstudio.gui.network.stack_view import StackView
    from bnstudio.training.health import Condition


class SignClicks(QObject):
    """Watches the mouse over `view`, which selects and drags its rows as ever, and lives as long as it."""

    def __init__(self, view: StackView, model: StackModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self._pressed: tuple[int, Condition] | None = None
        view.viewport().setMouseTracking(True)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Override: takes no event away."""
        if isinstance(event, QMouseEvent):
            sign = self._view.sign_at(event.position().x(), event.position().y())
            if event.type() == QEvent.Type.MouseMove and not event.buttons():
                self._show_cursor(over_a_sign=sign is not None)
            elif event.button() == Qt.MouseButton.LeftButton:
                if event.type() == QEvent.Type.MouseButtonPress:
                    self._pressed = sign
                elif event.type() == QEvent.Type.MouseButtonRelease:
                    pressed, self._pressed = self._pressed, None
                    if pressed is not None and pressed == sign:
                        show_units(self._view, self._model, *pressed)
        return False

    def _show_cursor(self, *, over_a_sign: bool) -> None:
        shape = Qt.CursorShape.PointingHandCursor if over_a_sign else Qt.CursorShape.ArrowCursor
        if self._view.viewport().cursor().shape() != shape:
            self._view.viewport().setCursor(shape)
