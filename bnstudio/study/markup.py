"""A document as a list of blocks, and the two texts that it can become: Markdown, and one page of HTML.

The page holds its pictures and its style, so that it can be sent and opened anywhere. It loads nothing.
"""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the document's."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    alignments: str
    """For each column l, or r where it holds numbers."""


@dataclass(frozen=True)
class Picture:
    """A figure with what is said of it."""

    path: str
    """Of its PNG, from the document's folder."""
    svg: bytes
    title: str
    caption: str


Block = Heading | Paragraph | Table | Picture


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return the document as Markdown, with GitHub's tables; the pictures are files beside it."""
    return "\n\n".join(map(_markdown, blocks)) + "\n"


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """Return the document as a page of HTML that needs no other file."""
    body = "\n".join(map(_html, blocks))
    return _PAGE.format(title=html.escape(title), style=_STYLE, body=body)


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_escaped(text)}"
        case Paragraph(text):
            return _escaped(text)
        case Table(header, rows, alignments):
            rule = ["---:" if alignment == "r" else "---" for alignment in alignments]
            lines = [list(map(_escaped, header)), rule, *(list(map(_escaped, row)) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Picture(path, _, title, caption):
            return f"![{_escaped(title)}]({path})\n\n{_escaped(caption)}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*<>|\[\]])", r"\\\1", text)


def _html(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Table():
            return _html_table(block)
        case Picture(_, svg, title, caption):
            data = base64.b64encode(svg).decode()
            return (
                f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{html.escape(title)}">'
                f"<figcaption>{html.escape(caption)}</figcaption></figure>"
            )


def _html_table(table: Table) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        joined = "".join(
            f"<{tag}{' class=number' if alignment == 'r' else ''}>{html.escape(cell)}</{tag}>"
            for cell, alignment in zip(cells, table.alignments, strict=True)
        )
        return f"<tr>{joined}</tr>"

    body = "\n".join(line(row, "td") for row in table.rows)
    head = line(table.header, "th")
    return f"<div class=table><table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody></table></div>"


_STYLE = """
body { margin: 2.5rem auto; max-width: 56rem; padding: 0 1.5rem; background: #fff; color: #1d1f24;
  font: 1rem/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .75rem; padding-top: .9rem; border-top: 1px solid #dcdcd6; }
h3 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p { margin: .5rem 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ecece8; }
th { color: #63666d; font-weight: 600; border-bottom-color: #b9b9b2; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0 0; }
img { max-width: 100%; height: auto; }
figcaption { color: #63666d; font-size: .9rem; margin-top: .4rem; }
@media print { body { margin: 0; max-width: none; } figure, tr { break-inside: avoid; } }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
