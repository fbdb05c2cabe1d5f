"""What the program is, what it is made of, and under which licences."""

from __future__ import annotations

import platform
from importlib.metadata import version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

import bnstudio
from bnstudio.gui.dialogs.dialog_buttons import remove_icons
from bnstudio.gui.icons import application_icon
from bnstudio.gui.theme import SPACING


class AboutDialog(QDialog):
    """Shows versions and licences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About bnstudio"))
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(8 * SPACING, 8 * SPACING))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text = QLabel(self._text())
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setOpenExternalLinks(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        remove_icons(buttons.buttons())
        buttons.rejected.connect(self.reject)
        beside = QHBoxLayout()
        beside.setSpacing(2 * SPACING)
        beside.addWidget(picture)
        beside.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 2 * SPACING, 2 * SPACING, 2 * SPACING)
        layout.setSpacing(2 * SPACING)
        layout.addLayout(beside)
        layout.addWidget(buttons)
        self.resize(65 * SPACING, self.sizeHint().height())

    def _text(self) -> str:
        title = self.tr("See why a deep network learns or does not.")
        licence = self.tr("bnstudio is free software under the MIT licence. It stands on:")
        rows = "".join(
            f"<tr><td>{name}&nbsp;&nbsp;</td><td>{release}&nbsp;&nbsp;</td><td>{terms}</td></tr>"
            for name, release, terms in (
                ("Python", platform.python_version(), self.tr("PSF licence")),
                ("Qt, PySide6", qVersion(), self.tr("GNU LGPL 3")),
                ("NumPy", version("numpy"), "BSD"),
                ("pydantic", version("pydantic"), "MIT"),
                ("threadpoolctl", version("threadpoolctl"), "BSD"),
                ("psutil", version("psutil"), "BSD"),
            )
        )
        data = self.tr(
            "The digits are the MNIST database by Yann LeCun, Corinna Cortes and Christopher Burges, under"
            " <a href='https://creativecommons.org/licenses/by-sa/3.0/'>CC BY-SA 3.0</a>."
        )
        heading = f"<p><b style='font-size:large'>bnstudio {bnstudio.__version__}</b><br>{title}</p>"
        return f"{heading}<p>{licence}</p><table>{rows}</table><p>{data}</p>"
