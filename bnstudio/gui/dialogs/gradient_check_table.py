"""The table of a gradient check: a row for each array of parameters that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication

from bnstudio.document.experiment import MAX_LAYERS, MAX_UNITS
from bnstudio.gui.dialogs.gradient_check_words import layer_text, verdict_explanation, verdict_text
from bnstudio.gui.number_format import format_count, format_number
from bnstudio.gui.theme import bold_font

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QFont

    from bnstudio.gui.theme import Theme
    from bnstudio.training.gradient_inspection import CheckedGradients

GAP = "\N{EN SPACE}"
"""Between a column that is aligned on the right and the next one."""
LAYER, ARRAY, CHECKED, ERROR, VERDICT = range(5)

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class GradientCheckTable(QAbstractTableModel):
    """Shows `CheckedGradients`; rows are added as arrays are done."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: CheckedGradients | None = None
        self._headers = (
            self.tr("Layer"),
            self.tr("Array"),
            self.tr("Values checked") + GAP,
            self.tr("Relative error") + GAP,
            self.tr("Verdict"),
        )

    def show_found(self, found: CheckedGradients | None) -> None:
        """Show what is found, or nothing."""
        n_before = self.rowCount()
        before = () if self._found is None else self._found.checks
        if found is not None and len(found.checks) > n_before and found.checks[:n_before] == before:
            self.beginInsertRows(QModelIndex(), n_before, len(found.checks) - 1)
            self._found = found
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._found = found
            self.endResetModel()

    def show_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        if self.rowCount():
            last = self.index(self.rowCount() - 1, VERDICT)
            self.dataChanged.emit(self.index(0, 0), last, [_Role.ForegroundRole])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Override: an array each."""
        return 0 if self._found is None or parent.isValid() else len(self._found.checks)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Override."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        """Override: the columns have names."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == _Role.DisplayRole:
            return self._headers[section]
        return self._alignment(section) if role == _Role.TextAlignmentRole else None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        """Override."""
        if self._found is None or not index.isValid():
            return None
        check = self._found.checks[index.row()]
        if role == _Role.DisplayRole:
            return self._text(index.row(), index.column())
        if role == _Role.TextAlignmentRole:
            return self._alignment(index.column())
        if role == _Role.ToolTipRole:
            return verdict_explanation(check.verdict)
        if check.verdict != "fail":
            return self._quiet(role) if check.verdict != "pass" else None
        return self._alarming(role) if index.column() in (ERROR, VERDICT) else None

    def widest_texts(self) -> tuple[str, ...]:
        """Return a text for each column that is as wide as any that is likely to stand there."""
        counts = {"n": format_count(20), "all": format_count(MAX_UNITS**2)}
        return (
            layer_text("head", (10,), MAX_LAYERS),
            "gamma",
            max(self._headers[CHECKED], self.tr("{n} of {all}").format(**counts), key=len),
            self._headers[ERROR],
            verdict_text("too small to check"),
        )

    def _quiet(self, role: int) -> QColor | None:
        return QColor(self._theme.muted) if role == _Role.ForegroundRole else None

    def _alarming(self, role: int) -> QFont | QColor | None:
        if role == _Role.FontRole:
            return bold_font(QGuiApplication.font())
        return QColor(self._theme.warning) if role == _Role.ForegroundRole else None

    def _text(self, row: int, column: int) -> str:
        assert self._found is not None
        check = self._found.checks[row]
        if column == LAYER:
            return layer_text(self._found.kinds[check.layer], check.shape, check.layer)
        if column == ARRAY:
            return check.array
        if column == CHECKED:
            counts = {"n": format_count(check.n_entries), "all": format_count(check.n_values)}
            return self.tr("{n} of {all}").format(**counts) + GAP
        if column == ERROR:
            return format_number(check.error) + GAP
        return verdict_text(check.verdict)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        on_the_right = column in (CHECKED, ERROR)
        side = Qt.AlignmentFlag.AlignRight if on_the_right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter
