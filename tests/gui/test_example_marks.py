from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgGenerator

from bnstudio.gui.network.example_marks import tick_columns
from bnstudio.gui.network.network_panel import NetworkPanel
from bnstudio.gui.network.stack_view import StackView
from bnstudio.gui.theme import DARK, LIGHT, palette_of
from tests.gui.stack_snapshots import snapshot_of

N_OUTPUTS = (8, 8, 8, 10)


def test_ticks_stand_where_values_lie_and_at_the_ends_where_those_lie_outside():
    values = np.array([-3.0, -1.0, 0.0, 0.1, 0.999, 1.0, 70.0], np.float32)
    assert tick_columns(values, -1, 1, 4).tolist() == [2, 0, 2, 3]


def test_no_values_are_no_ticks():
    assert tick_columns(np.zeros(0), -1, 1, 3).tolist() == [0, 0, 0]


class Bench:
    """A Network panel with the readings of a small model, and what its first histogram looks like."""

    def __init__(self, qtbot, experiment, document):
        self.panel = NetworkPanel(document)
        self.panel.setPalette(palette_of(LIGHT))
        qtbot.addWidget(self.panel)
        self.panel.resize(800, 500)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.snapshot = snapshot_of(experiment)
        self.panel.show_snapshot(self.snapshot)
        self.view = self.panel._columns[0].view

    def mark(self, value, name="small"):
        self.panel.show_example(name, [np.full(n, value, np.float32) for n in N_OUTPUTS])

    def line(self, row=0, above=3):
        """Return the colours along the pixels just above the axis of a row's forward histogram."""
        image = self.view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        geometry = self.view.stack_geometry
        y = int(row * geometry.row_height + geometry.baseline - above)
        left = round(geometry.forward.left)
        return [image.pixelColor(x, y).name() for x in range(left, left + round(geometry.forward.width))]

    def ticks(self, theme=LIGHT, row=0):
        """Return where ticks stand on the axis, from 0 to 1."""
        line = self.line(row)
        return [x / len(line) for x, colour in enumerate(line) if colour == theme.text]


@pytest.fixture
def bench(qtbot, experiment, document):
    return Bench(qtbot, experiment, document)


def test_without_an_example_there_are_no_ticks(bench):
    assert bench.ticks() == []


def test_the_values_of_the_example_are_marked_on_every_row(bench):
    bench.mark(0.0)
    forward = bench.snapshot.runs[0].readings.forward
    for row in range(4):
        low, high = float(forward.low[row]), float(forward.high[row])
        (tick,) = bench.ticks(row=row)
        assert tick == pytest.approx((0 - low) / (high - low), abs=0.02)


def test_another_example_moves_them_and_none_takes_them_away(bench):
    without = bench.line()
    bench.mark(0.0)
    middle = bench.ticks()
    bench.mark(1e6)
    (end,) = bench.ticks()
    assert middle[0] < end
    assert end > 0.98
    bench.panel.show_example("small", None)
    assert bench.line() == without


def test_on_a_log_axis_magnitudes_are_marked_and_zeros_are_not(bench, experiment):
    bench.panel.show_snapshot(snapshot_of(experiment, log_magnitude=True))
    readings = bench.view._model.readings
    assert readings.log_magnitude
    low, high = float(readings.forward.low[0]), float(readings.forward.high[0])
    bench.mark(-(10 ** ((low + high) / 2)))
    (tick,) = bench.ticks()
    assert tick == pytest.approx(0.5, abs=0.02)
    bench.mark(0.0)
    assert bench.ticks() == []


def test_they_follow_the_theme(bench):
    bench.mark(0.0)
    bench.panel.setPalette(palette_of(DARK))
    assert len(bench.ticks(DARK)) == 1


def test_an_example_of_another_model_or_of_another_stack_is_not_marked(bench, document):
    bench.mark(0.0, name="other")
    assert bench.ticks() == []
    bench.panel.show_example("small", [np.zeros(n, np.float32) for n in (8, 8, 10)])
    assert bench.ticks() == []
    bench.panel.show_example("small", [np.zeros(n, np.float32) for n in (9, 8, 8, 10)])
    assert bench.ticks() == []


def test_a_model_of_another_name_is_not_marked(bench, document):
    bench.mark(0.0)
    document.edit_model(document.model.replaced(name="renamed"), "Rename")
    assert bench.ticks() == []


def test_the_tooltip_says_what_the_ticks_are(bench):
    x = bench.view.stack_geometry.forward.left + 5
    assert "Ticks" not in bench.view.tip_at(x, 10)
    bench.mark(0.0)
    assert "Ticks along the axis" in bench.view.tip_at(x, 10)
    assert "Ticks" not in bench.view.tip_at(bench.view.stack_geometry.backward.left + 5, 10)


def test_more_values_make_a_darker_tick(bench):
    without = bench.line()
    forward = bench.snapshot.runs[0].readings.forward
    low, high = float(forward.low[0]), float(forward.high[0])
    first = np.array([low + (high - low) / 4] + [(low + high) / 2] * 7, np.float32)
    bench.panel.show_example("small", [first, *(np.zeros(n, np.float32) for n in N_OUTPUTS[1:])])
    line = bench.line()
    changed = [i / len(line) for i in range(len(line)) if line[i] != without[i]]
    assert changed == pytest.approx([0.25, 0.5], abs=0.02)
    assert bench.ticks() == pytest.approx([0.5], abs=0.02)


def test_beside_another_only_the_stack_of_its_model_is_marked(bench, document):
    other = document.model.replaced(name="b", colour=1)
    document.edit(document.experiment.replaced(models=(document.model, other)), "two")
    document.compare(1)
    (run,) = bench.snapshot.runs
    bench.panel.show_snapshot(replace(bench.snapshot, runs=(run, replace(run, run_id=2, name="b"))))

    def marked():
        views = bench.panel.findChildren(StackView)
        return ["Ticks" in view.tip_at(view.stack_geometry.forward.left + 5, 10) for view in views]

    bench.mark(0.0, name="b")
    assert marked() == [False, True]
    bench.mark(0.0)
    assert marked() == [True, False]


def test_ticks_are_in_a_picture_without_pixels_too(bench):
    def size():
        data = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(data)
        bench.view.viewport().render(generator)
        return data.size()

    without = size()
    bench.mark(0.0)
    assert size() > without
