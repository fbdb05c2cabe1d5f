"""How far a step has come is seen in the stack: what was not reached is veiled, what is reached framed."""

import pytest
from PySide6.QtGui import QColor, QImage

from bnstudio.document.experiment import DenseSpec, LeCunInit, ModelSetup, SigmoidSpec
from bnstudio.gui.network.alignment import Slots
from bnstudio.gui.network.reveal import Reveal
from bnstudio.gui.network.stack_view import StackView
from bnstudio.gui.slow_motion.stages import Stage, reveal_at, row_reached
from bnstudio.gui.theme import LIGHT, palette_of
from tests.gui.network_panels import shown_panel, view_of
from tests.gui.stack_snapshots import snapshot_of

# What is there to be seen


@pytest.mark.parametrize(
    ("stage", "n_lit", "reveal"),
    [
        (Stage.FORWARD, 1, Reveal(1, 5, lit=0, way="down")),
        (Stage.FORWARD, 5, Reveal(5, 5, lit=4, way="down")),
        (Stage.FORWARD, None, Reveal(5, 5)),
        (Stage.LOSS, None, Reveal(5, 5, lit=4)),
        (Stage.BACKWARD, 1, Reveal(5, 4, lit=4, way="up")),
        (Stage.BACKWARD, 5, Reveal(5, 0, lit=0, way="up")),
        (Stage.BACKWARD, None, Reveal(5, 0)),
        (Stage.UPDATE, None, Reveal(5, 0)),
    ],
)
def test_values_come_from_the_top_and_gradients_from_the_bottom(stage, n_lit, reveal):
    assert reveal_at(stage, 5, n_lit) == reveal


@pytest.mark.parametrize(
    ("reveal", "row"),
    [
        (Reveal(2, 5, lit=1, way="down"), 0),
        (Reveal(3, 5, lit=2, way="down"), 1),
        (Reveal(5, 1, lit=1, way="up"), 1),
        (Reveal(5, 5), None),
    ],
)
def test_beside_a_gap_it_is_the_row_before_on_the_way(reveal, row):
    assert row_reached(reveal, Slots((0, 2, 4))) == row


def test_above_the_first_row_none_is_reached_yet():
    assert row_reached(Reveal(1, 3, lit=0, way="down"), Slots((1, 2))) is None


# How it is painted


@pytest.fixture
def panel(document, experiment, qtbot):
    """Dense 8, BatchNorm, Sigmoid and the head, with readings; no row is selected."""
    panel = shown_panel(document, qtbot, 900, 500)
    panel.setPalette(palette_of(LIGHT))
    panel.show_snapshot(snapshot_of(experiment))
    view_of(panel).clearSelection()
    return panel


def strength(panel, row, side):
    """How far the darkest pixel of a histogram is from the surface."""
    view = view_of(panel)
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    geometry = view.stack_geometry
    span = geometry.forward if side == "forward" else geometry.backward
    top, ratio = row * geometry.row_height, image.devicePixelRatio()
    surface = QColor(LIGHT.panel).lightness()
    return max(
        surface - image.pixelColor(round(x * ratio), round(y * ratio)).lightness()
        for x in range(round(span.left), round(span.right))
        for y in range(top + round(geometry.top), top + round(geometry.baseline))
    )


def test_what_has_not_been_reached_is_veiled_and_the_rest_is_not(panel):
    sides = [(row, side) for row in range(4) for side in ("forward", "backward")]
    full = {place: strength(panel, *place) for place in sides}
    panel.set_reveal(Reveal(2, 3))
    seen = {place: strength(panel, *place) / full[place] for place in sides}
    veiled = {place for place, share in seen.items() if share < 0.3}
    assert veiled == {(2, "forward"), (3, "forward"), (0, "backward"), (1, "backward"), (2, "backward")}
    assert all(share > 0.9 for place, share in seen.items() if place not in veiled)
    assert all(seen[place] > 0 for place in veiled), "its shape is still to be guessed"


def test_the_end_leaves_the_rows_as_they_were(panel):
    before = panel.grab().toImage()
    panel.set_reveal(Reveal(1, 4, lit=0, way="down"))
    assert panel.grab().toImage() != before
    panel.set_reveal(None)
    assert panel.grab().toImage() == before


@pytest.mark.parametrize(("way", "colour"), [("down", LIGHT.forward), ("up", LIGHT.backward)])
def test_the_row_that_is_reached_has_a_frame_on_its_side(panel, way, colour):
    panel.set_reveal(Reveal(4, 0, lit=1, way=way))
    view = view_of(panel)
    image = view.viewport().grab().toImage()
    geometry = view.stack_geometry
    span = geometry.forward if way == "down" else geometry.backward
    x, y = round(span.left) - 2, round(1.5 * geometry.row_height)
    near = [image.pixelColor(x + dx, y).name() for dx in range(-2, 3)]
    assert colour in near


def test_where_to_it_goes_on_is_an_arrow_and_no_colour_alone(panel):
    panel.set_reveal(Reveal(4, 4, lit=3))
    without = panel.grab().toImage()
    panel.set_reveal(Reveal(4, 4, lit=3, way="down"))
    assert panel.grab().toImage() != without


def test_the_row_that_is_reached_is_brought_into_view(panel, document, qtbot):
    layers = (DenseSpec(units=4), SigmoidSpec()) * 12
    document.edit_model(document.model.replaced(layers=layers), "deep")
    view = view_of(panel)
    height = 25 * view.stack_geometry.row_height
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == height - view.viewport().height())
    view.verticalScrollBar().setValue(0)
    panel.set_reveal(Reveal(25, 24, lit=24, way="up"))
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    panel.set_reveal(Reveal(25, 0, lit=0, way="up"))
    assert view.verticalScrollBar().value() == 0


def test_both_stacks_show_it(panel, document):
    other = ModelSetup(
        name="other", learning_rate=0.1, weight_init=LeCunInit(), layers=(DenseSpec(units=8), SigmoidSpec())
    )
    document.edit(document.experiment.replaced(models=(document.model, other)), "another model")
    document.compare(1)
    panel.show_snapshot(snapshot_of(document.experiment, 1))
    views = panel.findChildren(StackView)
    before = [view.viewport().grab().toImage() for view in views]
    panel.set_reveal(Reveal(1, 4, lit=0, way="down"))
    after = [view.viewport().grab().toImage() for view in views]
    assert all(new != old for new, old in zip(after, before, strict=True))
