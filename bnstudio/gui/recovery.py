"""Offers what a program or a session left that did not end properly; puts it away once kept or given up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QObject

from bnstudio.gui.number_format import format_count

if TYPE_CHECKING:
    from bnstudio.gui.autosave import Autosave
    from bnstudio.gui.autosave_folder import LeftAutosave
    from bnstudio.gui.controls.notice_bar import NoticeBar
    from bnstudio.gui.file_actions import FileActions


class Recovery(QObject):
    """Shows `left` in `notice_bar` until it is answered.

    Where this program has no autosave of its own, what was restored is kept by nobody else and stays.
    """

    def __init__(
        self,
        left: LeftAutosave,
        notice_bar: NoticeBar,
        files: FileActions,
        autosave: Autosave | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._left: LeftAutosave | None = left
        self._notice_bar = notice_bar
        self._files = files
        self._autosave = autosave
        self._restoring = self._restored = self._declined = False
        notice_bar.close_button.clicked.connect(self._on_declined)
        if autosave is not None:
            autosave.saved.connect(self._on_autosaved)
        self._offer(left)

    def end(self) -> None:
        """Leave what was neither restored nor given up to the next start."""
        if self._declined or (self._restored and self._autosave is not None):
            self._put_away()
        else:
            self.leave()

    def leave(self) -> None:
        """Let the next start find what was left, also where it was restored."""
        self._autosave = None
        if self._left is not None:
            self._left.folder.leave()
            self._left = None

    def hand_over(self) -> LeftAutosave | None:
        """Return what was left, if this has not put it away, and have nothing more to do with it."""
        left, self._left, self._autosave = self._left, None, None
        return left

    def _offer(self, left: LeftAutosave) -> None:
        text = self.tr(
            "Training did not end properly. Go on with {name} at step {step}, kept at {time}?"
        ).format(
            time=_time_text(left.saved),
            name=self._name(left),
            step=format_count(left.summary.step),
        )
        self._notice_bar.show_notice(text, self.tr("Restore"), self._restore)

    def _name(self, left: LeftAutosave) -> str:
        first, *others = left.summary.experiment.models
        if not others:
            return first.name
        return self.tr("{name} and {n} more").format(name=first.name, n=len(others))

    def _restore(self) -> None:
        left = self._left
        if left is not None:
            self._offer(left)  # until it is done: it may fail, or be given up
            self._restoring = True
            self._files.restore_run(left.folder.file, left.summary.experiment, self._on_restored)

    def _on_restored(self) -> None:
        self._restored = True
        self._notice_bar.hide()
        if self._autosave is not None:
            self._autosave.note_change()

    def _on_autosaved(self) -> None:
        if self._restored or self._declined:  # this program keeps it now, or something newer
            self._put_away()

    def _on_declined(self) -> None:
        """Keep it, while there are unsaved changes, until something newer is: it may have some of them."""
        self._declined = True
        if self._restoring and not self._restored:
            self._files.forget_opening()
        if self._files.is_safe:
            self._put_away()

    def _put_away(self) -> None:
        if self._left is not None:
            self._left.folder.remove()
            self._left = None


def _time_text(time: datetime) -> str:
    """Return the time of day; with the date if it was another day."""
    if time.date() == datetime.now().date():
        return f"{time:%H:%M}"
    moment = QDateTime.fromSecsSinceEpoch(round(time.timestamp()))
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)
