"""What the line at the bottom shows, and for how long."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from bnstudio.gui.controls import status_line
from bnstudio.gui.controls.status_line import StatusLine

PICTURE = '<img src="picture.png">.bnstudio'


@pytest.fixture
def line(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show_state("Paused")
    return line


def test_an_answer_stands_over_the_state_that_came_with_it(line):
    line.show_answer("Opened S6.")
    line.show_state("Ready to train")
    assert line.text == "Opened S6."


def test_when_something_else_happens_an_answer_is_over(line, monkeypatch):
    monkeypatch.setattr(status_line, "TOGETHER_MS", 0)
    line.show_answer("Opened S6.")
    line.show_state("Paused")
    assert line.text == "Opened S6."
    line._timer.start(1000)  # it has stood for a while
    line.show_state("Training")
    assert line.text == "Training"


def test_a_file_s_name_is_no_markup(line):
    line.show_answer(f"Opened {PICTURE}.")
    label = line.findChild(QLabel)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert "&lt;img" in label.toolTip()
