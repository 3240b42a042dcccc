"""reStructuredText, by docutils with everything that reaches outside the text switched off: no included files, no raw output."""

from __future__ import annotations

import io
import re
from typing import Any

from ingest.documents import Element
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.table import rows_to_text

_SETTINGS = {
    "_disable_config": True,
    "doctitle_xform": True,
    "file_insertion_enabled": False,
    "halt_level": 6,
    "input_encoding": "unicode",
    "output_encoding": "unicode",
    "raw_enabled": False,
    "report_level": 6,
    "line_length_limit": 1_000_000,
    "smart_quotes": False,
    "syntax_highlight": "none",
}
_HEADER = re.compile(r"\A(?:[A-Z][\w-]*:.*\n(?:[ \t]+\S.*\n)*){3,}")
_HEADER_TITLE = re.compile(r"^Title:((?:.*)(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_LEFT_OUT = ("comment", "system_message", "substitution_definition", "target", "pending", "docinfo", "meta", "raw", "decoration")


def parse_rst(data: bytes, options: Options) -> Reading:
    from docutils.core import publish_doctree

    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    tree = publish_doctree(text, settings_overrides=_SETTINGS | {"warning_stream": io.StringIO()})
    elements: list[Element] = []
    _walk(tree, elements, 1 if tree.get("title") else 0)
    return Reading(_stated_title(tree, text), elements)


def _walk(node: Any, elements: list[Element], depth: int) -> None:
    """`depth` counts the headings above `node`: the document's own title, where it has one, and those of its sections."""
    for child in node.children:
        name = child.tagname
        if name in _LEFT_OUT:
            continue
        if name == "title":
            whole = node.tagname == "document"
            elements.append(Element("title" if whole else "heading", child.astext(), 1 if whole else max(1, depth)))
        elif name == "subtitle":
            elements.append(Element("heading", child.astext(), 2))
        elif name == "section":
            _walk(child, elements, depth + 1)
        elif name in ("literal_block", "doctest_block", "math_block"):
            elements.append(Element("code", child.astext()))
        elif name == "table":
            elements.append(
                Element("table", rows_to_text([entry.astext() for entry in row.children] for row in child.findall(_is_row)))
            )
        elif name in ("bullet_list", "enumerated_list"):
            for number, item in enumerate(child.children, int(child.get("start", 1))):
                _item(item, elements, depth, "- " if name == "bullet_list" else f"{number}. ")
        elif name in ("definition_list_item", "field", "option_list_item"):
            _pair(child, elements, depth)
        elif name == "#text" or not child.children or _is_inline_only(child):
            elements.append(Element("paragraph", child.astext()))
        else:
            _walk(child, elements, depth)


def _item(item: Any, elements: list[Element], depth: int, label: str) -> None:
    inner: list[Element] = []
    _walk(item, inner, depth)
    for position, element in enumerate(inner):
        if element.kind in ("paragraph", "list_item"):
            elements.append(Element("list_item", (label if position == 0 else "") + element.text))
        else:
            elements.append(element)


def _pair(node: Any, elements: list[Element], depth: int) -> None:
    """A term and what is said of it: kept together when it is one paragraph."""
    *terms, body = node.children
    term = ", ".join(t.astext() for t in terms)
    inner: list[Element] = []
    _walk(body, inner, depth)
    if inner and inner[0].kind == "paragraph":
        elements.append(Element("list_item", f"{term}: {inner[0].text}"))
        elements.extend(inner[1:])
    else:
        elements.append(Element("list_item", term))
        elements.extend(inner)


def _is_inline_only(node: Any) -> bool:
    from docutils import nodes

    return isinstance(node, nodes.TextElement)


def _is_row(node: Any) -> bool:
    return bool(node.tagname == "row")


def _stated_title(tree: Any, text: str) -> str | None:
    """The title above all sections; else the `Title:` among the header lines that a PEP begins with."""
    if tree.get("title"):
        return str(tree["title"])
    header = _HEADER.match(text)
    stated = _HEADER_TITLE.search(header.group()) if header else None
    return " ".join(stated.group(1).split()) if stated else None
