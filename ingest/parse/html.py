"""HTML, by lxml: headings with their levels, lists, tables as rows, code as it stands. What is not text to read is left out.

unstructured's HTML partitioner was tried first: it gives a page that is laid out in a table as one table, and keeps navigation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.documents import Element, ElementKind
from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.table import rows_to_text

_HIDDEN = frozenset(
    (
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "head",
        "iframe",
        "object",
        "svg",
        "math",
        "button",
        "select",
        "textarea",
        "dialog",
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = frozenset(
    (
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "br",
    )
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
LONGEST_CELL = 1500
_BREAK = "\u2028"  # stands for <br> until a block is closed: two in a row end a paragraph
_PARAGRAPHS = re.compile(f"{_BREAK}\\s*{_BREAK}")
MAX_DEPTH = 200
"""Deeper markup is read as flat text: nobody writes it, and recursion must end."""


@dataclass(slots=True)
class _Reader:
    elements: list[Element] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)

    def flush(self, kind: ElementKind = "paragraph", level: int = 0) -> None:
        texts = _PARAGRAPHS.split("".join(self.pending))
        self.pending.clear()
        for text in texts:
            if text := " ".join(text.split()):
                self.elements.append(Element(kind, text, level))


def parse_html(data: bytes, options: Options) -> Reading:
    declared = _CHARSET.search(data[:4096])
    return read_html(decode(data, declared.group(1).decode("ascii") if declared else None))


def read_html(text: str) -> Reading:
    """Markup that is decoded already: of a mail, a book's chapter, pandoc's. Raises `Quarantine` corrupt."""
    from lxml import etree, html

    text = _DECLARATION.sub("", text).replace("\0", "")
    if not text.strip():
        return Reading(None, [])
    parser = html.HTMLParser(huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except etree.ParserError:  # nothing but comments
        return Reading(None, [])
    if any("depth" in error.message for error in parser.error_log):
        raise Quarantine("corrupt", "its tags are nested deeper than any parser follows; save it again from a browser")
    titles = root.xpath("//head/title")
    title = " ".join("".join(titles[0].itertext()).split()) if titles else None
    for hidden in [node for node in root.iter(etree.Element) if node.tag in _HIDDEN or node.get("hidden") is not None]:
        if hidden.getparent() is not None:
            hidden.drop_tree()
    body = root.find("body")
    reader = _Reader()
    _walk(body if body is not None else root, reader, "paragraph", 0)
    reader.flush()
    return Reading(title, reader.elements)


def _walk(node: Any, reader: _Reader, kind: ElementKind, depth: int) -> None:
    """Collect inline text until a block begins or ends; `kind` is what the text of this block is."""
    reader.pending.append(node.text or "")
    for child in node:
        tag = child.tag if isinstance(child.tag, str) else ""
        if depth > MAX_DEPTH:
            reader.pending.append(" ".join(child.itertext()))
        elif tag in _HEADINGS:
            reader.flush(kind)
            reader.pending.append(" ".join(child.itertext()))
            reader.flush("heading", _HEADINGS[tag])
        elif tag in ("pre", "listing", "xmp"):
            reader.flush(kind)
            code = "".join(child.itertext()).strip("\n")
            if code.strip():
                reader.elements.append(Element("code", code))
        elif tag == "table" and _is_data(child):
            reader.flush(kind)
            rows = rows_to_text(_rows(child))
            if rows:
                reader.elements.append(Element("table", rows))
        elif tag == "br":
            reader.pending.append(_BREAK)
        elif tag == "img":
            reader.pending.append(f" {child.get('alt') or ''} ")
        elif tag in _INLINE:
            _walk(child, reader, kind, depth + 1)
        else:
            reader.flush(kind)
            inner: ElementKind = "list_item" if tag in ("li", "dt", "dd") else kind
            _walk(child, reader, inner, depth + 1)
            reader.flush(inner)
        reader.pending.append(child.tail or "")


def _is_data(table: Any) -> bool:
    """Whether it is a table of data: one row, one column, or cells with headings, lists and pages of text are layout."""
    if next(table.iter("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre"), None) is not None:
        return False
    if next(table.iterdescendants("table"), None) is not None:
        return False
    rows = [list(row.iterchildren("td", "th")) for row in table.iter("tr")]
    longest = max((len("".join(cell.itertext())) for row in rows for cell in row), default=0)
    return sum(len(row) > 1 for row in rows) > 1 and longest <= LONGEST_CELL


def _rows(table: Any) -> Iterator[list[str]]:
    caption = table.find("caption")
    if caption is not None:
        yield [" ".join(caption.itertext())]
    for row in table.iter("tr"):
        yield [" ".join(t for t in cell.itertext()) for cell in row.iterchildren("td", "th")]
