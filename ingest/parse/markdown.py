"""Markdown (CommonMark with tables), by markdown-it: text without its marks, headings with levels, the front matter's title."""

from __future__ import annotations

import re
from typing import Any

from ingest.documents import Element, ElementKind
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.table import rows_to_text

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TAGS = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
_BLOCK_TAGS = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\s*/?>", re.IGNORECASE)


def parse_markdown(data: bytes, options: Options) -> Reading:
    from markdown_it import MarkdownIt

    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    title, body = _front_matter(text)
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
    return Reading(title, _elements(parser.parse(body)))


def _front_matter(text: str) -> tuple[str | None, str]:
    """The title of a YAML header and the text behind it. A header that is no mapping is text."""
    match = _FRONT.match(text)
    if match is None:
        return None, text
    import yaml

    try:
        header = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, text
    if not isinstance(header, dict):
        return None, text
    title = header.get("title")
    return (title if isinstance(title, str) else None), text[match.end() :]


def _elements(tokens: list[Any]) -> list[Element]:
    elements: list[Element] = []
    lists: list[int | None] = []  # open lists: the next number, or None for bullets
    label = ""  # of the list item whose first block comes next
    level = 0  # of the open heading
    rows: list[list[str]] = []
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                label = "- " if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "list_item_close":
                label = ""
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "table_close":
                elements.append(Element("table", rows_to_text(rows)))
                rows = []
            case "inline" if rows:
                rows[-1].append(_inline(token))
            case "inline":
                kind: ElementKind = "heading" if level else "list_item" if lists else "paragraph"
                elements.append(Element(kind, label + _inline(token) if kind == "list_item" else _inline(token), level))
                label = ""
            case "fence" | "code_block":
                elements.append(Element("code", token.content.strip("\n")))
            case "html_block":
                elements.append(Element("paragraph", _without_tags(token.content)))
    return [element for element in elements if element.text.strip()]


def _inline(token: Any) -> str:
    """Its text alone: of a link its words, of an image its description."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "html_inline":
            parts.append(" " if _BLOCK_TAGS.fullmatch(child.content) else "")
        else:
            parts.append(child.content)
    return "".join(parts).strip()


def _without_tags(markup: str) -> str:
    from html import unescape

    return unescape(_TAGS.sub("", _BLOCK_TAGS.sub("\n", markup))).strip()
