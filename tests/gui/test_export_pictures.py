from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QByteArray, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.export.pictures import image_of, png_of, svg_of
from bnstudio.gui.theme import theme_of

SVG = "{http://www.w3.org/2000/svg}"


class Slope(QWidget):
    """Fills the half under its diagonal, and far more than itself beyond its right edge."""

    def paintEvent(self, event):  # noqa: N802
        with QPainter(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("black"))
            painter.drawPolygon([self.rect().bottomLeft(), self.rect().topRight(), self.rect().bottomRight()])
            painter.fillRect(QRect(self.width(), 0, 1000, self.height()), QColor("red"))


@pytest.fixture
def panel(qtbot):
    """A card with a text and a slope."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.addWidget(QLabel("Loss & accuracy"))
    content.slope = Slope()
    layout.addWidget(content.slope, 1)
    card = Card(content)
    card.slope = content.slope
    qtbot.addWidget(card)
    card.resize(160, 120)
    with qtbot.waitExposed(card):
        card.show()
    return card


def is_enlarged(image, scale):
    """Whether in the middle, off the frames, every pixel of the screen has become a square of one colour."""
    return all(
        image.pixel(x, y) == image.pixel(x // scale * scale, y // scale * scale)
        for x in range(image.width() // 3, image.width() * 2 // 3)
        for y in range(image.height() // 3, image.height() * 2 // 3)
    )


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_a_picture_has_the_pixels_of_its_scale(panel, scale):
    image = image_of(panel, scale)
    assert (image.width(), image.height()) == (160 * scale, 120 * scale)
    read = QImage.fromData(png_of(image), "PNG")
    assert read.size() == image.size()
    assert read.pixel(image.width() // 2, image.height() // 2) == image.pixel(
        image.width() // 2, image.height() // 2
    )


def test_a_picture_is_drawn_at_its_scale_not_enlarged(panel):
    image = image_of(panel, 3)
    assert not is_enlarged(image, 3)
    enlarged = image_of(panel, 1).scaled(image.size())
    assert is_enlarged(enlarged, 3)


def test_the_ground_of_a_picture_is_that_of_the_panels(panel):
    image = image_of(panel, 2)
    assert image.pixelColor(0, 0).name() == theme_of(panel).panel  # outside the card's round corner
    assert image.pixelColor(20, 220).name() == theme_of(panel).panel


def test_a_drawing_is_well_formed_and_its_text_is_text(panel):
    root = ElementTree.fromstring(svg_of(panel, "Loss"))
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("160", "120", "0 0 160 120")
    assert root.findtext(f"{SVG}title") == "Loss"
    assert "Loss & accuracy" in [text.text for text in root.iter(f"{SVG}text")]
    assert list(root.iter(f"{SVG}image")) == []


def test_a_drawing_looks_like_the_picture(panel):
    renderer = QSvgRenderer(QByteArray(svg_of(panel, "Loss")))
    assert renderer.isValid()
    drawn = QImage(160, 120, QImage.Format.Format_RGB32)
    drawn.fill(QColor("magenta"))
    with QPainter(drawn) as painter:
        renderer.render(painter)
    picture = image_of(panel, 1)
    place = panel.slope.geometry().translated(panel.slope.parentWidget().pos())
    for point in (place.center() + place.center() / 4, place.topLeft() * 1.2):
        assert drawn.pixelColor(point).name() == picture.pixelColor(point).name()


def test_in_a_drawing_each_widget_is_cut_out_to_what_is_seen_of_it(panel):
    root = ElementTree.fromstring(svg_of(panel, "Loss"))
    (group,) = (
        group
        for group in root.findall(f"{SVG}g")
        if any(part.get("fill") == "#ff0000" for part in group.iter(f"{SVG}g"))
    )
    name = group.get("clip-path").removeprefix("url(#").removesuffix(")")
    (clip,) = (clip for clip in root.iter(f"{SVG}clipPath") if clip.get("id") == name)
    seen = QRect(*(int(clip[0].get(key)) for key in ("x", "y", "width", "height")))
    slope = panel.slope
    assert seen == slope.geometry().translated(slope.parentWidget().pos())


def test_hidden_widgets_are_in_no_picture(panel):
    label = panel.findChild(QLabel)
    label.hide()
    assert b"Loss &amp; accuracy" not in svg_of(panel, "Loss")


def test_making_a_picture_leaves_the_screen_as_it_is(panel):
    before = panel.grab().toImage()
    image_of(panel, 4)
    svg_of(panel, "Loss")
    assert panel.grab().toImage() == before
