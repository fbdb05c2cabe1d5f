"""The experiments that ship with the program, by name, in the order in which one would teach them.

Each is a file like any other in the presets folder of the resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.document.storage import SUFFIX, read_experiment
from bnstudio.resources import resource_path

if TYPE_CHECKING:
    from bnstudio.document.experiment import Experiment


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: N802 (the name that Qt's lupdate looks for)
    """Mark a text for translation and return it as it is; the window translates it in this context."""
    return text


STUDY_PRESET = "article"
"""The preset that holds all models of the study."""
DESCRIPTIONS = {
    "S3": QT_TRANSLATE_NOOP("presets", "One sigmoid block: shallow enough to learn"),
    "S4": QT_TRANSLATE_NOOP("presets", "Two sigmoid blocks: learning becomes slow"),
    "S6": QT_TRANSLATE_NOOP("presets", "Four sigmoid blocks: the signal fades and nothing is learned"),
    "S6_BN_lr": QT_TRANSLATE_NOOP("presets", "S6 with batch normalization: the same depth now learns"),
    "S6_BN": QT_TRANSLATE_NOOP("presets", "The same at a learning rate 50 times larger"),
    "R6": QT_TRANSLATE_NOOP("presets", "Four ReLU blocks: deep, and learning without batch normalization"),
    "R6_lr": QT_TRANSLATE_NOOP("presets", "The same at a learning rate 10 times larger"),
    "R6_BN": QT_TRANSLATE_NOOP("presets", "R6_lr with batch normalization: it still helps a little"),
    "article": QT_TRANSLATE_NOOP("presets", "All eight models, trained side by side on the same batches"),
}
"""What each preset shows, in English; translate with the context ``"presets"``."""


class UnknownPresetError(LookupError):
    """There is no preset of that name; `str()` lists those that there are."""


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets in teaching order."""
    return tuple(DESCRIPTIONS)


def load_preset(name: str) -> Experiment:
    """Return a preset's experiment.

    Raises
    ------
    UnknownPresetError
        When there is no preset of that name.
    MissingResourceError, StorageError
        When the installation is damaged.
    """
    if name not in DESCRIPTIONS:
        raise UnknownPresetError(f"there is no preset {name!r}; there are {', '.join(DESCRIPTIONS)}")
    return read_experiment(resource_path(f"presets/{name}{SUFFIX}"))
