import numpy as np
import pytest

from bnstudio.gui.try_it.drawing import SIDE, Drawing


@pytest.fixture
def drawing():
    return Drawing()


def centre_of_mass(pixels):
    ink = pixels.astype(float)
    places = np.arange(SIDE) + 0.5
    return ink.sum(axis=0) @ places / ink.sum(), ink.sum(axis=1) @ places / ink.sum()


def test_it_begins_blank(drawing):
    assert drawing.blank
    assert drawing.pixels.shape == (28, 28)
    assert drawing.pixels.dtype == np.uint8


def test_a_stroke_is_full_in_its_middle_soft_at_its_edges_and_about_as_wide_as_those_of_mnist(drawing):
    drawing.draw((14, 4), (14, 24))
    row = drawing.pixels[14]
    assert row[13] == row[14] == 255
    assert 0 < row[12] == row[15] < 255
    assert row[:11].sum() == row[17:].sum() == 0
    assert 2 < row.sum() / 255 < 3.5


def test_drawing_over_a_stroke_adds_no_ink(drawing):
    drawing.draw((8, 8), (20, 12))
    before = drawing.pixels
    drawing.draw((8, 8), (20, 12))
    assert (drawing.pixels == before).all()


def test_a_dot_is_round(drawing):
    drawing.draw((14, 14), (14, 14))
    assert (drawing.pixels == drawing.pixels.T).all()
    assert not drawing.blank


def test_what_lies_beyond_the_edge_is_cut_off(drawing):
    drawing.draw((-5, 14), (40, 14))
    assert (drawing.pixels[13] == 255).all()


def test_the_rubber_takes_away_what_is_under_it_only(drawing):
    drawing.draw((4, 14), (24, 14))
    drawing.erase((4, 14), (4, 14))
    assert drawing.pixels[14, 4] == 0
    assert drawing.pixels[14, 20] == 255
    drawing.clear()
    assert drawing.blank


@pytest.mark.parametrize("stroke", [((3, 3), (9, 6)), ((20, 2), (26, 26)), ((2, 14), (26, 15))])
def test_centring_does_what_was_done_to_mnist(drawing, stroke):
    drawing.draw(*stroke)
    drawing.centre()
    assert centre_of_mass(drawing.pixels) == pytest.approx((14, 14), abs=0.2)
    solid = drawing.pixels > 127
    extents = [np.flatnonzero(solid.any(axis=axis)) for axis in (0, 1)]
    assert max(places[-1] - places[0] + 1 for places in extents) == pytest.approx(20, abs=2)


def test_nothing_can_be_centred(drawing):
    drawing.centre()
    assert drawing.blank
