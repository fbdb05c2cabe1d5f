import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from bnstudio.gui.appearance import TEXT_SIZES_PERCENT, Appearance
from bnstudio.gui.theme import DARK, LIGHT, theme_of


@pytest.fixture
def appearance(qapp):
    appearance = Appearance(qapp)
    yield appearance
    appearance.deleteLater()


@pytest.mark.parametrize(("choice", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_a_chosen_theme_is_the_theme_of_every_widget(qtbot, appearance, choice, theme):
    appearance.choose_theme(choice)
    label = QLabel()
    qtbot.addWidget(label)
    assert theme_of(label) is theme
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == theme.text


def test_text_grows_and_shrinks_in_steps_that_end(qapp, appearance):
    normal = qapp.font().pointSizeF()
    for _ in TEXT_SIZES_PERCENT:
        appearance.enlarge_text()
    assert qapp.font().pointSizeF() == pytest.approx(2 * normal)
    for _ in TEXT_SIZES_PERCENT:
        appearance.shrink_text()
    assert qapp.font().pointSizeF() == pytest.approx(0.8 * normal)
    appearance.restore_text()
    assert qapp.font().pointSizeF() == pytest.approx(normal)


def test_both_are_remembered(qapp, appearance):
    appearance.choose_theme("dark")
    appearance.enlarge_text()
    appearance.restore_text()
    appearance.shrink_text()
    qapp.setFont(appearance._normal_font)
    again = Appearance(qapp)
    assert again.theme_choice == "dark"
    assert again.text_size_percent == 90
    again.deleteLater()


def test_settings_that_make_no_sense_are_the_usual_ones(qapp):
    from PySide6.QtCore import QSettings

    QSettings().setValue("appearance/theme", "purple")
    QSettings().setValue("appearance/text_size_percent", 7)
    appearance = Appearance(qapp)
    assert appearance.theme_choice == "system"
    assert appearance.text_size_percent == 100
    appearance.deleteLater()
