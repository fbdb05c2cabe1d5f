"""Copies and saves pictures of panels: two actions for each, and the choice of a size for all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication

from bnstudio.gui.export.folder import Part
from bnstudio.gui.export.pictures import image_of, png_of, svg_of
from bnstudio.gui.stored_choices import stored_choice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QMenu, QWidget

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.gui.export.saving import Saving

SCALES = (1, 2, 3, 4)
"""Pixels in a device-independent one."""
DEFAULT_SCALE = 2
_SCALE_KEY = "export/scale"


class PictureActions(QObject):
    """Adds a menu for each panel to `menu`, and gives panels that have no context menu theirs.

    Parameters
    ----------
    document : ExperimentDocument
        Whose name the files are suggested to have.
    panels : mapping
        Title (for a menu) and widget of each panel, by a key.
    saving : Saving
        Writes the files.
    menu : QMenu
        Where to add the actions.
    """

    def __init__(
        self,
        document: ExperimentDocument,
        panels: Mapping[str, tuple[str, QWidget]],
        saving: Saving,
        menu: QMenu,
    ) -> None:
        super().__init__(menu)
        self._document = document
        self._saving = saving
        self.of_panels: dict[str, list[QAction]] = {}
        """Copy and Save of each panel."""
        for key, (title, panel) in panels.items():
            self.of_panels[key] = self._add_panel(title, panel, menu)
        menu.addSeparator()
        self._scales = self._add_scales(menu)

    @property
    def scale(self) -> int:
        """The chosen scale."""
        return int(self._scales.checkedAction().data())

    def _add_panel(self, menu_title: str, panel: QWidget, menu: QMenu) -> list[QAction]:
        title = menu_title.replace("&", "")
        copy = QAction(self.tr("&Copy picture"), self)
        copy.triggered.connect(lambda: self._copy(title, panel))
        save = QAction(self.tr("&Save picture…"), self)
        save.triggered.connect(lambda: self._ask(title, panel))
        self._saving.busy_changed.connect(save.setDisabled)
        menu.addMenu(menu_title).addActions([copy, save])
        if panel.contextMenuPolicy() == Qt.ContextMenuPolicy.DefaultContextMenu:
            panel.addActions([copy, save])
            panel.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return [copy, save]

    def _add_scales(self, menu: QMenu) -> QActionGroup:
        submenu = menu.addMenu(self.tr("Size of &PNG pictures"))
        group = QActionGroup(self)
        chosen = stored_choice(_SCALE_KEY, SCALES, DEFAULT_SCALE)
        for scale in SCALES:
            text = self.tr("&{n}× (as on the screen)") if scale == 1 else self.tr("&{n}×")
            action = QAction(text.format(n=scale), group, checkable=True, checked=scale == chosen)
            action.setData(scale)
            action.triggered.connect(partial(_remember_scale, scale))
            submenu.addAction(action)
        return group

    def _copy(self, title: str, panel: QWidget) -> None:
        if self._is_seen(title, panel):
            image = image_of(panel, self.scale)
            QGuiApplication.clipboard().setImage(image)
            text = self.tr("Copied the picture of {title}: {width} × {height} pixels.")
            self._saving.answered.emit(text.format(title=title, width=image.width(), height=image.height()))

    def _ask(self, title: str, panel: QWidget) -> None:
        if self._is_seen(title, panel):
            filters = {self.tr("PNG picture (*.png)"): "png", self.tr("SVG drawing (*.svg)"): "svg"}
            name = f"{self._document.model.name} {title}"
            self._saving.ask_for_file(
                self.tr("Save the picture"), name, filters, lambda path: self._save(title, panel, path)
            )

    def _save(self, title: str, panel: QWidget, path: Path) -> None:
        if path.suffix.lower() == ".svg":
            part = svg_part(path.name, panel, title)
        else:
            part = png_part(path.name, panel, self.scale)
        self._saving.save(path, part, self.tr("Saved the picture {name}.").format(name=path.name))

    def _is_seen(self, title: str, panel: QWidget) -> bool:
        if not panel.isVisible():
            text = self.tr("{title} is hidden: there is nothing to make a picture of.")
            self._saving.answered.emit(text.format(title=title))
        return panel.isVisible()


def png_part(path: str, panel: QWidget, scale: int) -> Part:
    """Draw `panel` now; to make a PNG of it is left to the thread that writes."""
    image = image_of(panel, scale)
    return Part(path, lambda: (png_of(image),))


def svg_part(path: str, panel: QWidget, title: str) -> Part:
    """Draw `panel` now."""
    svg = svg_of(panel, title)
    return Part(path, lambda: (svg,))


def _remember_scale(scale: int) -> None:
    QSettings().setValue(_SCALE_KEY, scale)
