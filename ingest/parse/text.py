"""Plain text: paragraphs lie between blank lines. Headings are not guessed."""

from __future__ import annotations

import re

from ingest.documents import Element
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading

_BLANK = re.compile(r"\n[ \t\f\v]*\n\s*")
_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022\u2013]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])[ \t]+\S")


def parse_text(data: bytes, options: Options) -> Reading:
    return Reading(None, read_text(decode(data)))


def read_text(text: str) -> list[Element]:
    """Text that is decoded already, of a mail for one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    elements: list[Element] = []
    for block in _BLANK.split(text.strip("\n")):
        elements.extend(_elements(block))
    return elements


def _elements(block: str) -> list[Element]:
    lines = [line for line in block.split("\n") if line.strip()]
    if not lines:
        return []
    if len(lines) > 1 and sum(bool(_BULLET.match(line)) for line in lines) > len(lines) // 2 and _BULLET.match(lines[0]):
        return [Element("list_item", item) for item in _items(lines)]
    if _keeps_lines(lines):
        return [Element("code", "\n".join(lines))]
    return [Element("paragraph", "\n".join(lines))]


def _items(lines: list[str]) -> list[str]:
    items: list[str] = []
    for line in lines:
        if _BULLET.match(line) or not items:
            items.append(line.strip())
        else:
            items[-1] += " " + line.strip()
    return items


def _keeps_lines(lines: list[str]) -> bool:
    """Whether its line ends mean something (data, code, verse). Wrapped prose runs nearly to its margin in most lines."""
    if len(lines) < 3:
        return False
    longest = max(len(line) for line in lines[:-1])
    full = sum(len(line) > 0.7 * longest for line in lines[:-1])
    return longest < 40 or full <= 0.6 * (len(lines) - 1)
