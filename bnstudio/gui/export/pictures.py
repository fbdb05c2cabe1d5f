"""A widget as a picture: pixels at any scale, or SVG in which text stays text.

What it shows is drawn anew for the picture, not enlarged. Widgets that keep parts of themselves as pixels
have to make them at the scale of the painter that they are given; then they are sharp as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from bnstudio.gui.card import Card
from bnstudio.gui.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def image_of(widget: QWidget, scale: int) -> QImage:
    """Return `widget` as it is on the screen, with `scale` pixels in a device-independent one."""
    widget = _surface(widget)
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme_of(widget).panel))
    widget.render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    return image


def png_of(image: QImage) -> bytes:
    """Return `image` as a PNG file. It takes a while, and may be done in any thread."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # A resolution of 96 pixels per inch and unit: documents then show it at the size of the screen.
    per_metre = round(96 / 0.0254 * image.devicePixelRatio())
    image.setDotsPerMeterX(per_metre)
    image.setDotsPerMeterY(per_metre)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # its stubs want bytes
        raise RuntimeError("Qt could not make a PNG of the picture")
    return bytes(content.data())


def svg_of(widget: QWidget, title: str) -> bytes:
    """Return `widget` as it is on the screen, as an SVG document.

    Qt's SVG knows no clipping to a widget, so that each is drawn alone, and cut out in the document.
    """
    widget = _surface(widget)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    width, height = widget.width(), widget.height()
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    root = ElementTree.Element(f"{{{_SVG}}}svg", {**size, "version": "1.1"})
    ElementTree.SubElement(root, f"{{{_SVG}}}title").text = title
    definitions = ElementTree.SubElement(root, f"{{{_SVG}}}defs")
    ElementTree.SubElement(
        root,
        f"{{{_SVG}}}rect",
        {"width": "100%", "height": "100%", "fill": theme_of(widget).panel},
    )
    for i, (part, seen) in enumerate(_visible_parts(widget, widget, widget.rect())):
        clip = ElementTree.SubElement(definitions, f"{{{_SVG}}}clipPath", {"id": f"part{i}"})
        values = {"x": seen.x(), "y": seen.y(), "width": seen.width(), "height": seen.height()}
        texts = {name: str(value) for name, value in values.items()}
        ElementTree.SubElement(clip, f"{{{_SVG}}}rect", texts)
        group = ElementTree.SubElement(root, f"{{{_SVG}}}g", {"clip-path": f"url(#part{i})"})
        drawn = ElementTree.fromstring(_drawn_alone(part, widget))
        definitions.extend(drawn.findall(f"{{{_SVG}}}defs/*"))
        group.extend(drawn.findall(f"{{{_SVG}}}g"))
    return ElementTree.tostring(root, "utf-8", xml_declaration=True)


def _surface(widget: QWidget) -> QWidget:
    """Return the card that lies around `widget`, for its margins, or the widget itself."""
    around = widget.parentWidget()
    return around if isinstance(around, Card) else widget


def _visible_parts(widget: QWidget, whole: QWidget, seen: QRect) -> Iterator[tuple[QWidget, QRect]]:
    """Yield `widget` and all visible ones on it, back to front, with what is seen of them in `whole`."""
    yield widget, seen
    for child in widget.children():
        if isinstance(child, QWidget) and not child.isWindow() and child.isVisibleTo(widget):
            its_seen = seen & QRect(child.mapTo(whole, QPoint()), child.size())
            if not its_seen.isEmpty():
                yield from _visible_parts(child, whole, its_seen)


def _drawn_alone(widget: QWidget, whole: QWidget) -> bytes:
    """Return an SVG document with `widget` where it is in `whole`, without the widgets on it."""
    content = QByteArray()
    generator = QSvgGenerator()
    buffer = QBuffer(content)
    generator.setOutputDevice(buffer)
    generator.setResolution(whole.logicalDpiX())
    generator.setSize(whole.size())
    generator.setViewBox(QRect(QPoint(), whole.size()))
    with QPainter(generator) as painter:
        widget.render(painter, widget.mapTo(whole, QPoint()), QRegion(), QWidget.RenderFlag(0))
    return bytes(content.data())
