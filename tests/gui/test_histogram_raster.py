"""What is drawn of a histogram, pixel by pixel."""

import numpy as np

from bnstudio.gui.network.histogram_raster import AXIS, BAR, OUTLINE, ZERO, Inks, RasterSize, draw_rows

SIZE = RasterSize(width=30, tallest=20, line=1, outline=2, tick=4)


def drawn(bars=None, outlines=None, zero=np.nan):
    """Return the picture of one row, (height, width)."""
    bars = None if bars is None else np.array([bars])
    outlines = None if outlines is None else np.array([outlines])
    return draw_rows(bars, outlines, np.array([zero]), SIZE)[:, 0]


def test_bars_stand_on_the_axis_and_are_as_tall_as_they_should_be():
    bars = drawn(bars=[0.5, 1.0, 0.0]) == BAR
    assert bars.sum(axis=0).tolist() == [10] * 10 + [20] * 10 + [0] * 10
    assert bars[19, :20].all()


def test_the_axis_lies_below_the_bars():
    picture = drawn(bars=[1.0, 1.0, 1.0])
    assert (picture[20] == AXIS).all()
    assert not picture[21:].any()


def test_zero_is_marked_behind_the_bars_and_ticked_below_the_axis():
    picture = drawn(bars=[0.0, 0.5, 0.0], zero=0.5)
    assert (picture[:10, 15] == ZERO).all()
    assert (picture[10:20, 15] == BAR | ZERO).all()
    assert (picture[20:, 15] == AXIS).all()


def test_zero_at_the_right_end_is_on_the_picture():
    assert drawn(zero=1.0)[0, 29] == ZERO


def test_what_is_in_front_has_its_colour():
    inks = Inks(bar=0xFF0000FF, outline=0xFF00FF00, axis=0xFF888888, zero=0xFFCCCCCC)
    assert [inks.table[pixel] for pixel in (0, ZERO, BAR | ZERO, BAR | OUTLINE | ZERO, AXIS)] == [
        0,
        inks.zero,
        inks.bar,
        inks.outline,
        inks.axis,
    ]


def test_only_the_first_rows_have_outlines():
    rows = np.full((3, 5), 0.5)
    pictures = draw_rows(rows, rows[:1], np.full(3, np.nan), SIZE)
    assert [bool((pictures[:, row] & OUTLINE).any()) for row in range(3)] == [True, False, False]
    assert (pictures & BAR).any(axis=(0, 2)).all()


def test_each_row_has_its_own_zero():
    pictures = draw_rows(None, None, np.array([0.5, np.nan, 0.1]), SIZE)
    assert [np.flatnonzero(row).tolist() for row in pictures[0]] == [[15], [], [3]]


def test_an_outline_is_one_line_without_gaps_and_is_not_filled():
    line = drawn(outlines=[0.5, 1.0, 0.1]) == OUTLINE
    assert line.any(axis=0).all()
    seen = np.zeros_like(line)
    front = [tuple(np.argwhere(line)[0])]
    while front:
        y, x = front.pop()
        if 0 <= y < 24 and 0 <= x < 30 and line[y, x] and not seen[y, x]:
            seen[y, x] = True
            front += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    assert (seen == line).all(), "the line has a gap"
    assert not line[3:19, 14].any(), "the outline is filled"
    assert not line[20:].any(), "the outline leaves the plot"


def test_an_outline_has_no_line_where_nothing_was_counted():
    line = drawn(outlines=[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]) == OUTLINE
    assert not line[:, :18].any()
    assert line[:, 19:26].any(axis=0).all()


def test_nothing_is_drawn_without_readings_but_the_axis():
    picture = drawn()
    assert set(np.unique(picture)) == {0, AXIS}
