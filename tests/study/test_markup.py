import base64
from html.parser import HTMLParser

from bnstudio.study.markup import Heading, Paragraph, Picture, Table, to_html, to_markdown

BLOCKS = (
    Heading(2, "Losses & <gains>"),
    Paragraph("S6_BN_lr learns; 2 < 3 | a*b"),
    Table(("model", "loss"), (("S3 | S4", "0.72"), ("S6", "2.30")), "lr"),
    Picture("figures/a.png", b"<svg>curves</svg>", "Losses", "What is seen"),
)


class Reader(HTMLParser):
    """Checks that what is opened is closed, and keeps the texts and the addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href", "srcset")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_a_page_has_all_texts_as_they_are():
    texts = read(to_html("The title", BLOCKS)).texts
    for text in ("The title", "Losses & <gains>", "S6_BN_lr learns; 2 < 3 | a*b", "S3 | S4", "What is seen"):
        assert text in texts


def test_a_page_holds_its_pictures_and_loads_nothing():
    (address,) = read(to_html("The title", BLOCKS)).addresses
    kind, _, data = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == b"<svg>curves</svg>"


def test_numbers_stand_to_the_right():
    assert "<td class=number>0.72</td>" in to_html("The title", BLOCKS)
    assert "| --- | ---: |" in to_markdown(BLOCKS)


def test_markdown_escapes_what_would_be_markup():
    text = to_markdown(BLOCKS)
    assert "## Losses & \\<gains\\>\n" in text
    assert "S6_BN_lr learns; 2 \\< 3 \\| a\\*b" in text
    assert "| S3 \\| S4 | 0.72 |" in text


def test_markdown_points_to_the_picture_beside_it():
    assert "![Losses](figures/a.png)\n\nWhat is seen" in to_markdown(BLOCKS)
